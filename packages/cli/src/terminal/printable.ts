import { showName } from "@isosops/node/internal/file-system/names";

/**
 * What is shown on one line. Messages quote arguments, file names and keys of files. A private key may have been put where
 * one of these belongs, and control characters, line breaks and marks of direction (U+202E) could make a terminal show
 * something else than is there: they are escaped.
 */
export function printable(text: string): string {
  return showName(text)
    .replace(/(AGE-(?:SECRET-KEY|PLUGIN)-)[A-Z0-9+-]+/gi, "$1...")
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
      const code = character.codePointAt(0)!.toString(16);
      return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u{${code}}`;
    });
}

/** The same for the message of an error, where lists and the picture of a line stand on further lines, each indented. */
export function printableLines(text: string): string {
  return text
    .split(/\n(?= {2})/)
    .map(printable)
    .join("\n");
}

/** JSON for a terminal, with the same characters escaped as JSON has it. */
export function printableJson(value: unknown, indent = 2): string {
  const escaped = (text: string) =>
    Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`).join("");
  return `${JSON.stringify(value, undefined, indent).replace(/[\p{Cf}\p{Zl}\p{Zp}\x7f-\x9f]/gu, escaped)}\n`;
}
