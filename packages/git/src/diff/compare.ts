/** What differs between two versions of a file, by the places in their trees. */
import { createHash } from "node:crypto";
import {
  type Comment,
  type Entry,
  isEncryptedValue,
  type Leaf,
  type Mapping,
  type Node,
  type Sequence,
} from "@isosops/core";
import { diffArrays } from "diff";
import type { Version } from "./version.js";

/** Keys and 0-based list indices. In a file with several documents, the 0-based index of the document comes first. */
type Path = readonly (string | number)[];

/** A difference of two trees. */
export interface Difference {
  readonly kind: "added" | "removed" | "changed" | "reordered";
  /** `text` is text beside a value that sops ignores (INI). */
  readonly what: "value" | "comment" | "text";
  /** Of a comment, the collection that it is in. Of what was removed, the place that it had. */
  readonly path: Path;
  /** A value is a leaf, or a collection without items. */
  readonly before: Node | Comment | undefined;
  readonly after: Node | Comment | undefined;
}

/** The most differences between two lists that are looked for; beyond, items are compared by their position. */
const mostEdits = 1000;

/** Compares the trees of two versions, which are both open, or both closed. Linear, but for lists with many differences. */
export function compareTrees(before: Version | undefined, after: Version | undefined): Difference[] {
  const found: Difference[] = [];
  const ids = new Map<Node, string>();
  // Of a plain file, nobody has said what in it is secret.
  const bothEncrypted = before?.metadata !== undefined && after?.metadata !== undefined;
  const isSecret = (leaf: Leaf): boolean =>
    bothEncrypted && (before.secrets.has(leaf) || after.secrets.has(leaf)) && leaf.text.length > 0;
  const [old, current] = [before?.document.branches ?? [], after?.document.branches ?? []];
  if (old.length <= 1 && current.length <= 1) compareNodes(old[0], current[0], []);
  else compareItems(old, current, [], []);
  return found;

  function add(
    kind: Difference["kind"],
    what: Difference["what"],
    path: Path,
    one: Node | Comment | undefined,
    other: Node | Comment | undefined,
  ): void {
    found.push({ kind, what, path, before: one, after: other });
  }

  function compareNodes(one: Node | undefined, other: Node | undefined, path: Path, oldPath = path): void {
    if (one?.kind === "mapping" && other?.kind === "mapping") {
      compareMappings(one, other, path, oldPath);
    } else if (one?.kind === "sequence" && other?.kind === "sequence") {
      compareComments(one.items, other.items, path);
      compareItems(itemsOf(one), itemsOf(other), path, oldPath);
    } else if (one?.kind === "leaf" && other?.kind === "leaf") {
      if (idOf(one) !== idOf(other)) add("changed", "value", path, one, other);
    } else if (one !== undefined && other !== undefined && isOneValue(one) && isOneValue(other)) {
      // An empty list that is an empty mapping now, or a value.
      add("changed", "value", path, one, other);
    } else {
      if (one !== undefined) addAll("removed", one, oldPath);
      if (other !== undefined) addAll("added", other, path);
    }
  }

  function compareMappings(one: Mapping, other: Mapping, path: Path, oldPath: Path): void {
    compareComments(one.items, other.items, path);
    const [old, current] = [entriesOf(one), entriesOf(other)];
    for (const [name, { key, value, carried = [] }] of current) {
      const known = old.get(name);
      compareNodes(known?.value, value, [...path, key], [...oldPath, key]);
      const others = known?.carried ?? [];
      if (known !== undefined && textsOf(carried) !== textsOf(others)) {
        add("changed", "text", [...path, key], others[0]?.leaf, carried[0]?.leaf);
      }
    }
    for (const [name, { key, value }] of old) {
      if (!current.has(name)) compareNodes(value, undefined, [...path, key], [...oldPath, key]);
    }
    const kept = [...current.keys()].filter((name) => old.has(name));
    const order = [...old.keys()].filter((name) => current.has(name));
    if (order.some((name, index) => name !== kept[index])) add("reordered", "value", path, undefined, undefined);
  }

  /** Items that both lists have are matched; of the others, those of one name, then those of one position. */
  function compareItems(one: readonly Node[], other: readonly Node[], path: Path, oldPath: Path): void {
    const edits = diffArrays(one.map(idOf), other.map(idOf), { maxEditLength: mostEdits });
    const parts = edits ?? [
      { removed: true, added: false, count: one.length },
      { removed: false, added: true, count: other.length },
    ];
    let [from, to] = [0, 0];
    let removed: number[] = [];
    let added: number[] = [];
    const flush = (): void => {
      const pairs = pairUp(
        removed.map((index) => one[index]!),
        added.map((index) => other[index]!),
      );
      for (const [first, second] of pairs) {
        const place = (at: number | undefined, list: number[], above: Path): Path =>
          at === undefined ? above : [...above, list[at]!];
        const own = place(second, added, path);
        const earlier = place(first, removed, oldPath);
        compareNodes(
          first === undefined ? undefined : one[removed[first]!],
          second === undefined ? undefined : other[added[second]!],
          second === undefined ? earlier : own,
          first === undefined ? own : earlier,
        );
      }
      removed = [];
      added = [];
    };
    for (const { removed: isRemoved, added: isAdded, count } of parts) {
      if (isRemoved) for (let i = 0; i < count; i++) removed.push(from++);
      else if (isAdded) for (let i = 0; i < count; i++) added.push(to++);
      else {
        flush();
        from += count;
        to += count;
      }
    }
    flush();
  }

  /** By the collection: how they lie between values is not told. */
  function compareComments(
    one: readonly (Comment | Entry | Node)[],
    other: readonly (Comment | Entry | Node)[],
    path: Path,
  ): void {
    const isComment = (item: Comment | Entry | Node): item is Comment => item.kind === "comment" && item.text !== "";
    const [old, current] = [one.filter(isComment), other.filter(isComment)];
    if (old.length === 0 && current.length === 0) return;
    const counts = new Map<string, number>();
    for (const { text } of old) counts.set(text, (counts.get(text) ?? 0) + 1);
    const added = current.filter(({ text }) => {
      const count = counts.get(text) ?? 0;
      counts.set(text, count - 1);
      return count <= 0;
    });
    const removed = old
      .toReversed()
      .filter(({ text }) => {
        const count = counts.get(text)!;
        counts.set(text, count - 1);
        return count > 0;
      })
      .toReversed();
    // Those of which nothing but the ciphertext is known may be the same.
    const isSealed = ({ text }: Comment): boolean => isEncryptedValue(text);
    const sealed = removed.filter(isSealed);
    for (const comment of added) {
      const partner = isSealed(comment) ? sealed.shift() : undefined;
      add(partner === undefined ? "added" : "changed", "comment", path, partner, comment);
    }
    const left = new Set(sealed);
    for (const comment of removed) {
      if (!isSealed(comment) || left.has(comment)) add("removed", "comment", path, comment, undefined);
    }
  }

  function addAll(kind: "added" | "removed", node: Node, path: Path): void {
    const put = (item: Node | Comment, what: Difference["what"], at: Path): void =>
      add(kind, what, at, kind === "removed" ? item : undefined, kind === "added" ? item : undefined);
    const visit = (at: Node, place: Path): void => {
      if (at.kind === "leaf") {
        put(at, "value", place);
        return;
      }
      let index = 0;
      for (const item of at.items) {
        if (item.kind === "comment") {
          if (item.text !== "") put(item, "comment", place);
        } else if (item.kind !== "entry") visit(item, [...place, index++]);
        else {
          index++;
          visit(item.value, [...place, item.key]);
          const [carried] = item.carried ?? [];
          if (carried !== undefined) put(carried.leaf, "text", [...place, item.key]);
        }
      }
      if (index === 0 && place.length > 0) put(at, "value", place);
    };
    visit(node, path);
  }

  /** Equal for equal values and collections. Computed once for each node. */
  function idOf(node: Node): string {
    let id = ids.get(node);
    if (id === undefined) {
      id = describe(node);
      ids.set(node, id);
    }
    return id;
  }

  function describe(node: Node): string {
    // Where a secret is in plain text now, it counts as changed.
    if (node.kind === "leaf") return `${isSecret(node) ? "secret " : ""}${node.type} ${textOf(node.text)}`;
    const parts = node.items.flatMap((item) => {
      if (item.kind === "comment") return [];
      return [item.kind === "entry" ? [item.key, idOf(item.value)] : idOf(item)];
    });
    return hash(JSON.stringify([node.kind, parts]));
  }
}

