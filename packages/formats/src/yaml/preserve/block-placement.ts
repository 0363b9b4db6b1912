/**
 * Where the `sops` block can stand so that the comments at the end of a document keep their place in the tree: go-yaml
 * gives a comment to one collection when the document ends behind it, and to another when a key follows.
 */
import type { Comment, Entry, Mapping, Node, Sequence } from "@isosops/core";
import { isBreak } from "../go-yaml/characters.js";
import { endsWithBreak, lineStartOf } from "../go-yaml/lines.js";
import { ScalarStyle } from "../go-yaml/tokens.js";
import { StyleMark, scalarStyle } from "../tree/leaf-style.js";
import type { BranchMemo } from "../tree/memo.js";
import { skipProperty } from "../tree/node-properties.js";
import { parse } from "../tree/parse.js";
import { readHeader } from "./block-scalar.js";

export type BlockPlacement = "at the end" | "below a blank line" | "top";

/**
 * `end`: where the document would end without a block. Blank lines before it do not count, but whether there is a line
 * break at all does.
 */
export function findBlockPlacement(
  source: string,
  memo: BranchMemo,
  end: number,
  column: number,
  eol: string,
): BlockPlacement {
  if (memo.root !== "block") return "at the end";
  const fragment = lastEntry(source, memo, end, column, eol);
  if (fragment === undefined) return "at the end";
  const block = `${" ".repeat(column)}sops: {}${eol}`;
  // A marker below is, to comments, another thing than the end of the file.
  const wanted = commentPaths(fragment + (memo.end < source.length ? `---${eol}` : ""));
  const closed = isBreak(fragment.charCodeAt(fragment.length - 1)) ? fragment : fragment + eol;
  if (wanted === undefined || commentPaths(closed + block) === wanted) return "at the end";
  return commentPaths(closed + eol + block) === wanted ? "below a blank line" : "top";
}

/** Whether there is a comment on the last line of a document that is not empty, or what looks like one. */
export function endsInComment(source: string, { start, end }: BranchMemo): boolean {
  let stop = end;
  while (stop > start && (isBreak(source.charCodeAt(stop - 1)) || source.charCodeAt(stop - 1) === 0x20)) stop--;
  return source.slice(Math.max(start, lineStartOf(source, stop)), stop).includes("#");
}

/**
 * The text from the last key at the top of the document to its end, with an entry before it if there is one, or undefined where it
 * does not end in a comment.
 */
function lastEntry(source: string, memo: BranchMemo, end: number, column: number, eol: string): string | undefined {
  let stop = end;
  while (stop > memo.start && (isBreak(source.charCodeAt(stop - 1)) || source.charCodeAt(stop - 1) === 0x20)) stop--;
  const lastLine = lineStartOf(source, stop);
  if (!/^[ \t]*#/.test(source.slice(lastLine, stop))) return undefined;
  // Upwards to a line at the top's indentation that is neither empty nor a comment.
  let start = lastLine;
  while (start > memo.rootStart) {
    const code = source.charCodeAt(start + column);
    const indented = source.slice(start, start + column).trim() === "";
    const continues = code === 0x20 || code === 0x09 || code === 0x23 || code === 0x2d || isBreak(code);
    if (indented && !continues) break;
    start = lineStartOf(source, start - 1);
  }
  // go-yaml treats what is below the first entry otherwise than what is below another.
  const before = start > memo.rootStart ? `${" ".repeat(column)}"":${eol}${" ".repeat(column + 1)}_: _${eol}` : "";
  const closed = isBreak(source.charCodeAt(end - 1)) ? eol : source.slice(stop, end);
  return `${before}${source.slice(start, stop)}${closed}`;
}

/** The order of all comments and entries, each with its depth; undefined where the fragment cannot stand alone. */
function commentPaths(text: string): string | undefined {
  let paths = "";
  const visit = (node: Node, depth: string): void => {
    if (node.kind === "leaf") return;
    for (const item of (node as Mapping | Sequence).items) {
      if (item.kind === "comment") paths += `${depth}#${item.text}\n`;
      else {
        paths += `${depth}-\n`;
        visit(item.kind === "entry" ? item.value : item, `${depth} `);
      }
    }
  };
  try {
    for (const branch of parse(text).branches) visit(branch, "");
  } catch {
    return undefined;
  }
  return paths;
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
  let { start } = node;
  while ("!&".includes(source[start]!)) start = skipProperty(source, start);
  const { chomping } = readHeader(source, start);
  return chomping === "+" || (chomping === "" && node.end === source.length);
}
