import { type Comment, type Document, type Entry, type Leaf, type Mapping, SopsError } from "@isosops/core";
import { type Edit, splice } from "../shared/splice.js";
import { unsupported, valueText } from "../shared/value-text.js";
import type { IniMemo } from "./parse.js";
import { metadataLines } from "./sops-layout.js";
import { backQuoted, lineEnd, readValue, trim, trimEnd, trimStart, writeValue } from "./value.js";

/**
 * The source with changed values, changed comments and the `[sops]` section written anew and every other byte as it
 * was; undefined where a section, key or comment was added, removed or moved.
 *
 * The quotes of a value stay around its ciphertext, and so are there when it comes back.
 */
export function renderPreserved(document: Document, memo: IniMemo): string | undefined {
  const { source, metadata } = document;
  const nodes = allNodes(document.branches[0]!);
  if (nodes.length !== memo.nodes.length || nodes.some((node, index) => node !== memo.nodes[index])) return undefined;
  const edits: Edit[] = [];
  const headers = new Set(nodes.filter((node) => node.kind === "entry" && node.value.kind === "mapping").map(startOf));
  let section = "";
  for (const node of nodes) {
    if (node.kind === "comment") {
      if (!node.changed) continue;
      const own = commentEdits(source, memo, node, headers);
      if (own === undefined) return undefined;
      for (const edit of own) edits.push(edit);
    } else if (node.value.kind === "mapping") {
      section = node.key;
    } else if (node.value.kind === "leaf") {
      if (!node.value.changed) continue;
      const own = valueEdits(source, memo, node.value, [section, node.key]);
      if (own === undefined) return undefined;
      for (const edit of own) edits.push(edit);
    } else {
      return undefined;
    }
  }
  if (metadata !== memo.metadata) edits.push(blockEdit(source, memo, metadata));
  else if (metadata !== undefined) {
    for (const item of metadata.items) {
      if (item.kind !== "entry" || item.value.kind !== "leaf" || !item.value.changed) continue;
      const own = valueEdits(source, memo, item.value, ["sops", item.key]);
      if (own === undefined) return undefined;
      for (const edit of own) edits.push(edit);
    }
  }
  return splice(source, edits);
}

function allNodes(root: Mapping): (Entry | Comment)[] {
  return root.items.flatMap((item) =>
    item.kind === "entry" && item.value.kind === "mapping" ? [item, ...item.value.items] : [item],
  );
}

/** Undefined where go-ini would keep a comment behind the value that it dropped, or the other way round. */
function valueEdits(source: string, memo: IniMemo, leaf: Leaf, path: readonly string[]): Edit[] | undefined {
  const outer = memo.outer.get(leaf);
  if (outer === undefined) throw new SopsError("unsupported", "This value was put in another's place.", { path });
  const tail = source.slice(outer.end, lineEnd(source, outer.end));
  const { keepsComment } = readValue(source, outer.start)!;
  const text = valueText(leaf, path, "an INI file");
  const written = writeValue(text, leaf.style, tail, keepsComment);
  if (written === undefined) {
    if (writeValue(text, leaf.style, tail, undefined) !== undefined) return undefined;
    throw unsupported(path, "has quotes that no way of writing it in an INI file holds. Keep it in another format.");
  }
  // A value that another one of its key replaces is as secret as that one, and counts for nothing.
  const dead = (memo.dead.get(leaf) ?? []).flatMap((span): Edit[] => {
    if (readValue(source, span.start)!.text === "") return [];
    const behind = source.slice(span.end, lineEnd(source, span.end));
    // With a comment that ends in a backslash, a bare value would go on below; one with quotes can end others.
    return [{ ...span, text: trim(behind) === "" ? "" : (writeValue("", backQuoted, behind, undefined) ?? "``") }];
  });
  return [{ ...outer, text: written }, ...dead];
}

function startOf({ start }: Entry | Comment): number {
  return start;
}

/**
 * A comment that stands in several places goes to the first of them, where sops has it too.
 *
 * @param headers where sections start; that without a name does at 0
 */
function commentEdits(
  source: string,
  memo: IniMemo,
  comment: Comment,
  headers: ReadonlySet<number>,
): Edit[] | undefined {
  const lineStart = source.lastIndexOf("\n", comment.start - 1) + 1;
  const before = source.slice(lineStart, comment.start).replace(/^\ufeff/, "");
  const lines = comment.text.split("\n");
  // Behind a value there is room for one line.
  if (lines.length > 1 && !/^[\s\x85#;]*$/.test(before)) return undefined;
  const text = lines
    .map((line, index) => (index === 0 || /^[\s\x85]*(?:[#;]|$)/.test(line) ? line : `; ${line}`))
    .join("\n");
  // Behind a section's name, a bracket would become part of that name, and every ciphertext has one.
  const start = comment.start - before.length;
  const lead = comment.start - trimStart(before).length;
  if (source[lead] === "[" && headers.has(lead) && text.includes("]")) {
    const newline = source.startsWith("\r\n", lineEnd(source, comment.end) - 2) ? "\r\n" : "\n";
    const sign = /[#;][#; ]*$/.exec(before)![0];
    const line: Edit = { start, end: start, text: sign + text + newline };
    return [line, takenOut(source, comment.start - sign.length, comment.end)];
  }
  const further = (memo.pieces.get(comment) ?? []).map(({ start, end }): Edit => takenOut(source, start, end));
  return [{ start: comment.start, end: comment.end, text }, ...further];
}

/** A whole line goes with its line break, a comment behind a value with the blanks before it. */
function takenOut(source: string, start: number, end: number): Edit {
  const lineStart = source.lastIndexOf("\n", start - 1) + 1;
  const before = source.slice(lineStart, start);
  if (trim(before) === "") return { start: lineStart, end: lineEnd(source, end), text: "" };
  if (trim(before).endsWith("\\")) {
    throw new SopsError(
      "unsupported",
      "A comment behind a value that ends in a backslash belongs to the comment above it, and without it the value would go on below. Put the value in back quotes, or take one of the two comments out.",
    );
  }
  return { start: lineStart + trimEnd(before).length, end, text: "" };
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
