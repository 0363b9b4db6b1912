/**
 * Which characters of strings are written as escapes that need none, as programs do it: Python all that is not ASCII,
 * PHP slashes as well, Go what could end a script in HTML. The ciphertext of a string is written with escapes of its
 * own that tell it, which are nothing to whoever reads it: `type:str\u005d`. So the string comes back as it was.
 */

import type { Entry } from "@isosops/core";

/** What is escaped, as bits. */
const nonAscii = 1;
const slashes = 2;
/** `<`, `>`, `&` and the line breaks U+2028 and U+2029, as Go's `json.Marshal`. */
const html = 4;
/** Hexadecimal digits are upper-case, in those of `html` and in all others: PHP has `\u003C` beside `\u00e9`. */
const upperHtml = 8;
const upperCase = 16;

/** Of a number or bool, which tells nothing. */
const encrypted = /^"ENC\[AES256_GCM,[\w,:=+/]+\]"$/;

export type Escapes = number;

/** Of a string. */
const ciphertext = /^"ENC\[AES256_GCM,[\w,:=+/]+type(:|\\u003[aA])st(r|\\u0072)(\]|\\u005[dD])"$/;

/** An encrypted string with the escapes that tell of those of the string. */
export function writeCiphertext(text: string, escapes: Escapes): string {
  if (escapes === 0 || !text.endsWith("type:str]")) return `"${text}"`;
  const colon = (escapes & html) === 0 ? ":" : (escapes & upperHtml) === 0 ? "\\u003a" : "\\u003A";
  const r = (escapes & slashes) === 0 ? "r" : "\\u0072";
  const bracket = (escapes & nonAscii) === 0 ? "]" : (escapes & upperCase) === 0 ? "\\u005d" : "\\u005D";
  return `"${text.slice(0, -":str]".length)}${colon}st${r}${bracket}"`;
}

/** A string in which these characters are escaped, and those that have to be as `JSON.stringify` does it. */
export function writeString(text: string, escapes: Escapes): string {
  const hex = (escapes & upperCase) === 0 ? lowerHex : upperHex;
  let written = JSON.stringify(text);
  // Control characters; an escaped backslash is no part of one.
  if (hex === upperHex) written = written.replace(/\\(?:u00[01][0-9a-f]|.)/g, upperEscape);
  if ((escapes & slashes) !== 0) written = written.replaceAll("/", "\\/");
  if ((escapes & html) !== 0) {
    written = written.replace(/[<>&\u2028\u2029]/g, (escapes & upperHtml) === 0 ? lowerHex : upperHex);
  }
  if ((escapes & nonAscii) === 0) return written;
  // Python takes the last character of ASCII for one of those, and so does .NET; PHP does not.
  return written.replace((escapes & slashes) === 0 ? /[\x7f-\uffff]/g : /[\u0080-\uffff]/g, hex);
}

function lowerHex(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function upperHex(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

function upperEscape(written: string): string {
  return written.length === 6 ? `\\u${written.slice(2).toUpperCase()}` : written;
}

/** What the escapes of strings in a file are; asked of the strings that are written anew. */
export interface EscapeStyle {
  /** @param token the string in the source that another one takes the place of, with its quotes */
  of(token: string): Escapes;
}

/**
 * A file is written by one program, so that what is escaped in one string is in all, also where it has no such
 * characters: what a string holds does not show in its ciphertext. Where a file has both, each string has its own.
 *
 * @param leftOut a part of the source that does not count
 */
export function findEscapes(source: string, leftOut: Pick<Entry, "start" | "end"> | undefined): EscapeStyle {
  // Most files have none.
  if (!source.includes("\\u") && !source.includes("\\/")) return { of: () => 0 };
  let always = 0;
  let never = 0;
  const token = /"(?:[^"\\]|\\.)*"/g;
  for (let match = token.exec(source); match !== null; match = token.exec(source)) {
    if (leftOut !== undefined && match.index >= leftOut.start && match.index < leftOut.end) continue;
    const [written] = match;
    const told = toldBy(written);
    if (told !== undefined) {
      always |= told;
      never |= ~told;
      continue;
    }
    if (encrypted.test(written)) continue;
    const own = escapesIn(written);
    always |= own.escaped;
    never |= own.plain;
  }
  return {
    of(token) {
      const told = toldBy(token);
      if (told !== undefined) return told;
      return (always & ~never) | (escapesIn(token).escaped & never);
    },
  };
}

/** What the ciphertext of a string tells of its escapes; undefined of anything else. */
function toldBy(token: string): Escapes | undefined {
  const match = token.startsWith('"ENC[') ? ciphertext.exec(token) : null;
  if (match === null) return undefined;
  const [, colon = "", r = "", bracket = ""] = match;
  const isEscaped = (written: string, bit: Escapes) => (written.length > 1 ? bit : 0);
  const isUpper = (colon.endsWith("A") ? upperHtml : 0) | (bracket.endsWith("D") ? upperCase : 0);
  return isEscaped(bracket, nonAscii) | isEscaped(r, slashes) | isEscaped(colon, html) | isUpper;
}

/** Which of the characters that need no escape are escaped in a string, and which stand there as they are. */
function escapesIn(token: string): { escaped: Escapes; plain: Escapes } {
  let escaped = 0;
  let plain = 0;
  if (/[\u0080-\u2027\u202a-\uffff]/.test(token)) plain |= nonAscii;
  if (/[<>&]/.test(token)) plain |= html;
  if (/(?<!\\)\//.test(token)) plain |= slashes;
  if (token.includes("\\")) {
    for (const [written] of token.matchAll(/\\(?:u[0-9a-fA-F]{4}|.)/g)) {
      if (written === "\\/") escaped |= slashes;
      if (written.length < 6) continue;
      const digits = written.slice(2);
      const code = Number.parseInt(digits, 16);
      const isHtml = code === 0x3c || code === 0x3e || code === 0x26;
      if (code >= 0x80 && code !== 0x2028 && code !== 0x2029) escaped |= nonAscii;
      else if (isHtml) escaped |= html;
      const upper = isHtml ? upperHtml : upperCase;
      if (/[A-F]/.test(digits)) escaped |= upper;
      else if (/[a-f]/.test(digits)) plain |= upper;
    }
  }
  return { escaped, plain };
}
