/**
 * The lines in which two texts differ. Encryption keeps most lines of a file and changes others at their place, so lines that both texts have
 * exactly once are anchors, and between them equal lines at the start and at the end (patience diff). It is linear but for sorting,
 * and the lines it calls the same are the same; they need not be as many as they could be.
 */

/** A line. Numbers begin with 1, and are undefined where the text does not have the line. */
export interface DiffLine {
  readonly kind: "same" | "added" | "removed";
  readonly before: number | undefined;
  readonly after: number | undefined;
  readonly text: string;
}

/** Changed lines, with the lines around them. */
export interface DiffHunk {
  readonly lines: readonly DiffLine[];
}

/** The changed parts, as many as somebody may look at. */
export interface ShownDiff {
  readonly hunks: readonly DiffHunk[];
  /** How many changed lines there are in all. */
  readonly changedLines: number;
  /** How many lines are left out at the end. */
  readonly omitted: number;
}

const mostShown = 4000;

/** The differences of texts, cut to what a page shows: what is sent to it takes its time, too. */
export function shownDiff(before: string, after: string): ShownDiff {
  const all = diffTexts(before, after);
  const lines = all.reduce((sum, hunk) => sum + hunk.lines.length, 0);
  const changedLines = all.reduce((sum, hunk) => sum + hunk.lines.filter(({ kind }) => kind !== "same").length, 0);
  const hunks: DiffHunk[] = [];
  let left = mostShown;
  for (const hunk of all) {
    if (left <= 0) break;
    hunks.push(hunk.lines.length <= left ? hunk : { lines: hunk.lines.slice(0, left) });
    left -= hunk.lines.length;
  }
  return { hunks, changedLines, omitted: Math.max(0, lines - mostShown) };
}

/** @param context the number of unchanged lines to keep around changed ones */
export function diffTexts(before: string, after: string, context = 3): DiffHunk[] {
  const [old, now] = [splitLines(before), splitLines(after)];
  return hunksOf(old, now, pairLines(old, now), context);
}

/** Lines with their ends, so that a missing line end is a difference. */
export function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Each level reads the texts once. */
const deepest = 16;

/** Pairs of equal lines, both in order: for each line of `old` its line in `now`, or -1. */
export function pairLines(old: readonly string[], now: readonly string[]): Int32Array {
  const pairs = new Int32Array(old.length).fill(-1);
  const gaps = [{ oldFrom: 0, oldTo: old.length, nowFrom: 0, nowTo: now.length, depth: 0 }];
  for (let gap = gaps.pop(); gap !== undefined; gap = gaps.pop()) {
    let { oldFrom, oldTo, nowFrom, nowTo } = gap;
    const depth = gap.depth + 1;
    while (oldFrom < oldTo && nowFrom < nowTo && old[oldFrom] === now[nowFrom]) pairs[oldFrom++] = nowFrom++;
    while (oldFrom < oldTo && nowFrom < nowTo && old[oldTo - 1] === now[nowTo - 1]) pairs[--oldTo] = --nowTo;
    if (oldFrom === oldTo || nowFrom === nowTo || depth > deepest) continue;
    let [oldAt, nowAt] = [oldFrom, nowFrom];
    const anchors = findAnchors(old, now, { oldFrom, oldTo, nowFrom, nowTo });
    if (anchors.length === 0) continue;
    for (const { oldLine, nowLine } of anchors) {
      pairs[oldLine] = nowLine;
      gaps.push({ oldFrom: oldAt, oldTo: oldLine, nowFrom: nowAt, nowTo: nowLine, depth });
      [oldAt, nowAt] = [oldLine + 1, nowLine + 1];
    }
    gaps.push({ oldFrom: oldAt, oldTo, nowFrom: nowAt, nowTo, depth });
  }
  return pairs;
}

interface Gap {
  readonly oldFrom: number;
  readonly oldTo: number;
  readonly nowFrom: number;
  readonly nowTo: number;
}

interface Anchor {
  readonly oldLine: number;
  readonly nowLine: number;
}

/** Lines that are in both parts exactly once: the longest series of them that is in order in both. */
function findAnchors(old: readonly string[], now: readonly string[], gap: Gap): Anchor[] {
  const seen = new Map<string, { old: number; now: number }>();
  const note = (line: string, side: "old" | "now", at: number) => {
    const entry = seen.get(line) ?? { old: -1, now: -1 };
    entry[side] = entry[side] === -1 ? at : -2;
    seen.set(line, entry);
  };
  for (let at = gap.oldFrom; at < gap.oldTo; at++) note(old[at] as string, "old", at);
  for (let at = gap.nowFrom; at < gap.nowTo; at++) note(now[at] as string, "now", at);
  const unique: Anchor[] = [];
  for (const { old: oldLine, now: nowLine } of seen.values()) {
    if (oldLine >= 0 && nowLine >= 0) unique.push({ oldLine, nowLine });
  }
  return longestIncreasing(unique.sort((one, other) => one.oldLine - other.oldLine));
}

/** Patience sorting: piles with their tops in order, found by halving. */
function longestIncreasing(anchors: readonly Anchor[]): Anchor[] {
  const tops: number[] = [];
  const below = new Int32Array(anchors.length).fill(-1);
  for (let at = 0; at < anchors.length; at++) {
    const { nowLine } = anchors[at] as Anchor;
    let [low, high] = [0, tops.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((anchors[tops[middle] as number] as Anchor).nowLine < nowLine) low = middle + 1;
      else high = middle;
    }
    if (low > 0) below[at] = tops[low - 1] as number;
    tops[low] = at;
  }
  const found: Anchor[] = [];
  for (let at = tops.at(-1) ?? -1; at >= 0; at = below[at] as number) found.push(anchors[at] as Anchor);
  return found.reverse();
}

function hunksOf(old: readonly string[], now: readonly string[], pairs: Int32Array, context: number): DiffHunk[] {
  const hunks: DiffHunk[] = [];
  let lines: DiffLine[] = [];
  // Unchanged lines since the last change.
  let quiet: DiffLine[] = [];
  let isOpen = false;
  const change = (line: DiffLine) => {
    if (isOpen && quiet.length > 2 * context) {
      hunks.push({ lines: [...lines, ...quiet.slice(0, context)] });
      lines = [];
      isOpen = false;
    }
    lines.push(...(isOpen ? quiet : quiet.slice(Math.max(0, quiet.length - context))), line);
    quiet = [];
    isOpen = true;
  };
  const textOf = (line: string) => line.replace(/\r?\n$/, "");
  let nowAt = 0;
  const add = (to: number) => {
    for (; nowAt < to; nowAt++) {
      change({ kind: "added", before: undefined, after: nowAt + 1, text: textOf(now[nowAt] as string) });
    }
  };
  for (let oldAt = 0; oldAt < old.length; oldAt++) {
    const pair = pairs[oldAt] as number;
    const text = textOf(old[oldAt] as string);
    if (pair === -1) change({ kind: "removed", before: oldAt + 1, after: undefined, text });
    else {
      add(pair);
      quiet.push({ kind: "same", before: oldAt + 1, after: pair + 1, text });
      nowAt = pair + 1;
    }
  }
  add(now.length);
  if (isOpen) hunks.push({ lines: [...lines, ...quiet.slice(0, context)] });
  return hunks;
}
