import type { Comment, Document, Leaf, Place } from "@isosops/core";
import type { IniMemo } from "./parse.js";
import { outerSpan, type Span, trimStart } from "./value.js";

/**
 * Finds text that belongs to nothing: no value, comment or text next to them, no key, section name or delimiter. Lines
 * are examined with the former cut out.
 */
export function iniStrayText({ source, memo }: Document, replaced?: readonly number[]): Place[] {
  const stray: Place[] = [];
  let at = source.startsWith("\ufeff") ? 1 : 0;
  // The rest of a line, and the source offsets of its pieces.
  let line = "";
  let pieces: { inLine: number; start: number }[] = [];
  const closeLine = (): void => {
    const { start, end } = strayIn(line);
    if (end > start) {
      const inSource = (at: number) => {
        const piece = pieces.findLast(({ inLine }) => inLine <= at)!;
        return piece.start + at - piece.inLine;
      };
      stray.push({ start: inSource(start), end: inSource(end - 1) + 1 });
    }
    line = "";
    pieces = [];
  };
  const leave = (end: number): void => {
    for (;;) {
      const lineBreak = source.indexOf("\n", at);
      const until = lineBreak === -1 || lineBreak >= end ? end : lineBreak;
      pieces.push({ inLine: line.length, start: at });
      line += source.slice(at, until);
      at = until;
      if (until === end) return;
      at++;
      closeLine();
    }
  };
  for (const { start, end } of claimed(memo as IniMemo, replaced)) {
    if (start > at) leave(start);
    at = Math.max(at, end);
  }
  leave(source.length);
  closeLine();
  return stray;
}

/** The known parts, in source order. The replaced parts stand for everything that changed. */
function claimed({ nodes, pieces, block }: IniMemo, replaced: readonly number[] | undefined): Span[] {
  const spans: Span[] = block === undefined ? [] : [block];
  const hasChanged = (node: Leaf | Comment) => replaced !== undefined && node.changed;
  for (let i = 0; replaced !== undefined && i < replaced.length; i += 2) {
    spans.push({ start: replaced[i]!, end: replaced[i + 1]! });
  }
  for (const node of nodes) {
    if (node.kind === "comment") {
      if (hasChanged(node)) continue;
      spans.push(node);
      for (const piece of pieces.get(node) ?? []) spans.push(piece);
      continue;
    }
    if (node.value.kind === "leaf" && !hasChanged(node.value)) spans.push(outerSpan(node.value));
    for (const { kind, leaf } of node.carried ?? []) {
      if (!hasChanged(leaf)) spans.push(kind === "value" ? outerSpan(leaf) : leaf);
    }
  }
  return spans.sort((a, b) => a.start - b.start);
}

const nothing: Span = { start: 0, end: 0 };

/** The part of a line, without value and comment, that is not structure. */
function strayIn(line: string): Span {
  const inner = trimStart(line);
  const offset = line.length - inner.length;
  if (inner === "") return nothing;
  let from = 0;
  if (inner[0] === "[") {
    from = inner.lastIndexOf("]") + 1;
  } else if (!/^[#;]/.test(inner)) {
    const quote = /^(?:"""|["`])/.exec(inner)?.[0];
    const close = quote === undefined ? 0 : inner.indexOf(quote, quote.length);
    if (quote !== undefined && close !== -1) {
      const behind = close + quote.length;
      const gap = inner.length - trimStart(inner.slice(behind)).length;
      from = /[=:]/.test(inner[gap] ?? "") ? gap + 1 : behind;
    } else {
      from = inner.search(/[=:]/) + 1;
    }
  }
  // The signs of a comment that was cut out.
  const rest = trimStart(inner.slice(from));
  const left = trimStart(rest.replace(/^[#;][#; ]*/, ""));
  if (left === "") return nothing;
  return { start: offset + inner.length - left.length, end: line.length };
}
