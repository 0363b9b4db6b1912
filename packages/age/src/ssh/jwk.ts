import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { decodeBase64, encodeBase64 } from "../base64.js";

/*
 * RSA keys in the format of Web Crypto (RFC 7518, section 6.3).
 */

export function base64url(bytes: Uint8Array): string {
  return encodeBase64(bytes).replaceAll("+", "-").replaceAll("/", "_");
}

export function fromBase64url(text: string): Uint8Array {
  return decodeBase64(text.replaceAll("-", "+").replaceAll("_", "/")) ?? new Uint8Array(0);
}

export interface RsaNumbers {
  readonly n: Uint8Array;
  readonly e: Uint8Array;
  readonly d: Uint8Array;
  readonly p: Uint8Array;
  readonly q: Uint8Array;
  readonly qi: Uint8Array;
}

/** Computes `d` modulo `p - 1` and `q - 1`, which a JWK requires and OpenSSH omits. */
export function rsaJwk({ n, e, d, p, q, qi }: RsaNumbers): JsonWebKey {
  const numbers = { n, e, d, p, q, dp: reduced(d, p), dq: reduced(d, q), qi };
  return {
    kty: "RSA",
    ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, base64url(value)])),
  };
}

function reduced(d: Uint8Array, prime: Uint8Array): Uint8Array {
  const hex = (toInteger(d) % (toInteger(prime) - 1n)).toString(16);
  return hexToBytes(hex.length % 2 === 0 ? hex : `0${hex}`);
}

function toInteger(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytesToHex(bytes)}`);
}
