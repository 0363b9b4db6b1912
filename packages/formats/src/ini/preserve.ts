import {
  type Comment,
  type Document,
  type Entry,
  type Leaf,
  type Mapping,
  type RenderOptions,
  SopsError,
} from "@isosops/core";
import { createEditList, type Edit, type EditList } from "../shared/splice.js";
import { unsupported, valueText } from "../shared/value-text.js";
import type { IniMemo } from "./parse.js";
import { metadataLines } from "./sops-layout.js";
import { backQuoted, lineEnd, outerSpan, readValue, trim, trimEnd, trimStart, writeValue } from "./value.js";

/**
 * The source with changed values, changed comments and the `[sops]` section written anew and every other byte as it
 * was; undefined where a section, key or comment was added, removed or moved.
 *
 * The quotes of a value stay around its ciphertext, and so are there when it comes back.
 */
export function renderPreserved(
  document: Document,
  memo: IniMemo,
  onSplice: RenderOptions["onSplice"],
): string | undefined {
  const { source, metadata } = document;
  const root = document.branches[0]!;
  if (!isAsRead(root, memo.nodes)) return undefined;
  const edits = createEditList(source);
  for (const section of root.items as Entry[]) {
    for (const item of (section.value as Mapping).items) {
      if (item.kind === "comment") {
        if (item.changed && !editComment(edits, source, memo, item, section.start)) return undefined;
      } else if (item.value.kind !== "leaf") {
        return undefined;
      } else if (item.value.changed && !editValue(edits, source, memo, item, section.key)) {
        return undefined;
      }
    }
  }
  if (metadata !== memo.metadata) {
    const { start, end, text } = blockEdit(source, memo, metadata);
    edits.add(start, end, text);
  } else {
    for (const item of metadata?.items ?? []) {
      if (item.kind !== "entry" || item.value.kind !== "leaf" || !item.value.changed) continue;
      if (!editValue(edits, source, memo, item, "sops")) return undefined;
    }
  }
  return edits.splice(onSplice);
}

/** Whether all sections, keys and comments are there still, and no others, in the order they were read. */
function isAsRead(root: Mapping, nodes: IniMemo["nodes"]): boolean {
  let index = 0;
  const isNext = (item: Entry | Comment) => item === nodes[index++];
  const areAll = root.items.every(
    (item) => isNext(item) && item.kind === "entry" && item.value.kind === "mapping" && item.value.items.every(isNext),
  );
  return areAll && index === nodes.length;
}

