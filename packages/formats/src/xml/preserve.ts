import type { Document, Leaf, Mapping, RenderOptions } from "@isosops/core";
import { eachNode, hasStarts } from "../shared/nodes.js";
import { createEditList, type Edit } from "../shared/splice.js";
import type { XmlMemo } from "./parse.js";
import { blockText, checkText } from "./sops-layout.js";
import { writeAttribute, writeText, XmlStyle } from "./text.js";

/**
 * Renders the source with its changed values, changed comments and `sops` element replaced. Returns undefined if an
 * element, attribute or comment was added, removed or moved.
 */
export function renderPreserved(
  document: Document,
  memo: XmlMemo,
  onSplice: RenderOptions["onSplice"],
): string | undefined {
  const { source, metadata } = document;
  const root = document.branches[0]!;
  if (!hasStarts(root, memo.starts)) return undefined;
  const newline = source.includes("\r\n") ? "\r\n" : "\n";
  const edits = createEditList(source);
  let isLost = false;
  eachNode(root, (node) => {
    if (node.kind === "comment") {
      if (!node.changed) return;
      if (node.unread === undefined && /--|-$/.test(node.text)) isLost = true;
      edits.add(node.start, node.end, node.text);
    } else if (node.kind === "leaf" && node.changed) {
      const text = writtenLeaf(source, memo, node, metadata !== undefined, newline);
      edits.add(node.start, node.end, text);
    }
  });
  if (isLost) return undefined;
  if (metadata !== memo.metadata) {
    const { start, end, text } = editBlock(source, memo, metadata, newline);
    edits.add(start, end, text);
  } else {
    // In an unchanged block, only the changed values are written (`lastmodified`, `mac`).
    for (const item of metadata?.items ?? []) {
      if (item.kind !== "entry" || item.value.kind !== "leaf" || !item.value.changed) continue;
      edits.add(item.value.start, item.value.end, writtenLeaf(source, memo, item.value, true, newline));
    }
  }
  return edits.splice(onSplice);
}

function writtenLeaf(source: string, memo: XmlMemo, leaf: Leaf, isEncrypted: boolean, newline: string): string {
  const text = checkText(leaf, [], isEncrypted);
  if ((leaf.style & XmlStyle.attribute) !== 0) return writeAttribute(text, leaf.style, source[leaf.start - 1]!);
  if ((leaf.style & XmlStyle.selfClosed) === 0) return writeText(text, leaf.style, newline);
  return text === "" ? "/>" : `>${writeText(text, leaf.style, newline)}</${memo.selfClosed.get(leaf)}>`;
}

/** The end tag of the block if the root had none, which is removed again with the block. */
const selfClosedMark = "</sops >";

/**
 * The element goes to the end of the root: on its own lines if the end tag is on its own line, and directly before the
 * end tag otherwise.
 */
function editBlock(source: string, memo: XmlMemo, metadata: Mapping | undefined, newline: string): Edit {
  const { root, block } = memo;
  const indent = childIndent(source, memo);
  if (block !== undefined) {
    const { start, end } = block;
    const isMarked = source.slice(start, end).endsWith(selfClosedMark);
    const lineStart = source.lastIndexOf("\n", start - 1) + 1;
    const before = source.slice(lineStart, start);
    const length = source.startsWith("\r\n", end) ? 2 : source[end] === "\n" ? 1 : 0;
    const hasLines = /^[ \t]*$/.test(before) && length > 0;
    if (metadata !== undefined) {
      const text = blockText(metadata, hasLines ? { newline, base: before, unit: unitOf(before) } : undefined, newline);
      return { start, end, text: isMarked ? marked(text) : text };
    }
    if (isMarked) return { start: root.contentStart - 1, end: root.end, text: "/>" };
    return hasLines ? { start: lineStart, end: end + length, text: "" } : { start, end, text: "" };
  }
  if (metadata === undefined) return { start: 0, end: 0, text: "" };
  if (root.contentStart === -1) {
    const text = `>${marked(blockText(metadata, undefined, newline))}</${root.name}>`;
    return { start: root.end - 2, end: root.end, text };
  }
  const tail = source.slice(root.lastEnd, root.contentEnd);
  const lineAt = tail.lastIndexOf("\n");
  if (lineAt === -1 || !/^[ \t\r\n]*$/.test(tail)) {
    return { start: root.contentEnd, end: root.contentEnd, text: blockText(metadata, undefined, newline) };
  }
  const at = root.lastEnd + lineAt + 1;
  const text = blockText(metadata, { newline, base: indent, unit: unitOf(indent) }, newline);
  return { start: at, end: at, text: indent + text + newline };
}

function marked(text: string): string {
  return text.slice(0, -"</sops>".length) + selfClosedMark;
}

/** The indentation of the first child of the root, if it starts a line. */
function childIndent(source: string, { root }: XmlMemo): string {
  if (root.firstChild === -1) return "  ";
  const before = source.slice(source.lastIndexOf("\n", root.firstChild - 1) + 1, root.firstChild);
  return /^[ \t]*$/.test(before) ? before : "  ";
}

function unitOf(indent: string): string {
  return indent === "" ? "  " : indent;
}
