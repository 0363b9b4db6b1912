import type { Comment, Entry, Leaf, Mapping, Node, Sequence } from "../tree.js";

export interface Comparison {
  /** Leaves of the first tree that `onFree` compares. */
  readonly free?: ReadonlySet<Leaf>;
  readonly onFree?: (wanted: Leaf, found: Leaf) => boolean;
  /** Whether comments may move within their collection, where they have the same additional data. */
  readonly commentsMove?: boolean;
}

/** Whether two documents have equal values, types, keys and comments, in the same order. */
export function sameTree(wanted: readonly Mapping[], found: readonly Mapping[], comparison: Comparison = {}): boolean {
  return wanted.length === found.length && wanted.every((branch, index) => same(branch, found[index]!, comparison));
}

function same(wanted: Node, found: Node, comparison: Comparison): boolean {
  if (wanted.kind === "leaf" || found.kind === "leaf") {
    if (wanted.kind !== "leaf" || found.kind !== "leaf") return false;
    const { free, onFree } = comparison;
    return free?.has(wanted) === true && onFree !== undefined ? onFree(wanted, found) : sameLeaf(wanted, found);
  }
  if (wanted.kind !== found.kind) return false;
  const wantedItems = itemsOf(wanted, comparison);
  const foundItems = itemsOf(found, comparison);
  if (wantedItems.length !== foundItems.length) return false;
  return wantedItems.every((item, index) => {
    const other = foundItems[index]!;
    if (item.kind === "comment" || other.kind === "comment") {
      return item.kind === "comment" && other.kind === "comment" && item.text === other.text;
    }
    if (item.kind === "entry" || other.kind === "entry") {
      return (
        item.kind === "entry" &&
        other.kind === "entry" &&
        item.key === other.key &&
        same(item.value, other.value, comparison)
      );
    }
    return same(item, other, comparison);
  });
}

type Item = Entry | Comment | Node;

function itemsOf({ items }: Mapping | Sequence, { commentsMove }: Comparison): readonly Item[] {
  const all: readonly Item[] = items;
  const values = all.filter((item) => item.kind !== "comment");
  // Without values, comments have nothing to attach to.
  if (values.length === 0) return [];
  if (commentsMove !== true) return all;
  return [...values, ...all.filter((item) => item.kind === "comment")];
}

/** Whether two values are equal, regardless of spelling. */
export function sameLeaf(a: Leaf, b: Leaf): boolean {
  return a.type === b.type && sameContent(a.text, b.text);
}

/** Whether two texts, or the bytes of two values, are equal. */
export function sameContent(a: string | Uint8Array, b: string | Uint8Array): boolean {
  if (typeof a === "string" || typeof b === "string") return a === b;
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** Whether two values are equal after a round trip: a plain, integral float is read as an int. */
export function sameText(wanted: Leaf, found: Leaf): boolean {
  return sameLeaf({ ...wanted, type: found.type }, found);
}

/** Whether two nodes hold the same data. Comments are ignored. */
export function sameData(a: Node, b: Node, leaves: (a: Leaf, b: Leaf) => boolean = sameLeaf): boolean {
  if (a.kind === "leaf" || b.kind === "leaf") return a.kind === "leaf" && b.kind === "leaf" && leaves(a, b);
  if (a.kind !== b.kind) return false;
  const left = valuesOf(a);
  const right = valuesOf(b);
  return (
    left.length === right.length &&
    left.every((item, index) => {
      const other = right[index]!;
      if (item.kind !== "entry" || other.kind !== "entry") return sameData(item as Node, other as Node, leaves);
      return item.key === other.key && sameData(item.value, other.value, leaves);
    })
  );
}

function valuesOf({ items }: Mapping | Sequence): readonly (Entry | Node)[] {
  return (items as readonly Item[]).filter((item): item is Entry | Node => item.kind !== "comment");
}
