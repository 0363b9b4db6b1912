import type { Comment, Entry, Mapping, Node } from "../tree.js";
import { type Item, itemsOf, type Numbering } from "./identify.js";

/** What a copy that {@link followMoves} has made was: the parsed mapping or entry, with its key and its place in the source. */
const parsed = new WeakMap<Entry | Mapping, Entry | Mapping>();

/** The parsed mapping or entry, if this is a copy of one. */
export function asParsed<Kind extends Entry | Node>(copy: Kind): Kind {
  return (parsed.get(copy as Entry) as Kind | undefined) ?? copy;
}

function copyOf<Kind extends Entry | Mapping>(original: Kind, changes: Partial<Kind>): Kind {
  const copy = { ...original, ...changes };
  parsed.set(copy, asParsed(original));
  return copy;
}

/** More moves than this are not followed: a search for each takes as long as the mapping is large. */
const mostMoves = 100;

/** Three versions of a file's documents. */
export interface Versions {
  readonly base: readonly Mapping[];
  readonly ours: readonly Mapping[];
  readonly theirs: readonly Mapping[];
}

interface Place {
  readonly branch: number;
  readonly path: readonly string[];
}

/**
 * Follows renamed and moved keys: where one side has given an entry another key or another mapping, with its value as it
 * was, and the other side has changed the value, the entry moves in the other side and in the base as well. A merge then
 * changes it in its new place.
 */
export function followMoves(versions: Versions, numbering: Numbering): Versions {
  let { base, ours, theirs } = versions;
  if (base.length !== ours.length || base.length !== theirs.length) return versions;
  for (const { from, to } of movesOf(base, ours, numbering)) {
    if (!isChanged(base, theirs, from, numbering)) continue;
    const [movedBase, moved] = [move(base, from, to), move(theirs, from, to)];
    if (movedBase === undefined || moved === undefined) continue;
    [base, theirs] = [movedBase, moved];
  }
  for (const { from, to } of movesOf(base, theirs, numbering)) {
    if (!isChanged(base, ours, from, numbering)) continue;
    const [movedBase, moved] = [move(base, from, to), move(ours, from, to)];
    if (movedBase === undefined || moved === undefined) continue;
    [base, ours] = [movedBase, moved];
  }
  return { base, ours, theirs };
}

/** The entries that a side has only moved: removed in one place and added in another, and alike in no third. */
function movesOf(
  base: readonly Mapping[],
  side: readonly Mapping[],
  numbering: Numbering,
): { readonly from: Place; readonly to: Place }[] {
  const removed = new Map<number, Place | undefined>();
  const added = new Map<number, Place | undefined>();
  const note = (places: typeof removed, { value }: Item, place: Place): void => {
    // Such values are often equal by chance.
    if (
      value.kind === "leaf"
        ? value.type === "null" || value.type === "bool" || value.text.length === 0
        : value.items.length === 0
    )
      return;
    const number = numbering.ofNode(value);
    places.set(number, places.has(number) ? undefined : place);
  };
  const compare = (before: Mapping, after: Mapping, branch: number, path: readonly string[]): void => {
    if (numbering.ofNode(before) === numbering.ofNode(after)) return;
    const [old, current] = [byKey(before), byKey(after)];
    for (const [key, item] of old) {
      const now = current.get(key);
      if (now === undefined) note(removed, item, { branch, path: [...path, key] });
      else if (item.value.kind === "mapping" && now.value.kind === "mapping")
        compare(item.value, now.value, branch, [...path, key]);
    }
    for (const [key, item] of current) if (!old.has(key)) note(added, item, { branch, path: [...path, key] });
  };
  for (const [branch, before] of base.entries()) compare(before, side[branch]!, branch, []);
  const moves = [...removed].flatMap(([number, from]) => {
    const to = added.get(number);
    return from === undefined || to === undefined ? [] : [{ from, to }];
  });
  return moves.length > mostMoves ? [] : moves;
}

function byKey(mapping: Mapping): Map<string, Item> {
  return new Map(itemsOf(mapping).items.map((item) => [item.key!, item]));
}

function entryAt(branches: readonly Mapping[], { branch, path }: Place): Entry | undefined {
  let node: Node | undefined = branches[branch];
  let found: Entry | undefined;
  for (const key of path) {
    if (node?.kind !== "mapping") return undefined;
    found = node.items.find((item): item is Entry => item.kind === "entry" && item.key === key);
    node = found?.value;
  }
  return found;
}

function isChanged(base: readonly Mapping[], side: readonly Mapping[], place: Place, numbering: Numbering): boolean {
  const [before, after] = [entryAt(base, place), entryAt(side, place)];
  return (
    before !== undefined && after !== undefined && numbering.ofNode(before.value) !== numbering.ofNode(after.value)
  );
}

/** Moves an entry, with the comments before it. Undefined if there is no mapping for it, or one that has the key. */
function move(branches: readonly Mapping[], from: Place, to: Place): Mapping[] | undefined {
  if (from.branch !== to.branch || entryAt(branches, to) !== undefined) return undefined;
  let taken: (Entry | Comment)[] | undefined;
  const taking = changed(branches[from.branch]!, from.path.slice(0, -1), (items) => {
    const index = items.findIndex((item) => item.kind === "entry" && item.key === from.path.at(-1));
    let start = index;
    while (start > 0 && items[start - 1]!.kind === "comment") start--;
    taken = items.slice(start, index + 1);
    return [...items.slice(0, start), ...items.slice(index + 1)];
  });
  if (taking === undefined || taken === undefined) return undefined;
  const key = to.path.at(-1)!;
  const placed = changed(taking, to.path.slice(0, -1), (items) => [
    ...items,
    ...taken!.map((item) => (item.kind === "entry" ? copyOf(item, { key }) : item)),
  ]);
  return placed === undefined ? undefined : branches.map((branch, index) => (index === from.branch ? placed : branch));
}

function changed(
  mapping: Mapping,
  [key, ...below]: readonly string[],
  change: (items: Mapping["items"]) => Mapping["items"],
): Mapping | undefined {
  if (key === undefined) return copyOf(mapping, { items: change(mapping.items) });
  const index = mapping.items.findIndex((item) => item.kind === "entry" && item.key === key);
  const item = mapping.items[index];
  if (item?.kind !== "entry" || item.value.kind !== "mapping") return undefined;
  const value = changed(item.value, below, change);
  if (value === undefined) return undefined;
  const items = [...mapping.items];
  items[index] = copyOf(item, { value });
  return copyOf(mapping, { items });
}
