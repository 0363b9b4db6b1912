/** Inserting and removing items of flow collections. */
import type { Change } from "@isosops/core";
import { gapBefore } from "../../shared/edit-text.js";
import type { Edit } from "../../shared/splice.js";
import { isBreak } from "../go-yaml/characters.js";
import { RawKind, type RawNode } from "../go-yaml/compose.js";
import { endOfLine, skipToContent, startOfLine, startOfNextLine } from "../go-yaml/lines.js";
import { type Candidate, replacePart } from "./candidate.js";
import { flowEntry, flowNode } from "./new-nodes.js";
import { keyName, pairs } from "./raw-nodes.js";
import type { Target } from "./target.js";

/** Appends an item to a flow collection, before the `sops` block, and on its own line if the others are. */
export function flowInsertion({ source, style, isRoot, collection }: Target, { key, value }: Change): Candidate[] {
  const text = key === undefined ? flowNode(value!, style) : flowEntry(key, value!, style);
  const starts = flowStarts(source, collection);
  const names = collection.kind === RawKind.mapping ? pairs(collection).map(([name]) => keyName(name)) : [];
  const block = isRoot ? names.indexOf("sops") : -1;
  let last = starts.length - 1;
  if (last >= 0 && last === block) last--;
  if (starts.length === 0) return [replacePart(collection.start + 1, collection.end - 1, text)];
  if (last === -1) {
    const at = starts[0]!;
    // Keep the block on its own line, by which the file is recognized as YAML.
    return [replacePart(at, at, isBreak(source.charCodeAt(at - 1)) ? `${text},${style.eol}` : `${text}, `)];
  }
  const end = flowItemEnd(collection, last);
  const gap = gapBefore(source, starts[last]!);
  const isLined = /[\r\n]/.test(gap);
  const lead = isLined ? style.eol + gap.slice(gap.search(/[^\r\n]*$/)) : gap === "" && last > 0 ? "" : " ";
  const comma = skipToContent(source, end);
  const hasComma = source[comma] === ",";
  const from = hasComma ? comma + 1 : end;
  const lineEnd = endOfLine(source, from);
  const isCommented = isLined && /^[ \t]*#/.test(source.slice(from, lineEnd));
  const at = isCommented ? lineEnd : from;
  const written = lead + text + (hasComma ? "," : "");
  const commas: Edit[] = hasComma ? [] : [{ start: end, end, text: "," }];
  if (hasComma || isCommented) return [{ edits: commas, fresh: [{ start: at, end: at, text: written }] }];
  return [replacePart(end, end, `,${written}`)];
}

/** Removes an item and one of the commas next to it. */
export function flowRemoval({ source, collection, index }: Target): Candidate[] {
  const starts = flowStarts(source, collection);
  const start = starts[index]!;
  const next = starts[index + 1];
  const edit = (from: number, to: number): Candidate => ({ edits: [{ start: from, end: to, text: "" }], fresh: [] });
  if (next !== undefined) {
    const comma = source.indexOf(",", flowItemEnd(collection, index)) + 1;
    const lineStart = startOfLine(source, start);
    const lineEnd = startOfNextLine(source, comma);
    const isOnLines = source.slice(lineStart, start).trim() === "" && source.slice(comma, lineEnd).trim() === "";
    // Comments between two items do not belong to the first one.
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

/** Offsets of the items of a flow collection, with their tags and anchors. */
function flowStarts(source: string, collection: RawNode): number[] {
  const count = collection.kind === RawKind.mapping ? collection.content.length / 2 : collection.content.length;
  const starts: number[] = [];
  for (let index = 0; index < count; index++) {
    const from = index === 0 ? collection.start + 1 : source.indexOf(",", flowItemEnd(collection, index - 1)) + 1;
    starts.push(skipToContent(source, from));
  }
  return starts;
}
