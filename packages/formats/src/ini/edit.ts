import type { Change, Document, EditedText, Editor, Entry, Leaf, Mapping, Node, Sequence } from "@isosops/core";
import { editText } from "../shared/edit-text.js";
import type { Edit } from "../shared/splice.js";
import { textOnly } from "../shared/text-only.js";
import type { IniMemo } from "./parse.js";
import { checkKey, checkName } from "./sops-layout.js";
import { lineEnd, outerSpan } from "./value.js";

export const iniEditor: Editor = { adapt: adaptToIni, removes: removedFromIni, texts: iniTexts };

/**
 * Converts a value to strings: an INI file has no other values, and all of them are in sections.
 *
 * @throws {SopsError} `unsupported` if that is not possible.
 */
function adaptToIni(value: Node, path: readonly (string | number)[]): Node {
  const adapted = textOnly(value, path, 2, "an INI file");
  const keys = path.map(String);
  const [section, key] = keys;
  checkName([section!], section!);
  if (key !== undefined) checkKey(keys, key);
  if (adapted.kind === "mapping") {
    for (const item of adapted.items) if (item.kind === "entry") checkKey([...keys, item.key], item.key);
  }
  return adapted;
}

/** The comment above a key follows it in the tree, and is removed with it. */
function removedFromIni({ items }: Mapping | Sequence, index: number): { from: number; to: number } {
  return { from: index, to: items[index + 1]?.kind === "comment" ? index + 2 : index + 1 };
}

/** The text of an INI file with a key or a section inserted or removed. */
function* iniTexts(document: Document, change: Change): Iterable<EditedText> {
  const { source } = document;
  const memo = document.memo as IniMemo;
  const [root, section] = change.parents as [Mapping, Mapping | undefined];
  const newline = source.includes("\r\n") ? "\r\n" : "\n";
  if (change.kind === "remove") {
    if (section !== undefined) {
      const [, index] = change.indices;
      yield editText(source, keyRemoval(source, section.items[index!] as Entry));
    } else {
      const edit = sectionRemoval(source, memo, root, change.indices[0]!);
      if (edit !== undefined) yield editText(source, [edit]);
    }
  } else if (change.kind === "insert" && section !== undefined) {
    const isNamed = (root.items[0] as Entry).value !== section;
    yield keyInsertion(source, { section, isNamed }, change, newline);
  } else if (change.kind === "insert") {
    const text = [`[${change.key}]`, ...keyLines(change.value as Mapping)].join(newline) + newline;
    const at = memo.block?.start ?? source.length;
    yield editText(source, [], [{ start: at, end: at, text: text + newline }]);
    // Comments before the block would become the section's.
    const end = lastLineEnd(source, root);
    yield editText(source, [], [{ start: end, end, text: newline + text }]);
  }
}

/** The end of the last line that is not a comment. */
function lastLineEnd(source: string, root: Mapping): number {
  const { start, value } = root.items.at(-1) as Entry;
  const last = (value as Mapping).items.findLast((item): item is Entry => item.kind === "entry");
  return lineEnd(source, last?.end ?? start);
}

function keyLines({ items }: Mapping): string[] {
  return items.flatMap((item) => (item.kind === "entry" ? [`${item.key} = x`] : []));
}

function keyInsertion(
  source: string,
  { section, isNamed }: { section: Mapping; isNamed: boolean },
  { key }: Change,
  newline: string,
): EditedText {
  const last = section.items.findLast((item): item is Entry => item.kind === "entry");
  if (last === undefined) {
    // Below the section's header, or at the top of the file for keys before all sections.
    const top = source.startsWith("\ufeff") ? 1 : 0;
    const at = isNamed ? lineEnd(source, section.start) : top;
    const lead = at > top && source[at - 1] !== "\n" ? newline : "";
    return editText(source, [], [{ start: at, end: at, text: `${lead}${key} = x${newline}` }]);
  }
  const outer = outerSpan(last.value as Leaf);
  const before = source.slice(last.start, outer.start);
  const delimiter = before.search(/[=:][ \t]*$/);
  const sign = delimiter === -1 ? " = " : before.slice(before.slice(0, delimiter).trimEnd().length);
  // Align the new key if the others are.
  const isWide = /^[ \t]{2,}[=:]/.test(sign);
  const name = isWide ? `${key!.padEnd(delimiter - 1)} ${sign.trimStart()}` : `${key}${sign}`;
  const indent = source.slice(source.lastIndexOf("\n", last.start - 1) + 1, last.start).replace(/^\ufeff/, "");
  const line = `${indent}${name}x`;
  const at = lineEnd(source, outer.end);
  const isEnded = source[at - 1] === "\n";
  return editText(source, [], [{ start: at, end: at, text: isEnded ? line + newline : newline + line }]);
}

/** All lines of a key, and of the comment above it. */
function keyRemoval(source: string, { start, value, carried = [] }: Entry): Edit[] {
  const earlier = carried.filter(({ kind }) => kind === "value");
  const places = [...earlier.map(({ leaf }) => leaf), value as Leaf].map(outerSpan);
  const commentStart = commentAbove(source, start);
  return places.map((place, index): Edit => {
    const own = index === 0 ? commentStart : source.lastIndexOf("\n", place.start - 1) + 1;
    return { start: own, end: lineEnd(source, place.end), text: "" };
  });
}

/** The start of the comment lines above a line, or of the line itself. */
function commentAbove(source: string, at: number): number {
  let start = source.lastIndexOf("\n", at - 1) + 1;
  while (start > 0) {
    const above = source.lastIndexOf("\n", start - 2) + 1;
    if (!/^[ \t]*[#;]/.test(source.slice(above, start))) break;
    start = above;
  }
  return start;
}

/** A section with the comment above it, up to the comment of the next one. */
function sectionRemoval(source: string, memo: IniMemo, root: Mapping, index: number): Edit | undefined {
  const section = root.items[index] as Entry;
  // The keys before all sections have no header to remove.
  if (index === 0) return undefined;
  const next = root.items[index + 1];
  const starts = [next?.start, memo.block?.start].filter((at) => at !== undefined && at > section.start);
  const end = starts.length === 0 ? source.length : Math.min(...(starts as number[]));
  return {
    start: commentAbove(source, section.start),
    end: end === source.length ? end : commentAbove(source, end),
    text: "",
  };
}
