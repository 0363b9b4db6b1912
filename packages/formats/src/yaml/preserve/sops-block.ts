/** The `sops` block of a document in block style. */
import { type Comment, lookup, type Mapping } from "@isosops/core";
import { columnOf, endsWithBreak, startOfBreak, startOfLine, startOfNextLine } from "../go-yaml/lines.js";
import type { BlockPlace, BranchMemo } from "../tree/memo.js";
import { endsInOpenScalar, findBlockPlacement } from "./block-placement.js";
import { spliceFlowBlock } from "./flow-block.js";
import { commentText, type Splice } from "./splice.js";

/** Inserts, replaces or removes the `sops` block of a document. */
export function spliceBlock(
  splice: Splice,
  branch: Mapping,
  memo: BranchMemo,
  block: string | undefined,
  metadata: Mapping | undefined,
): void {
  const { source } = splice;
  const isLast = memo.end === source.length;
  if (memo.root === "flow") {
    if (isLast && memo.rootEnd === source.length) splice.openEnd = source.length;
    spliceFlowBlock(splice, branch, memo, metadata);
    return;
  }
  const [first, ...others] = memo.blocks;
  for (const other of others) removeBlock(splice, branch, memo, other);
  if (first === undefined) {
    if (block !== undefined) insertBlock(splice, branch, memo, block);
    else if (isLast && !endsWithBreak(source)) splice.openEnd = source.length;
  } else if (block === undefined) {
    removeBlock(splice, branch, memo, first, !branch.items.some((item) => item.kind === "entry"));
  } else {
    const start = startOfLine(source, first.start);
    const end = startOfNextLine(source, first.end);
    const comments = commentsIn(splice, branch, start, end, first.start - start);
    const text = comments + indentBlock(splice, block, first.start - start);
    splice.edits.add(start, end, endsWithBreak(source.slice(start, end)) ? text : withoutLastBreak(text, splice.eol));
  }
}

/** Copies the time and MAC of the first block to another one; false if that has no place for them. */
export function restampLike(block: Mapping, first: Mapping): boolean {
  return (
    block === first ||
    ["lastmodified", "mac"].every((name) => {
      const from = lookup(first, name);
      const to = lookup(block, name);
      if (from?.kind !== "leaf" || to?.kind !== "leaf" || to.start < 0) return false;
      if (from.changed) Object.assign(to, { type: from.type, text: from.text, spelling: from.spelling, changed: true });
      return true;
    })
  );
}

function insertBlock(splice: Splice, branch: Mapping, memo: BranchMemo, block: string): void {
  const { source, edits, eol } = splice;
  const column = memo.root === "block" ? columnOf(source, memo.rootStart) : 0;
  const text = indentBlock(splice, block, column);
  if (memo.root === "empty" && memo.rootEnd > memo.rootStart) {
    edits.add(memo.rootStart, memo.rootEnd, "");
    // Below a scalar a line can begin with a tab, but not next to the block.
    const rest = source.slice(memo.start, memo.rootStart) + source.slice(memo.rootEnd, memo.end);
    if (/(?:^|[\r\n\x85\u2028\u2029]) *\t/.test(rest)) splice.failed = true;
  }
  const placement = placementFor(splice, branch, memo, column);
  if (placement === "top") {
    // An anchor or tag below the block would become part of the block.
    const end = memo.root === "block" ? memo.rootStart : memo.end;
    if (/(?:^|[\r\n])(?:---)?[ \t]*[&!]/.test(source.slice(memo.start, end))) splice.failed = true;
    const top = memo.start > 0 ? startOfNextLine(source, memo.start) : source.charCodeAt(0) === 0xfeff ? 1 : 0;
    // The file may end with `---` and no line break.
    if (top > 1 && top === source.length && !endsWithBreak(source)) {
      edits.add(top, top, eol + withoutLastBreak(text, eol));
      return;
    }
    edits.add(top, top, text);
    return;
  }
  const gap = placement === "below a blank line" ? eol : "";
  const bare = memo.end > 0 && !endsWithBreak(source.slice(memo.end - 1, memo.end));
  // At the start of a line, a byte-order mark begins the document. Elsewhere it is part of a value.
  const marked = source.charCodeAt(memo.end - 1) === 0xfeff && startOfLine(source, memo.end - 1) === memo.end - 1;
  edits.add(memo.end, memo.end, bare && !marked ? `${eol}${gap}${withoutLastBreak(text, eol)}` : gap + text);
}

function placementFor({ source, placement, eol }: Splice, branch: Mapping, memo: BranchMemo, column: number) {
  if (placement === "top" || endsInOpenScalar(source, branch, memo)) return "top";
  return placement === "at the end" ? "at the end" : findBlockPlacement(source, memo, memo.end, column, eol);
}

function indentBlock(splice: Splice, block: string, column: number): string {
  const indented = column <= 0 ? block : block.replace(/^(?=.)/gm, " ".repeat(column));
  return splice.eol === "\n" ? indented : indented.replaceAll("\n", splice.eol);
}

function removeBlock(splice: Splice, branch: Mapping, memo: BranchMemo, block: BlockPlace, nothingLeft = false): void {
  const { source, edits, eol } = splice;
  let start = startOfLine(source, block.start);
  const column = block.start - start;
  const end = startOfNextLine(source, block.end);
  const bare = end === source.length && !endsWithBreak(source);
  const comments = commentsIn(splice, branch, start, end, column);
  const empty = nothingLeft && memo.start === 0;
  if (comments !== "" || empty) {
    const text = empty ? `${comments}{}${eol}` : comments;
    edits.add(start, end, bare ? withoutLastBreak(text, eol) : text);
    return;
  }
  if (block.nextStart < 0 && end === memo.end) {
    const blank = startOfBreak(source, start);
    if (bare) {
      // The source ended without a line break, so one was added for the block, or two for a blank line above it.
      start = startOfBreak(source, blank);
    } else if (
      block.previousEnd >= 0 &&
      blank !== startOfBreak(source, blank) &&
      findBlockPlacement(source, memo, start, column, eol) === "below a blank line"
    ) {
      start = blank;
    }
  }
  if (bare) splice.openEnd = start;
  edits.add(start, end, "");
}

/** Whether a comment is after `sops:`, where sops puts comments from below the last entry of a document. */
export function standsInBlock(source: string, memo: BranchMemo, { start }: Comment): boolean {
  // In a flow mapping, it is the author's, after the brace on the same line.
  if (memo.root === "flow") return false;
  return memo.blocks.some((block) => start > block.start && start < startOfNextLine(source, block.end));
}

/** The comments between two offsets as lines, which stay when the block is removed. */
function commentsIn(splice: Splice, branch: Mapping, start: number, end: number, column: number): string {
  let lines = "";
  for (const item of branch.items) {
    if (item.kind !== "comment" || item.start < start || item.start >= end) continue;
    lines += " ".repeat(column) + commentText(item) + splice.eol;
  }
  return lines;
}

function withoutLastBreak(text: string, eol: string): string {
  return text.endsWith(eol) ? text.slice(0, -eol.length) : text;
}
