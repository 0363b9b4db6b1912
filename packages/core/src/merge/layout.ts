/**
 * Writes a merge into the text of our side: what the other side has added is copied from its text, what it has removed
 * is cut out. Whether the result says what it should, whoever calls this has to read it for: no format is known here.
 */
import type { Document } from "../store.js";
import type { Comment, Entry, Mapping, Node, Sequence } from "../tree.js";
import { type Item, itemsOf, type Numbering } from "./identify.js";
import { asParsed } from "./moves.js";
import type { MergedItem, MergedNode } from "./three-way.js";
import { unmoved } from "./three-way.js";
import { toTree } from "./to-tree.js";

type Collection = Mapping | Sequence;
type MergedCollection = Extract<MergedNode, { items: readonly MergedItem[] }>;

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

interface Layout {
  readonly ours: Side;
  readonly theirs: Side;
  readonly numbering: Numbering;
  readonly keepsBlankLines: boolean;
  readonly edits: Edit[];
}

/** A side's document, and where its items are. */
interface Side {
  readonly source: string;
  readonly parents: ReadonlyMap<Entry | Node, { readonly collection: Collection; readonly index: number }>;
  readonly extents: Map<Collection, readonly Extent[] | undefined>;
}

/** The part of a text that an item takes. */
interface Extent {
  /** The first line of the item, with the comments above it. */
  readonly top: number;
  readonly start: number;
  readonly end: number;
  /** Whether other text stands before it on its line, such as the dash of a list. */
  readonly isShared: boolean;
}

/**
 * The text of our document with all that was added, removed or moved. Values that changed in their place are still ours.
 * Undefined if the text of one side is not made of lines, or of brackets and commas.
 *
 * @param keepsBlankLines Whether an item is copied with the blank lines above it.
 */
export function mergedText(
  branches: readonly MergedNode[],
  {
    ours,
    theirs,
    numbering,
    keepsBlankLines,
  }: { ours: Document; theirs: Document; numbering: Numbering; keepsBlankLines: boolean },
): string | undefined {
  if (branches.length !== ours.branches.length) return undefined;
  const layout: Layout = { ours: sideOf(ours), theirs: sideOf(theirs), numbering, keepsBlankLines, edits: [] };
  for (const [index, branch] of branches.entries()) {
    const own = ours.branches[index]!;
    if (branch.kind === "leaf" || (branch.ours !== undefined && asParsed(branch.ours) !== own)) return undefined;
    if (numbering.ofNode(toTree(branch)) === numbering.ofNode(own)) continue;
    if (!placeItems(layout, branch, own)) return undefined;
  }
  return applied(ours.source, layout.edits);
}

function applied(source: string, edits: readonly Edit[]): string | undefined {
  // Of equal starts, insertions keep their order, before what is cut out.
  const sorted = edits.map((edit, index) => ({ ...edit, index }));
  sorted.sort(
    (a, b) => a.start - b.start || (a.end === a.start ? 0 : 1) - (b.end === b.start ? 0 : 1) || a.index - b.index,
  );
  const pieces: string[] = [];
  let at = 0;
  for (const { start, end, text } of sorted) {
    if (start < at) return undefined;
    pieces.push(source.slice(at, start), text);
    at = end;
  }
  pieces.push(source.slice(at));
  return pieces.join("");
}

function sideOf({ source, branches }: Document): Side {
  const parents = new Map<Entry | Node, { collection: Collection; index: number }>();
  const visit = (collection: Collection): void => {
    for (const [index, { source: item, value }] of itemsOf(collection).items.entries()) {
      parents.set(item, { collection, index });
      if (value.kind !== "leaf") visit(value);
    }
  };
  for (const branch of branches) visit(branch);
  return { source, parents, extents: new Map() };
}

