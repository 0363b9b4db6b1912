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
 * Renders the source with its changed values, changed comments and `[sops]` section replaced. Returns undefined if a
 * section, key or comment was added, removed or moved.
 *
 * The quotes of a value stay around its ciphertext, and are therefore restored on decryption.
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

/** Whether the sections, keys and comments are those that were parsed, in the same order. */
function isAsRead(root: Mapping, nodes: IniMemo["nodes"]): boolean {
  let index = 0;
  const isNext = (item: Entry | Comment) => item === nodes[index++];
  const areAll = root.items.every(
    (item) => isNext(item) && item.kind === "entry" && item.value.kind === "mapping" && item.value.items.every(isNext),
  );
  return areAll && index === nodes.length;
}

/** The spellings of the values of an entry, by offset, if text and quotes do not determine them. */
function spellingsOf({ carried = [] }: Entry): ReadonlyMap<number, Leaf> | undefined {
  let spellings: Map<number, Leaf> | undefined;
  for (const { kind, leaf } of carried) {
    if (kind !== "spelling") continue;
    spellings ??= new Map();
    spellings.set(leaf.start, leaf);
  }
  return spellings;
}

/**
 * Replaces a value. Returns false if go-ini would then keep a comment after it that it dropped before, or vice versa.
 */
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
  // An entry of the `sops` block has no place.
  const isForeign = leaf.start < 0 || (end >= 0 && outer.end !== end);
  if (isForeign) throw new SopsError("unsupported", "This value was moved to the place of another.", { path });
  const written = writtenValue(source, leaf, spelling, path);
  if (written === undefined) return false;
  edits.add(outer.start, outer.end, written);
  return true;
}

/** A value with its quotes, or undefined if go-ini would treat a comment after it differently. */
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
    // sops ignores text after a ciphertext.
    if (isCiphertext(own) && isCiphertext(text)) return text + toIgnored(own);
    if (isSpelled(own, text, source.slice(next, lineEnd(source, next)))) return own;
  }
  const keepsComment = /[#;]/.test(tail) ? readValue(source, outer.start)!.keepsComment : undefined;
  const written = writeValue(text, leaf.style, tail, keepsComment);
  if (written === undefined && writeValue(text, leaf.style, tail, undefined) === undefined) {
    throw unsupported(path, "has a combination of quotes that an INI file cannot hold. Keep it in another format.");
  }
  return written;
}

/** Whether a multi-line spelling is parsed as the value, and does not affect the next line. */
function isSpelled(spelling: string, text: string, nextLine: string): boolean {
  const read = readValue(spelling, 0);
  if (read === undefined || read.text !== text || read.next !== spelling.length) return false;
  return !spelling.endsWith("\\") || trim(nextLine) === "";
}

/** Replaces text that sops ignores, encrypted in a form that sops ignores as well. */
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
    throw unsupported(path, "is followed by a comment, and cannot keep its quotes. Put the comment above it.");
  }
  const outer = outerSpan(leaf);
  edits.add(outer.start, outer.end, written);
}

/**
 * Replaces a comment. One with several places is encrypted in the first, where sops has it, too, and leaves its signs
 * in the others. On decryption, it returns to all of them.
 *
 * @param sectionStart - The offset of the header of its section.
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
    // After a section's name, its bracket would become part of the name.
    const lead = comment.start - trimStart(before).length;
    if (source[lead] === "[" && lead === sectionStart) {
      const newline = source.startsWith("\r\n", lineEnd(source, comment.end) - 2) ? "\r\n" : "\n";
      const start = comment.start - before.length;
      const signs = /[#;][#; ]*$/.exec(before)![0];
      edits.add(start, start, `${signs}${text}${newline}`);
      // A second sign marks its original place.
      edits.add(comment.start, comment.end, signs[0]!);
    } else {
      edits.add(comment.start, comment.end, text);
    }
    for (const { start, end } of pieces) {
      // If only signs are left, an additional one may mark a comment after a section's name.
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
    // The first place was added: the comment started after a section's name.
    if (lines.length === pieces.length) {
      edits.add(lineStart + (source[lineStart] === "\ufeff" ? 1 : 0), lineEnd(source, comment.end), "");
      for (const [index, { start, end }] of pieces.entries()) {
        edits.add(index === 0 ? end - 1 : start, end, lines[index]!);
      }
      return true;
    }
  }
  // After a value, there is only room for one line.
  const lines = text.split("\n");
  if (lines.length > 1 && !/^[\s\x85#;]*$/.test(before)) return false;
  const whole = lines
    .map((line, index) => (index === 0 || /^[\s\x85]*(?:[#;]|$)/.test(line) ? line : `; ${line}`))
    .join("\n");
  edits.add(comment.start, comment.end, whole);
  for (const { start, end } of pieces) takeOut(edits, source, start, end);
  return true;
}

/** Removes a comment: a whole line with its line break, or a comment after a value with the white space before it. */
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
      "A comment after a value that ends in a backslash belongs to the comment above it, and without it the value would continue on the next line. Put the value in back quotes, or remove one of the two comments.",
    );
  }
  edits.add(lineStart + trimEnd(before).length, end, "");
}

/**
 * The section goes to the end of the file, after an empty line that is added and removed with it. It ends with a line
 * break only if the source does.
 */
function blockEdit(source: string, { block }: IniMemo, metadata: Mapping | undefined): Edit {
  const newline = source.includes("\r\n") ? "\r\n" : "\n";
  const text = metadata === undefined ? "" : metadataLines(metadata).join(newline);
  if (block !== undefined) {
    const isTail = block.end === source.length;
    const isEnded = source.endsWith("\n");
    if (metadata !== undefined) return { ...block, text: text + (isTail && !isEnded ? "" : newline) };
    let { start } = block;
    // The line breaks added with the block are like those in it. A carriage return before another one is the author's.
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
