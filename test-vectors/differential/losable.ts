/** What layout `preserve` cannot keep in YAML (packages/formats/README.md), found in a source. */
import type { Document, Leaf, Node } from "../../packages/core/dist/index.js";
import { plaintextFor, readPlaintext } from "../../packages/core/dist/spelling.js";
import { words } from "../../packages/formats/dist/yaml/tree/spelling.js";
import type { VectorNode } from "../../packages/formats/test/vectors/tree.js";
import type { Span } from "./outside.js";

export interface YamlMemo {
  readonly aliases: readonly (Span & { readonly node: Node })[];
  readonly branches: readonly { root: string; start: number; rootStart: number; rootEnd: number }[];
}

/** Whether a plain file that came back is its source but for what cannot be kept. */
export function keepsAllButLosable(document: Document, back: string): boolean {
  const { source } = document;
  if (hasNull(document)) return true;
  let at = 0;
  let copied = 0;
  for (const { start, end } of losable(document)) {
    if (start < copied) continue;
    const piece = source.slice(copied, start);
    const found = copied === 0 ? (back.startsWith(piece) ? 0 : -1) : back.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
    copied = end;
  }
  const last = source.slice(copied);
  return at <= back.length - last.length && back.endsWith(last);
}

/** Whether one of the documents of a file is null. */
export function hasNull({ source, memo }: Document): boolean {
  return (memo as YamlMemo).branches.some((branch) => isNull(source, branch));
}

/** Whether a document is a bare null, or a tag or anchor alone, which cannot stay beside a block. */
function isNull(source: string, { root, start, rootStart, rootEnd }: YamlMemo["branches"][number]): boolean {
  return (
    root === "empty" &&
    (rootEnd > rootStart || /(?:^|[\r\n\x85\u2028\u2029])[ \t]*[!&]/.test(source.slice(start, rootStart)))
  );
}

/** Scalars that may come back otherwise, and aliases, in the order of the source. */
function losable({ source, branches, memo }: Document): Span[] {
  const { aliases } = memo as YamlMemo;
  const spans: Span[] = [...aliases];
  const visit = (node: Node): void => {
    if (node.kind === "leaf") {
      const { start, end } = node;
      if (isLosable(source.slice(start, end), source[end]) || !isCarried(node)) spans.push(node);
      // A value like `:b` in `&a:b`, of which no blank parts the anchor.
      else if (end > start && /[\w-]/.test(source[start - 1] ?? "")) spans.push(node);
    } else {
      for (const item of node.items) {
        if (item.kind === "entry") visit(item.value);
        else if (item.kind !== "comment") visit(item);
      }
    }
  };
  branches.forEach(visit);
  return spans.sort((a, b) => a.start - b.start);
}

/** Whether the plaintext can hold how a number is spelled. */
function isCarried({ type, text, spelling }: Leaf): boolean {
  if (spelling === undefined) return true;
  return readPlaintext(type, plaintextFor(type, text, spelling, words) as string, words)?.spelling === spelling;
}

/**
 * Folded or tagged, with blanks on an empty line, line breaks of several kinds, or one at its end that stands for itself; quoted or plain, of several lines or with
 * escapes that need not be.
 */
function isLosable(token: string, next: string | undefined): boolean {
  if (/^[>!]/.test(token) || (token[0] === "|" && /[\u2028\u2029]/.test(next ?? ""))) return true;
  if (token[0] === "|" && new Set(token.match(/\r\n|[\r\n\x85]|^[^\r\n\x85\u2028\u2029]*[\u2028\u2029]/g)).size > 1)
    return true;
  if (token[0] === "|") return /[\r\n\x85\u2028\u2029][ \t]+(?:$|[\r\n\x85\u2028\u2029])/.test(token);
  return (
    /[\r\n\x85\u2028\u2029]/.test(token) ||
    (token[0] === '"' && !/^"(?:[^\\\t\ufeff]|\\[0abtnvfre"\\NLP])*"$/.test(token))
  );
}

export function withoutComments(nodes: readonly VectorNode[]): VectorNode[] {
  return nodes.flatMap((node) => {
    const { c, m, s, v } = node;
    if (c !== undefined) return [];
    const bare = { ...node };
    if (m !== undefined) bare.m = withoutComments(m);
    if (s !== undefined) bare.s = withoutComments(s);
    if (v !== undefined) bare.v = withoutComments([v])[0]!;
    return [bare];
  });
}
