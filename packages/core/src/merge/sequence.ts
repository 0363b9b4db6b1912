/** Comparing sequences: which items two of them share, in order. */

/** The matching items of two sequences, as pairs of indices, both ascending. */
export type Matching = readonly (readonly [one: number, other: number])[];

/** Above this many comparisons, what lies between two anchors counts as replaced. */
const mostComparisons = 250_000;

/**
 * Matches equal items of two sequences. Items that are unique in both are anchors (as in a patience diff), which keeps the
 * time near linear; between two anchors, the longest common subsequence is taken where it is small enough.
 */
export function matchSequences(one: readonly unknown[], other: readonly unknown[]): Matching {
  const pairs: [number, number][] = [];
  match(one, other, [0, one.length], [0, other.length], pairs);
  return pairs;
}

type Range = readonly [from: number, to: number];

function match(
  one: readonly unknown[],
  other: readonly unknown[],
  [oneFrom, oneTo]: Range,
  [otherFrom, otherTo]: Range,
  pairs: [number, number][],
): void {
  let [a, b] = [oneFrom, otherFrom];
  let [endA, endB] = [oneTo, otherTo];
  while (a < endA && b < endB && one[a] === other[b]) pairs.push([a++, b++]);
  let common = 0;
  while (a < endA && b < endB && one[endA - 1] === other[endB - 1]) {
    endA--;
    endB--;
    common++;
  }
  const anchors = a < endA && b < endB ? anchorsOf(one, other, [a, endA], [b, endB]) : [];
  if (anchors.length === 0) longest(one, other, [a, endA], [b, endB], pairs);
  else {
    for (const [nextA, nextB] of [...anchors, [endA, endB] as const]) {
      // Between anchors, and with them at the end of each part, so that equal neighbours of theirs are found.
      match(one, other, [a, nextA], [b, nextB], pairs);
      if (nextA < endA) pairs.push([nextA, nextB]);
      a = nextA + 1;
      b = nextB + 1;
    }
  }
  for (let index = 0; index < common; index++) pairs.push([endA + index, endB + index]);
}

/** Items that occur once in both ranges: the longest ascending subsequence of them. */
function anchorsOf(
  one: readonly unknown[],
  other: readonly unknown[],
  inOne: Range,
  inOther: Range,
): [number, number][] {
  const inBoth = uniqueIn(one, inOne);
  const places = uniqueIn(other, inOther);
  const found: [number, number][] = [];
  for (let index = inOne[0]; index < inOne[1]; index++) {
    const item = one[index];
    const place = inBoth.get(item) === index ? places.get(item) : undefined;
    if (place !== undefined && place >= 0) found.push([index, place]);
  }
  return ascending(found.map(([, place]) => place)).map((index) => found[index]!);
}

/** The index of each item that occurs once; -1 for the others. */
function uniqueIn(items: readonly unknown[], [from, to]: Range): Map<unknown, number> {
  const places = new Map<unknown, number>();
  for (let index = from; index < to; index++) places.set(items[index], places.has(items[index]) ? -1 : index);
  return places;
}

/** The indices of a longest ascending subsequence of distinct numbers. */
export function ascending(numbers: readonly number[]): number[] {
  const ends: number[] = [];
  const before = new Array<number>(numbers.length).fill(-1);
  for (const [index, number] of numbers.entries()) {
    let from = 0;
    let to = ends.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (numbers[ends[middle]!]! < number) from = middle + 1;
      else to = middle;
    }
    if (from > 0) before[index] = ends[from - 1]!;
    ends[from] = index;
  }
  const found: number[] = [];
  for (let index = ends.at(-1) ?? -1; index !== -1; index = before[index]!) found.push(index);
  return found.reverse();
}

/** Appends a longest common subsequence of two short ranges. */
function longest(
  one: readonly unknown[],
  other: readonly unknown[],
  [oneFrom, oneTo]: Range,
  [otherFrom, otherTo]: Range,
  pairs: [number, number][],
): void {
  const rows = oneTo - oneFrom;
  const columns = otherTo - otherFrom;
  if (rows === 0 || columns === 0 || rows * columns > mostComparisons) return;
  const width = columns + 1;
  const lengths = new Uint32Array((rows + 1) * width);
  for (let row = rows - 1; row >= 0; row--) {
    for (let column = columns - 1; column >= 0; column--) {
      lengths[row * width + column] =
        one[oneFrom + row] === other[otherFrom + column]
          ? lengths[(row + 1) * width + column + 1]! + 1
          : Math.max(lengths[(row + 1) * width + column]!, lengths[row * width + column + 1]!);
    }
  }
  for (let row = 0, column = 0; row < rows && column < columns; ) {
    if (one[oneFrom + row] === other[otherFrom + column]) pairs.push([oneFrom + row++, otherFrom + column++]);
    else if (lengths[(row + 1) * width + column]! >= lengths[row * width + column + 1]!) row++;
    else column++;
  }
}

/** A part of three sequences. In a stable one, all three are equal. */
export interface Chunk {
  readonly isStable: boolean;
  readonly base: Range;
  readonly ours: Range;
  readonly theirs: Range;
}

/** Cuts three sequences where items of the base are in both sides: stable parts, and what lies between them. */
export function chunksOf(base: readonly unknown[], ours: readonly unknown[], theirs: readonly unknown[]): Chunk[] {
  const inTheirs = new Map(matchSequences(base, theirs));
  const chunks: Chunk[] = [];
  let [b, o, t] = [0, 0, 0];
  const add = (isStable: boolean, base: number, ours: number, theirs: number): void => {
    if (b < base || o < ours || t < theirs) {
      chunks.push({ isStable, base: [b, base], ours: [o, ours], theirs: [t, theirs] });
    }
    [b, o, t] = [base, ours, theirs];
  };
  for (const [inBase, inOurs] of matchSequences(base, ours)) {
    const place = inTheirs.get(inBase);
    if (place === undefined) continue;
    add(false, inBase, inOurs, place);
    add(true, inBase + 1, inOurs + 1, place + 1);
  }
  add(false, base.length, ours.length, theirs.length);
  return chunks;
}

/** The lines of a text, each with its line break. */
export function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Merges three texts by lines. Undefined if both sides changed the same lines, or lines next to each other. */
export function mergeLines(base: string, ours: string, theirs: string): string | undefined {
  const [b, o, t] = [linesOf(base), linesOf(ours), linesOf(theirs)];
  let merged = "";
  for (const { base: inBase, ours: inOurs, theirs: inTheirs } of chunksOf(b, o, t)) {
    const [before, mine, other] = [
      b.slice(...inBase).join(""),
      o.slice(...inOurs).join(""),
      t.slice(...inTheirs).join(""),
    ];
    if (mine !== before && other !== before && mine !== other) return undefined;
    merged += mine === before ? other : mine;
  }
  return merged;
}
