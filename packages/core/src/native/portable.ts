/** For runtimes without synchronous native code: browsers, Workers. */
import { sha512 } from "@noble/hashes/sha2.js";
import type { Hash, NativeBase64, NativeGcm } from "./node.js";

export type { Hash, NativeBase64, NativeGcm } from "./node.js";

export function createSha512(): Hash {
  const hash = sha512.create();
  return {
    update(bytes) {
      hash.update(bytes);
    },
    digest() {
      return hash.digest();
    },
  };
}

/** None: Web Crypto's AES-GCM is asynchronous. */
export function findNativeGcm(): NativeGcm | undefined {
  return undefined;
}

/** None: `Uint8Array.fromBase64` is not available everywhere yet. */
export function findNativeBase64(): NativeBase64 | undefined {
  return undefined;
}
