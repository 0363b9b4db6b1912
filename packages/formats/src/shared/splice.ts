/** What is to stand in place of a part of a text. */
export interface Edit {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly text: string;
}

/** One long list of pieces outlives many a garbage collection, and each copies it. */
const piecesAtOnce = 1000;

/** The text with the edits made, which may come in any order and do not overlap. */
export function splice(source: string, edits: readonly Edit[]): string {
  const list = createEditList(source);
  for (const { start, end, text } of edits) list.add(start, end, text);
  return list.splice();
}

/** Edits that are gathered one by one: a hundred thousand of them are three lists, not as many objects. */
export interface EditList {
  add(start: number, end: number, text: string): void;
  /** The text with the edits made. */
  splice(): string;
}

export function createEditList(source: string): EditList {
  const starts: number[] = [];
  const ends: number[] = [];
  const texts: string[] = [];
  let isSorted = true;
  return {
    add(start, end, text) {
      if (starts.length > 0 && start < ends[ends.length - 1]!) isSorted = false;
      starts.push(start);
      ends.push(end);
      texts.push(text);
    },
    splice() {
      const order = isSorted ? undefined : Array.from(starts, (_, index) => index);
      order?.sort((a, b) => starts[a]! - starts[b]! || ends[a]! - ends[b]!);
      const joined: string[] = [];
      let pieces: string[] = [];
      let copied = 0;
      for (let i = 0; i < starts.length; i++) {
        const index = order === undefined ? i : order[i]!;
        pieces.push(source.slice(copied, starts[index]!), texts[index]!);
        copied = ends[index]!;
        if (pieces.length < piecesAtOnce) continue;
        joined.push(pieces.join(""));
        pieces = [];
      }
      pieces.push(source.slice(copied));
      joined.push(pieces.join(""));
      return joined.join("");
    },
  };
}
