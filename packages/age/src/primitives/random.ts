import type { OwnBytes } from "../bytes.js";
/** Random bytes from Web Crypto, the only source of randomness in this package. */
export function randomBytes(length: number): OwnBytes {
  return globalThis.crypto.getRandomValues(new Uint8Array(length));
}
