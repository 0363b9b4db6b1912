import { type ErrorCode, errorAt, placeOf, type SopsError } from "@isosops/core";

export interface LineProblem {
  /** ENV, INI: said first. */
  readonly format: string;
  readonly source: string;
  readonly filename: string | undefined;
  readonly offset: number;
  /** What is wrong and what to do. */
  readonly problem: string;
  /** Up to where the line is known to be no value, and may be shown; its indentation alone where left out. */
  readonly shownUntil?: number | undefined;
  readonly code?: ErrorCode | undefined;
}

/** An error about a line: its place, what is wrong, and a picture of the line with all that may be a value masked. */
export function lineProblem(about: LineProblem): SopsError {
  const { format, source, filename, offset, problem, code = "syntax" } = about;
  const { line, column, lineStart } = placeOf(source, offset);
  const indentation = /^[ \t]*/.exec(source.slice(lineStart, Math.min(offset, lineStart + widest)))![0];
  const until = Math.min(about.shownUntil ?? 0, lineStart + widest);
  const shown = until > lineStart + indentation.length ? source.slice(lineStart, until) : indentation;
  const caret = Math.min(column - 1, shown.length);
  const picture = { before: shown.slice(0, caret), behind: `${shown.slice(caret)}***` };
  return errorAt({ code, format, filename, line, column, problem, picture });
}

const widest = 60;
