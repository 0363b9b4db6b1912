import { concat } from "../bytes.js";
import { fileKeyLength } from "../file-key.js";
import { open, seal, tagLength } from "../primitives/aead.js";
import { deriveKey } from "../primitives/hkdf.js";

/*
 * age.md, "X25519 recipient stanza": `X25519`, the ephemeral share in base64, and the file key, encrypted under a key
 * derived from the shared secret.
 */

export const stanzaType = "X25519";

/** Bytes of secret keys, public keys and shares alike. */
export const keyLength = 32;

/** Bytes of a stanza's body. */
export const bodyLength: number = fileKeyLength + tagLength;

/** Used for one message only, so the nonce may be fixed. */
export function wrapKey(secret: Uint8Array, share: Uint8Array, recipient: Uint8Array): Uint8Array {
  return deriveKey(secret, concat([share, recipient]), "age-encryption.org/v1/X25519");
}

export function sealFileKey(key: Uint8Array, fileKey: Uint8Array): Uint8Array {
  const body = new Uint8Array(bodyLength);
  seal(key, new Uint8Array(12), fileKey, body);
  return body;
}

/** Undefined where the body was not made with this key. */
export function openFileKey(key: Uint8Array, body: Uint8Array): Uint8Array | undefined {
  const fileKey = new Uint8Array(fileKeyLength);
  return open(key, new Uint8Array(12), body, fileKey) ? fileKey : undefined;
}
