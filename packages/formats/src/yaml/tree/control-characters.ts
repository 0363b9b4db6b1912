import { type Mapping, type Sequence, SopsError, showPath } from "@isosops/core";
import { forbidden } from "../go-yaml/characters.js";

/**
 * Checks that no comment contains a control character: YAML has escapes for them in values, but not in comments. sops writes
 * such a comment, from another format, into a file that nothing can read, itself included.
 *
 * @throws {SopsError} `unsupported` with the path of the collection that the comment is in.
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
    `A comment at ${showPath(path)} contains a control character, which YAML cannot represent in comments. Remove it, or choose another output format.`,
    { path: [...path] },
  );
}
