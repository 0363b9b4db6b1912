import {
  type Carried,
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
import { isCiphertext, toIgnored } from "./carried.js";
import type { IniMemo } from "./parse.js";
import { metadataLines } from "./sops-layout.js";
import { lineEnd, outerSpan, readValue, stripSign, trim, trimEnd, trimStart, writeValue } from "./value.js";

/**
 * The source with changed values, changed comments and the `[sops]` section written anew and every other byte as it
 * was; undefined if a section, key or comment was added, removed or moved.
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
        continue;
      }
      if (item.value.kind !== "leaf") return undefined;
      const spellings = spellingsOf(item);
      const spelling = spellings?.get(item.value.start);
      const isChanged = item.value.changed || spelling?.changed === true;
      if (isChanged && !editValue(edits, source, item, section.key, spelling)) return undefined;
      const path = [section.key, item.key];
      for (const carried of item.carried ?? []) editCarried(edits, source, carried, spellings, path);
    }
  }
  if (metadata !== memo.metadata) {
    const { start, end, text } = blockEdit(source, memo, metadata);
    edits.add(start, end, text);
  } else {
    for (const item of metadata?.items ?? []) {
      if (item.kind !== "entry" || item.value.kind !== "leaf" || !item.value.changed) continue;
      if (!editValue(edits, source, item, "sops")) return undefined;
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

/** How values of an entry are written, where that says more than their text and quotes do, by where they start. */
function spellingsOf({ carried = [] }: Entry): ReadonlyMap<number, Leaf> | undefined {
  let spellings: Map<number, Leaf> | undefined;
  for (const { kind, leaf } of carried) {
    if (kind !== "spelling") continue;
    spellings ??= new Map();
    spellings.set(leaf.start, leaf);
  }
  return spellings;
}

/** False if go-ini would keep a comment behind the value that it dropped, or the other way round. */
function editValue(
  edits: EditList,
  source: string,
  { key, value, end }: Entry,
  section: string,
  spelling?: Leaf,
): boolean {
  const path = [section, key];
  const leaf = value as Leaf;
  const outer = outerSpan(leaf);
  // An entry of the `sops` block has no place of its own.
  const isForeign = leaf.start < 0 || (end >= 0 && outer.end !== end);
  if (isForeign) throw new SopsError("unsupported", "This value was put in another's place.", { path });
  const written = writtenValue(source, leaf, spelling, path);
  if (written === undefined) return false;
  edits.add(outer.start, outer.end, written);
  return true;
}

/** A value with its quotes; undefined if go-ini would make another thing of a comment behind it. */
function writtenValue(
  source: string,
  leaf: Leaf,
  spelling: Leaf | undefined,
  path: readonly string[],
): string | undefined {
  const outer = outerSpan(leaf);
  const next = lineEnd(source, outer.end);
  const tail = source.slice(outer.end, next);
  const text = valueText(leaf, path, "an INI file");
  const own = spelling?.text;
  if (typeof own === "string" && trim(tail) === "") {
    // sops reads nothing behind a ciphertext.
    if (isCiphertext(own) && isCiphertext(text)) return text + toIgnored(own);
    if (isSpelled(own, text, source.slice(next, lineEnd(source, next)))) return own;
  }
  const keepsComment = /[#;]/.test(tail) ? readValue(source, outer.start)!.keepsComment : undefined;
  const written = writeValue(text, leaf.style, tail, keepsComment);
  if (written === undefined && writeValue(text, leaf.style, tail, undefined) === undefined) {
    throw unsupported(path, "has quotes that no way of writing it in an INI file holds. Keep it in another format.");
  }
  return written;
}

/** Whether a text over several lines is read as a value, and leaves alone the line behind it. */
function isSpelled(spelling: string, text: string, nextLine: string): boolean {
  const read = readValue(spelling, 0);
  if (read === undefined || read.text !== text || read.next !== spelling.length) return false;
  return !spelling.endsWith("\\") || trim(nextLine) === "";
}

/** A text that sops passes over, as it is, or encrypted so that sops passes over it still. */
function editCarried(
  edits: EditList,
  source: string,
  { leaf, kind }: Carried,
  spellings: ReadonlyMap<number, Leaf> | undefined,
  path: readonly string[],
): void {
  // Written with its value.
  if (kind === "spelling") return;
  const spelling = kind === "value" ? spellings?.get(leaf.start) : undefined;
  if (!leaf.changed && spelling?.changed !== true) return;
  if (kind !== "value") {
    edits.add(leaf.start, leaf.end, toIgnored(leaf.text as string));
    return;
  }
  const written = writtenValue(source, leaf, spelling, path);
  if (written === undefined) {
    throw unsupported(path, "stands before a comment, in quotes in which it cannot stay. Put the comment above it.");
  }
  const outer = outerSpan(leaf);
  edits.add(outer.start, outer.end, written);
}

/**
 * A comment that stands in several places is encrypted in the first of them, where sops has it too, and leaves its
 * signs in the others: sops reads nothing behind a ciphertext. Decrypted, it goes back to all of them.
 *
 * @param sectionStart of the section it is in, which begins with its header
 */
function editComment(edits: EditList, source: string, memo: IniMemo, comment: Comment, sectionStart: number): boolean {
  const { text } = comment;
  if (memo.ignored.has(comment)) {
    edits.add(comment.start, comment.end, toIgnored(text));
    return true;
  }
  const lineStart = source.lastIndexOf("\n", comment.start - 1) + 1;
  const before = source.slice(lineStart, comment.start).replace(/^\ufeff/, "");
  const pieces = memo.pieces.get(comment) ?? [];
  if (isCiphertext(text)) {
    // Behind a section's name, its bracket would become part of that name.
    const lead = comment.start - trimStart(before).length;
    if (source[lead] === "[" && lead === sectionStart) {
      const newline = source.startsWith("\r\n", lineEnd(source, comment.end) - 2) ? "\r\n" : "\n";
      const start = comment.start - before.length;
      const signs = /[#;][#; ]*$/.exec(before)![0];
      edits.add(start, start, `${signs}${text}${newline}`);
      // A second sign tells where it stood.
      edits.add(comment.start, comment.end, signs[0]!);
    } else {
      edits.add(comment.start, comment.end, text);
    }
    for (const { start, end } of pieces) {
      // Where the signs are alone already, one more may tell where a comment behind the name of a section stood.
      if (stripSign(source.slice(start, end)) !== "") edits.add(start, end, source[start]!);
    }
    return true;
  }
  if (pieces.length > 0) {
    const lines = text.split("\n");
    if (lines.length === pieces.length + 1) {
      edits.add(comment.start, comment.end, lines[0]!);
      for (const [index, { start, end }] of pieces.entries()) edits.add(start, end, lines[index + 1]!);
      return true;
    }
    // The first place is none of the source: the comment began behind a section's name.
    if (lines.length === pieces.length) {
      edits.add(lineStart + (source[lineStart] === "\ufeff" ? 1 : 0), lineEnd(source, comment.end), "");
      for (const [index, { start, end }] of pieces.entries()) {
        edits.add(index === 0 ? end - 1 : start, end, lines[index]!);
      }
      return true;
    }
  }
  // Behind a value there is room for one line.
  const lines = text.split("\n");
  if (lines.length > 1 && !/^[\s\x85#;]*$/.test(before)) return false;
  const whole = lines
    .map((line, index) => (index === 0 || /^[\s\x85]*(?:[#;]|$)/.test(line) ? line : `; ${line}`))
    .join("\n");
  edits.add(comment.start, comment.end, whole);
  for (const { start, end } of pieces) takeOut(edits, source, start, end);
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
