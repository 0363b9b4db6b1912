import { type ErrorCode, SopsError } from "./errors.js";

/** 1-based line and column, in UTF-16 code units, of an offset of a source, where lines end at a line feed. */
export function placeOf(source: string, offset: number): { line: number; column: number; lineStart: number } {
  let line = 1;
  let lineStart = 0;
  for (let at = source.indexOf("\n"); at !== -1 && at < offset; at = source.indexOf("\n", lineStart)) {
    line++;
    lineStart = at + 1;
  }
  return { line, column: offset - lineStart + 1, lineStart };
}

export interface ErrorAt {
  readonly code: ErrorCode;
  /** What the source is, said first: `JSON`, `ENV`. */
  readonly format: string;
  readonly filename: string | undefined;
  readonly line: number;
  readonly column: number;
  /** What is wrong and what to do. */
  readonly problem: string;
  /** The line up to the place and from there on, with everything masked that may be a value. */
  readonly picture: { readonly before: string; readonly behind: string };
}

/** An error at a place of a source: what is wrong there, and a picture of the line with a mark below the place. */
export function errorAt({ code, format, filename, line, column, problem, picture }: ErrorAt): SopsError {
  const where = filename === undefined ? format : `${format} file ${filename}`;
  const margin = " ".repeat(String(line).length);
  const before = printable(picture.before);
  const mark = " ".repeat(before.length);
  return new SopsError(
    code,
    `${where}, line ${line}, column ${column}: ${problem}\n` +
      `  ${line} | ${before}${printable(picture.behind)}\n  ${margin} | ${mark}^`,
    { line, column },
  );
}

/** One line, one column a character, and nothing a terminal obeys: keys may hold anything. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu, " ");
}
