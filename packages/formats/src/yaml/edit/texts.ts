/**
 * A change to a YAML file as a change to its text: the lines of what is put in or taken out, in the style of what stands
 * around it, and nothing else.
 *
 * An anchor that changes would change what its aliases stand for, and to sops they are values of their own. So they are
 * written out where that is so, as one line in brackets.
 */
import {
  type Change,
  type Comment,
  changedCollection,
  type Document,
  type EditedText,
  type Entry,
  type Mapping,
  type Node,
  type Sequence,
  valueAt,
} from "@isosops/core";
import { editText, gapBefore } from "../../shared/edit-text.js";
import type { Edit } from "../../shared/splice.js";
import { isBlankOrEnd, isBreak } from "../go-yaml/characters.js";
import { compose, RawKind, type RawNode } from "../go-yaml/compose.js";
import { aliasText, columnOf, endOfLine, flowText, isJson, lineStartOf, startOfBreak } from "../preserve/render.js";
import type { AliasMemo, YamlMemo } from "../tree/parse.js";
import {
  type EditStyle,
  entryText,
  flowEntry,
  flowNode,
  keyName,
  pairs,
  skipSpace,
  styleOf,
  textAfterDash,
  textAfterKey,
} from "./style.js";

/** Texts of a YAML file with a change made, the one to be preferred first. */
export function* yamlTexts(document: Document, change: Change): Iterable<EditedText> {
  const { source } = document;
  const { aliases } = document.memo as YamlMemo;
  const through = aliases.find(({ node }) => change.parents.includes(node as Mapping));
  if (through !== undefined) {
    yield editText(source, [], [...expansions(source, aliases, change), aliasWithChange(through, change)]);
    return;
  }
  const target = locate(document, compose(source).documents[0]!.root, change);
  if (target === undefined) return;
  const expanded = expansions(source, aliases, change);
  for (const { edits, fresh } of candidates(target, change)) {
    const isGone = ({ start, end }: Edit) => edits.some((edit) => edit.start <= start && end <= edit.end);
    yield editText(source, edits, [...expanded.filter((edit) => !isGone(edit)), ...fresh]);
  }
}

interface Candidate {
  readonly edits: readonly Edit[];
  readonly fresh: readonly Edit[];
}

/** Aliases of what changes, written out as what they stand for. */
function expansions(source: string, aliases: readonly AliasMemo[], { kind, parents, indices }: Change): Edit[] {
  if (aliases.length === 0) return [];
  const changing = new Set<Node>(parents);
  if (kind !== "insert") addAll(changing, valueAt(parents.at(-1)!, indices.at(-1)!));
  return aliases
    .filter(({ node, original }) => original !== undefined && changing.has(original) && !changing.has(node))
    .map(({ start, end, node }) => ({ start, end, text: aliasText(source, end, node) }));
}

function addAll(nodes: Set<Node>, node: Node): void {
  nodes.add(node);
  if (node.kind === "leaf") return;
  for (const item of node.items) if (item.kind !== "comment") addAll(nodes, item.kind === "entry" ? item.value : item);
}

/** An alias written out as what it stands for, with a change in it. */
function aliasWithChange({ node, start, end }: AliasMemo, change: Change): Edit {
  const depth = change.parents.indexOf(node as Mapping);
  const changed = changedCollection({
    ...change,
    parents: change.parents.slice(depth),
    indices: change.indices.slice(depth),
  });
  return { start, end, text: flowText(changed) };
}

/** What a change is about, in the source. */
interface Target {
  readonly source: string;
  readonly style: EditStyle;
  readonly isRoot: boolean;
  readonly collection: RawNode;
  /** The same in the tree. */
  readonly tree: Mapping | Sequence;
  /** Where in `collection` the item is, of pairs or items; -1 for none. */
  readonly index: number;
}

