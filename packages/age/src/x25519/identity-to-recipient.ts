import { importSecretKeySync } from "../primitives/x25519-sync.js";
import { formatX25519Recipient } from "./recipient.js";
import { decodeSecretKey } from "./secret-key.js";

/**
 * Derives the recipient of an X25519 identity. Like {@link identityToRecipient}, but synchronous and for this type
 * only.
 *
 * @param text - `AGE-SECRET-KEY-1...`.
 * @returns The recipient, `age1...`.
 * @throws {AgeError} `invalid_identity`.
 */
export function x25519IdentityToRecipient(text: string): string {
  return formatX25519Recipient(importSecretKeySync(decodeSecretKey(text)).publicKey());
}
