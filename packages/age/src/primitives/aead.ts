import { chacha20poly1305 } from "@noble/ciphers/chacha.js";

/*
 * ChaCha20-Poly1305 (RFC 8439) without additional data. Nothing else in this package calls the cipher, and both
 * functions are synchronous, so a runtime's own implementation can take the place of this module.
 */

/** Bytes that a ciphertext is longer than its plaintext. */
export const tagLength = 16;

/** Encrypt into `output`, which is `tagLength` bytes longer than `plaintext`. Key of 32 bytes, nonce of 12. */
export function seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, output: Uint8Array): void {
  chacha20poly1305(key, nonce).encrypt(plaintext, output);
}

/**
 * Decrypt into `output`, which is `tagLength` bytes shorter than `ciphertext`. False where the tag does not fit;
 * `output` then holds no plaintext.
 */
export function open(key: Uint8Array, nonce: Uint8Array, ciphertext: Uint8Array, output: Uint8Array): boolean {
  try {
    chacha20poly1305(key, nonce).decrypt(ciphertext, output);
    return true;
  } catch (error) {
    // noble names arguments of a wrong type or length by these, and a wrong tag by a plain Error.
    if (error instanceof TypeError || error instanceof RangeError) throw error;
    return false;
  }
}
