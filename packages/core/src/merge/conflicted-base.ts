import { type Comment, comment, type Entry, entry, leaf, type Mapping, mapping, type Node } from "../tree.js";
import { createNumbering, type Item, itemsOf } from "./identify.js";

/** Replaces what differs in two versions of a tree with what no version has, so that a change of it is a conflict. */
export function withConflicts(ours: readonly Mapping[], theirs: readonly Mapping[]): Mapping[] {
  const { ofNode, ofComments, ofItem } = createNumbering();
  // Not a text that any file holds.
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(32));
  const unknown = leaf("bytes", bytes);
  const unknownComment = comment(bytes.join());
  const joinComments = (one: readonly Comment[], other: readonly Comment[]) =>
    ofComments(one) === ofComments(other) ? one : [unknownComment];
  const joinMappings = (one: Mapping, other: Mapping): Mapping => {
    if (ofNode(one) === ofNode(other)) return one;
    const [mine, its] = [itemsOf(one), itemsOf(other)];
    const named = new Map(its.items.map((item) => [item.key!, item]));
    const keys = new Set(mine.items.map(({ key }) => key!));
    const items = mine.items.flatMap((item) => {
      const found = named.get(item.key!);
      const comments = found === undefined ? item.comments : joinComments(item.comments, found.comments);
      return [...comments, { ...(item.source as Entry), value: joinValues(item, found) }];
    });
    const more = its.items.flatMap(({ key }) => (keys.has(key!) ? [] : [entry(key!, unknown)]));
    return mapping([...items, ...more, ...joinComments(mine.rest, its.rest)]);
  };
  const joinValues = (one: Item, other: Item | undefined): Node => {
    if (other === undefined) return unknown;
    if (one.value.kind === "mapping" && other.value.kind === "mapping") return joinMappings(one.value, other.value);
    // With the text beside it that sops ignores.
    return ofItem({ ...one, comments: [] }) === ofItem({ ...other, comments: [] }) ? one.value : unknown;
  };
  const count = Math.max(ours.length, theirs.length);
  return Array.from({ length: count }, (_, index) => {
    const [one, other] = [ours[index], theirs[index]];
    return one === undefined || other === undefined ? mapping([entry("", unknown)]) : joinMappings(one, other);
  });
}
