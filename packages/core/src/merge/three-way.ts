import type { Comment, Leaf, Mapping, Node, Sequence } from "../tree.js";
import { createNumbering, type Item, identityOf, itemsOf, type Numbering } from "./identify.js";
import { ascending, chunksOf } from "./sequence.js";

/** Where a node or item of the result comes from. */
interface Origins<Kind> {
  /** The version of the base, if there is one. */
  readonly base: Kind | undefined;
  readonly ours: Kind | undefined;
  readonly theirs: Kind | undefined;
}

/** A merged entry or list item. */
export interface MergedItem extends Origins<Item> {
  readonly key: string | undefined;
  readonly comments: readonly Comment[];
  readonly value: MergedNode;
}

/** A merged node. `ours` and `theirs` are the versions of it that the sides have. */
export type MergedNode = Origins<Node> &
  (
    | { readonly kind: "leaf"; readonly leaf: Leaf }
    | {
        readonly kind: "mapping" | "sequence";
        readonly items: readonly MergedItem[];
        readonly rest: readonly Comment[];
      }
  );

type Side = "ours" | "theirs";

/** A place where both sides changed the same in different ways. */
export interface MergeConflict {
  /** Keys and list indices of our side, from the top of the document; the number of the document first if there are several. */
  readonly path: readonly (string | number)[];
  /** `value`: two different values. `removed`: one side changed what the other removed. `comment`, `order`. */
  readonly kind: "value" | "removed" | "comment" | "order";
}

/** A merge of trees. */
export interface MergedTrees {
  readonly branches: readonly MergedNode[];
  readonly conflicts: readonly MergeConflict[];
}

/** Options of {@link mergeTrees}. */
export interface TreeMergeOptions {
  /** Whose version is taken where they conflict. */
  readonly favor: Side;
  /** Merges two values that replaced another one. Undefined if they conflict. */
  readonly mergeValues?: ((base: Leaf, ours: Leaf, theirs: Leaf) => Leaf | undefined) | undefined;
  readonly numbering?: Numbering | undefined;
}

/**
 * Merges three versions of a file's documents: a change of one side is taken, and a change of both that is the same.
 * Entries of mappings are matched by their keys; items of lists by what identifies them, otherwise by their order.
 */
export function mergeTrees(
  base: readonly Mapping[],
  ours: readonly Mapping[],
  theirs: readonly Mapping[],
  { favor, mergeValues, numbering = createNumbering() }: TreeMergeOptions,
): MergedTrees {
  const merger: Merger = { favor, mergeValues, numbering, conflicts: [], path: [] };
  const list = (branches: readonly Mapping[]): Sequence => ({
    kind: "sequence",
    items: [...branches],
    start: -1,
    end: -1,
  });
  if (base.length === 1 && ours.length === 1 && theirs.length === 1) {
    return { branches: [mergeNode(merger, base[0]!, ours[0]!, theirs[0]!)], conflicts: merger.conflicts };
  }
  const merged = mergeNode(merger, list(base), list(ours), list(theirs));
  return {
    branches: merged.kind === "leaf" ? [] : merged.items.map(({ value }) => value),
    conflicts: merger.conflicts,
  };
}

interface Merger {
  readonly favor: Side;
  readonly numbering: Numbering;
  readonly mergeValues: TreeMergeOptions["mergeValues"];
  readonly conflicts: MergeConflict[];
  readonly path: (string | number)[];
}

/** The result where only one version counts, as it is: all that are given are equal. */
function whole(node: Node, origins: Origins<Node>): MergedNode {
  if (node.kind === "leaf") return { kind: "leaf", leaf: node, ...origins };
  const { items, rest } = itemsOf(node);
  const itemOf = (own: Node | undefined, index: number): Item | undefined =>
    own === undefined || own.kind !== node.kind ? undefined : itemsOf(own as Mapping).items[index];
  const merged = items.map((item, index) =>
    wholeItem(item, {
      base: itemOf(origins.base, index),
      ours: itemOf(origins.ours, index),
      theirs: itemOf(origins.theirs, index),
    }),
  );
  return { kind: node.kind, items: merged, rest, ...origins };
}

function wholeItem({ key, comments, value }: Item, origins: Origins<Item>): MergedItem {
  const { base, ours, theirs } = origins;
  const values = { base: base?.value, ours: ours?.value, theirs: theirs?.value };
  return { key, comments, value: whole(value, values), ...origins };
}

/** What one side alone has. */
function only(side: Side, item: Item): MergedItem {
  return wholeItem(item, { ...none, [side]: item });
}

const none = { base: undefined, ours: undefined, theirs: undefined };

