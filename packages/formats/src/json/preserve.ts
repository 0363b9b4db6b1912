import type { Document, Entry, Leaf, Mapping, Node, RenderOptions } from "@isosops/core";
import { type Escapes, findEscapes, writeCiphertext, writeString } from "./escapes.js";
import { type JsonStyle, leafText, quote, withPath, writeNode } from "./write.js";

/** What the JSON store keeps of the source of a document. */
export interface JsonMemo {
  /** The range of the top-level object, including braces. */
  readonly start: number;
  readonly end: number;
  /** The top-level members in file order, including `sops`. */
  readonly members: readonly Entry[];
  /** The index of `sops` among them, or -1. */
  readonly block: number;
  readonly metadata: Mapping | undefined;
  /** The number of entries and list items, without those of `sops`. */
  readonly nodes: number;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Renders the source with its changed leaves and `sops` member replaced. Returns undefined if an entry was added,
 * removed or moved.
 *
 * Strings are escaped like the others of the file; see `escapes.ts`.
 */
export function renderPreserved(
  document: Document,
  memo: JsonMemo,
  { indent, onSplice }: Pick<RenderOptions, "indent" | "onSplice">,
): string | undefined {
  const root = document.branches[0]!;
  const leaves = changedLeaves(root, memo.nodes);
  if (leaves === undefined) return undefined;
  const { metadata } = document;
  if (metadata !== undefined && metadata === memo.metadata) addBlockLeaves(leaves, metadata);
  return withPath(root, () => {
    const { source } = document;
    // Joined in batches: a long list of pieces survives many garbage collections, each of which copies it.
    const joined: string[] = [];
    let pieces: string[] = [];
    let copied = 0;
    const replaced: number[] = [];
    const splice = (start: number, end: number, text: string) => {
      if (onSplice !== undefined) replaced.push(start, end);
      pieces.push(source.slice(copied, start), text);
      copied = end;
      if (pieces.length < piecesAtOnce) return;
      joined.push(pieces.join(""));
      pieces = [];
    };
    let block = blockEdit(document, memo, indent);
    const escapes = findEscapes(source, memo.members[memo.block]);
    const written = (leaf: Leaf) => writtenLeaf(leaf, escapes.of(source.slice(leaf.start, leaf.end)));
    for (const leaf of leaves) {
      if (block !== undefined && leaf.start >= block.end) {
        splice(block.start, block.end, block.text);
        block = undefined;
      }
      splice(leaf.start, leaf.end, written(leaf));
    }
    if (block !== undefined) splice(block.start, block.end, block.text);
    pieces.push(source.slice(copied));
    joined.push(pieces.join(""));
    onSplice?.(replaced);
    return joined.join("");
  });
}

const piecesAtOnce = 1024;

/** The changed leaves, in file order, or undefined if the tree is not the one that was parsed. */
function changedLeaves(root: Mapping, expected: number): Leaf[] | undefined {
  const leaves: Leaf[] = [];
  let nodes = 0;
  let position = root.start;
  const visit = (node: Node): boolean => {
    if (node.start < position) return false;
    position = node.start;
    if (node.kind === "leaf") {
      if (node.changed) leaves.push(node);
      return true;
    }
    for (const item of node.items) {
      // A list item may have become a comment, which JSON cannot hold.
      if (item.kind === "comment" || item.start < 0) return false;
      nodes++;
      if (!visit(item.kind === "entry" ? item.value : item)) return false;
    }
    return true;
  };
  return visit(root) && nodes === expected ? leaves : undefined;
}

function addBlockLeaves(leaves: Leaf[], metadata: Mapping): void {
  const before = leaves.length;
  for (const item of metadata.items) {
    if (item.kind === "entry" && item.value.kind === "leaf" && item.value.changed) leaves.push(item.value);
  }
  if (leaves.length > before) leaves.sort((a, b) => a.start - b.start);
}

const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/;

const isCiphertext = /^ENC\[AES256_GCM,[\w,:=+/]+\]$/;

function writtenLeaf(leaf: Leaf, escapes: Escapes): string {
  const { type, spelling, text } = leaf;
  if (type === "int" || type === "float") {
    if (spelling !== undefined && jsonNumber.test(spelling)) return spelling;
    // `spelling` is only set if it differs from the text.
    if (typeof text === "string" && jsonNumber.test(text)) return text;
  }
  if (escapes === 0) return leafText(leaf, quote);
  return leafText(leaf, (string) =>
    isCiphertext.test(string) ? writeCiphertext(string, escapes) : writeString(string, escapes),
  );
}

/** Inserts, removes or replaces the `sops` member. */
function blockEdit(document: Document, memo: JsonMemo, indent: number | undefined): Edit | undefined {
  const { metadata, source } = document;
  const present = memo.members[memo.block];
  if (present !== undefined) {
    if (metadata === memo.metadata) return undefined;
    if (metadata === undefined) return removal(source, memo);
    const style = detectStyle(source, memo, memo.block, indent);
    const { start, end } = present.value;
    return { start, end, text: blockText(metadata, style) };
  }
  if (metadata === undefined) return undefined;
  const last = memo.members.length - 1;
  const style = detectStyle(source, memo, last, indent);
  const member = `"sops"${style.colon}${blockText(metadata, style)}`;
  if (last >= 0) {
    const { end } = memo.members[last]!;
    return { start: end, end, text: `,${style.lead}${member}` };
  }
  const at = memo.start + 1;
  return { start: at, end: at, text: `${style.lead}${member}${style.newline}` };
}

/**
 * Removes what `blockEdit` inserts, and handles members inserted by other programs: a last member is removed with the
 * comma before it, another with everything up to the next key, an only one with one line break after it.
 */
function removal(source: string, memo: JsonMemo): Edit {
  const { members, block } = memo;
  const member = members[block]!;
  if (block < members.length - 1) return { start: member.start, end: members[block + 1]!.start, text: "" };
  if (block > 0) return { start: members[block - 1]!.end, end: member.end, text: "" };
  let { end } = member;
  if (source.startsWith("\r\n", end)) end += 2;
  else if (source.startsWith("\n", end)) end += 1;
  return { start: memo.start + 1, end, text: "" };
}

interface BlockStyle extends JsonStyle {
  /** The text before the key of the member. */
  readonly lead: string;
  /** The indentation of the member's line. */
  readonly base: string;
}

function blockText(metadata: Mapping, style: BlockStyle): string {
  const pieces: string[] = [];
  writeNode(pieces, metadata, style, style.base);
  return pieces.join("");
}

/** The style of a top-level member, for writing another one. For an empty object, that of sops. */
function detectStyle(source: string, memo: JsonMemo, index: number, indent: number | undefined): BlockStyle {
  const newline = source.includes("\r\n") ? "\r\n" : "\n";
  const member = memo.members[index];
  const given = indent === undefined ? undefined : " ".repeat(indent);
  if (member === undefined) {
    const unit = given ?? "\t";
    return { newline, unit, comma: ",", colon: ": ", string: quote, lead: newline + unit, base: unit };
  }
  const before = source.slice(gapStart(source, member.start), member.start);
  const isSpaced = /:\s/.test(source.slice(keyEnd(source, member.start), member.value.start));
  const colon = isSpaced ? ": " : ":";
  const lineAt = before.lastIndexOf("\n");
  if (lineAt !== -1) {
    const base = before.slice(lineAt + 1);
    const closing = /(?:^|\n)([ \t]*)$/.exec(source.slice(gapStart(source, memo.end - 1), memo.end - 1))?.[1] ?? "";
    const own = base.startsWith(closing) ? base.slice(closing.length) : base;
    const unit = given ?? (own === "" ? "\t" : own);
    return {
      newline,
      unit,
      comma: ",",
      colon,
      string: quote,
      lead: before.slice(before.search(/\r?\n[^\n]*$/)),
      base,
    };
  }
  const gap = index > 0 ? before : isSpaced ? " " : "";
  return { newline: "", unit: "", comma: `,${gap}`, colon, string: quote, lead: gap, base: "" };
}

function gapStart(source: string, end: number): number {
  let at = end;
  while (/[ \t\r\n]/.test(source[at - 1] ?? "")) at--;
  return at;
}

function keyEnd(source: string, start: number): number {
  let at = start + 1;
  while (source[at] !== '"') at += source[at] === "\\" ? 2 : 1;
  return at + 1;
}