function placeItems(layout: Layout, merged: MergedCollection, own: Collection): boolean {
  const { numbering, edits, ours } = layout;
  const { items, rest } = itemsOf(own);
  if (numbering.ofComments(rest) !== numbering.ofComments(merged.rest)) return false;
  const places = new Map(items.map((item, index) => [item.source, index]));
  const stay = new Map<MergedItem, number>();
  const texts = new Map<MergedItem, Piece>();
  for (const item of merged.items) {
    const place = item.ours === undefined ? undefined : places.get(item.ours.source);
    const replaced = place === undefined ? sourceOf(layout, item) : replacement(layout, item);
    if (replaced === false) return false;
    if (replaced !== undefined) texts.set(item, replaced);
    else stay.set(item, place!);
  }
  const inPlace = [...stay.values()];
  const kept = unmoved(inPlace);
  for (const [index, item] of [...stay.keys()].entries()) {
    if (kept.has(index)) {
      if (!placeBelow(layout, item)) return false;
      continue;
    }
    stay.delete(item);
    const moved = sourceOf(layout, item);
    if (moved === false) return false;
    texts.set(item, moved);
  }
  const isWhole = stay.size === items.length && texts.size === 0;
  if (isWhole) return true;
  const changes = isFlow(ours.source, own)
    ? flowEdits(layout, own, merged.items, stay, texts)
    : lineEdits(layout, own, merged.items, stay, texts);
  if (changes === undefined) return false;
  for (const edit of changes) edits.push(edit);
  return true;
}

/** The text to copy for an item: its own, with the comments of another version of it. */
interface Piece {
  readonly side: Side;
  readonly item: Item;
  readonly key: string | undefined;
  readonly comments?: { readonly side: Side; readonly item: Item } | undefined;
}

/** An item whose text is to be replaced by that of the other side. False if there is no such text. */
function replacement(layout: Layout, item: MergedItem): Piece | undefined | false {
  const { numbering } = layout;
  const { ours, theirs, value } = item;
  const isSame = numbering.ofComments(item.comments) === numbering.ofComments(ours!.comments) && item.key === ours!.key;
  const tree = toTree(value);
  const isOurs = numbering.ofNode(tree) === numbering.ofNode(ours!.value);
  const canStay =
    isOurs ||
    (value.kind === "leaf" &&
      ours!.value.kind === "leaf" &&
      carriedOf(ours) === undefined &&
      carriedOf(theirs) === undefined) ||
    (value.kind !== "leaf" && value.ours !== undefined && value.kind === ours!.value.kind);
  if (isSame && canStay) return undefined;
  return sourceOf(layout, item);
}

function carriedOf(item: Item | undefined): unknown {
  return item?.source.kind === "entry" ? item.source.carried : undefined;
}

/** The text that has a whole merged item. */
function sourceOf({ numbering, ours: mine, theirs: other }: Layout, item: MergedItem): Piece | false {
  const { ours, theirs, key } = item;
  const tree = toTree(item.value);
  const has = (own: Item | undefined): boolean =>
    own !== undefined &&
    (numbering.ofNode(tree) === numbering.ofNode(own.value) || (tree.kind === "leaf" && own.value.kind === "leaf"));
  const says = (own: Item | undefined): boolean =>
    own !== undefined && numbering.ofComments(own.comments) === numbering.ofComments(item.comments);
  const isTheirs = theirs !== undefined && numbering.ofNode(tree) === numbering.ofNode(theirs.value) && says(theirs);
  if (isTheirs && !(has(ours) && says(ours))) return { side: other, item: theirs, key };
  if (has(ours)) {
    if (says(ours)) return { side: mine, item: ours!, key };
    if (says(theirs)) return { side: mine, item: ours!, key, comments: { side: other, item: theirs! } };
  }
  if (has(theirs)) {
    if (says(theirs)) return { side: other, item: theirs!, key };
    if (says(ours)) return { side: other, item: theirs!, key, comments: { side: mine, item: ours! } };
  }
  return false;
}