function mergeNode(merger: Merger, base: Node | undefined, ours: Node, theirs: Node): MergedNode {
  const { numbering, favor } = merger;
  const before = base === undefined ? -1 : numbering.ofNode(base);
  const [mine, other] = [numbering.ofNode(ours), numbering.ofNode(theirs)];
  if (mine === other && (before === mine || base === undefined)) return whole(ours, { base, ours, theirs });
  if (ours.kind === "leaf" || theirs.kind === "leaf" || ours.kind !== theirs.kind) {
    if (mine === other) return whole(ours, { ...none, ours, theirs });
    if (other === before) return whole(ours, { ...none, ours });
    if (mine === before) return whole(theirs, { ...none, theirs });
    if (ours.kind === "leaf" && theirs.kind === "leaf" && base?.kind === "leaf") {
      const merged = merger.mergeValues?.(base, ours, theirs);
      if (merged !== undefined) return { kind: "leaf", leaf: merged, base, ours, theirs };
    }
    report(merger, "value");
    return favor === "ours" ? whole(ours, { ...none, ours }) : whole(theirs, { ...none, theirs });
  }
  const inBase = base?.kind === ours.kind ? itemsOf(base as Mapping) : { items: [], rest: [] };
  const inOurs = itemsOf(ours);
  const inTheirs = itemsOf(theirs as Mapping | Sequence);
  const items =
    ours.kind === "mapping"
      ? mergeEntries(merger, inBase.items, inOurs.items, inTheirs.items)
      : mergeList(merger, inBase.items, inOurs.items, inTheirs.items);
  const rest = mergeComments(merger, inBase.rest, inOurs.rest, inTheirs.rest);
  return { kind: ours.kind, items, rest, base: base?.kind === ours.kind ? base : undefined, ours, theirs };
}

function report({ conflicts, path }: Merger, kind: MergeConflict["kind"]): void {
  conflicts.push({ path: [...path], kind });
}

function mergeComments(
  merger: Merger,
  base: readonly Comment[],
  ours: readonly Comment[],
  theirs: readonly Comment[],
): readonly Comment[] {
  const [before, mine, other] = [base, ours, theirs].map((comments) => merger.numbering.ofComments(comments));
  if (mine === other || other === before) return ours;
  if (mine === before) return theirs;
  report(merger, "comment");
  return merger.favor === "ours" ? ours : theirs;
}

/** Two versions of an item that both sides have. */
function mergeItem(merger: Merger, base: Item | undefined, ours: Item, theirs: Item): MergedItem {
  const { numbering } = merger;
  if ([ours, theirs].some(({ source }) => source.kind === "entry" && source.carried !== undefined)) {
    // Text beside a value that sops ignores is taken with it.
    const before = base === undefined ? -1 : numbering.ofItem(base);
    const [mine, other] = [numbering.ofItem(ours), numbering.ofItem(theirs)];
    if (mine === other) return wholeItem(ours, { base: before === mine ? base : undefined, ours, theirs });
    if (other === before) return { ...only("ours", ours), theirs };
    if (mine === before) return { ...only("theirs", theirs), ours };
  }
  const comments = mergeComments(merger, base?.comments ?? [], ours.comments, theirs.comments);
  const value = mergeNode(merger, base?.value, ours.value, theirs.value);
  return { key: ours.key, comments, value, base, ours, theirs };
}

/** An item that one side has removed: gone if the other has not changed it. */
function mergeRemoved(merger: Merger, base: Item, kept: Item, side: Side): MergedItem | undefined {
  const { numbering, favor } = merger;
  if (numbering.ofItem(base) === numbering.ofItem(kept)) return undefined;
  report(merger, "removed");
  if (favor !== side) return undefined;
  return only(side, kept);
}

function within<Result>({ path }: Merger, part: string | number, work: () => Result): Result {
  path.push(part);
  try {
    return work();
  } finally {
    path.pop();
  }
}

function mergeEntries(
  merger: Merger,
  base: readonly Item[],
  ours: readonly Item[],
  theirs: readonly Item[],
): readonly MergedItem[] {
  // A key that repeats is numbered.
  return mergeNamed(merger, namesOf(base), namesOf(ours), namesOf(theirs), (name) => partOf(name), false);
}

type Named = ReadonlyMap<string, Item>;

function namesOf(items: readonly Item[]): Named {
  const counts = new Map<string, number>();
  const named = new Map<string, Item>();
  for (const item of items) {
    const key = item.key!;
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    named.set(`${count}:${key}`, item);
  }
  return named;
}

