import { hkdfSha256, hmacSha256 } from "#native";
import { fromText } from "../bytes.js";

/** HKDF-SHA-256 (RFC 5869) with 32 bytes of output, the only length in age.md. */
export async function deriveKey(inputKey: Uint8Array, salt: Uint8Array | undefined, info: string): Promise<Uint8Array> {
  return hkdfSha256(inputKey, salt ?? new Uint8Array(0), fromText(info));
}

/** HMAC-SHA-256 (RFC 2104), 32 bytes. */
export async function authenticate(key: Uint8Array, message: Uint8Array): Promise<Uint8Array> {
  return hmacSha256(key, message);
}
