/**
 * Optional escapes in strings, which programs use differently: Python escapes all non-ASCII characters, PHP also
 * slashes, Go what could end a script in HTML. The ciphertext of a string records the style in its own escapes, which
 * readers ignore: `type:str\u005d`. So the string is restored exactly.
 */

import type { Entry } from "@isosops/core";

/** What is escaped, as a bit set. */
const nonAscii = 1;
const slashes = 2;
/** `<`, `>`, `&` and the line breaks U+2028 and U+2029, like Go's `json.Marshal`. */
const html = 4;
/** Upper-case hexadecimal digits, in the escapes of `html` and in all others: PHP writes `\u003C` but `\u00e9`. */
const upperHtml = 8;
const upperCase = 16;

/** The ciphertext of a number or bool, which records nothing. */
const encrypted = /^"ENC\[AES256_GCM,[\w,:=+/]+\]"$/;

export type Escapes = number;

/** The ciphertext of a string. */
const ciphertext = /^"ENC\[AES256_GCM,[\w,:=+/]+type(:|\\u003[aA])st(r|\\u0072)(\]|\\u005[dD])"$/;

/** Writes the ciphertext of a string, recording the escapes of the string. */
export function writeCiphertext(text: string, escapes: Escapes): string {
  if (escapes === 0 || !text.endsWith("type:str]")) return `"${text}"`;
  const colon = (escapes & html) === 0 ? ":" : (escapes & upperHtml) === 0 ? "\\u003a" : "\\u003A";
  const r = (escapes & slashes) === 0 ? "r" : "\\u0072";
  const bracket = (escapes & nonAscii) === 0 ? "]" : (escapes & upperCase) === 0 ? "\\u005d" : "\\u005D";
  return `"${text.slice(0, -":str]".length)}${colon}st${r}${bracket}"`;
}

/** Writes a string with these escapes, and those that are required, like `JSON.stringify`. */
export function writeString(text: string, escapes: Escapes): string {
  const hex = (escapes & upperCase) === 0 ? lowerHex : upperHex;
  let written = JSON.stringify(text);
  // Control characters. An escaped backslash is not part of one.
  if (hex === upperHex) written = written.replace(/\\(?:u00[01][0-9a-f]|.)/g, upperEscape);
  if ((escapes & slashes) !== 0) written = written.replaceAll("/", "\\/");
  if ((escapes & html) !== 0) {
    written = written.replace(/[<>&\u2028\u2029]/g, (escapes & upperHtml) === 0 ? lowerHex : upperHex);
  }
  if ((escapes & nonAscii) === 0) return written;
  // Python and .NET escape U+007F, too; PHP does not.
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

/** The escape style of a file, for strings that are rewritten. */
export interface EscapeStyle {
  /**
   * Returns the escapes to use for a string.
   *
   * @param token - The previous string in the source, with its quotes.
   */
  of(token: string): Escapes;
}

/**
 * Detects the escape style of a file. Usually one program wrote all of it, so what is escaped in one string is escaped
 * in all: a ciphertext does not show what its string contains. In files with both styles, each string keeps its own.
 *
 * @param leftOut - A part of the source to ignore.
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

/** The escapes that the ciphertext of a string records, or undefined for other tokens. */
function toldBy(token: string): Escapes | undefined {
  const match = token.startsWith('"ENC[') ? ciphertext.exec(token) : null;
  if (match === null) return undefined;
  const [, colon = "", r = "", bracket = ""] = match;
  const isEscaped = (written: string, bit: Escapes) => (written.length > 1 ? bit : 0);
  const isUpper = (colon.endsWith("A") ? upperHtml : 0) | (bracket.endsWith("D") ? upperCase : 0);
  return isEscaped(bracket, nonAscii) | isEscaped(r, slashes) | isEscaped(colon, html) | isUpper;
}

/** The characters that are optionally escaped in a string, and those that are not. */
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
