import { fileKeyLength } from "./file-key.js";
import { open, seal, tagLength } from "./primitives/aead.js";

/*
 * How most recipient types encrypt the file key: ChaCha20-Poly1305 with an all-zero nonce, because each key encrypts
 * one message only (age.md).
 */

/** Length in bytes of a stanza body that holds the file key. */
export const bodyLength: number = fileKeyLength + tagLength;

/** Encrypts the file key under a 32-byte key. */
export function sealFileKey(key: Uint8Array, fileKey: Uint8Array, nonce: Uint8Array = new Uint8Array(12)): Uint8Array {
  const body = new Uint8Array(bodyLength);
  seal(key, nonce, fileKey, body);
  return body;
}

/** Decrypts the file key. Returns undefined if the body, of `bodyLength` bytes, was not made with this key. */
export function openFileKey(
  key: Uint8Array,
  body: Uint8Array,
  nonce: Uint8Array = new Uint8Array(12),
): Uint8Array | undefined {
  const fileKey = new Uint8Array(fileKeyLength);
  return open(key, nonce, body, fileKey) ? fileKey : undefined;
}
