import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { findNativeOpen, findNativeSeal, type NativeOpen, type NativeSeal } from "#native";
import type { OwnBytes } from "../bytes.js";

/*
 * ChaCha20-Poly1305 (RFC 8439) without additional data: the runtime's own if it has one, which is about 15 times as
 * fast, noble's otherwise. All uses of the cipher go through this module. All functions are synchronous.
 */

/** Length of the tag in bytes. */
export const tagLength = 16;

const portableSeal: NativeSeal = (key, nonce, plaintext) => [chacha20poly1305(key, nonce).encrypt(plaintext)];

const portableOpen: NativeOpen = (key, nonce, ciphertext) => {
  try {
    return chacha20poly1305(key, nonce).decrypt(ciphertext);
  } catch (error) {
    // noble throws these for invalid arguments, and a plain Error for a wrong tag.
    if (error instanceof TypeError || error instanceof RangeError) throw error;
    return undefined;
  }
};

// Chosen on first use, because loading a module must have no side effects.
let chosenSeal: NativeSeal | undefined;
let chosenOpen: NativeOpen | undefined;

/**
 * Encrypts. Returns the ciphertext followed by the tag, in one or more parts of newly allocated memory. The key is 32
 * bytes long, the nonce 12.
 */
export function sealParts(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): OwnBytes[] {
  chosenSeal ??= findNativeSeal() ?? portableSeal;
  return chosenSeal(key, nonce, plaintext);
}

/** Encrypts into `output`, which is `tagLength` bytes longer than `plaintext`. */
export function seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, output: Uint8Array): void {
  let offset = 0;
  for (const part of sealParts(key, nonce, plaintext)) {
    output.set(part, offset);
    offset += part.length;
  }
}

/** Decrypts into newly allocated memory. Returns undefined if the tag is wrong or incomplete. */
export function openNew(key: Uint8Array, nonce: Uint8Array, ciphertext: Uint8Array): OwnBytes | undefined {
  chosenOpen ??= findNativeOpen() ?? portableOpen;
  return ciphertext.length < tagLength ? undefined : chosenOpen(key, nonce, ciphertext);
}

/**
 * Decrypts into `output`, which is `tagLength` bytes shorter than `ciphertext`. Returns false, and leaves `output`
 * unchanged, if the tag is wrong.
 */
export function open(key: Uint8Array, nonce: Uint8Array, ciphertext: Uint8Array, output: Uint8Array): boolean {
  const plaintext = openNew(key, nonce, ciphertext);
  if (plaintext === undefined) return false;
  output.set(plaintext);
  return true;
}
