/** For runtimes without synchronous native code: browsers, Workers. */
import { equalBytes } from "@noble/ciphers/utils.js";
import type { NativeBase64Lines, NativeOpen, NativeSeal, NativeTripleDes, NativeX25519 } from "./node.js";

export type {
  NativeBase64Lines,
  NativeOpen,
  NativeSeal,
  NativeTripleDes,
  NativeX25519,
  NativeX25519Key,
} from "./node.js";

/** None: not every Web Crypto has ChaCha20-Poly1305. */
export function findNativeSeal(): NativeSeal | undefined {
  return undefined;
}

/** None, as `findNativeSeal`. */
export function findNativeOpen(): NativeOpen | undefined {
  return undefined;
}

/** None: Web Crypto's X25519 is asynchronous. */
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

/** Compares bytes of the same length, in a time that does not depend on them. */
export function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return equalBytes(one, other);
}

/** HMAC-SHA-256 (RFC 2104), 32 bytes. The key must not be empty. */
export async function hmacSha256(key: Uint8Array, message: Uint8Array): Promise<Uint8Array> {
  const { subtle } = globalThis.crypto;
  // Browsers have no Web Crypto in pages that are not served over https.
  if (subtle === undefined) return (await import("./noble-hmac.js")).hmacSha256(key, message);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await subtle.importKey("raw", new Uint8Array(key), algorithm, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", imported, new Uint8Array(message)));
}
