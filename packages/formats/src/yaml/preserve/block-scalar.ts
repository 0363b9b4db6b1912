/** Strings in block scalars (YAML 1.2.2, 8.1) and in plain scalars of several lines. */
import type { Leaf } from "@isosops/core";
import { isBlank, isBreak } from "../go-yaml/characters.js";
import { columnOf, endOfBreak, startOfLine } from "../go-yaml/lines.js";
import { canBePlain } from "../go-yaml/plain.js";
import { blockIndentOf } from "../tree/leaf-style.js";
import { isCiphertext } from "./ciphertext.js";
import { leastEscaped } from "./quotes.js";
import type { Splice } from "./splice.js";

/** Replaces the content of a block scalar, or the whole scalar by a double-quoted one if a block scalar cannot hold the string. */
export function spliceBlockScalar(splice: Splice, leaf: Leaf, start: number, text: string): void {
  const { source, edits } = splice;
  const header = readBlockHeader(source, start);
  // Keep a comment after the header.
  let contentStart = header.end;
  while (contentStart < leaf.end && !isBreak(source.charCodeAt(contentStart))) contentStart++;
  const firstBreak = source.slice(contentStart, endOfBreak(source, contentStart)) || splice.eol;
  // LS and PS are content within a block scalar.
  const eol = "\u2028\u2029".includes(firstBreak) ? "\n" : firstBreak;
  const indent = blockIndentOf(leaf.style);
  if (isCiphertext(text)) {
    edits.add(contentStart, leaf.end, `${firstBreak}${" ".repeat(indent)}${text}`);
    return;
  }
  if (/^\n+$/.test(text) && header.chomping === "+" && breaksBelow(splice, leaf.end) === text.length + 1) {
    edits.add(contentStart, leaf.end, "");
    return;
  }
  const sign = source[start]!;
  const folded = sign === ">" ? foldedLines(text, indent, eol) : undefined;
  const lines = folded ?? literalLines(text, indent, header.digit !== "", eol);
  const chomping = lines === undefined ? undefined : chompingFor(splice, text, leaf.end, header.chomping);
  if (lines === undefined || chomping === undefined) {
    edits.add(start, header.end, leastEscaped(text));
    edits.add(contentStart, leaf.end, "");
    return;
  }
  // Keep a header that still fits, whatever the order of its indicators.
  if (chomping !== header.chomping || (sign === ">" && folded === undefined)) {
    const newSign = folded === undefined ? "|" : sign;
    edits.add(start, header.end, newSign + header.digit + chomping);
  }
  edits.add(contentStart, leaf.end, firstBreak + lines);
}

/** A literal block scalar for a string of several lines, in place of a plain scalar; undefined if it has no place there. */
export function newLiteral(splice: Splice, text: string, end: number, parent: number): string | undefined {
  const { source, eol, indentWidth } = splice;
  // Blanks after it would become part of its last line.
  if (end < source.length && !isBreak(source.charCodeAt(end))) return undefined;
  const chomping = chompingFor(splice, text, end, "");
  if (chomping === undefined) return undefined;
  const indicated = /^\n*[ \t]/.test(text);
  // After `? `, a key is indented deeper than its mapping, from which the indentation indicator counts.
  if (indicated && (/(?:^|\s)\?\s/.test(lineUpTo(source, parent)) || /^[\s-]*:/.test(lineUpTo(source, end))))
    return undefined;
  const indent = columnOf(source, parent) + indentWidth;
  if (swallowsBelow(source, end, indent)) return undefined;
  const lines = literalLines(text, indent, indicated, eol);
  return lines === undefined ? undefined : `|${indicated ? indentWidth : ""}${chomping}${eol}${lines}`;
}

/** The header of the block scalar at an offset: its end, its chomping indicator and its indentation indicator. */
export function readBlockHeader(source: string, start: number): { end: number; chomping: string; digit: string } {
  let end = start + 1;
  let chomping = "";
  let digit = "";
  for (; ; end++) {
    const character = source[end];
    if (character === "+" || character === "-") chomping = character;
    else if (character !== undefined && character >= "1" && character <= "9") digit = character;
    else return { end, chomping, digit };
  }
}