type Item = Entry | Node | Comment;

const isOneValue = (node: Node): boolean => node.kind === "leaf" || itemsOf(node).length === 0;

function itemsOf({ items }: Mapping | Sequence): Node[] {
  return (items as readonly Item[]).flatMap((item) =>
    item.kind === "comment" ? [] : [item.kind === "entry" ? item.value : item],
  );
}

/** By key; keys that repeat are numbered. */
function entriesOf({ items }: Mapping): Map<string, Entry> {
  const found = new Map<string, Entry>();
  const counts = new Map<string, number>();
  for (const item of items) {
    if (item.kind !== "entry") continue;
    const count = counts.get(item.key) ?? 0;
    counts.set(item.key, count + 1);
    found.set(`${count} ${item.key}`, item);
  }
  return found;
}

/** Keys by which items of lists are known, as in Kubernetes. */
const names = ["name", "id", "key"] as const;

/** What an item is called; undefined if it has no name, or only its ciphertext is known. */
function nameOf(node: Node): string | undefined {
  if (node.kind !== "mapping") return undefined;
  for (const name of names) {
    const value = node.items.find((item): item is Entry => item.kind === "entry" && item.key === name)?.value;
    if (value?.kind !== "leaf" || (typeof value.text === "string" && isEncryptedValue(value.text))) continue;
    return `${name} ${textOf(value.text)}`;
  }
  return undefined;
}

