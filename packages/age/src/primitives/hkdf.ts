import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { fromText } from "../bytes.js";

/** HKDF-SHA-256 (RFC 5869) with 32 bytes of output, the only length in age.md. */
export function deriveKey(inputKey: Uint8Array, salt: Uint8Array | undefined, info: string): Uint8Array {
  return hkdf(sha256, inputKey, salt, fromText(info), 32);
}

/** HMAC-SHA-256 (RFC 2104), 32 bytes. */
export function authenticate(key: Uint8Array, message: Uint8Array): Uint8Array {
  return hmac(sha256, key, message);
}
