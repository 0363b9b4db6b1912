/** Random values that open something, and digests to keep and compare in their place. */
import { base64urlnopad } from "@scure/base";

/** 256 bits, in 43 characters of URL-safe Base64. */
export function randomSecret(): string {
  return base64urlnopad.encode(globalThis.crypto.getRandomValues(new Uint8Array(32)));
}

/** The SHA-256 of a text in URL-safe Base64. A table with digests as keys tells by its timing nothing of the texts. */
export async function digestOf(text: string): Promise<string> {
  const digest = await globalThis.crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return base64urlnopad.encode(new Uint8Array(digest));
}
