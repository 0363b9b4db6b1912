import { SopsError } from "../errors.js";
import type { CompiledRule } from "../rule.js";
import type { Document } from "../store.js";
import type { Leaf } from "../tree.js";
import { walk } from "../walk.js";

/** The only value of a document. */
export interface OnlyLeaf {
  readonly leaf: Leaf;
  readonly additionalData: string;
}

/**
 * Finds the only value of a document, which is encrypted.
 *
 * @throws {SopsError} `unsupported` if there are several, or comments.
 */
export function onlyLeaf({ branches }: Document, rule: CompiledRule): OnlyLeaf {
  const found: OnlyLeaf[] = [];
  let others = 0;
  walk(branches, rule, {
    leaf(leaf, encrypted, additionalData) {
      if (encrypted) found.push({ leaf, additionalData });
      else others++;
      return undefined;
    },
    comment() {
      others++;
    },
  });
  const [only] = found;
  if (only !== undefined && found.length === 1 && others === 0) return only;
  throw new SopsError(
    "unsupported",
    "The file does not consist of one encrypted value, as a binary file of sops does, and is too large for any other.",
  );
}
