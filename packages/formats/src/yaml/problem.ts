import { SopsError } from "@isosops/core";

/** 1-based line and column of an offset. */
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
 * A `syntax` error at an offset of the source. `problem` is one or more sentences that say what is wrong and what to
 * do; a picture of the line follows, in which everything that may be a value is masked.
 */
export function syntaxError(source: string, offset: number, problem: string): SopsError {
  const { line, column, lineStart } = placeOf(source, offset);
  const rest = source.slice(lineStart, lineStart + 2000);
  const end = rest.search(/[\r\n\x85\u2028\u2029]/);
  const shown = maskLine(end === -1 ? rest : rest.slice(0, end), column);
  const number = String(line);
  const margin = " ".repeat(number.length);
  const caret = " ".repeat(Math.min(column - 1, shown.unmasked));
  return new SopsError(
    "syntax",
    `YAML, line ${line}, column ${column}: ${problem}\n  ${number} | ${shown.text}\n  ${margin} | ${caret}^`,
    { line, column },
  );
}

/** `unmasked`: how many characters from the left are the source's own. */
function maskLine(line: string, column: number): { text: string; unmasked: number } {
  // What looks like an ordinary key before the place shows; what begins there may as well belong to a value above.
  const [, indent = "", key = ""] = /^( *(?:- +)*)([A-Za-z_][\w./-]{0,62}:(?: |$))?/.exec(line)!;
  const head = indent.length + key.length < column ? indent + key : indent;
  if (line.slice(head.length).trim() === "") return { text: head, unmasked: head.length };
  return { text: `${head}***`, unmasked: head.length };
}
