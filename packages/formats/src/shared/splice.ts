/** A replacement of a part of a text. */
export interface Edit {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly text: string;
}

/**
 * Edits are applied in batches as they arrive: their data is then still in the processor's caches, and a long list of
 * pieces would survive many garbage collections, each of which copies it.
 */
const atOnce = 500;
/** How far an edit may be out of order: a comment after a value may come before or after it, a block first or last. */
const reach = 32;

/** Applies edits, which may come in any order but must not overlap. */
export function splice(
  source: string,
  edits: readonly Edit[],
  onSplice?: (replaced: readonly number[]) => void,
): string {
  const list = createEditList(source);
  for (const { start, end, text } of edits) list.add(start, end, text);
  return list.splice(onSplice);
}

/** Collects edits, in any order, and without overlaps. It is fastest for edits approximately in source order. */
export interface EditList {
  add(start: number, end: number, text: string): void;
  /** Applies the edits. `onSplice` is as in `RenderOptions`. */
  splice(onSplice?: (replaced: readonly number[]) => void): string;
}

export function createEditList(source: string): EditList {
  // The next edits, sorted while `isOrdered`. In batches, because a long list is copied as it grows.
  let waiting: Edits = { starts: [], ends: [], texts: [] };
  const made: Edits[] = [];
  let isOrdered = true;
  let copied = 0;
  let parts: string[] = [];

  const make = ({ starts, ends, texts }: Edits): void => {
    const pieces: string[] = [];
    for (let i = 0; i < starts.length; i++) {
      pieces.push(source.slice(copied, starts[i]!), texts[i]!);
      copied = ends[i]!;
    }
    parts.push(pieces.join(""));
  };

  return {
    add(start, end, text) {
      const { starts, ends, texts } = waiting;
      const isNext = start >= (ends[ends.length - 1] ?? 0);
      starts.push(start);
      ends.push(end);
      texts.push(text);
      if (isOrdered && !isNext) isOrdered = settle(waiting, copied);
      if (!isOrdered || starts.length < atOnce + reach) return;
      const next = waiting;
      waiting = { starts: starts.splice(atOnce), ends: ends.splice(atOnce), texts: texts.splice(atOnce) };
      made.push(next);
      make(next);
    },
    splice(onSplice) {
      if (!isOrdered) {
        waiting = sorted([...made, waiting]);
        made.length = 0;
        copied = 0;
        parts = [];
      }
      make(waiting);
      onSplice?.(placesOf([...made, waiting]));
      parts.push(source.slice(copied));
      return parts.join("");
    },
  };
}

/** Edits as three arrays instead of many objects. */
interface Edits {
  readonly starts: number[];
  readonly ends: number[];
  readonly texts: string[];
}

/** Alternating starts and ends. */
function placesOf(all: readonly Edits[]): number[] {
  const places: number[] = [];
  for (const { starts, ends } of all) for (let i = 0; i < starts.length; i++) places.push(starts[i]!, ends[i]!);
  return places;
}

/** Moves the last edit into order. Returns false if its place is out of reach, or already written. */
function settle({ starts, ends, texts }: Edits, copied: number): boolean {
  let index = starts.length - 1;
  const start = starts[index]!;
  const end = ends[index]!;
  const text = texts[index]!;
  const isBefore = (other: number): boolean =>
    start < starts[other]! || (start === starts[other]! && end < ends[other]!);
  for (const first = Math.max(0, index - reach); index > first && isBefore(index - 1); index--) {
    starts[index] = starts[index - 1]!;
    ends[index] = ends[index - 1]!;
    texts[index] = texts[index - 1]!;
  }
  starts[index] = start;
  ends[index] = end;
  texts[index] = text;
  return index === 0 ? start >= copied : !isBefore(index - 1);
}

function sorted(all: readonly Edits[]): Edits {
  const starts = all.flatMap((edits) => edits.starts);
  const ends = all.flatMap((edits) => edits.ends);
  const texts = all.flatMap((edits) => edits.texts);
  const order = Array.from(starts, (_, index) => index);
  order.sort((a, b) => starts[a]! - starts[b]! || ends[a]! - ends[b]!);
  const inOrder = <Item>(list: readonly Item[]) => order.map((index) => list[index]!);
  return { starts: inOrder(starts), ends: inOrder(ends), texts: inOrder(texts) };
}
