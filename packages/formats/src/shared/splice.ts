/** What is to stand in place of a part of a text. */
export interface Edit {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly text: string;
}

/** The text with the edits made, which may come in any order and do not overlap. */
export function splice(source: string, edits: readonly Edit[]): string {
  const pieces: string[] = [];
  let copied = 0;
  for (const { start, end, text } of [...edits].sort((a, b) => a.start - b.start || a.end - b.end)) {
    pieces.push(source.slice(copied, start), text);
    copied = end;
  }
  pieces.push(source.slice(copied));
  return pieces.join("");
}