/** Pairs of indices: items of one name, and those of one position among the rest; undefined where there is no partner. */
function pairUp(
  removed: readonly Node[],
  added: readonly Node[],
): [one: number | undefined, other: number | undefined][] {
  const waiting = new Map<string, number>();
  for (const [index, node] of removed.entries()) {
    const name = nameOf(node);
    if (name !== undefined && !waiting.has(name)) waiting.set(name, index);
  }
  const pairs: [number | undefined, number | undefined][] = [];
  const used = new Set<number>();
  const rest: number[] = [];
  for (const [index, node] of added.entries()) {
    const name = nameOf(node);
    const partner = name === undefined ? undefined : waiting.get(name);
    if (partner === undefined) rest.push(index);
    else {
      waiting.delete(name!);
      used.add(partner);
      pairs.push([partner, index]);
    }
  }
  // Named items with other names are others.
  const left = [...removed.keys()].filter((index) => !used.has(index));
  const byPosition = (indices: readonly number[], nodes: readonly Node[]): number[] =>
    indices.filter((index) => nameOf(nodes[index]!) === undefined);
  const [first, second] = [byPosition(left, removed), byPosition(rest, added)];
  for (let i = 0; i < Math.max(first.length, second.length); i++) pairs.push([first[i], second[i]]);
  for (const index of left) if (nameOf(removed[index]!) !== undefined) pairs.push([index, undefined]);
  for (const index of rest) if (nameOf(added[index]!) !== undefined) pairs.push([undefined, index]);
  return pairs;
}

function textsOf(carried: NonNullable<Entry["carried"]>): string {
  return JSON.stringify(carried.map(({ kind, leaf }) => [kind, textOf(leaf.text)]));
}

function textOf(text: string | Uint8Array): string {
  return typeof text === "string" ? text : `bytes ${Buffer.from(text).toString("base64")}`;
}

const hash = (text: string): string => createHash("sha256").update(text).digest("base64");