function placeBelow(layout: Layout, { value, ours }: MergedItem): boolean {
  if (value.kind === "leaf" || ours === undefined || ours.value.kind === "leaf") return true;
  if (layout.numbering.ofNode(toTree(value)) === layout.numbering.ofNode(ours.value)) return true;
  return placeItems(layout, value, asParsed(ours.value) as Collection);
}

function isFlow(source: string, { start, end }: Collection): boolean {
  const brackets = start < 0 ? "" : source.charAt(start) + source.charAt(end - 1);
  return brackets === "{}" || brackets === "[]";
}

/** Edits of a collection whose items are on lines of their own. */
function lineEdits(
  layout: Layout,
  own: Collection,
  merged: readonly MergedItem[],
  stay: ReadonlyMap<MergedItem, number>,
  texts: ReadonlyMap<MergedItem, Piece>,
): Edit[] | undefined {
  const { source } = layout.ours;
  const extents = extentsOf(layout.ours, own);
  if (extents === undefined || extents.length === 0 || merged.length === 0) return undefined;
  const first = extents[0]!;
  const kept = new Set(stay.values());
  const edits: Edit[] = [];
  for (const [index, extent] of extents.entries()) {
    if (kept.has(index)) continue;
    if (!extent.isShared) {
      const start = layout.keepsBlankLines && index > 0 ? blankAbove(source, extent.top) : extent.top;
      edits.push({ start, end: nextLine(source, extent.end), text: "" });
      continue;
    }
    // What follows moves up to the dash.
    const next = extents[index + 1];
    if (next === undefined || !kept.has(index + 1)) return undefined;
    edits.push({ start: extent.start, end: next.start, text: "" });
  }
  const eol = source.includes("\r\n") ? "\r\n" : "\n";
  const column = columnOf(source, first.start);
  const indent = first.isShared ? " ".repeat(column) : source.slice(first.start - column, first.start);
  let previous: Extent | undefined;
  let waiting: string[] = [];
  const flush = (): void => {
    if (waiting.length === 0) return;
    const text = waiting.join(eol);
    if (previous === undefined) {
      const inserted = first.isShared ? text.slice(text.search(/[^ \t\r\n]/)) + eol + indent : text + eol;
      const at = first.isShared ? first.start : first.top;
      edits.push({ start: at, end: at, text: inserted });
    } else {
      const at = nextLine(source, previous.end);
      const isEnded = at > 0 && source[at - 1] === "\n";
      edits.push({ start: at, end: at, text: isEnded ? text + eol : eol + text });
    }
    waiting = [];
  };
  for (const item of merged) {
    const place = stay.get(item);
    if (place !== undefined) {
      flush();
      previous = extents[place]!;
      continue;
    }
    const lines = linesOfPiece(texts.get(item)!, indent, layout.keepsBlankLines);
    if (lines === undefined) return undefined;
    waiting.push(lines.join(eol));
  }
  flush();
  return edits;
}

/** The lines of an item, with another indentation. */
function linesOfPiece(
  { side, item, key, comments }: Piece,
  indent: string,
  keepsBlankLines: boolean,
): string[] | undefined {
  const extent = extentOf(side, item);
  if (extent === undefined) return undefined;
  const { source } = side;
  const above =
    comments === undefined ? { side, extent } : { side: comments.side, extent: extentOf(comments.side, comments.item) };
  if (above.extent === undefined) return undefined;
  const lines = [
    ...(above.extent.isShared
      ? []
      : indented(
          above.side.source,
          above.extent.top,
          lineStart(above.side.source, above.extent.start),
          above.extent,
          indent,
        )),
    ...indented(source, extent.isShared ? extent.start : lineStart(source, extent.start), extent.end, extent, indent),
  ];
  const named = key === undefined ? lines : withKey(lines, item, key, above.extent, above.side.source);
  if (named === undefined) return undefined;
  const isSpaced =
    keepsBlankLines &&
    !extent.isShared &&
    /(?:^|\n)[ \t]*\r?\n$/.test(source.slice(Math.max(0, extent.top - 200), extent.top));
  return isSpaced && extent.top > 0 ? ["", ...named] : named;
}

