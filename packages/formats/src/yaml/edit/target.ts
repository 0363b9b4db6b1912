/** Finding the place of a change in the source. */
import type { Change, Document, Entry, Mapping, Node, Sequence } from "@isosops/core";
import { RawKind, type RawNode } from "../go-yaml/compose.js";
import { skipToContent } from "../go-yaml/lines.js";
import { isJson } from "../preserve/json-text.js";
import type { YamlMemo } from "../tree/memo.js";
import { keyName, pairs } from "./raw-nodes.js";
import { type EditStyle, styleOf } from "./style.js";

/** The place of a change. */
export interface Target {
  readonly source: string;
  readonly style: EditStyle;
  readonly isRoot: boolean;
  readonly collection: RawNode;
  /** The same collection in the tree. */
  readonly tree: Mapping | Sequence;
  /** Index of the entry or item in `collection`; -1 for none. */
  readonly index: number;
}

/** Finds the place of a change below `root`; undefined if the tree differs from the nodes there, as after an alias. */
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
    // sops writes encrypted comments in a list as items.
    if (item.kind !== "comment" || source[item.start] !== "#") count++;
  }
  return count;
}

/** The place of a value, and the end of its colon or dash. */
interface ValuePlace {
  readonly introEnd: number;
  readonly start: number;
  readonly value: RawNode;
  /** Start of its key or dash. */
  readonly itemStart: number;
  /** Whether the key has no colon, in a flow mapping. */
  readonly hasNoColon: boolean;
}

/** Finds the value of an entry or item; undefined if there is no colon or dash before it. */
export function valuePlace(source: string, collection: RawNode, index: number): ValuePlace | undefined {
  let introEnd: number;
  let itemStart: number;
  let value: RawNode;
  let hasNoColon = false;
  if (collection.kind === RawKind.mapping) {
    const key = collection.content[2 * index]!;
    value = collection.content[2 * index + 1]!;
    itemStart = key.start;
    const colon = skipToContent(source, key.end);
    if (source[colon] === ":") introEnd = colon + 1;
    else if (collection.flow) {
      introEnd = key.end;
      hasNoColon = true;
    } else return undefined;
  } else {
    value = collection.content[index]!;
    const before = itemBefore(source, collection, index);
    itemStart = before;
    introEnd = collection.flow ? before : before + 1;
    if (!collection.flow && source[before] !== "-") return undefined;
  }
  const at = skipToContent(source, introEnd);
  const start = hasNoColon || at > value.end || value.end <= introEnd ? introEnd : Math.min(at, value.start);
  return { introEnd, start, value, itemStart, hasNoColon };
}

/** Start of an item of a list: its dash, or the item itself in a flow sequence. */
export function itemBefore(source: string, { content, start, flow }: RawNode, index: number): number {
  if (index === 0) return flow ? skipToContent(source, start + 1) : start;
  const previous = content[index - 1]!;
  const at = skipToContent(source, previous.end);
  return flow ? skipToContent(source, source[at] === "," ? at + 1 : at) : at;
}

/** End of a node, including its comments. */
export function endOf(node: Node): number {
  let { end } = node;
  if (node.kind === "leaf") return end;
  for (const item of node.items) {
    const itemEnd = item.kind === "comment" ? item.end : endOf(item.kind === "entry" ? item.value : item);
    if (itemEnd > end) end = itemEnd;
  }
  return end;
}
