import { showName } from "@isosops/node/internal/file-system/names";

/**
 * Make a text safe to print on one line. Messages quote arguments, file names and keys, where a private key may have
 * been given by mistake: it is cut. Control characters, line breaks and bidirectional marks (U+202E) could make a
 * terminal show something else than the text: they are escaped.
 */
export function printable(text: string): string {
  return showName(text)
    .replace(/(AGE-(?:SECRET-KEY|PLUGIN)-)[A-Z0-9+-]+/gi, "$1...")
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
      const code = character.codePointAt(0)!.toString(16);
      return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u{${code}}`;
    });
}

/** `printable` for a message with further, indented lines, such as lists and the picture of a line. */
export function printableLines(text: string): string {
  return text
    .split(/\n(?= {2})/)
    .map(printable)
    .join("\n");
}

/** JSON that is safe to print: the same characters are escaped as JSON escapes them. */
export function printableJson(value: unknown, indent = 2): string {
  const escaped = (text: string) =>
    Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`).join("");
  return `${JSON.stringify(value, undefined, indent).replace(/[\p{Cf}\p{Zl}\p{Zp}\x7f-\x9f]/gu, escaped)}\n`;
}
