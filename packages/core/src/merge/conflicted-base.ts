import { type Entry, leaf, type Mapping, type Node, type Sequence } from "../tree.js";
import { createNumbering, itemsOf } from "./identify.js";

/** Replaces what differs in two versions of a tree with a value that no version has, so that a change of it is a conflict. */
export function withConflicts(ours: readonly Mapping[], theirs: readonly Mapping[]): Mapping[] {
  const { ofNode } = createNumbering();
  // Not a text that any file holds.
  const unknown = leaf("bytes", globalThis.crypto.getRandomValues(new Uint8Array(32)));
  const join = (one: Node, other: Node | undefined): Node => {
    if (other !== undefined && ofNode(one) === ofNode(other)) return one;
    if (one.kind !== "mapping" || other?.kind !== "mapping") return unknown;
    const values = new Map(itemsOf(other).items.map(({ key, value }) => [key, value]));
    const items = one.items.map((item) =>
      item.kind === "entry" ? { ...item, value: join(item.value, values.get(item.key)) } : item,
    );
    const keys = new Set(itemsOf(one).items.map(({ key }) => key));
    const more = other.items.flatMap((item): Entry[] =>
      item.kind === "entry" && !keys.has(item.key) ? [{ ...item, value: unknown }] : [],
    );
    return { ...one, items: [...items, ...more] };
  };
  return ours.map((branch, index) => join(branch, theirs[index] as Mapping | Sequence | undefined) as Mapping);
}
