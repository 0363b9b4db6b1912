import type { Change } from "../store.js";
import { type Comment, type Entry, entry, type Mapping, type Node, type Sequence } from "../tree.js";

/** Applies a change to a copy of the collections that it affects, and returns the topmost one. */
export function changedCollection({ kind, parents, indices, key, value, removed }: Change): Mapping | Sequence {
  const last = parents.at(-1)!;
  const items: (Entry | Comment | Node)[] = [...last.items];
  if (kind === "insert") items.push(key === undefined ? value! : entry(key, value!));
  else if (kind === "remove") items.splice(removed!.from, removed!.to - removed!.from);
  else items[indices.at(-1)!] = withValue(items[indices.at(-1)!] as Entry | Node, value!);
  let changed = { ...last, items } as Mapping | Sequence;
  for (let depth = parents.length - 2; depth >= 0; depth--) {
    const outer = parents[depth]!;
    const copies: (Entry | Comment | Node)[] = [...outer.items];
    copies[indices[depth]!] = withValue(copies[indices[depth]!] as Entry | Node, changed);
    changed = { ...outer, items: copies } as Mapping | Sequence;
  }
  return changed;
}

function withValue(item: Entry | Node, value: Node): Entry | Node {
  return item.kind === "entry" ? { ...item, value } : value;
}

/** The value of an entry, or the item of a list. */
export function valueAt(collection: Mapping | Sequence, index: number): Node {
  const item = collection.items[index] as Entry | Node;
  return item.kind === "entry" ? item.value : item;
}
