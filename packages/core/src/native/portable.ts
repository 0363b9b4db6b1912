/** For runtimes without synchronous native code: browsers, Workers. */
import type { Hash, NativeBase64, NativeGcm } from "./node.js";

export type { Hash, NativeBase64, NativeGcm } from "./node.js";

/** Collects its input, because Web Crypto hashes a message as a whole. */
export function createSha512(): Hash {
  const pieces: Uint8Array[] = [];
  let length = 0;
  return {
    update(bytes) {
      pieces.push(bytes.slice());
      length += bytes.length;
    },
    async digest() {
      const message = new Uint8Array(length);
      let offset = 0;
      for (const piece of pieces) {
        message.set(piece, offset);
        offset += piece.length;
      }
      const { subtle } = globalThis.crypto;
      // Browsers have no Web Crypto in pages that are not served over https.
      if (subtle === undefined) return (await import("./noble-sha512.js")).sha512(message);
      return new Uint8Array(await subtle.digest("SHA-512", message));
    },
  };
}

/** A hash that takes its input as it comes. */
export async function loadSha512(): Promise<() => Hash> {
  const { sha512 } = await import("./noble-sha512.js");
  return () => {
    const hash = sha512.create();
    return {
      update(bytes) {
        hash.update(bytes);
      },
      digest: () => hash.digest(),
    };
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
