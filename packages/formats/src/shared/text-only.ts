import { leaf, type Node } from "@isosops/core";
import { unsupported, valueText } from "./value-text.js";

/**
 * A value for a format in which all values are strings and stand at one depth, the length of their paths. sops keeps
 * the types of numbers and bools there until the file is read again, and so writes files that nobody can read: the MAC
 * of `True` is not that of `true`.
 */
export function textOnly(value: Node, path: readonly (string | number)[], depth: number, format: string): Node {
  if (value.kind === "mapping" && path.length < depth) {
    return {
      ...value,
      items: value.items.map((item) =>
        item.kind === "comment" ? item : { ...item, value: textOnly(item.value, [...path, item.key], depth, format) },
      ),
    };
  }
  const shown = path.map(String);
  if (value.kind === "leaf" && path.length === depth && path.every((part) => typeof part === "string")) {
    const { spelling, type } = value;
    return leaf("str", spelling !== undefined && type !== "time" ? spelling : valueText(value, shown, format));
  }
  throw unsupported(
    shown,
    depth === 1
      ? `is to be a list or mapping, or to stand in one, and ${format} holds single values only. Set ["KEY"] to a single value.`
      : `is to be a list or a mapping in a section, or no section, and ${format} holds sections of single values only. Set ["section"]["key"] to a single value.`,
  );
}
