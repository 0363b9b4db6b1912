/**
 * Ciphertexts, and how their quotes say in which style the plaintext stood.
 *
 * One without quotes says that there were none, or that sops wrote it, which puts no quotes around any: what is
 * decrypted from it gets quotes where it needs them. Double quotes with the last bracket as an escape say so as well:
 *
 * - `\x5d` says the same as no quotes, in brackets, where a ciphertext cannot be without;
 * - `\u005d` says that the author's own plain scalar is one that not every reader takes for a string (`yes`), and that
 *   it comes back as it was.
 *
 * A value that is no string needs no such mark.
 */

import type { EditedText, Place } from "@isosops/core";
import { leastEscaped } from "./quotes.js";

/** "plain": without quotes where all readers agree; "as written": without quotes; undefined: as the ciphertext itself. */
export type PlaintextStyle = "plain" | "as written" | undefined;

/** Whether a value is a ciphertext of sops, as far as its beginning and end tell. */
export function isCiphertext(text: string | Uint8Array): boolean {
  return typeof text === "string" && text.startsWith(head) && text.endsWith("]");
}

const head = "ENC[AES256_GCM,data:";
const plainEnd = '\\x5d"';
const asWrittenEnd = '\\u005d"';

/** What the quotes of the scalar there say; of one that is no ciphertext, nothing. */
export function ciphertextStyle(source: string, start: number, end: number): PlaintextStyle {
  if (!source.startsWith(`"${head}`, start)) return undefined;
  if (source.endsWith(asWrittenEnd, end)) return "as written";
  return source.endsWith(plainEnd, end) ? "plain" : undefined;
}

/** Whether what it decrypts to is a string. */
export function holdsString(ciphertext: string): boolean {
  return ciphertext.endsWith(",type:str]");
}

/** A ciphertext in double quotes. */
export function quotedCiphertext(ciphertext: string, style: PlaintextStyle): string {
  const text = leastEscaped(ciphertext);
  if (style === undefined || !holdsString(ciphertext)) return text;
  return text.slice(0, -2) + (style === "plain" ? plainEnd : asWrittenEnd);
}

/** The text with a ciphertext in it that says nothing of how an author wrote it, for a value of somebody else's choice. */
export function withoutAuthorsStyle(source: string, { start, end }: Place): EditedText {
  if (ciphertextStyle(source, start, end) !== "as written") return { text: source, fresh: [{ start, end }] };
  const head = source.slice(0, end - asWrittenEnd.length) + plainEnd;
  return { text: head + source.slice(end), fresh: [{ start, end: head.length }] };
}
