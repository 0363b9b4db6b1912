import { leaf, type Node } from "@isosops/core";
import { unsupported, valueText } from "./value-text.js";

/**
 * Converts a value for a format in which all values are strings at the same depth, the length of their path. sops keeps
 * the types of numbers and bools until the file is parsed again, and therefore writes unreadable files: the MAC of
 * `True` is not that of `true`.
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
  const keys = path.map(String);
  if (value.kind === "leaf" && path.length === depth && path.every((part) => typeof part === "string")) {
    const { spelling, type } = value;
    return leaf("str", spelling !== undefined && type !== "time" ? spelling : valueText(value, keys, format));
  }
  throw unsupported(
    keys,
    depth === 1
      ? `would be a list or mapping, or in one, but ${format} can only hold single values. Set ["KEY"] to a single value.`
      : `would be a list, a mapping in a section, or outside of a section, but ${format} can only hold sections of single values. Set ["section"]["key"] to a single value.`,
  );
}
