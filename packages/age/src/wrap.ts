import { fileKeyLength } from "./file-key.js";
import { open, seal, tagLength } from "./primitives/aead.js";

/*
 * How most kinds of recipient encrypt the file key: ChaCha20-Poly1305 under a key that is used for one message only, so
 * the nonce is fixed to zeros (age.md).
 */

/** Bytes of the body of a stanza that holds the file key. */
export const bodyLength: number = fileKeyLength + tagLength;

/** Encrypt the file key under `key`, of 32 bytes. */
export function sealFileKey(key: Uint8Array, fileKey: Uint8Array, nonce: Uint8Array = new Uint8Array(12)): Uint8Array {
  const body = new Uint8Array(bodyLength);
  seal(key, nonce, fileKey, body);
  return body;
}

/** Undefined if the body, of `bodyLength` bytes, was not made with this key. */
export function openFileKey(
  key: Uint8Array,
  body: Uint8Array,
  nonce: Uint8Array = new Uint8Array(12),
): Uint8Array | undefined {
  const fileKey = new Uint8Array(fileKeyLength);
  return open(key, nonce, body, fileKey) ? fileKey : undefined;
}
