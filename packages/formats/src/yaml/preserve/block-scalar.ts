/** Values in block scalars (YAML 1.2.2, 8.1), and texts of several lines without quotes. */
import type { Leaf } from "@isosops/core";
import { isBlank, isBreak } from "../go-yaml/characters.js";
import { columnOf, endOfBreak, startOfLine } from "../go-yaml/lines.js";
import { canBePlain } from "../go-yaml/plain.js";
import { blockIndentOf } from "../tree/leaf-style.js";
import { isCiphertext } from "./ciphertext.js";
import { leastEscaped } from "./quotes.js";
import type { Splice } from "./splice.js";

/** The content of a block scalar anew, under its header; in double quotes where a block scalar cannot hold it. */
export function spliceBlockScalar(splice: Splice, leaf: Leaf, start: number, text: string): void {
  const { source, edits } = splice;
  const header = readBlockHeader(source, start);
  // Behind the header there may be a comment, which is none of the scalar's.
  let contentStart = header.end;
  while (contentStart < leaf.end && !isBreak(source.charCodeAt(contentStart))) contentStart++;
  const firstBreak = source.slice(contentStart, endOfBreak(source, contentStart)) || splice.eol;
  // LS and PS within the content stand for themselves.
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
  // The order of digit and sign is free, so a header that need not change does not.
  if (chomping !== header.chomping || (sign === ">" && folded === undefined)) {
    const newSign = folded === undefined ? "|" : sign;
    edits.add(start, header.end, newSign + header.digit + chomping);
  }
  edits.add(contentStart, leaf.end, firstBreak + lines);
}

/** A text of several lines where a plain scalar stood: a literal block, as sops would write it. */
export function newLiteral(splice: Splice, text: string, end: number, parent: number): string | undefined {
  const { source, eol, indentWidth } = splice;
  // Blanks behind it would belong to its last line.
  if (end < source.length && !isBreak(source.charCodeAt(end))) return undefined;
  const chomping = chompingFor(splice, text, end, "");
  if (chomping === undefined) return undefined;
  const indicated = /^\n*[ \t]/.test(text);
  // Behind `? ` a key stands further in than its mapping, from which the digit counts.
  if (indicated && (/(?:^|\s)\?\s/.test(lineUpTo(source, parent)) || /^[\s-]*:/.test(lineUpTo(source, end))))
    return undefined;
  const indent = columnOf(source, parent) + indentWidth;
  if (swallowsBelow(source, end, indent)) return undefined;
  const lines = literalLines(text, indent, indicated, eol);
  return lines === undefined ? undefined : `|${indicated ? indentWidth : ""}${chomping}${eol}${lines}`;
}

/** The header of the block scalar whose sign stands at an offset: where it ends, its chomping indicator, its indentation digit. */
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

/** The line breaks behind the content are not touched, so the header has to fit their number; undefined: none does. */
function chompingFor(splice: Splice, text: string, end: number, written: string): string | undefined {
  const wanted = trailingBreaks(text);
  const below = breaksBelow(splice, end);
  const kept = written === "-" ? 0 : written === "+" ? below : Math.min(below, 1);
  if (kept === wanted) return written;
  if (wanted === 0) return "-";
  if (wanted === 1 && below > 0) return "";
  return wanted === below ? "+" : undefined;
}

/** Line breaks from here to the next line that is not empty, or to the end of the text. */
function breaksBelow({ source, bareEnd }: Splice, offset: number): number {
  let count = 0;
  let at = offset;
  for (;;) {
    while (isBlank(source.charCodeAt(at))) at++;
    if (!isBreak(source.charCodeAt(at)) || (at >= bareEnd && bareEnd >= 0)) return count;
    count++;
    at = endOfBreak(source, at);
  }
}

function lineUpTo(source: string, offset: number): string {
  return source.slice(startOfLine(source, offset), offset);
}

/** Whether a tab stands on one of the lines below that hold nothing but blanks. */
export function hasTabBelow(source: string, offset: number): boolean {
  const blankLines = /(?:[ \t]*(?:\r\n|[\r\n\x85\u2028\u2029]))*/y;
  blankLines.lastIndex = offset;
  return blankLines.exec(source)![0].includes("\t");
}

/**
 * Whether a block scalar at this column, that ends at this line break, would take what is below it for its own: a
 * comment that stands as far in as its lines, or blanks beyond them on an empty line.
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

/** How many line breaks end a text. */
function trailingBreaks(text: string): number {
  let count = 0;
  while (count < text.length && text.charCodeAt(text.length - 1 - count) === 0x0a) count++;
  return count;
}

/**
 * The lines of a block scalar's content without the line breaks at its end, indented; undefined where a block scalar
 * that finds its indentation itself (`indicated` false) or at all cannot hold them.
 */
function literalLines(text: string, indent: number, indicated: boolean, eol: string): string | undefined {
  const body = text.slice(0, text.length - trailingBreaks(text));
  // LS and PS are line breaks that stand for themselves, but at the end they would count as one more.
  if (/(?:^|[\u2028\u2029])$/.test(body) || unprintableInBlock.test(body)) return undefined;
  if (!indicated && /^[\n\u2028\u2029]*[ \t]/.test(body)) return undefined;
  const pad = " ".repeat(indent);
  const indented = body.replace(/^(?=.)/gm, pad);
  return eol === "\n" ? indented : indented.replaceAll("\n", eol);
}

/** The same for a folded block scalar: each line break of the text takes two. */
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

/** A text of several lines without quotes: each line break takes two. */
export function plainLines(text: string, indent: number, eol: string): string | undefined {
  const lines = text.split("\n");
  const canBe = (line: string, index: number) =>
    line === "" ? index > 0 && index < lines.length - 1 : canBePlain(line, false, true);
  if (!lines.every(canBe)) return undefined;
  return text.replace(/\n+/g, (breaks) => eol.repeat(breaks.length + 1) + " ".repeat(indent));
}
