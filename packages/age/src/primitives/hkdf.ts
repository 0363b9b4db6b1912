import { hmacSha256 } from "#native";
import { concat, fromText } from "../bytes.js";

/**
 * HKDF-SHA-256 (RFC 5869) with 32 bytes of output, the only length in age.md. It is one block, of two HMACs, so no runtime
 * needs an HKDF of its own.
 */
export async function deriveKey(inputKey: Uint8Array, salt: Uint8Array | undefined, info: string): Promise<Uint8Array> {
  // No salt is the same as one of zeros. Web Crypto takes no empty key.
  const key = await hmacSha256(salt ?? new Uint8Array(32), inputKey);
  return hmacSha256(key, concat([fromText(info), Uint8Array.of(1)]));
}

/** HMAC-SHA-256 (RFC 2104), 32 bytes. */
export async function authenticate(key: Uint8Array, message: Uint8Array): Promise<Uint8Array> {
  return hmacSha256(key, message);
}
