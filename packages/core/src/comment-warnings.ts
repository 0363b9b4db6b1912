import { looksEncrypted } from "./cipher/value.js";
import type { Comment } from "./tree.js";
import type { Warnings } from "./warning.js";

/**
 * Warns of comments that the file's rule encrypts and that did not decrypt: those that look encrypted, and plain ones.
 * sops warns of each, and shows it (sops.go, `Decrypt`).
 */
export function warnOfComments(warnings: Warnings, undecrypted: readonly Comment[]): void {
  const unreadable = undecrypted.filter(({ text }) => looksEncrypted(text));
  const plain = undecrypted.filter(({ text }) => !looksEncrypted(text));
  if (unreadable.length > 0) {
    const subject =
      unreadable.length === 1
        ? "An encrypted comment does not decrypt and is left"
        : `${unreadable.length} encrypted comments do not decrypt and are left`;
    warnings.add(
      "unreadable_comment",
      `${subject} as it is: it was moved or changed after encryption. Restore it from version control, or remove it.`,
      unreadable[0],
    );
  }
  if (plain.length > 0) {
    const subject = plain.length === 1 ? "A comment is" : `${plain.length} comments are`;
    warnings.add(
      "plain_comment",
      `${subject} in plain text, although the file's rule encrypts it: added by hand, or written by an old version of sops. To encrypt it, decrypt the file and encrypt it again; if it contains a secret, change the secret.`,
      plain[0],
    );
  }
}
