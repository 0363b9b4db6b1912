import { base64urlnopad } from "@scure/base";
import type { OwnBytes } from "./own-bytes.js";

/** By the name that a JWT has for it (RFC 7518, sections 3.3 and 3.5), as Web Crypto has it. */
const algorithms = {
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  PS256: { name: "RSA-PSS", hash: "SHA-256", saltLength: 32 },
} as const;

/** How a token is signed. */
export type JwtAlgorithm = keyof typeof algorithms;

/**
 * A key that signs tokens.
 *
 * @param pkcs8 an RSA key in PKCS #8
 * @throws what the runtime throws, which may be about secret bytes
 */
export function importSigningKey(pkcs8: OwnBytes, algorithm: JwtAlgorithm): Promise<CryptoKey> {
  return crypto.subtle.importKey("pkcs8", pkcs8, algorithms[algorithm], false, ["sign"]);
}

/**
 * A signed token (RFC 7519).
 *
 * @param header its fields beside `alg` and `typ`
 * @param key of `importSigningKey` with the same algorithm
 */
export async function signJwt(
  algorithm: JwtAlgorithm,
  header: object,
  claims: object,
  key: CryptoKey,
): Promise<string> {
  const signed = `${encode({ alg: algorithm, typ: "JWT", ...header })}.${encode(claims)}`;
  const signature = await crypto.subtle.sign(algorithms[algorithm], key, new TextEncoder().encode(signed));
  return `${signed}.${base64urlnopad.encode(new Uint8Array(signature))}`;
}

function encode(part: object): string {
  return base64urlnopad.encode(new TextEncoder().encode(JSON.stringify(part)));
}
