import { looksEncrypted } from "./cipher/value.js";
import type { Comment } from "./tree.js";
import type { Warnings } from "./warning.js";

/**
 * Warn of comments that the rule of a file encrypts and that did not decrypt: of those that look encrypted, and of
 * plain ones. sops warns of each, and shows it (sops.go, `Decrypt`).
 */
export function warnOfComments(warnings: Warnings, undecrypted: readonly Comment[]): void {
  const unreadable = undecrypted.filter(({ text }) => looksEncrypted(text));
  const plain = undecrypted.filter(({ text }) => !looksEncrypted(text));
  if (unreadable.length > 0) {
    const subject =
      unreadable.length === 1
        ? "An encrypted comment does not decrypt and stays"
        : `${unreadable.length} encrypted comments do not decrypt and stay`;
    warnings.add(
      "unreadable_comment",
      `${subject} as it stands in the file: moved to another place, or changed, after encryption. Restore it from version control, or take it out.`,
      unreadable[0],
    );
  }
  if (plain.length > 0) {
    const subject = plain.length === 1 ? "A comment is" : `${plain.length} comments are`;
    warnings.add(
      "plain_comment",
      `${subject} in plain text that the file's rule encrypts: added by hand, or written by an old version of sops. To encrypt it, decrypt the file and encrypt it again; if there is a secret in it, change that.`,
      plain[0],
    );
  }
}
