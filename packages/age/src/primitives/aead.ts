import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { findNativeAead, type NativeAead } from "#native";

/*
 * ChaCha20-Poly1305 (RFC 8439) without additional data: the runtime's own where it has one, some 15 times as fast,
 * noble's everywhere else. Nothing else in this package calls the cipher, and all functions are synchronous.
 */

/** Bytes that a ciphertext is longer than its plaintext. */
export const tagLength = 16;

const portable: NativeAead = {
  seal: (key, nonce, plaintext) => [chacha20poly1305(key, nonce).encrypt(plaintext)],
  open(key, nonce, ciphertext) {
    try {
      return chacha20poly1305(key, nonce).decrypt(ciphertext);
    } catch (error) {
      // noble names arguments of a wrong type or length by these, and a wrong tag by a plain Error.
      if (error instanceof TypeError || error instanceof RangeError) throw error;
      return undefined;
    }
  },
};

let chosen: NativeAead | undefined;

/** Chosen at the first use: nothing is to happen when a module loads. */
function cipher(): NativeAead {
  chosen ??= findNativeAead() ?? portable;
  return chosen;
}

/**
 * The ciphertext and behind it its tag, `tagLength` bytes, in as many parts as the cipher makes them in, in memory of
 * their own. Key of 32 bytes, nonce of 12.
 */
export function sealParts(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Uint8Array<ArrayBuffer>[] {
  return cipher().seal(key, nonce, plaintext);
}

/** Encrypt into `output`, which is `tagLength` bytes longer than `plaintext`. */
export function seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, output: Uint8Array): void {
  let offset = 0;
  for (const part of sealParts(key, nonce, plaintext)) {
    output.set(part, offset);
    offset += part.length;
  }
}

/** Decrypt to memory of its own. Undefined if the tag does not fit, or is not whole. */
export function openNew(
  key: Uint8Array,
  nonce: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array<ArrayBuffer> | undefined {
  return ciphertext.length < tagLength ? undefined : cipher().open(key, nonce, ciphertext);
}

/**
 * Decrypt into `output`, which is `tagLength` bytes shorter than `ciphertext`. False if the tag does not fit; `output`
 * is then what it was.
 */
export function open(key: Uint8Array, nonce: Uint8Array, ciphertext: Uint8Array, output: Uint8Array): boolean {
  const plaintext = openNew(key, nonce, ciphertext);
  if (plaintext === undefined) return false;
  output.set(plaintext);
  return true;
}
