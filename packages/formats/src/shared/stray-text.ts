import type { Place } from "@isosops/core";

/** The structure of a format. */
export interface Structure {
  /** Characters that are structure anywhere between claimed ranges. */
  readonly characters: string;
  /** Matches a piece of structure that starts with another character. Sticky. */
  readonly pieces: RegExp;
}

/** Marks a range of a source as accounted for. */
export type Claim = (start: number, end: number) => void;

/**
 * Finds text that is neither claimed nor structure, each piece up to the end of its line. Claimed ranges come from
 * `lists`, which hold alternating starts and ends in order, and from `claimAll`, which should claim in source order as
 * far as that is easy, and may be called twice.
 */
export function findStrayText(
  source: string,
  { characters, pieces }: Structure,
  lists: readonly [readonly number[], readonly number[]],
  claimAll: (claim: Claim) => void,
): readonly Place[] {
  const isStructure = tableOf(characters);
  const stray: Place[] = [];
  let at = 0;
  let isOrdered = true;

  const checkRest = (from: number, until: number): void => {
    const gap = source.slice(from, until);
    for (let position = 0; position < gap.length; ) {
      if (isStructure[gap.charCodeAt(position)] === 1) {
        position++;
        continue;
      }
      pieces.lastIndex = position;
      if (pieces.test(gap) && pieces.lastIndex > position) {
        position = pieces.lastIndex;
        continue;
      }
      const start = position++;
      while (position < gap.length && gap[position] !== "\n" && gap[position] !== "\r") position++;
      stray.push({ start: from + start, end: from + position });
    }
  };
  const check = (until: number): void => {
    for (let i = at; i < until; i++) {
      if (isStructure[source.charCodeAt(i)] !== 1) {
        checkRest(i, until);
        break;
      }
    }
  };
  let lastStart = 0;
  const claimNext: Claim = (start, end) => {
    if (start < lastStart) isOrdered = false;
    lastStart = start;
    if (start > at) check(start);
    if (end > at) at = end;
  };
  const [some = [], others = []] = lists;
  let i = 0;
  let j = 0;
  const beyond = source.length + 1;
  /** Claims the ranges of the lists up to an offset. */
  const claimLists = (until: number): void => {
    for (;;) {
      const start = some[i] ?? beyond;
      const other = others[j] ?? beyond;
      if (start > until && other > until) return;
      if (start <= other) {
        claimNext(start, some[i + 1]!);
        i += 2;
      } else {
        claimNext(other, others[j + 1]!);
        j += 2;
      }
    }
  };
  claimAll((start, end) => {
    claimLists(start);
    claimNext(start, end);
  });
  claimLists(source.length);
  if (!isOrdered) {
    stray.length = 0;
    at = 0;
    const places: Place[] = [];
    for (const list of lists) {
      for (let i = 0; i < list.length; i += 2) places.push({ start: list[i]!, end: list[i + 1]! });
    }
    claimAll((start, end) => places.push({ start, end }));
    places.sort((a, b) => a.start - b.start);
    for (const { start, end } of places) {
      if (start > at) check(start);
      if (end > at) at = end;
    }
  }
  check(source.length);
  return stray;
}

const tables = new Map<string, Uint8Array>();

function tableOf(characters: string): Uint8Array {
  let table = tables.get(characters);
  if (table === undefined) {
    table = new Uint8Array(0x10000);
    for (let i = 0; i < characters.length; i++) table[characters.charCodeAt(i)] = 1;
    tables.set(characters, table);
  }
  return table;
}
