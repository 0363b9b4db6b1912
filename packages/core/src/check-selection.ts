import { SopsError } from "./errors.js";
import { readMetadata } from "./metadata.js";
import { compileRule } from "./rule.js";
import { isCommentItem } from "./seal.js";
import type { Leaf } from "./tree.js";
import { walk } from "./walk.js";
import type { WrittenText } from "./written-text.js";

/** A written file, and the leaves that must be encrypted in it. */
export interface SealedText {
  readonly written: WrittenText;
  /** The leaves of the tree that were encrypted, in file order. */
  readonly encrypted: ReadonlySet<Leaf>;
}

/**
 * Parses an encrypted text, and reports whether its rule selects exactly the ciphertexts of the leaves that were
 * encrypted.
 *
 * @throws {SopsError} if the text cannot be parsed.
 */
async function selectsExactly({ written: { store, read }, encrypted }: SealedText): Promise<boolean> {
  const { branches, metadata } = read();
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

/** Strips the trailing blank lines that a ciphertext in a block scalar is read with. */
function withoutBlanks(text: string | Uint8Array): string | Uint8Array {
  return typeof text === "string" ? text.trimEnd() : text;
}

/**
 * Checks that a rule chosen for certain values selects exactly these in the written text.
 *
 * @throws {SopsError} `unwritable` if the text was reformatted as sops would, which is not always readable;
 * `unverified` otherwise.
 */
export async function checkSelection(sealed: SealedText, isReformatted: boolean): Promise<void> {
  if (await selectsExactly(sealed)) return;
  if (!isReformatted) throw unverified();
  throw new SopsError(
    "unwritable",
    `Reformatted as ${sealed.written.store.name}, as sops would write it, the file would be read differently. Keep its format and its layout (\`preserve\`).`,
  );
}

export function unverified(): SopsError {
  return new SopsError(
    "unverified",
    "The encrypted values are not exactly the selected ones, so nothing was written. This is a bug: please report it.",
  );
}

/**
 * Checks that a comment rule still selects the same values in the written text. Reformatting can move comments, and
 * other formats may have none.
 *
 * @throws {SopsError} `unwritable`.
 */
export async function checkCommentRule(sealed: SealedText): Promise<void> {
  let isRight: boolean;
  try {
    isRight = await selectsExactly(sealed);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    // sops writes such a file, too.
    return;
  }
  if (isRight) return;
  throw new SopsError(
    "unwritable",
    `Reformatted as ${sealed.written.store.name}, the comments that the rule depends on would move or disappear, and nobody could decrypt the file. Use a rule for keys, or put each such comment on its own line directly above its key, and keep the format.`,
  );
}
