/** For runtimes without synchronous native code: browsers, Workers. */
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { NativeAead, NativeBase64Lines, NativeTripleDes, NativeX25519 } from "./node.js";

export type { NativeAead, NativeBase64Lines, NativeTripleDes, NativeX25519, X25519Key } from "./node.js";

/** None: not every Web Crypto has ChaCha20-Poly1305. */
export function findNativeAead(): NativeAead | undefined {
  return undefined;
}

/** None: Web Crypto's X25519 is asynchronous, and not available everywhere. */
export function findNativeX25519(): NativeX25519 | undefined {
  return undefined;
}

/** None: Web Crypto has no DES. */
export function findNativeTripleDes(): NativeTripleDes | undefined {
  return undefined;
}

/** None: `Uint8Array.fromBase64` is not available everywhere yet. */
export function findNativeBase64Lines(): NativeBase64Lines | undefined {
  return undefined;
}

export function hkdfSha256(inputKey: Uint8Array, salt: Uint8Array, info: Uint8Array): Uint8Array {
  return hkdf(sha256, inputKey, salt, info, 32);
}

export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  return hmac(sha256, key, message);
}
