import { SopsError } from "./errors.js";
import { readMetadata } from "./metadata.js";
import { type CompiledRule, compileRule } from "./rule.js";
import { isCommentItem } from "./seal.js";
import type { Store } from "./store.js";
import type { Leaf } from "./tree.js";
import { walk } from "./walk.js";

/** What was written, and what is to be found in it. */
export interface SealedText {
  readonly store: Store;
  readonly text: string;
  /** The leaves of the tree that were encrypted, in file order. */
  readonly encrypted: ReadonlySet<Leaf>;
}

/**
 * Read an encrypted text again, and say whether the rule in it selects the ciphertexts of the leaves that were
 * encrypted and nothing else.
 *
 * @throws {SopsError} if the text cannot be read.
 */
async function isSealed({ store, text, encrypted }: SealedText): Promise<boolean> {
  const { branches, metadata } = store.parse(text);
  if (metadata === undefined) return false;
  const rule = await compileRule(readMetadata(metadata, store.singleValue !== true).rule);
  const wanted = [...encrypted];
  let found = 0;
  let isRight = true;
  walk(branches, rule, {
    leaf({ text: written }, selected) {
      if (!selected || written.length === 0 || isCommentItem(written)) return undefined;
      const leaf = wanted[found++];
      if (leaf === undefined || withoutBlanks(leaf.text) !== withoutBlanks(written)) isRight = false;
      return undefined;
    },
    comment() {},
  });
  return isRight && found === wanted.length;
}

/** A ciphertext in a block scalar is read with the block's last lines, which are blank. */
function withoutBlanks(text: string | Uint8Array): string | Uint8Array {
  return typeof text === "string" ? text.trimEnd() : text;
}

/**
 * See that the rule in an encrypted text, which was chosen for certain values, selects exactly those that were
 * encrypted.
 *
 * @throws {SopsError} `unwritable` if the text is laid out anew as sops does it, which it does not always do so that it
 * can be read, else `unverified`.
 */
export async function checkSealed(sealed: SealedText, isLaidOutAnew: boolean): Promise<void> {
  if (await isSealed(sealed)) return;
  if (!isLaidOutAnew) throw unverified();
  throw new SopsError(
    "unwritable",
    `Written as ${sealed.store.name} anew, as sops does it, the file would not be read as it is. Keep its format and its layout (\`preserve\`).`,
  );
}

export function unverified(): SopsError {
  return new SopsError(
    "unverified",
    "The encrypted values are not exactly those that were selected, so nothing is given out. This is an error of the program: please report it.",
  );
}

/**
 * Where a rule goes by comments, see that these are found where they were. What is laid out anew may have them
 * elsewhere, another format may have none, and then the rule selects other values.
 *
 * @throws {SopsError} `unwritable`.
 */
export async function checkComments(rule: CompiledRule, sealed: SealedText): Promise<void> {
  if (rule.tests !== "comments") return;
  let isRight: boolean;
  try {
    isRight = await isSealed(sealed);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    // Sops writes it all the same.
    return;
  }
  if (isRight) return;
  throw new SopsError(
    "unwritable",
    `Written as ${sealed.store.name} anew, the file would have comments that the rule goes by in other places, or without them, so that nobody could decrypt it. Give a rule that goes by keys, or put each such comment on a line of its own right above its key, and keep the format.`,
  );
}
