import { type Entry, entry, type Mapping, mapping, type Node, sequence } from "../tree.js";
import type { MergedNode } from "./three-way.js";

const made = new WeakMap<MergedNode, Node>();

/** A merged node as a tree. Its leaves and comments are those of the sides, which must not be changed. */
export function toTree(merged: MergedNode): Node {
  if (merged.kind === "leaf") return merged.leaf;
  const before = made.get(merged);
  if (before !== undefined) return before;
  const { items, rest, kind } = merged;
  const inside = items.flatMap((item) => {
    const value = toTree(item.value);
    return [...item.comments, item.key === undefined ? value : withCarried(entry(item.key, value), item)];
  });
  const node =
    kind === "mapping" ? mapping([...inside, ...rest] as Mapping["items"]) : sequence([...inside, ...rest] as Node[]);
  made.set(merged, node);
  return node;
}

/** Text beside a value that sops ignores comes from the side that has the value. */
function withCarried(
  made: Entry,
  { value, ours, theirs }: { value: MergedNode } & Record<"ours" | "theirs", { source: Entry | Node } | undefined>,
): Entry {
  const source = (value.ours === undefined ? (theirs ?? ours) : (ours ?? theirs))?.source;
  if (source?.kind === "entry" && source.carried !== undefined) made.carried = source.carried;
  return made;
}
