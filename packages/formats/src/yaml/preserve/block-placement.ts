/**
 * Finds the place of the `sops` block where the comments at the end of a document keep their place in the tree. go-yaml
 * attaches such a comment to one collection if the document ends after it, and to another one if a key follows.
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

/** The place of a block in its document. */
export type BlockPlacement = "at the end" | "below a blank line" | "top";

/**
 * Returns the place where a block moves no comment of the document.
 *
 * To find out, it parses the last entry alone: as it is, followed by a key, and if that moves a comment, followed by a blank
 * line and a key. For a new block this is a guess, which parsing the whole result verifies. When a block is removed, the same
 * question tells whether the blank line above came with it, so encryption and decryption must get the same answer.
 *
 * @param end the end of the document without a block. Blank lines before it do not matter, the line break before it does.
 * @param column the column of the top-level keys
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
  // Comments before a marker are attached differently than those at the end of the file.
  const wanted = commentOrder(entry + (memo.end < source.length ? `---${eol}` : ""));
  const closed = endsWithBreak(entry) ? entry : entry + eol;
  if (wanted === undefined || commentOrder(closed + block) === wanted) return "at the end";
  return commentOrder(closed + eol + block) === wanted ? "below a blank line" : "top";
}

/** Whether the last line of a document that is not empty contains a comment, or what looks like one. */
export function endsInComment(source: string, { start, end }: BranchMemo): boolean {
  let stop = end;
  while (stop > start && (isBreak(source.charCodeAt(stop - 1)) || source.charCodeAt(stop - 1) === 0x20)) stop--;
  return source.slice(Math.max(start, startOfLine(source, stop)), stop).includes("#");
}

/** Whether the last line of a document is blank. */
export function endsInBlankLine(source: string, { start, end }: BranchMemo): boolean {
  const lineStart = startOfLine(source, startOfBreak(source, end));
  return lineStart > start && /^[ \t]*$/.test(source.slice(lineStart, startOfBreak(source, end)));
}

/**
 * The last entry at the top of the document, up to the end, preceded by another entry if there is one above. Undefined if the
 * document does not end in a comment.
 */
function lastEntry(source: string, memo: BranchMemo, end: number, column: number, eol: string): string | undefined {
  let stop = end;
  while (stop > memo.start && (isBreak(source.charCodeAt(stop - 1)) || source.charCodeAt(stop - 1) === 0x20)) stop--;
  const lastLine = startOfLine(source, stop);
  if (!/^[ \t]*#/.test(source.slice(lastLine, stop))) return undefined;
  // Go up to a line with the indentation of the top-level keys that is neither empty nor a comment.
  let start = lastLine;
  while (start > memo.rootStart) {
    const code = source.charCodeAt(start + column);
    const indented = source.slice(start, start + column).trim() === "";
    const continues = code === 0x20 || code === 0x09 || code === 0x23 || code === 0x2d || isBreak(code);
    if (indented && !continues) break;
    start = startOfLine(source, start - 1);
  }
  // go-yaml attaches comments below the first entry differently than below others.
  const before = start > memo.rootStart ? `${" ".repeat(column)}"":${eol}${" ".repeat(column + 1)}_: _${eol}` : "";
  const closed = isBreak(source.charCodeAt(end - 1)) ? eol : source.slice(stop, end);
  return `${before}${source.slice(start, stop)}${closed}`;
}

/** All comments and entries of a text in order, each with its depth; undefined if the text cannot be parsed on its own. */
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

/** Whether the file ends in a block scalar without a line break, and adding one would change its value. */
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
