import { type Mapping, type Sequence, SopsError, showPath } from "@isosops/core";
import { forbidden } from "../go-yaml/characters.js";

/**
 * In values YAML has escapes for control characters, in comments it has none: with one from another format, sops writes a
 * file that nobody can read, itself included. Throws `SopsError` (`unsupported`) for that.
 */
export function refuseControlCharacters({ items }: Mapping | Sequence, path: string[] = []): void {
  for (const item of items) {
    if (item.kind === "comment") {
      if (forbidden.test(item.text)) throw badComment(path);
    } else if (item.kind === "entry") {
      const { key, value } = item;
      if (value.kind === "leaf") continue;
      path.push(key);
      refuseControlCharacters(value, path);
      path.pop();
    } else if (item.kind !== "leaf") {
      refuseControlCharacters(item, path);
    }
  }
}

function badComment(path: readonly string[]): SopsError {
  return new SopsError(
    "unsupported",
    `A comment at ${showPath(path)} holds a control character, which YAML has no way to write there. Take that character out, or ask for another output format.`,
    { path: [...path] },
  );
}