/** The chomping indicator that fits the line breaks after the content, which stay; undefined if none does. */
function chompingFor(splice: Splice, text: string, end: number, written: string): string | undefined {
  const wanted = trailingBreaks(text);
  const below = breaksBelow(splice, end);
  const kept = written === "-" ? 0 : written === "+" ? below : Math.min(below, 1);
  if (kept === wanted) return written;
  if (wanted === 0) return "-";
  if (wanted === 1 && below > 0) return "";
  return wanted === below ? "+" : undefined;
}

/** Number of line breaks up to the next line that is not empty, or to the end of the text. */
function breaksBelow({ source, openEnd }: Splice, offset: number): number {
  let count = 0;
  let at = offset;
  for (;;) {
    while (isBlank(source.charCodeAt(at))) at++;
    if (!isBreak(source.charCodeAt(at)) || (at >= openEnd && openEnd >= 0)) return count;
    count++;
    at = endOfBreak(source, at);
  }
}

function lineUpTo(source: string, offset: number): string {
  return source.slice(startOfLine(source, offset), offset);
}

/** Whether one of the blank lines below contains a tab. */
export function hasTabBelow(source: string, offset: number): boolean {
  const blankLines = /(?:[ \t]*(?:\r\n|[\r\n\x85\u2028\u2029]))*/y;
  blankLines.lastIndex = offset;
  return blankLines.exec(source)![0].includes("\t");
}

/**
 * Whether a block scalar of this indentation that ends at this line break would absorb what is below it: a comment with at
 * least its indentation, or a longer blank line.
 */
function swallowsBelow(source: string, offset: number, indent: number): boolean {
  let at = endOfBreak(source, offset);
  while (at < source.length) {
    const start = at;
    while (isBlank(source.charCodeAt(at))) at++;
    if (at - start > indent) return true;
    if (!isBreak(source.charCodeAt(at))) return at - start >= indent && source.charCodeAt(at) === 0x23;
    at = endOfBreak(source, at);
  }
  return false;
}

const unprintableInBlock = /[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Number of line breaks at the end of a text. */
function trailingBreaks(text: string): number {
  let count = 0;
  while (count < text.length && text.charCodeAt(text.length - 1 - count) === 0x0a) count++;
  return count;
}

/**
 * The indented lines of a literal block scalar, without the line breaks at the end; undefined if such a scalar cannot hold
 * the text. `indicated`: with an indentation indicator in the header.
 */
function literalLines(text: string, indent: number, indicated: boolean, eol: string): string | undefined {
  const body = text.slice(0, text.length - trailingBreaks(text));
  // LS and PS are content, but at the end they would count as another line break.
  if (/(?:^|[\u2028\u2029])$/.test(body) || unprintableInBlock.test(body)) return undefined;
  if (!indicated && /^[\n\u2028\u2029]*[ \t]/.test(body)) return undefined;
  const pad = " ".repeat(indent);
  const indented = body.replace(/^(?=.)/gm, pad);
  return eol === "\n" ? indented : indented.replaceAll("\n", eol);
}

/** The same for a folded block scalar, where each line break of the text takes two. */
function foldedLines(text: string, indent: number, eol: string): string | undefined {
  const body = text.slice(0, text.length - trailingBreaks(text));
  if (/^\n|^[ \t]|[\u2028\u2029]/m.test(body)) return undefined;
  return literalLines(
    body.replace(/\n+/g, (breaks) => `\n${breaks}`),
    indent,
    false,
    eol,
  );
}

/** A plain scalar of several lines, where each line break of the text takes two; undefined if it cannot hold the text. */
export function plainLines(text: string, indent: number, eol: string): string | undefined {
  const lines = text.split("\n");
  const canBe = (line: string, index: number) =>
    line === "" ? index > 0 && index < lines.length - 1 : canBePlain(line, false, true);
  if (!lines.every(canBe)) return undefined;
  return text.replace(/\n+/g, (breaks) => eol.repeat(breaks.length + 1) + " ".repeat(indent));
}
