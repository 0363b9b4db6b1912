/**
 * Where the `sops` block can stand so that the comments at the end of a document keep their place in the tree: go-yaml
 * gives a comment to one collection when the document ends behind it, and to another when a key follows.
 */
import type { Comment, Entry, Mapping, Node, Sequence } from "@isosops/core";
import { isBreak } from "../go-yaml/characters.js";
import { endsWithBreak, startOfBreak, startOfLine } from "../go-yaml/lines.js";
import { ScalarStyle } from "../go-yaml/tokens.js";
import { StyleMark, scalarStyle } from "../tree/leaf-style.js";
import type { BranchMemo } from "../tree/memo.js";
import { skipProperties } from "../tree/node-properties.js";
import { readBlockHeader } from "./block-scalar.js";
import { readBack } from "./read-back.js";

/** Where in a document its block stands. */
export type BlockPlacement = "at the end" | "below a blank line" | "top";

/**
 * Where the block goes so that the comments at the end of a document stay where they are.
 *
 * The last entry alone is read for that: as it is, with a key right below it, and if that moves a comment, with one below a
 * blank line. For a new block the answer is a guess, which the reading of the whole result holds to account. Where a block is taken
 * out, the same question tells whether the blank line above it came with it, so the answer has to be the same.
 *
 * @param end Where the document would end without a block. Blank lines before it do not count, but whether there is a line
 * break at all does.
 * @param column Of the keys at the top of the document.
 */
export function findBlockPlacement(
  source: string,
  memo: BranchMemo,
  end: number,
  column: number,
  eol: string,
): BlockPlacement {
  if (memo.root !== "block") return "at the end";
  const entry = lastEntry(source, memo, end, column, eol);
  if (entry === undefined) return "at the end";
  const block = `${" ".repeat(column)}sops: {}${eol}`;
  // A marker below is, to comments, another thing than the end of the file.
  const wanted = commentOrder(entry + (memo.end < source.length ? `---${eol}` : ""));
  const closed = endsWithBreak(entry) ? entry : entry + eol;
  if (wanted === undefined || commentOrder(closed + block) === wanted) return "at the end";
  return commentOrder(closed + eol + block) === wanted ? "below a blank line" : "top";
}

/** Whether there is a comment on the last line of a document that is not empty, or what looks like one. */
export function endsInComment(source: string, { start, end }: BranchMemo): boolean {
  let stop = end;
  while (stop > start && (isBreak(source.charCodeAt(stop - 1)) || source.charCodeAt(stop - 1) === 0x20)) stop--;
  return source.slice(Math.max(start, startOfLine(source, stop)), stop).includes("#");
}

/** Whether the last line of a document is empty, but for blanks. */
export function endsInBlankLine(source: string, { start, end }: BranchMemo): boolean {
  const lineStart = startOfLine(source, startOfBreak(source, end));
  return lineStart > start && /^[ \t]*$/.test(source.slice(lineStart, startOfBreak(source, end)));
}

/**
 * The text from the last key at the top of the document to its end, with an entry before it if there is one, or undefined where it
 * does not end in a comment.
 */
function lastEntry(source: string, memo: BranchMemo, end: number, column: number, eol: string): string | undefined {
  let stop = end;
  while (stop > memo.start && (isBreak(source.charCodeAt(stop - 1)) || source.charCodeAt(stop - 1) === 0x20)) stop--;
  const lastLine = startOfLine(source, stop);
  if (!/^[ \t]*#/.test(source.slice(lastLine, stop))) return undefined;
  // Upwards to a line at the top's indentation that is neither empty nor a comment.
  let start = lastLine;
  while (start > memo.rootStart) {
    const code = source.charCodeAt(start + column);
    const indented = source.slice(start, start + column).trim() === "";
    const continues = code === 0x20 || code === 0x09 || code === 0x23 || code === 0x2d || isBreak(code);
    if (indented && !continues) break;
    start = startOfLine(source, start - 1);
  }
  // go-yaml treats what is below the first entry otherwise than what is below another.
  const before = start > memo.rootStart ? `${" ".repeat(column)}"":${eol}${" ".repeat(column + 1)}_: _${eol}` : "";
  const closed = isBreak(source.charCodeAt(end - 1)) ? eol : source.slice(stop, end);
  return `${before}${source.slice(start, stop)}${closed}`;
}

/** All comments and entries of a text in order, each with its depth; undefined where it cannot be read on its own. */
function commentOrder(text: string): string | undefined {
  const read = readBack(text);
  if (read === undefined) return undefined;
  let order = "";
  const visit = (node: Mapping | Sequence, depth: string): void => {
    for (const item of node.items) {
      if (item.kind === "comment") {
        order += `${depth}#${item.text}\n`;
        continue;
      }
      order += `${depth}-\n`;
      const value = item.kind === "entry" ? item.value : item;
      if (value.kind !== "leaf") visit(value, `${depth} `);
    }
  };
  for (const branch of read.branches) visit(branch, "");
  return order;
}

/** Whether the file ends, without a line break, in a block scalar whose value would grow if one were added. */
export function endsInOpenScalar(source: string, branch: Mapping, memo: BranchMemo): boolean {
  if (memo.end !== source.length || endsWithBreak(source)) return false;
  let node: Node | undefined = branch;
  while (node !== undefined && node.kind !== "leaf") {
    const items: readonly (Entry | Comment | Node)[] = node.items;
    const last = items.findLast((item) => item.kind !== "comment");
    node = last?.kind === "entry" ? last.value : last;
  }
  if (node === undefined || scalarStyle(node.style) < ScalarStyle.literal) return false;
  if ((node.style & StyleMark.expanded) !== 0 || /[^\s\x85]/.test(source.slice(node.end))) return false;
  const { chomping } = readBlockHeader(source, skipProperties(source, node.start));
  return chomping === "+" || (chomping === "" && node.end === source.length);
}
