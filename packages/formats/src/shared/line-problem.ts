import { type ErrorCode, errorAt, placeOf, type SopsError } from "@isosops/core";

export interface LineProblem {
  /** Such as INI. Starts the message. */
  readonly format: string;
  readonly source: string;
  readonly filename: string | undefined;
  readonly offset: number;
  /** What is wrong and what to do. */
  readonly problem: string;
  /** The line may be shown up to this offset, because it is known not to be a value. Default: only its indentation. */
  readonly shownUntil?: number | undefined;
  readonly code?: ErrorCode | undefined;
}

/** An error about a line, with the line, in which everything that may be a value is masked. */
export function lineProblem(about: LineProblem): SopsError {
  const { format, source, filename, offset, problem, code = "syntax" } = about;
  const { line, column, lineStart } = placeOf(source, offset);
  const indentation = /^[ \t]*/.exec(source.slice(lineStart, Math.min(offset, lineStart + widest)))![0];
  const until = Math.min(about.shownUntil ?? 0, lineStart + widest);
  const visible = until > lineStart + indentation.length ? source.slice(lineStart, until) : indentation;
  const caret = Math.min(column - 1, visible.length);
  const picture = { before: visible.slice(0, caret), behind: `${visible.slice(caret)}***` };
  return errorAt({ code, format, filename, line, column, problem, picture });
}

const widest = 60;