function partOf(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

/** @param isOrdered Whether the order of items is part of the value. */
function mergeNamed(
  merger: Merger,
  base: Named,
  ours: Named,
  theirs: Named,
  part: (name: string) => string | number,
  isOrdered: boolean,
): readonly MergedItem[] {
  const merged = new Map<string, MergedItem>();
  for (const [name, mine] of ours) {
    const before = base.get(name);
    const other = theirs.get(name);
    const item = within(merger, part(name), () => {
      if (other !== undefined) return mergeItem(merger, before, mine, other);
      if (before !== undefined) return mergeRemoved(merger, before, mine, "ours");
      return only("ours", mine);
    });
    if (item !== undefined) merged.set(name, item);
  }
  for (const [name, other] of theirs) {
    if (ours.has(name)) continue;
    const before = base.get(name);
    const item = within(merger, part(name), () =>
      before === undefined ? only("theirs", other) : mergeRemoved(merger, before, other, "theirs"),
    );
    if (item !== undefined) merged.set(name, item);
  }
  return mergeOrder(merger, base, ours, theirs, merged, isOrdered).map((name) => merged.get(name)!);
}

/** The names of the merged items in their order: that of the side which has moved something, with the other's new items. */
function mergeOrder(
  merger: Merger,
  base: Named,
  ours: Named,
  theirs: Named,
  merged: ReadonlyMap<string, unknown>,
  isOrdered: boolean,
): string[] {
  const moved = (side: Named): boolean => {
    const places = new Map([...base.keys()].map((name, index) => [name, index]));
    const order = [...side.keys()].flatMap((name) => places.get(name) ?? []);
    return order.some((place, index) => index > 0 && place < order[index - 1]!);
  };
  const common = (side: Named, other: Named) => [...side.keys()].filter((name) => other.has(name));
  const [mineMoved, otherMoved] = [moved(ours), moved(theirs)];
  let lead: Side = otherMoved && !mineMoved ? "theirs" : "ours";
  const inOurs = common(ours, theirs);
  const inTheirs = common(theirs, ours);
  const isSameOrder = inOurs.every((name, index) => name === inTheirs[index]);
  if (isOrdered && !isSameOrder && mineMoved === otherMoved) {
    report(merger, "order");
    lead = merger.favor;
  }
  const [first, second] = lead === "ours" ? [ours, theirs] : [theirs, ours];
  // What the other side has more, by the item that it follows there.
  const after = new Map<string | undefined, string[]>();
  let previous: string | undefined;
  for (const name of second.keys()) {
    if (first.has(name)) previous = name;
    else if (merged.has(name)) {
      const run = after.get(previous);
      if (run === undefined) after.set(previous, [name]);
      else run.push(name);
    }
  }
  const order: string[] = [];
  const own = [...first.keys()];
  /** Which of two runs of new items in the same place comes first must not depend on whose they are. */
  const add = (mine: readonly string[], other: readonly string[]): void => {
    const isFirst = !isOrdered || mine.length === 0 || other.length === 0 || mine[0]! <= other[0]!;
    for (const names of isFirst ? [mine, other] : [other, mine]) for (const name of names) order.push(name);
  };
  let waiting: string | undefined;
  let run: string[] = [];
  for (const name of own) {
    if (!second.has(name)) {
      if (merged.has(name)) run.push(name);
      continue;
    }
    add(run, after.get(waiting) ?? []);
    run = [];
    waiting = name;
    if (merged.has(name)) order.push(name);
  }
  add(run, after.get(waiting) ?? []);
  return order;
}

function mergeList(
  merger: Merger,
  base: readonly Item[],
  ours: readonly Item[],
  theirs: readonly Item[],
): readonly MergedItem[] {
  const identity = identityOf([base, ours, theirs]);
  if (identity !== undefined) {
    const named = (items: readonly Item[]): Named => new Map(items.map((item) => [identity(item), item]));
    const places = new Map(ours.map((item, index) => [identity(item), index]));
    const inTheirs = new Map(theirs.map((item, index) => [identity(item), index]));
    const part = (name: string) => places.get(name) ?? inTheirs.get(name)!;
    return mergeNamed(merger, named(base), named(ours), named(theirs), part, true);
  }
  const { numbering, favor } = merger;
  const numbers = (items: readonly Item[]) => items.map(({ value }) => numbering.ofNode(value));
  const merged: MergedItem[] = [];
  for (const chunk of chunksOf(numbers(base), numbers(ours), numbers(theirs))) {
    const before = base.slice(...chunk.base);
    const mine = ours.slice(...chunk.ours);
    const other = theirs.slice(...chunk.theirs);
    const isSame = (one: readonly Item[], two: readonly Item[]) =>
      one.length === two.length && one.every((item, index) => numbering.ofItem(item) === numbering.ofItem(two[index]!));
    const together = () => {
      for (const [index, item] of mine.entries()) {
        const at = chunk.ours[0] + index;
        merged.push(within(merger, at, () => mergeItem(merger, before[index], item, other[index]!)));
      }
    };
    if (chunk.isStable || isSame(mine, other)) together();
    else if (isSame(other, before)) for (const item of mine) merged.push(only("ours", item));
    else if (isSame(mine, before)) for (const item of other) merged.push(only("theirs", item));
    else if (before.length === mine.length && before.length === other.length) together();
    else {
      within(merger, chunk.ours[0], () => report(merger, "value"));
      for (const item of favor === "ours" ? mine : other) merged.push(only(favor, item));
    }
  }
  return merged;
}

/** The items that keep their order, of items with indices in an earlier order: those that need not be moved. */
export function unmoved(indices: readonly number[]): ReadonlySet<number> {
  return new Set(ascending(indices));
}
