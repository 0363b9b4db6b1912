import type { EditedText, Place } from "@isosops/core";
import type { Edit } from "./splice.js";

/** Applies edits, which must not overlap. The text of the fresh ones is new to the file. */
export function editText(source: string, edits: readonly Edit[], fresh: readonly Edit[] = []): EditedText {
  const pieces: string[] = [];
  const places: Place[] = [];
  const isFresh = new Set(fresh);
  let copied = 0;
  let length = 0;
  const add = (piece: string) => {
    pieces.push(piece);
    length += piece.length;
  };
  for (const edit of [...edits, ...fresh].sort((a, b) => a.start - b.start || a.end - b.end)) {
    add(source.slice(copied, edit.start));
    if (isFresh.has(edit)) places.push({ start: length, end: length + edit.text.length });
    add(edit.text);
    copied = edit.end;
  }
  add(source.slice(copied));
  return { text: pieces.join(""), fresh: places };
}

/** The white space before an offset. */
export function gapBefore(source: string, end: number): string {
  let start = end;
  while (start > 0 && " \t\r\n".includes(source[start - 1]!)) start--;
  return source.slice(start, end);
}
