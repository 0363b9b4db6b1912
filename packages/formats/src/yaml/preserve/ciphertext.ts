/**
 * Ciphertexts, and how their quotes record the style of the plaintext.
 *
 * A plain ciphertext stands for a plain scalar, or comes from sops, which never quotes them: its plaintext is quoted if
 * necessary. A double-quoted ciphertext stands for a double-quoted scalar, unless its last bracket is escaped:
 *
 * - `\x5d` means the same as a plain ciphertext, in a flow collection, where a ciphertext has to be quoted;
 * - `\u005d` means that the author wrote the value plain although not every reader takes it for a string (`yes`), and that it
 *   is to be restored as it was.
 *
 * Only strings need these marks.
 */

import type { EditedText, Place } from "@isosops/core";
import { leastEscaped } from "./quotes.js";

/** "plain": plain if all readers agree; "as written": always plain; undefined: the style of the ciphertext itself. */
export type PlaintextStyle = "plain" | "as written" | undefined;

/** Whether a value looks like a ciphertext of sops, by its start and end. */
export function isCiphertext(text: string | Uint8Array): boolean {
  return typeof text === "string" && text.startsWith(head) && text.endsWith("]");
}

const head = "ENC[AES256_GCM,data:";
const plainEnd = '\\x5d"';
const asWrittenEnd = '\\u005d"';

/** What the quotes of the scalar at these offsets record; undefined if it is not a ciphertext. */
export function ciphertextStyle(source: string, start: number, end: number): PlaintextStyle {
  if (!source.startsWith(`"${head}`, start)) return undefined;
  if (source.endsWith(asWrittenEnd, end)) return "as written";
  return source.endsWith(plainEnd, end) ? "plain" : undefined;
}

/** Whether a ciphertext decrypts to a string. */
export function holdsString(ciphertext: string): boolean {
  return ciphertext.endsWith(",type:str]");
}

/** A ciphertext in double quotes that record a style. */
export function quotedCiphertext(ciphertext: string, style: PlaintextStyle): string {
  const text = leastEscaped(ciphertext);
  if (style === undefined || !holdsString(ciphertext)) return text;
  return text.slice(0, -2) + (style === "plain" ? plainEnd : asWrittenEnd);
}

/** The text with a ciphertext that no longer records the author's plain style, for a new value in its place. */
export function withoutAuthorsStyle(source: string, { start, end }: Place): EditedText {
  if (ciphertextStyle(source, start, end) !== "as written") return { text: source, fresh: [{ start, end }] };
  const head = source.slice(0, end - asWrittenEnd.length) + plainEnd;
  return { text: head + source.slice(end), fresh: [{ start, end: head.length }] };
}
