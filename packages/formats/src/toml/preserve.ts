import type { Document, Leaf, Mapping, RenderOptions } from "@isosops/core";
import { eachNode, hasStarts } from "../shared/nodes.js";
import { createEditList, type Edit } from "../shared/splice.js";
import type { Span, TomlMemo } from "./parse.js";
import { blockLines, writeLeaf } from "./sops-layout.js";

/**
 * Renders the source with its changed values, changed comments and `sops` table replaced. Returns undefined if a key,
 * table or comment was added, removed or moved.
 *
 * The quotes of a string stay around its ciphertext, and are therefore restored on decryption.
 */
export function renderPreserved(
  document: Document,
  memo: TomlMemo,
  onSplice: RenderOptions["onSplice"],
): string | undefined {
  const { source, metadata } = document;
  const root = document.branches[0]!;
  if (!hasStarts(root, memo.starts)) return undefined;
  const newline = source.includes("\r\n") ? "\r\n" : "\n";
  const edits = createEditList(source);
  let current: Leaf | undefined;
  const path = () => findPath(root, current!, []) ?? [];
  let isLost = false;
  eachNode(root, (node) => {
    if (node.kind === "comment") {
      if (!node.changed) return;
      if (node.text.includes("\n")) isLost = true;
      edits.add(node.start, node.end, node.text);
    } else if (node.kind === "leaf" && node.changed) {
      current = node;
      edits.add(node.start, node.end, writeLeaf(node, path, newline));
    }
  });
  if (isLost) return undefined;
  const blockEdits =
    metadata === memo.metadata ? changedLeaves(metadata, newline) : editBlock(source, memo, metadata, newline);
  for (const { start, end, text } of blockEdits) edits.add(start, end, text);
  return edits.splice(onSplice);
}

/** The changed values of the block (`lastmodified`, `mac`). */
function changedLeaves(metadata: Mapping | undefined, newline: string): Edit[] {
  const edits: Edit[] = [];
  for (const item of metadata?.items ?? []) {
    if (item.kind !== "entry" || item.value.kind !== "leaf" || !item.value.changed) continue;
    const { start, end } = item.value;
    edits.push({ start, end, text: writeLeaf(item.value, () => ["sops", item.key], newline) });
  }
  return edits;
}

/** Only needed for an error. */
function findPath(parent: Mapping, leaf: Leaf, path: readonly string[]): readonly string[] | undefined {
  for (const item of parent.items) {
    if (item.kind !== "entry") continue;
    const inner = [...path, item.key];
    if (item.value === leaf) return inner;
    for (const node of item.value.kind === "sequence" ? item.value.items : [item.value]) {
      if (node === leaf) return inner;
      const found = node.kind === "mapping" ? findPath(node, leaf, inner) : undefined;
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/**
 * The table goes to the end of the file, after an empty line that is added and removed with it. It ends with a line
 * break only if the source does.
 */
function editBlock(source: string, memo: TomlMemo, metadata: Mapping | undefined, newline: string): Edit[] {
  const { block, isInline } = memo;
  const text = metadata === undefined ? "" : blockLines(metadata, newline).join(newline);
  const [first] = block;
  if (first === undefined) return [addition(source, source.length, text, newline)];
  if (metadata !== undefined && !isInline) {
    const isTail = first.end === source.length && !source.endsWith("\n");
    return block.map((span, index) => ({ ...span, text: index === 0 ? text + (isTail ? "" : newline) : "" }));
  }
  const edits = block.map((span): Edit => ({ ...removed(source, span), text: "" }));
  // A table in place of top-level keys would capture the keys after it.
  if (metadata !== undefined) edits.push(addition(source, source.length, text, newline));
  return edits;
}

function addition(source: string, at: number, text: string, newline: string): Edit {
  if (source === "" || source === "\ufeff") return { start: at, end: at, text };
  return { start: at, end: at, text: source.endsWith("\n") ? newline + text + newline : newline + newline + text };
}

function removed(source: string, { start, end }: Span): Span {
  if (end < source.length) return { start, end };
  let from = start;
  const isEnded = source.endsWith("\n");
  const back = () => {
    if (source[from - 1] === "\n") from -= source[from - 2] === "\r" ? 2 : 1;
  };
  if (/(?:^|\n|\ufeff)\r?\n$/.test(source.slice(Math.max(0, from - 4), from))) back();
  if (!isEnded) back();
  return { start: from, end };
}