/** False where go-ini would keep a comment behind the value that it dropped, or the other way round. */
function editValue(
  edits: EditList,
  source: string,
  memo: IniMemo,
  { key, value, end }: Entry,
  section: string,
): boolean {
  const path = [section, key];
  const leaf = value as Leaf;
  const outer = outerSpan(leaf);
  // An entry of the `sops` block has no place of its own.
  const isForeign = leaf.start < 0 || (end >= 0 && outer.end !== end);
  if (isForeign) throw new SopsError("unsupported", "This value was put in another's place.", { path });
  const tail = source.slice(outer.end, lineEnd(source, outer.end));
  const keepsComment = /[#;]/.test(tail) ? readValue(source, outer.start)!.keepsComment : undefined;
  const text = valueText(leaf, path, "an INI file");
  const written = writeValue(text, leaf.style, tail, keepsComment);
  if (written === undefined) {
    if (writeValue(text, leaf.style, tail, undefined) !== undefined) return false;
    throw unsupported(path, "has quotes that no way of writing it in an INI file holds. Keep it in another format.");
  }
  edits.add(outer.start, outer.end, written);
  // A value that another one of its key replaces is as secret as that one, and counts for nothing.
  const dead = memo.dead.get(leaf);
  if (dead === undefined || dead.areEmpty) return true;
  for (const { start, end } of dead.spans) {
    if (readValue(source, start)!.text === "") continue;
    const behind = source.slice(end, lineEnd(source, end));
    // With a comment that ends in a backslash, a bare value would go on below; one with quotes can end others.
    const blank = trim(behind) === "" ? "" : (writeValue("", backQuoted, behind, undefined) ?? "``");
    edits.add(start, end, blank);
  }
  return true;
}

/**
 * A comment that stands in several places goes to the first of them, where sops has it too.
 *
 * @param sectionStart of the section it is in, which begins with its header
 */
function editComment(edits: EditList, source: string, memo: IniMemo, comment: Comment, sectionStart: number): boolean {
  const lineStart = source.lastIndexOf("\n", comment.start - 1) + 1;
  const before = source.slice(lineStart, comment.start).replace(/^\ufeff/, "");
  const lines = comment.text.split("\n");
  // Behind a value there is room for one line.
  if (lines.length > 1 && !/^[\s\x85#;]*$/.test(before)) return false;
  const text = lines
    .map((line, index) => (index === 0 || /^[\s\x85]*(?:[#;]|$)/.test(line) ? line : `; ${line}`))
    .join("\n");
  // Behind a section's name, a bracket would become part of that name, and every ciphertext has one.
  const start = comment.start - before.length;
  const lead = comment.start - trimStart(before).length;
  if (source[lead] === "[" && lead === sectionStart && text.includes("]")) {
    const newline = source.startsWith("\r\n", lineEnd(source, comment.end) - 2) ? "\r\n" : "\n";
    const sign = /[#;][#; ]*$/.exec(before)![0];
    edits.add(start, start, sign + text + newline);
    takeOut(edits, source, comment.start - sign.length, comment.end);
    return true;
  }
  edits.add(comment.start, comment.end, text);
  for (const { start, end } of memo.pieces.get(comment) ?? []) takeOut(edits, source, start, end);
  return true;
}

/** A whole line goes with its line break, a comment behind a value with the blanks before it. */
function takeOut(edits: EditList, source: string, start: number, end: number): void {
  const lineStart = source.lastIndexOf("\n", start - 1) + 1;
  const before = source.slice(lineStart, start);
  if (trim(before) === "") {
    edits.add(lineStart, lineEnd(source, end), "");
    return;
  }
  if (trim(before).endsWith("\\")) {
    throw new SopsError(
      "unsupported",
      "A comment behind a value that ends in a backslash belongs to the comment above it, and without it the value would go on below. Put the value in back quotes, or take one of the two comments out.",
    );
  }
  edits.add(lineStart + trimEnd(before).length, end, "");
}

/**
 * Behind an empty line at the end of the file, which comes and goes with the section. A file without a line break at
 * its end gets a section without one.
 */
function blockEdit(source: string, { block }: IniMemo, metadata: Mapping | undefined): Edit {
  const newline = source.includes("\r\n") ? "\r\n" : "\n";
  const text = metadata === undefined ? "" : metadataLines(metadata).join(newline);
  if (block !== undefined) {
    const isTail = block.end === source.length;
    const isEnded = source.endsWith("\n");
    if (metadata !== undefined) return { ...block, text: text + (isTail && !isEnded ? "" : newline) };
    let { start } = block;
    // The line breaks that came with the block are as those in it; a carriage return before another is the author's.
    const ownNewline = source.startsWith("\r\n", lineEnd(source, start) - 2) ? "\r\n" : "\n";
    const back = () => {
      if (source.startsWith(ownNewline, start - ownNewline.length)) start -= ownNewline.length;
    };
    const isBehindEmptyLine = /(?:^|\n)\r?\n$/.test(source.slice(Math.max(0, start - 4), start));
    if (isTail && isBehindEmptyLine) back();
    if (isTail && !isEnded) back();
    return { start, end: block.end, text: "" };
  }
  const start = source.length;
  if (source === "" || source === "\ufeff") return { start, end: start, text };
  const isEnded = source.endsWith("\n");
  return { start, end: start, text: isEnded ? newline + text + newline : newline + newline + text };
}