/** Lines of a text, without the indentation that an item has there. */
function indented(source: string, start: number, end: number, { start: at }: Extent, indent: string): string[] {
  if (end <= start) return [];
  const column = columnOf(source, at);
  const text = source.slice(start, end).replace(/\r?\n$/, "");
  return text.split(/\r?\n/).map((line, index) => {
    if (line.trim() === "") return "";
    const own = index === 0 && start === at ? 0 : /^[ \t]*/.exec(line)![0].length;
    return indent + line.slice(Math.min(own, column));
  });
}

/** Gives an item that was renamed its new key. */
function withKey(lines: string[], item: Item, key: string, extent: Extent, source: string): string[] | undefined {
  const before = item.source.kind === "entry" ? asParsed(item.source).key : key;
  if (before === key) return lines;
  const above = extent.isShared ? 0 : source.slice(extent.top, lineStart(source, extent.start)).split("\n").length - 1;
  const line = lines[above];
  const [indent = ""] = /^[ \t]*/.exec(line ?? "") ?? [];
  if (line === undefined || !line.startsWith(before, indent.length) || !/^[\w.-]+$/.test(key)) return undefined;
  return lines.with(above, indent + key + line.slice(indent.length + before.length));
}

function extentOf(side: Side, { source: item }: Item): Extent | undefined {
  const found = side.parents.get(asParsed(item));
  if (found === undefined || isFlow(side.source, found.collection)) return undefined;
  return extentsOf(side, found.collection)?.[found.index];
}