function locate(document: Document, root: RawNode, { parents, indices }: Change): Target | undefined {
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

function candidates(target: Target, change: Change): Candidate[] {
  const { collection } = target;
  if (change.kind === "insert") return collection.flow ? flowInsertion(target, change) : blockInsertion(target, change);
  if (change.kind === "replace")
    return replacements(target, valueAt(target.tree, change.indices.at(-1)!), change.value!);
  return collection.flow ? flowRemoval(target) : blockRemoval(target, change);
}

/** Where the text of a node ends, its comments included. */
function endOf(node: Node): number {
  let { end } = node;
  if (node.kind === "leaf") return end;
  for (const item of node.items) {
    const itemEnd = item.kind === "comment" ? item.end : endOf(item.kind === "entry" ? item.value : item);
    if (itemEnd > end) end = itemEnd;
  }
  return end;
}

function endOfText(source: string, offset: number): number {
  let end = offset;
  while (end < source.length && !isBreak(source.charCodeAt(end))) end++;
  return end;
}

/** A new last line, or lines, of a block collection: behind the comments at its end, or behind its last value. */
function blockInsertion({ source, style, isRoot, collection, tree }: Target, { key, value }: Change): Candidate[] {
  const column = columnOf(source, collection.start);
  const text = key === undefined ? `-${textAfterDash(value!, column, style)}` : entryText(key, value!, column, style);
  const line = " ".repeat(column) + text;
  const last = tree.items.findLast((item) => item.kind !== "comment");
  const block = isRoot ? pairs(collection).find(([name]) => keyName(name) === "sops")?.[0].start : undefined;
  if (last === undefined) {
    if (block === undefined) return [];
    const at = lineStartOf(source, block);
    return [{ edits: [], fresh: [{ start: at, end: at, text: line + style.eol }] }];
  }
  const lastEnd = endOf(last.kind === "entry" ? last.value : last);
  const limit = block !== undefined && block > lastEnd ? block : Number.POSITIVE_INFINITY;
  let commentEnd = lastEnd;
  for (const item of tree.items) {
    if (item.kind === "comment" && item.end > commentEnd && item.start < limit) commentEnd = item.end;
  }
  const ends = [...new Set([commentEnd, lastEnd].map((end) => endOfText(source, end)))];
  const found = ends.map((at): Candidate => ({ edits: [], fresh: [{ start: at, end: at, text: style.eol + line }] }));
  // A block scalar may take the empty lines behind it for its own.
  const below = lineStartOf(source, skipSpace(source, lastEnd));
  if (below > lastEnd) found.push({ edits: [], fresh: [{ start: below, end: below, text: line + style.eol }] });
  // Comments that are the last value's only because nothing follows them have to be indented as it is.
  const edits = [...indented(source, last.kind === "entry" ? last.value : last)];
  if (edits.length > 0) {
    const at = endOfText(source, lastEnd);
    found.push({ edits, fresh: [{ start: at, end: at, text: style.eol + line }] });
  }
  return found;
}

/** Comments at the end of a block collection that stand further to the left than it, indented as its items are. */
function* indented(source: string, node: Node): Iterable<Edit> {
  if (node.kind === "leaf" || "{[".includes(source[node.start]!)) return;
  const { items }: { items: readonly (Comment | Entry | Node)[] } = node;
  const last = items.findLastIndex((item) => item.kind !== "comment");
  const item = items[last];
  if (item !== undefined && item.kind !== "comment") yield* indented(source, item.kind === "entry" ? item.value : item);
  const column = columnOf(source, node.start);
  for (const { start } of items.slice(last + 1)) {
    const lineStart = lineStartOf(source, start);
    if (start - lineStart < column && source[start] === "#" && source.slice(lineStart, start).trim() === "")
      yield { start: lineStart, end: start, text: " ".repeat(column) };
  }
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

function valuePlace(source: string, collection: RawNode, index: number): ValuePlace | undefined {
  let introEnd: number;
  let itemStart: number;
  let value: RawNode;
  let isBare = false;
  if (collection.kind === RawKind.mapping) {
    const key = collection.content[2 * index]!;
    value = collection.content[2 * index + 1]!;
    itemStart = key.start;
    const colon = skipSpace(source, key.end);
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
  const at = skipSpace(source, introEnd);
  const start = isBare || at > value.end || value.end <= introEnd ? introEnd : Math.min(at, value.start);
  return { introEnd, start, value, itemStart, isBare };
}

/** Where an item of a list begins: its dash, or in brackets the item itself. */
function itemBefore(source: string, { content, start, flow }: RawNode, index: number): number {
  if (index === 0) return flow ? skipSpace(source, start + 1) : start;
  const previous = content[index - 1]!;
  const at = skipSpace(source, previous.end);
  return flow ? skipSpace(source, source[at] === "," ? at + 1 : at) : at;
}

function replacements(target: Target, old: Node, wanted: Node): Candidate[] {
  const { source, style, collection, index } = target;
  const place = valuePlace(source, collection, index);
  if (place === undefined) return [];
  const { introEnd, start, value } = place;
  const flow = flowNode(wanted, style);
  if (collection.flow) {
    const text = place.isBare ? `: ${flow}` : isSpaced(source, start) ? flow : ` ${flow}`;
    return [{ edits: [], fresh: [{ start, end: Math.max(start, place.isBare ? start : value.end), text }] }];
  }
  const column = columnOf(source, collection.start);
  const isMapping = collection.kind === RawKind.mapping;
  const block = isMapping ? textAfterKey(wanted, column, style) : textAfterDash(wanted, column, style);
  const isBlock = !value.flow && (value.kind === RawKind.mapping || value.kind === RawKind.sequence);
  const end = Math.max(introEnd, isBlock ? Math.max(value.end, endOf(old)) : value.end);
  const introLineEnd = endOfText(source, introEnd);
  const found: Candidate[] = [];
  if (start <= introLineEnd && !isBlock) {
    const lineEnd = endOfText(source, end);
    const tail = source.slice(end, lineEnd);
    if (!block.includes(style.eol) || tail.trim() === "") found.push(put(introEnd, end, block));
    else if (isMapping) {
      // The comment stays on the line of the key.
      found.push({
        edits: [{ start: introEnd, end, text: "" }],
        fresh: [{ start: lineEnd, end: lineEnd, text: block }],
      });
    }
  } else if (start <= introLineEnd) {
    found.push(put(introEnd, end, block));
  } else {
    // A comment behind the key may be the key's or the value's.
    if (source.slice(introEnd, introLineEnd).trim() !== "") {
      found.push(
        block.includes(style.eol)
          ? put(introLineEnd, end, block)
          : {
              edits: [{ start: introLineEnd, end, text: "" }],
              fresh: [{ start: introEnd, end: introEnd, text: block }],
            },
      );
    }
    found.push(put(introEnd, end, block));
  }
  found.push(put(introEnd, end, ` ${flow}`));
  return found;
}

function put(start: number, end: number, text: string): Candidate {
  return { edits: [], fresh: [{ start, end, text }] };
}

function isSpaced(source: string, at: number): boolean {
  return at === 0 || isBlankOrEnd(source.charCodeAt(at - 1)) || "[{,".includes(source[at - 1]!);
}

function blockRemoval(target: Target, { indices, removed }: Change): Candidate[] {
  const { source, isRoot, collection, tree, index } = target;
  const place = valuePlace(source, collection, index);
  if (place === undefined) return [];
  const isMapping = collection.kind === RawKind.mapping;
  const count = isMapping ? collection.content.length / 2 : collection.content.length;
  if (count === 1 && !isRoot) return emptied(target);
  const { itemStart, value } = place;
  const lineStart = lineStartOf(source, itemStart);
  const end = Math.max(value.end, endOf(valueAt(tree, indices.at(-1)!)), place.introEnd);
  if (/^[ ]*(?:\?[ \t]+)?$/.test(source.slice(lineStart, itemStart))) {
    let start = lineStart;
    for (const item of tree.items.slice(removed!.from, removed!.to)) {
      if (item.kind === "comment" && item.start < itemStart) start = Math.min(start, lineStartOf(source, item.start));
    }
    const lineEnd = endOfLine(source, end);
    const isOpen = lineEnd === source.length && !isBreak(source.charCodeAt(lineEnd - 1));
    return [{ edits: [{ start: isOpen ? startOfBreak(source, start) : start, end: lineEnd, text: "" }], fresh: [] }];
  }
  const next = isMapping ? collection.content[2 * index + 2]?.start : undefined;
  const nextStart = isMapping
    ? next
    : index + 1 < collection.content.length
      ? itemBefore(source, collection, index + 1)
      : undefined;
  if (nextStart === undefined) return [];
  const below = endOfLine(source, end);
  const column = columnOf(source, itemStart);
  const found: Candidate[] = [{ edits: [{ start: itemStart, end: nextStart, text: "" }], fresh: [] }];
  // Comments before what is next come along.
  if (below + column < nextStart) {
    found.unshift({ edits: [{ start: itemStart, end: skipBlanks(source, below), text: "" }], fresh: [] });
  }
  return found;
}

function skipBlanks(source: string, offset: number): number {
  let at = offset;
  while (source[at] === " ") at++;
  return at;
}

/** A block collection whose last item goes: only brackets can say that it is still there. */
function emptied({ source, collection, tree }: Target): Candidate[] {
  const text = tree.kind === "mapping" ? "{}" : "[]";
  const end = endOf(tree);
  // From behind its key or dash, where nothing but blanks, a line break or comments stand before it.
  let start = collection.start;
  while (start > 0 && " \t\r\n".includes(source[start - 1]!)) start--;
  const whole: Candidate = { edits: [{ start, end: Math.max(end, collection.end), text: ` ${text}` }], fresh: [] };
  const inPlace: Candidate = {
    edits: [{ start: collection.start, end: Math.max(end, collection.end), text }],
    fresh: [],
  };
  return [whole, inPlace];
}

function flowRemoval({ source, collection, index }: Target): Candidate[] {
  const starts = flowStarts(source, collection);
  const start = starts[index]!;
  const next = starts[index + 1];
  const edit = (from: number, to: number): Candidate => ({ edits: [{ start: from, end: to, text: "" }], fresh: [] });
  if (next !== undefined) {
    const comma = source.indexOf(",", flowItemEnd(collection, index)) + 1;
    const lineStart = lineStartOf(source, start);
    const lineEnd = endOfLine(source, comma);
    const isOnLines = source.slice(lineStart, start).trim() === "" && source.slice(comma, lineEnd).trim() === "";
    // Comments between the two are not the first one's.
    return isOnLines ? [edit(lineStart, lineEnd), edit(start, next)] : [edit(start, next), edit(start, comma)];
  }
  const end = flowItemEnd(collection, index);
  if (index > 0) return [edit(flowItemEnd(collection, index - 1), end)];
  return [edit(collection.start + 1, collection.end - 1)];
}

function flowItemEnd({ kind, content }: RawNode, index: number): number {
  if (kind !== RawKind.mapping) return content[index]!.end;
  const key = content[2 * index]!;
  const value = content[2 * index + 1]!;
  return value.start === value.end && value.style === 0 && value.kind === RawKind.scalar ? key.end : value.end;
}

/** Where the items in brackets begin, with their tags and anchors. */
function flowStarts(source: string, collection: RawNode): number[] {
  const count = collection.kind === RawKind.mapping ? collection.content.length / 2 : collection.content.length;
  const starts: number[] = [];
  for (let index = 0; index < count; index++) {
    const from = index === 0 ? collection.start + 1 : source.indexOf(",", flowItemEnd(collection, index - 1)) + 1;
    starts.push(skipSpace(source, from));
  }
  return starts;
}

function flowInsertion({ source, style, isRoot, collection }: Target, { key, value }: Change): Candidate[] {
  const text = key === undefined ? flowNode(value!, style) : flowEntry(key, value!, style);
  const starts = flowStarts(source, collection);
  const names = collection.kind === RawKind.mapping ? pairs(collection).map(([name]) => keyName(name)) : [];
  const block = isRoot ? names.indexOf("sops") : -1;
  let last = starts.length - 1;
  if (last >= 0 && last === block) last--;
  if (starts.length === 0) return [put(collection.start + 1, collection.end - 1, text)];
  if (last === -1) {
    const at = starts[0]!;
    // The block has a line to itself where it is not to be taken for JSON.
    return [put(at, at, isBreak(source.charCodeAt(at - 1)) ? `${text},${style.eol}` : `${text}, `)];
  }
  const end = flowItemEnd(collection, last);
  const gap = gapBefore(source, starts[last]!);
  const isLined = /[\r\n]/.test(gap);
  const lead = isLined ? style.eol + gap.slice(gap.search(/[^\r\n]*$/)) : gap === "" && last > 0 ? "" : " ";
  const comma = skipSpace(source, end);
  const hasComma = source[comma] === ",";
  const from = hasComma ? comma + 1 : end;
  const lineEnd = endOfText(source, from);
  const isCommented = isLined && /^[ \t]*#/.test(source.slice(from, lineEnd));
  const at = isCommented ? lineEnd : from;
  const written = lead + text + (hasComma ? "," : "");
  const commas: Edit[] = hasComma ? [] : [{ start: end, end, text: "," }];
  if (hasComma || isCommented) return [{ edits: commas, fresh: [{ start: at, end: at, text: written }] }];
  return [put(end, end, `,${written}`)];
}
