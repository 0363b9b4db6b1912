import type { Document, Entry, Leaf, Place } from "@isosops/core";
import type { IniMemo } from "./parse.js";
import { outerSpan, type Span, trimStart } from "./value.js";

/**
 * The parts of an INI file that are in no value, comment or text by them, and neither a key, the name of a section, nor what
 * parts them. Lines are looked at as they are left when those are cut out.
 */
export function iniStrayText({ source, memo }: Document): Place[] {
  const stray: Place[] = [];
  let at = source.startsWith("\ufeff") ? 1 : 0;
  // A line that is left, and where in the source its pieces start.
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
  for (const { start, end } of claimed(memo as IniMemo)) {
    if (start > at) leave(start);
    at = Math.max(at, end);
  }
  leave(source.length);
  closeLine();
  return stray;
}

function claimed({ nodes, pieces, block }: IniMemo): Span[] {
  const spans: Span[] = block === undefined ? [] : [block];
  for (const node of nodes) {
    if (node.kind === "comment") {
      spans.push(node);
      for (const piece of pieces.get(node) ?? []) spans.push(piece);
    } else {
      if (node.value.kind === "leaf") spans.push(outerSpan(node.value));
      for (const { kind, leaf } of (node as Entry).carried ?? [])
        spans.push(kind === "value" ? outerSpan(leaf as Leaf) : leaf);
    }
  }
  return spans.sort((a, b) => a.start - b.start);
}

const nothing: Span = { start: 0, end: 0 };

/** What in a line, of which value and comment are cut out, is not structure. */
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
  // The signs that a comment stood behind.
  const rest = trimStart(inner.slice(from));
  const left = trimStart(rest.replace(/^[#;][#; ]*/, ""));
  if (left === "") return nothing;
  return { start: offset + inner.length - left.length, end: line.length };
}