/** Where the items of a collection are. Undefined if they are not one below the other. */
function extentsOf({ source, extents }: Side, collection: Collection): readonly Extent[] | undefined {
  if (extents.has(collection)) return extents.get(collection);
  const found: Extent[] = [];
  extents.set(collection, undefined);
  let before = 0;
  for (const { source: item, value, comments } of itemsOf(collection).items) {
    const { start: at } = item;
    if (at < before) return undefined;
    const line = lineStart(source, at);
    const dash = item.kind === "entry" ? null : /-[ \t]+(?:[!&]\S*[ \t]+)*$/.exec(source.slice(line, at));
    const start = dash === null ? at : line + dash.index;
    const isShared = source.slice(line, start).trim() !== "";
    if (start < before || (isShared && found.length > 0)) return undefined;
    let top = isShared ? start : line;
    let end = Math.max(item.kind === "entry" && value.kind === "leaf" ? item.end : 0, endOf(value, source), start);
    for (const comment of comments) {
      if (comment.start < before) continue;
      if (comment.start < start) top = Math.min(top, lineStart(source, comment.start));
      else if (comment.inline || comment.start < end) end = Math.max(end, comment.end);
    }
    while (!isShared && top > before) {
      const above = lineStart(source, top - 1);
      if (above < before || !/^[ \t]*[#;]/.test(source.slice(above, top))) break;
      top = above;
    }
    end = Math.max(endOfLine(source, end), end);
    found.push({ top, start, end, isShared });
    before = end;
  }
  extents.set(collection, found);
  return found;
}

function endOf(node: Node, source: string): number {
  if (node.kind === "leaf") return node.end;
  if (isFlow(source, node)) return node.end;
  const all: readonly (Entry | Comment | Node)[] = node.items;
  let end = all.length === 0 ? node.end : node.start;
  for (const item of all) {
    const own = item.kind === "comment" ? item.end : endOf(item.kind === "entry" ? item.value : item, source);
    if (own > end) end = own;
    if (item.kind === "entry" && item.value.kind === "leaf" && item.end > end) end = item.end;
  }
  return end;
}

/** Edits of a collection in brackets. */
function flowEdits(
  layout: Layout,
  own: Collection,
  merged: readonly MergedItem[],
  stay: ReadonlyMap<MergedItem, number>,
  texts: ReadonlyMap<MergedItem, Piece>,
): Edit[] | undefined {
  const { source } = layout.ours;
  const { items } = itemsOf(own);
  const places = items.map(({ source: item, value }) => ({
    start: item.start,
    end: Math.max(endOf(value, source), item.end),
  }));
  const [open, close] = [own.start + 1, own.end - 1];
  const lead = (index: number): string =>
    /[ \t\r\n]*$/.exec(source.slice(index === 0 ? open : places[index - 1]!.end, places[index]!.start))![0];
  const first = items.length === 0 ? "" : lead(0);
  const further = items.length > 1 ? lead(1) : first.includes("\n") ? first : " ";
  const indent = /[^\n]*$/.exec(
    first.includes("\n") ? first : /^[ \t]*/.exec(source.slice(lineStart(source, own.start)))![0],
  )![0];
  const tail = items.length === 0 ? "" : /[ \t\r\n]*$/.exec(source.slice(places.at(-1)!.end, close))![0];
  const edits: Edit[] = [];
  let at = open;
  let after = -1;
  let waiting: string[] = [];
  for (const item of [...merged, undefined]) {
    const place = item === undefined ? items.length : stay.get(item);
    if (place === undefined) {
      const text = flowText(texts.get(item!)!, indent);
      if (text === undefined) return undefined;
      waiting.push(text);
      continue;
    }
    const isEnd = item === undefined;
    if (waiting.length > 0 || place !== after + 1) {
      let text = "";
      let isFirst = after === -1;
      for (const piece of waiting) {
        text += isFirst ? first + piece : `,${further}${piece}`;
        isFirst = false;
      }
      if (isEnd) text += isFirst ? "" : tail;
      else text += isFirst ? first : `,${place === 0 ? further : lead(place) || further}`;
      edits.push({ start: at, end: isEnd ? close : places[place]!.start, text });
    }
    if (isEnd) break;
    waiting = [];
    after = place;
    at = places[place]!.end;
  }
  return edits;
}

function flowText({ side, item, key, comments }: Piece, indent: string): string | undefined {
  const found = side.parents.get(asParsed(item.source));
  const isRenamed = item.source.kind === "entry" && asParsed(item.source).key !== key;
  if (found === undefined || !isFlow(side.source, found.collection) || comments !== undefined) return undefined;
  const { source } = side;
  const { start } = item.source;
  let text = source.slice(start, Math.max(endOf(item.value, source), item.source.end));
  if (isRenamed) {
    const before = JSON.stringify(asParsed(item.source as Entry).key);
    if (!text.startsWith(before)) return undefined;
    text = JSON.stringify(key) + text.slice(before.length);
  }
  const own = /^[ \t]*/.exec(source.slice(lineStart(source, start)))![0];
  return text.replace(
    /\n([ \t]*)/g,
    (_, spaces: string) => `\n${indent}${spaces.startsWith(own) ? spaces.slice(own.length) : spaces}`,
  );
}

function lineStart(source: string, at: number): number {
  return source.lastIndexOf("\n", at - 1) + 1;
}

function endOfLine(source: string, at: number): number {
  if (source[at - 1] === "\n") return at - 1;
  const found = source.indexOf("\n", at);
  const end = found === -1 ? source.length : found;
  return source[end - 1] === "\r" && end > at ? end - 1 : end;
}

function nextLine(source: string, at: number): number {
  const found = source.indexOf("\n", at);
  return found === -1 ? source.length : found + 1;
}

/** The start of the blank lines above a line, or of the line itself. */
function blankAbove(source: string, at: number): number {
  let start = at;
  while (start > 0) {
    const above = lineStart(source, start - 1);
    if (source.slice(above, start).trim() !== "") break;
    start = above;
  }
  return start;
}

function columnOf(source: string, at: number): number {
  return at - lineStart(source, at);
}
