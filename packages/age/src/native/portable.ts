/** Where there is no native code that is synchronous: browsers, Workers. */
import type { NativeAead, NativeX25519 } from "./node.js";

export type { NativeAead, NativeX25519 } from "./node.js";

/** None: Web Crypto has no ChaCha20-Poly1305 that is to be had everywhere. */
export function findNativeAead(): NativeAead | undefined {
  return undefined;
}

/** None: the X25519 of Web Crypto is asynchronous, and not to be had everywhere. */
export function findNativeX25519(): NativeX25519 | undefined {
  return undefined;
}
