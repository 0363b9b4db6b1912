/** Lines of a text, by go-yaml's line breaks. All functions take and return offsets in UTF-16 code units. */
import { isBlank, isBreak } from "./characters.js";

/** Start of the line, after the byte-order mark on the first one. */
export function startOfLine(source: string, offset: number): number {
  let start = offset;
  while (start > 0 && !isBreak(source.charCodeAt(start - 1))) start--;
  return start === 0 && source.charCodeAt(0) === 0xfeff && offset > 0 ? 1 : start;
}

/** End of the line, before its line break. */
export function endOfLine(source: string, offset: number): number {
  let end = offset;
  while (end < source.length && !isBreak(source.charCodeAt(end))) end++;
  return end;
}

/** Start of the next line, after the line break; the end of the text on the last line. */
export function startOfNextLine(source: string, offset: number): number {
  return endOfBreak(source, endOfLine(source, offset));
}

/** 0-based column: the code units before an offset on its line. */
export function columnOf(source: string, offset: number): number {
  return offset - startOfLine(source, offset);
}

/** Offset after the line break that starts here, or this offset if none does. CR LF is one line break. */
export function endOfBreak(source: string, offset: number): number {
  const code = source.charCodeAt(offset);
  if (!isBreak(code)) return offset;
  return code === 0x0d && source.charCodeAt(offset + 1) === 0x0a ? offset + 2 : offset + 1;
}

/** Offset before the line break that ends here, or this offset if none does. */
export function startOfBreak(source: string, offset: number): number {
  if (offset === 0 || !isBreak(source.charCodeAt(offset - 1))) return offset;
  return source.charCodeAt(offset - 1) === 0x0a && source.charCodeAt(offset - 2) === 0x0d ? offset - 2 : offset - 1;
}

/** Whether a text ends with a line break, or is empty. */
export function endsWithBreak(text: string): boolean {
  return text === "" || isBreak(text.charCodeAt(text.length - 1));
}

/** The first offset, from this one on, that is neither in white space nor in a comment. */
export function skipToContent(source: string, offset: number): number {
  let at = offset;
  for (;;) {
    while (isBlank(source.charCodeAt(at)) || isBreak(source.charCodeAt(at))) at++;
    if (source.charCodeAt(at) !== 0x23) return at;
    at = endOfLine(source, at);
  }
}
