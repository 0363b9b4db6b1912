import type { Comment } from "@isosops/core";

/**
 * Whether the sops command has this comment of a list as a string of that list: its encryption replaces every item of a
 * list by what the cipher gives, and that is a string for a comment too (sops.go, `walkSlice`).
 */
export function isEncryptedComment(comment: Comment): boolean {
  const { text } = comment;
  return text.startsWith("ENC[AES256_GCM,data:") && text.endsWith(",type:comment]");
}
