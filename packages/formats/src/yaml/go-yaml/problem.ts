import { type ErrorCode, errorAt, type SopsError } from "@isosops/core";

/** The 1-based line and column of an offset, and where that line starts. */
export function placeOf(source: string, offset: number): { line: number; column: number; lineStart: number } {
  let line = 1;
  let lineStart = source.charCodeAt(0) === 0xfeff ? 1 : 0;
  const breaks = /\r\n|[\r\n\x85\u2028\u2029]/g;
  for (let match = breaks.exec(source); match !== null && breaks.lastIndex <= offset; match = breaks.exec(source)) {
    line++;
    lineStart = breaks.lastIndex;
  }
  return { line, column: Math.max(offset, lineStart) - lineStart + 1, lineStart };
}

/**
 * An error at an offset. `problem` is one or more sentences that say what is wrong and how to fix it. The message shows the
 * line with everything but its indentation masked: after a lost quote, what looks like a key may be part of a secret value.
 */
export function syntaxError(source: string, offset: number, problem: string, code: ErrorCode = "syntax"): SopsError {
  const { line, column, lineStart } = placeOf(source, offset);
  const [indentation] = /^ {0,60}(?:- {1,9}){0,9}/.exec(source.slice(lineStart, lineStart + 200))!;
  const before = indentation.slice(0, column - 1);
  const rest = source.slice(lineStart + before.length, lineStart + before.length + 1);
  const behind = /^[^\r\n\x85\u2028\u2029]/.test(rest) ? "***" : "";
  return errorAt({ code, format: "YAML", filename: undefined, line, column, problem, picture: { before, behind } });
}
