/** Words of a file, however they are spelled in it. */

/** Every text in which characters may be spelled otherwise than as themselves has one of these in it. */
import { base64 } from "@scure/base";

export const escapeTexts: readonly string[] = ["\\u", "\\U", "\\x", "\\\n", "\\\r", "&#"];

/**
 * A text with its escapes read, those of JSON, YAML, TOML and XML alike, once or within another text: for looking for
 * words in it, and not for its values. A `\` at the end of a line joins it with the next one.
 */
export function readEscapes(text: string): string {
  if (!text.includes("\\") && !text.includes("&#")) return text;
  return text.replace(
    // No second backslash before the first one, so that a long row of them is looked at once.
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
 * The text of a file; undefined if it is longer than a text can be. What may be UTF-16 is read as that, and as UTF-8 on
 * the lines behind: binary files begin so as well.
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

/** What of an ASCII word stands in every UTF-16 text that has it. */
export function withinUtf16(word: string): string {
  return [...word].join("\0");
}

/** What of the Base64 of a word stands in every Base64 that has the word in it: at each of the three places in a group. */
export function withinBase64(word: string): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = base64.encode(new TextEncoder().encode("\0".repeat(before) + word));
    const first = Math.ceil((before * 8) / 6);
    return encoded.slice(first, Math.floor(((before + word.length) * 8) / 6));
  });
}
