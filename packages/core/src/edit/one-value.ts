import { SopsError } from "../errors.js";
import type { RecoverOptions } from "../keysource.js";
import { type Position, withPosition } from "../position.js";
import { isCommentItem } from "../seal.js";
import type { Store } from "../store.js";
import { toText } from "../text.js";
import type { Leaf } from "../tree.js";
import { decryptLeaf, unlock } from "../unseal.js";
import { walk } from "../walk.js";
import type { Warning } from "../warning.js";
import type { Path } from "./parse-path.js";
import { lookupPath } from "./path.js";

/** Options of {@link decryptOneValue}. */
export interface OneValueOptions extends RecoverOptions {
  readonly store: Store;
  /** Used in error messages. */
  readonly filename?: string | undefined;
}

/**
 * Decrypts the value at a path alone, and does not check the MAC: the value is authenticated by itself, with the keys on
 * its path (aes/cipher.go). Whoever can write to the file can put there another value that was once encrypted under the
 * same data key and keys: an older one, or another item of the same list.
 *
 * What only the MAC authenticates is refused: plain and empty values, and which values a mapping or a list has.
 *
 * @throws {SopsError} `value_authentication` if the value was changed, or is plain or empty; `invalid_path` if it is not a
 * single value; `path_not_found`, and the errors of `decrypt`.
 */
export async function decryptOneValue(
  source: string | Uint8Array,
  path: Path,
  options: OneValueOptions,
): Promise<{ readonly node: Leaf; readonly warnings: readonly Warning[] }> {
  const { store, filename } = options;
  const document = store.parse(toText(source, filename), filename === undefined ? {} : { filename });
  const { rule, cipher, warnings } = await unlock(document, options);
  const branch = document.branches[0]!;
  const { node } = lookupPath(branch, path, isListItem);
  if (node.kind !== "leaf") {
    throw new SopsError(
      "invalid_path",
      'Without the MAC, which values a mapping or a list has is not authenticated. Give the path of a single value, or leave out `verify: "value"`.',
    );
  }
  if (node.type === "null") throw notAuthenticated("is null");
  const position: Position = { path: [], place: undefined };
  withPosition(document.source, position, () =>
    walk(
      [branch],
      rule,
      {
        leaf(leaf, encrypted, additionalData) {
          if (leaf !== node) return undefined;
          position.place = leaf;
          if (!encrypted) throw notAuthenticated("is in plain text");
          if (leaf.text === "") throw notAuthenticated("is empty");
          return decryptLeaf({ cipher, filename }, leaf, additionalData, document.words);
        },
        comment() {},
      },
      position.path,
    ),
  );
  return { node, warnings: warnings.list };
}

/** Encrypted comments of a list are items until they are decrypted. */
function isListItem(item: { readonly kind: string; readonly text?: string | Uint8Array }): boolean {
  return item.kind !== "comment" && !(item.kind === "leaf" && isCommentItem(item.text!));
}

function notAuthenticated(what: string): SopsError {
  return new SopsError(
    "value_authentication",
    `The value ${what}, so only the MAC of the file authenticates it. Leave out \`verify: "value"\`.`,
  );
}
