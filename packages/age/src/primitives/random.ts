/** Bytes from the runtime's cryptographic generator (Web Crypto), the only source of randomness here. */
export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  return globalThis.crypto.getRandomValues(new Uint8Array(length));
}
