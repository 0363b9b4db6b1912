/** Where there is no native code that is synchronous: browsers, Workers. */
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { NativeAead, NativeBase64Lines, NativeTripleDes, NativeX25519 } from "./node.js";

export type { NativeAead, NativeBase64Lines, NativeTripleDes, NativeX25519, X25519Key } from "./node.js";

/** None: Web Crypto has no ChaCha20-Poly1305 that is to be had everywhere. */
export function findNativeAead(): NativeAead | undefined {
  return undefined;
}

/** None: the X25519 of Web Crypto is asynchronous, and not to be had everywhere. */
export function findNativeX25519(): NativeX25519 | undefined {
  return undefined;
}

/** None: Web Crypto has none. */
export function findNativeTripleDes(): NativeTripleDes | undefined {
  return undefined;
}

/** None: `Uint8Array.fromBase64` is not everywhere yet. */
export function findNativeBase64Lines(): NativeBase64Lines | undefined {
  return undefined;
}

export function hkdfSha256(inputKey: Uint8Array, salt: Uint8Array, info: Uint8Array): Uint8Array {
  return hkdf(sha256, inputKey, salt, info, 32);
}

export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  return hmac(sha256, key, message);
}
