/** Inserting and removing items of block collections. */
import { type Change, type Comment, type Entry, type Node, valueAt } from "@isosops/core";
import type { Edit } from "../../shared/splice.js";
import { isBreak } from "../go-yaml/characters.js";
import { RawKind } from "../go-yaml/compose.js";
import { columnOf, endOfLine, skipToContent, startOfBreak, startOfLine, startOfNextLine } from "../go-yaml/lines.js";
import type { Candidate } from "./candidate.js";
import { entryText, textAfterDash } from "./new-nodes.js";
import { keyName, pairs } from "./raw-nodes.js";
import { endOf, itemBefore, type Target, valuePlace } from "./target.js";

/** Appends an item to a block collection: after the comments at its end, or after its last value. */
export function blockInsertion(
  { source, style, isRoot, collection, tree }: Target,
  { key, value }: Change,
): Candidate[] {
  const column = columnOf(source, collection.start);
  const text = key === undefined ? `-${textAfterDash(value!, column, style)}` : entryText(key, value!, column, style);
  const line = " ".repeat(column) + text;
  const last = tree.items.findLast((item) => item.kind !== "comment");
  const block = isRoot ? pairs(collection).find(([name]) => keyName(name) === "sops")?.[0].start : undefined;
  if (last === undefined) {
    if (block === undefined) return [];
    const at = startOfLine(source, block);
    return [{ edits: [], fresh: [{ start: at, end: at, text: line + style.eol }] }];
  }
  const lastEnd = endOf(last.kind === "entry" ? last.value : last);
  const limit = block !== undefined && block > lastEnd ? block : Number.POSITIVE_INFINITY;
  let commentEnd = lastEnd;
  for (const item of tree.items) {
    if (item.kind === "comment" && item.end > commentEnd && item.start < limit) commentEnd = item.end;
  }
  const ends = [...new Set([commentEnd, lastEnd].map((end) => endOfLine(source, end)))];
  const found = ends.map((at): Candidate => ({ edits: [], fresh: [{ start: at, end: at, text: style.eol + line }] }));
  // A block scalar may own the empty lines after it.
  const below = startOfLine(source, skipToContent(source, lastEnd));
  if (below > lastEnd) found.push({ edits: [], fresh: [{ start: below, end: below, text: line + style.eol }] });
  // Comments that belong to the last value only because nothing follows them need its indentation.
  const edits = [...indentComments(source, last.kind === "entry" ? last.value : last)];
  if (edits.length > 0) {
    const at = endOfLine(source, lastEnd);
    found.push({ edits, fresh: [{ start: at, end: at, text: style.eol + line }] });
  }
  return found;
}

/** Indents dedented comments at the end of a block collection like its items. */
function* indentComments(source: string, node: Node): Iterable<Edit> {
  if (node.kind === "leaf" || "{[".includes(source[node.start]!)) return;
  const { items }: { items: readonly (Comment | Entry | Node)[] } = node;
  const last = items.findLastIndex((item) => item.kind !== "comment");
  const item = items[last];
  if (item !== undefined && item.kind !== "comment")
    yield* indentComments(source, item.kind === "entry" ? item.value : item);
  const column = columnOf(source, node.start);
  for (const { start } of items.slice(last + 1)) {
    const lineStart = startOfLine(source, start);
    if (start - lineStart < column && source[start] === "#" && source.slice(lineStart, start).trim() === "")
      yield { start: lineStart, end: start, text: " ".repeat(column) };
  }
}

/** Removes the lines of an item and its comments, or only the item itself if it follows a dash on the same line. */
export function blockRemoval(target: Target, { indices, removed }: Change): Candidate[] {
  const { source, isRoot, collection, tree, index } = target;
  const place = valuePlace(source, collection, index);
  if (place === undefined) return [];
  const isMapping = collection.kind === RawKind.mapping;
  const count = isMapping ? collection.content.length / 2 : collection.content.length;
  if (count === 1 && !isRoot) return emptyCollection(target);
  const { itemStart, value } = place;
  const lineStart = startOfLine(source, itemStart);
  const end = Math.max(value.end, endOf(valueAt(tree, indices.at(-1)!)), place.introEnd);
  if (/^[ ]*(?:\?[ \t]+)?$/.test(source.slice(lineStart, itemStart))) {
    let start = lineStart;
    for (const item of tree.items.slice(removed!.from, removed!.to)) {
      if (item.kind === "comment" && item.start < itemStart) start = Math.min(start, startOfLine(source, item.start));
    }
    const lineEnd = startOfNextLine(source, end);
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
  const below = startOfNextLine(source, end);
  const column = columnOf(source, itemStart);
  const found: Candidate[] = [{ edits: [{ start: itemStart, end: nextStart, text: "" }], fresh: [] }];
  // Keep the comments before the next item.
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

/** Removes the last item of a block collection, which is then written as `{}` or `[]`. */
function emptyCollection({ source, collection, tree }: Target): Candidate[] {
  const text = tree.kind === "mapping" ? "{}" : "[]";
  const end = endOf(tree);
  // Start right after its key or dash if there are only blanks and line breaks in between.
  let start = collection.start;
  while (start > 0 && " \t\r\n".includes(source[start - 1]!)) start--;
  const whole: Candidate = { edits: [{ start, end: Math.max(end, collection.end), text: ` ${text}` }], fresh: [] };
  const inPlace: Candidate = {
    edits: [{ start: collection.start, end: Math.max(end, collection.end), text }],
    fresh: [],
  };
  return [whole, inPlace];
}
