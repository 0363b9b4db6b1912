import { type ErrorCode, SopsError } from "@isosops/core";
import { placeOf } from "./place.js";

export interface LineProblem {
  /** ENV, INI: said first. */
  readonly format: string;
  readonly source: string;
  readonly filename: string | undefined;
  readonly offset: number;
  /** What is wrong and what to do. */
  readonly problem: string;
  /** Up to where the line is known to be no value, and may be shown; from its start on, nothing where left out. */
  readonly shownUntil?: number;
  readonly code?: ErrorCode;
}

/** An error about a line: its place, what is wrong, and a picture of the line with all that may be a value masked. */
export function lineProblem(about: LineProblem): SopsError {
  const { format, source, filename, offset, problem, code = "syntax" } = about;
  const { line, column, lineStart } = placeOf(source, offset);
  const shown = source.slice(lineStart, Math.max(lineStart, Math.min(about.shownUntil ?? lineStart, lineStart + 60)));
  const margin = " ".repeat(String(line).length);
  const caret = " ".repeat(Math.min(column - 1, shown.length));
  const where = filename === undefined ? format : `${format} file ${filename}`;
  return new SopsError(
    code,
    `${where}, line ${line}, column ${column}: ${problem}\n  ${line} | ${shown}***\n  ${margin} | ${caret}^`,
    { line, column },
  );
}
