import { concat } from "../bytes.js";
import { deriveKey } from "../primitives/hkdf.js";

/*
 * age.md, "X25519 recipient stanza": `X25519`, the ephemeral share in base64. The body is the file key, encrypted under
 * a key derived from the shared secret.
 */

export const stanzaType = "X25519";

/** Length of secret keys, public keys and shares, in bytes. */
export const keyLength = 32;

/** Derives the key that encrypts the file key. */
export async function wrapKey(secret: Uint8Array, share: Uint8Array, recipient: Uint8Array): Promise<Uint8Array> {
  return deriveKey(secret, concat([share, recipient]), "age-encryption.org/v1/X25519");
}
