/** Where in the source a change is made. */
import type { Change, Document, Entry, Mapping, Node, Sequence } from "@isosops/core";
import { RawKind, type RawNode } from "../go-yaml/compose.js";
import { skipToContent } from "../go-yaml/lines.js";
import { isJson } from "../preserve/json-text.js";
import type { YamlMemo } from "../tree/memo.js";
import { keyName, pairs } from "./raw-nodes.js";
import { type EditStyle, styleOf } from "./style.js";

/** What a change is about, in the source. */
export interface Target {
  readonly source: string;
  readonly style: EditStyle;
  readonly isRoot: boolean;
  readonly collection: RawNode;
  /** The same in the tree. */
  readonly tree: Mapping | Sequence;
  /** Where in `collection` the item is, of pairs or items; -1 for none. */
  readonly index: number;
}

/** The place of a change in the nodes below `root`; undefined where they are not what the tree was made of, as behind an alias. */
export function findTarget(document: Document, root: RawNode, { parents, indices }: Change): Target | undefined {
  const { source } = document;
  let collection = root;
  for (let depth = 0; depth < parents.length - 1; depth++) {
    const index = rawIndex(source, collection, parents[depth]!, indices[depth]!);
    const next = collection.kind === RawKind.mapping ? collection.content[2 * index + 1] : collection.content[index];
    if (next === undefined) return undefined;
    collection = next;
  }
  const tree = parents.at(-1)!;
  const last = indices[parents.length - 1];
  const index = last === undefined ? -1 : rawIndex(source, collection, tree, last);
  if (last !== undefined && index === -1) return undefined;
  if (collection.kind !== (tree.kind === "mapping" ? RawKind.mapping : RawKind.sequence)) return undefined;
  const style = styleOf(source, root, collection, isJson(source, document.memo as YamlMemo));
  return { source, style, isRoot: parents.length === 1, collection, tree, index };
}

function rawIndex(source: string, raw: RawNode, tree: Mapping | Sequence, index: number): number {
  if (tree.kind === "mapping") {
    const { key } = tree.items[index] as Entry;
    return pairs(raw).findIndex(([name]) => keyName(name) === key);
  }
  let count = 0;
  for (const item of tree.items.slice(0, index)) {
    // sops writes the encrypted comments of a list as items.
    if (item.kind !== "comment" || source[item.start] !== "#") count++;
  }
  return count;
}

/** Where the value of an item begins and ends, and where what introduces it ends: its colon or its dash. */
interface ValuePlace {
  readonly introEnd: number;
  readonly start: number;
  readonly value: RawNode;
  /** The key or dash. */
  readonly itemStart: number;
  /** A key without a colon, in braces. */
  readonly isBare: boolean;
}

/** The place of an item of a collection; undefined where no colon or dash stands before it. */
export function valuePlace(source: string, collection: RawNode, index: number): ValuePlace | undefined {
  let introEnd: number;
  let itemStart: number;
  let value: RawNode;
  let isBare = false;
  if (collection.kind === RawKind.mapping) {
    const key = collection.content[2 * index]!;
    value = collection.content[2 * index + 1]!;
    itemStart = key.start;
    const colon = skipToContent(source, key.end);
    if (source[colon] === ":") introEnd = colon + 1;
    else if (collection.flow) {
      introEnd = key.end;
      isBare = true;
    } else return undefined;
  } else {
    value = collection.content[index]!;
    const before = itemBefore(source, collection, index);
    itemStart = before;
    introEnd = collection.flow ? before : before + 1;
    if (!collection.flow && source[before] !== "-") return undefined;
  }
  const at = skipToContent(source, introEnd);
  const start = isBare || at > value.end || value.end <= introEnd ? introEnd : Math.min(at, value.start);
  return { introEnd, start, value, itemStart, isBare };
}

/** Where an item of a list begins: its dash, or in brackets the item itself. */
export function itemBefore(source: string, { content, start, flow }: RawNode, index: number): number {
  if (index === 0) return flow ? skipToContent(source, start + 1) : start;
  const previous = content[index - 1]!;
  const at = skipToContent(source, previous.end);
  return flow ? skipToContent(source, source[at] === "," ? at + 1 : at) : at;
}

/** Where the text of a node ends, its comments included. */
export function endOf(node: Node): number {
  let { end } = node;
  if (node.kind === "leaf") return end;
  for (const item of node.items) {
    const itemEnd = item.kind === "comment" ? item.end : endOf(item.kind === "entry" ? item.value : item);
    if (itemEnd > end) end = itemEnd;
  }
  return end;
}
