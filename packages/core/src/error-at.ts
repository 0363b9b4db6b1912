import { type ErrorCode, SopsError } from "./errors.js";

/**
 * Converts an offset to a position. Lines end at a line feed.
 *
 * @returns 1-based line and column, in UTF-16 code units, and the offset of the start of the line.
 */
export function placeOf(source: string, offset: number): { line: number; column: number; lineStart: number } {
  let line = 1;
  let lineStart = 0;
  for (let at = source.indexOf("\n"); at !== -1 && at < offset; at = source.indexOf("\n", lineStart)) {
    line++;
    lineStart = at + 1;
  }
  return { line, column: offset - lineStart + 1, lineStart };
}

/**
 * Creates a function that returns the position of an offset, as {@link placeOf} does. The lines of the source are found
 * once, on the first call.
 */
export function placeFinder(source: string): (offset: number) => { line: number; column: number } {
  let lineStarts: number[] | undefined;
  return (offset) => {
    lineStarts ??= findLineStarts(source);
    let low = 0;
    let high = lineStarts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (lineStarts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - lineStarts[low]! + 1 };
  };
}

function findLineStarts(source: string): number[] {
  const starts = [0];
  for (let at = source.indexOf("\n"); at !== -1; at = source.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** An error at a position of a source; see {@link errorAt}. */
export interface ErrorAt {
  readonly code: ErrorCode;
  /** What the source is, such as `JSON`. Starts the message. */
  readonly format: string;
  readonly filename: string | undefined;
  readonly line: number;
  readonly column: number;
  /** What is wrong and what to do. */
  readonly problem: string;
  /** The line before and after the position. Anything that may be a value must be masked. */
  readonly picture: { readonly before: string; readonly behind: string };
}

/** Creates an error with a position: the problem, and the line with a mark below the position. */
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

/** One line, one column per character, and no control characters: keys may contain anything. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu, " ");
}
