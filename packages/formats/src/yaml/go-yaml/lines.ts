/** Lines of a text: where they start and end, by the line breaks of go-yaml. Offsets are UTF-16 code units. */
import { isBreak } from "./characters.js";

export function lineStartOf(source: string, offset: number): number {
  let start = offset;
  while (start > 0 && !isBreak(source.charCodeAt(start - 1))) start--;
  return start === 0 && source.charCodeAt(0) === 0xfeff && offset > 0 ? 1 : start;
}

export function columnOf(source: string, offset: number): number {
  return offset - lineStartOf(source, offset);
}

export function endOfBreak(source: string, offset: number): number {
  const code = source.charCodeAt(offset);
  if (!isBreak(code)) return offset;
  return code === 0x0d && source.charCodeAt(offset + 1) === 0x0a ? offset + 2 : offset + 1;
}

export function startOfBreak(source: string, offset: number): number {
  if (offset === 0 || !isBreak(source.charCodeAt(offset - 1))) return offset;
  return source.charCodeAt(offset - 1) === 0x0a && source.charCodeAt(offset - 2) === 0x0d ? offset - 2 : offset - 1;
}

/** The offset behind the line break of this line. */
export function endOfLine(source: string, offset: number): number {
  let end = offset;
  while (end < source.length && !isBreak(source.charCodeAt(end))) end++;
  return endOfBreak(source, end);
}

export function endOfText(source: string, offset: number): number {
  let end = offset;
  while (end < source.length && !isBreak(source.charCodeAt(end))) end++;
  return end;
}

export function endsWithBreak(text: string): boolean {
  return text === "" || isBreak(text.charCodeAt(text.length - 1));
}
