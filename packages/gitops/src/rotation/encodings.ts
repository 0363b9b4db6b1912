/** Finds words in a file, however they are encoded: with escapes, in UTF-16 or in Base64. */

import { base64 } from "@scure/base";

/** Every text with escaped characters contains one of these strings. */
export const escapeTexts: readonly string[] = ["\\u", "\\U", "\\x", "\\\n", "\\\r", "&#"];

/**
 * Decodes the escapes of JSON, YAML, TOML and XML in a text, also escapes within escapes. Use it to search for words,
 * not for values. A `\` at the end of a line joins it with the next one.
 */
export function readEscapes(text: string): string {
  if (!text.includes("\\") && !text.includes("&#")) return text;
  return text.replace(
    // Starts at the first backslash of a row, so that a long row is scanned once.
    /(?<!\\)\\+(?:u([\da-f]{4})|U([\da-f]{8})|x([\da-f]{2})|([nrt])|\/|\r?\n[ \t]*)|&#(?:x([\da-f]{1,8})|(\d{1,8}));/gi,
    (whole, u?: string, U?: string, x?: string, blank?: string, entity?: string, decimal?: string) => {
      if (blank !== undefined) return "\n";
      const hex = u ?? U ?? x ?? entity;
      if (hex === undefined && decimal === undefined) return whole.endsWith("/") ? "/" : "";
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code > 0x10ffff ? whole : String.fromCodePoint(code);
    },
  );
}

/**
 * Decodes a file; undefined if it exceeds the length of strings. What may be UTF-16 is decoded as that, followed by the
 * UTF-8 decoding on the next lines, because binary files may look like UTF-16.
 */
export function decodeText(content: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder().decode(content);
    const encoding = encodingOf(content);
    return encoding === "utf-8" ? text : `${new TextDecoder(encoding).decode(content)}\n${text}`;
  } catch {
    return undefined;
  }
}

/** By its byte-order mark, or by the zeros of its first characters (YAML 1.2, 5.2). */
function encodingOf([first, second]: Uint8Array): string {
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return "utf-16le";
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return "utf-16be";
  return "utf-8";
}

/** The part of a word that every UTF-16 text with it contains. */
export function withinUtf16(word: string): string {
  return [...word].join("\0");
}

/**
 * The Base64 of a word without its ends, at each of the three offsets in a group: Base64 that contains the word
 * contains one of these.
 */
export function withinBase64(word: string): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = base64.encode(new TextEncoder().encode("\0".repeat(before) + word));
    const first = Math.ceil((before * 8) / 6);
    return encoded.slice(first, Math.floor(((before + word.length) * 8) / 6));
  });
}
