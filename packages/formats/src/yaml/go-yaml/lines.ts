/** Lines of a text, by the line breaks of go-yaml. Offsets count UTF-16 code units; at the end of the text, all stay there. */
import { isBlank, isBreak } from "./characters.js";

/** Where the line of an offset starts; behind the byte-order mark at the top of a text. */
export function startOfLine(source: string, offset: number): number {
  let start = offset;
  while (start > 0 && !isBreak(source.charCodeAt(start - 1))) start--;
  return start === 0 && source.charCodeAt(0) === 0xfeff && offset > 0 ? 1 : start;
}

/** Where the line of an offset ends, before its line break. */
export function endOfLine(source: string, offset: number): number {
  let end = offset;
  while (end < source.length && !isBreak(source.charCodeAt(end))) end++;
  return end;
}

/** Where the line below starts, behind the line break. */
export function startOfNextLine(source: string, offset: number): number {
  return endOfBreak(source, endOfLine(source, offset));
}

/** Code units before an offset on its line. */
export function columnOf(source: string, offset: number): number {
  return offset - startOfLine(source, offset);
}

/** Behind the line break at an offset; the offset where there is none. CR LF is one. */
export function endOfBreak(source: string, offset: number): number {
  const code = source.charCodeAt(offset);
  if (!isBreak(code)) return offset;
  return code === 0x0d && source.charCodeAt(offset + 1) === 0x0a ? offset + 2 : offset + 1;
}

/** Before the line break that ends at an offset; the offset where there is none. */
export function startOfBreak(source: string, offset: number): number {
  if (offset === 0 || !isBreak(source.charCodeAt(offset - 1))) return offset;
  return source.charCodeAt(offset - 1) === 0x0a && source.charCodeAt(offset - 2) === 0x0d ? offset - 2 : offset - 1;
}

/** Whether a text ends with a line break, or is empty. */
export function endsWithBreak(text: string): boolean {
  return text === "" || isBreak(text.charCodeAt(text.length - 1));
}

/** The first offset from this one on at which there is neither white space nor a comment. */
export function skipToContent(source: string, offset: number): number {
  let at = offset;
  for (;;) {
    while (isBlank(source.charCodeAt(at)) || isBreak(source.charCodeAt(at))) at++;
    if (source.charCodeAt(at) !== 0x23) return at;
    at = endOfLine(source, at);
  }
}
