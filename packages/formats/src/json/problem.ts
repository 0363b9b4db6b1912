import { type ErrorCode, errorAt, placeOf, type SopsError } from "@isosops/core";

/**
 * An error at an offset of the source, with the line, in which everything except keys and punctuation is masked.
 *
 * @param token - The start of the token at the offset. Nothing from there on is shown.
 */
export function problemAt(
  code: ErrorCode,
  source: string,
  offset: number,
  problem: string,
  filename: string | undefined,
  token: number = offset,
): SopsError {
  const { line, column, lineStart } = placeOf(source, offset);
  const picture = picturedLine(source, lineStart, Math.max(token, lineStart));
  return errorAt({ code, format: "JSON", filename, line, column, problem, picture });
}

const widest = 60;

function picturedLine(source: string, lineStart: number, errorStart: number): { before: string; behind: string } {
  let picture = "";
  // The text before the error was parsed as JSON, so a line never starts within a string.
  for (let at = lineStart; at < errorStart; ) {
    if (isPunctuation(source.charCodeAt(at))) {
      picture += source[at];
      at++;
      continue;
    }
    const isString = source[at] === '"';
    const end = isString ? stringEnd(source, at) : wordEnd(source, at);
    let next = end;
    while (next < errorStart && source.charCodeAt(next) <= 0x20) next++;
    const isKey = isString && next < errorStart && source[next] === ":";
    picture += isKey ? source.slice(at, end) : "***";
    at = end;
  }
  if (picture.endsWith("***")) picture += " ";
  if (picture.length > widest) picture = `...${picture.slice(picture.length - widest)}`;
  const lineEnd = source.indexOf("\n", errorStart);
  const rest = source.slice(errorStart, lineEnd === -1 ? undefined : lineEnd).trim();
  let tail = rest === "" ? "" : "***";
  if (/^[{}[\]:,]/.test(rest)) tail = rest[0] + (rest.length > 1 ? " ***" : "");
  return { before: picture, behind: tail };
}

/** Includes white space. */
function isPunctuation(code: number): boolean {
  return (
    code <= 0x20 || code === 0x2c || code === 0x3a || code === 0x5b || code === 0x5d || code === 0x7b || code === 0x7d
  );
}

function stringEnd(source: string, start: number): number {
  let at = start + 1;
  for (; at < source.length; at++) {
    const code = source.charCodeAt(at);
    if (code === 0x22) break;
    if (code === 0x5c) at++;
  }
  return at + 1;
}

function wordEnd(source: string, start: number): number {
  const boundary = /[\s{}[\]:,"]/g;
  boundary.lastIndex = start;
  return boundary.exec(source)?.index ?? source.length;
}
