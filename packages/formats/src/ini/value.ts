import type { Leaf } from "@isosops/core";
import { isCiphertext, splitSpelling } from "./carried.js";

/** How a value is written. The numbers are the `style` of leaves. */
export const bare = 0;
export const singleQuoted = 1;
export const doubleQuoted = 2;
export const backQuoted = 3;
export const tripleQuoted = 4;
/** Over several lines, each but the last ending in a backslash. */
export const continued = 5;

const wideSpaces = /[\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** What Go counts as space, which is not what JavaScript does: U+0085 is, U+FEFF is not. */
function isSpace(code: number): boolean {
  if (code < 0x80) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  return wideSpaces.test(String.fromCharCode(code));
}

export function trimStart(text: string): string {
  let start = 0;
  while (start < text.length && isSpace(text.charCodeAt(start))) start++;
  return text.slice(start);
}

export function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(0, end);
}

export function trim(text: string): string {
  return trimEnd(trimStart(text));
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where it stands, without its quotes, and what it is. */
export interface IniValue extends Span {
  readonly text: string;
  readonly style: number;
  /** How it is written, where its text and style do not say it: over several lines, or encrypted. */
  readonly spelling: string | undefined;
  /** A comment behind the value, its sign included. */
  readonly comment: Span | undefined;
  /** What go-ini passes over behind a quote that is closed, up to such a comment. */
  readonly ignored: Span | undefined;
  /** Whether go-ini keeps that comment: it drops the one behind a quote that is closed on its own line. */
  readonly keepsComment: boolean;
  /** The offset of the line behind the value. */
  readonly next: number;
}

/** Where a value stands that was read, its quotes included. */
export function outerSpan({ start, end, style }: Leaf | IniValue): Span {
  const width = quotes[style]?.length ?? 0;
  return { start: start - width, end: end + width };
}

/** The offset behind the line break of the line that an offset is on. */
export function lineEnd(source: string, at: number): number {
  const lineBreak = source.indexOf("\n", at);
  return lineBreak === -1 ? source.length : lineBreak + 1;
}

/**
 * Read the value that starts behind a delimiter as go-ini does with the options sops gives it (parser.go, `readValue`).
 * Undefined if its quote is never closed.
 *
 * @param isSealed whether ciphertexts that are made for nobody but us are looked for
 */
export function readValue(source: string, at: number, isSealed = false): IniValue | undefined {
  const next = lineEnd(source, at);
  const line = trimStart(source.slice(at, next));
  const start = next - line.length;
  if (line === "") return unquoted("", bare, at, at, next);
  if (line.length > 3 && line.startsWith('"""'))
    return readQuoted({ source, start, next, isSealed }, '"""', tripleQuoted);
  if (line[0] === "`") return readQuoted({ source, start, next, isSealed }, "`", backQuoted);

  let text = trim(line);
  if (text.endsWith("\\")) return readContinued(source, start, next, text.slice(0, -1));
  const sign = text.search(/[#;]/);
  const comment = sign === -1 ? undefined : { start: start + sign, end: start + text.length };
  if (sign !== -1) text = trim(text.slice(0, sign));
  const end = start + text.length;
  for (const style of [singleQuoted, doubleQuoted]) {
    const quote = quotes[style]!;
    if (text.length < 2 || text[0] !== quote || text.indexOf(quote, 1) !== text.length - 1) continue;
    return unquoted(text.slice(1, -1), style, start + 1, end - 1, next, comment);
  }
  const { value, spelling } = isSealed ? splitSpelling(text) : { value: text, spelling: undefined };
  return { ...unquoted(value, bare, start, end, next, comment), spelling };
}

function unquoted(text: string, style: number, start: number, end: number, next: number, comment?: Span): IniValue {
  return { text, style, spelling: undefined, start, end, comment, ignored: undefined, keepsComment: true, next };
}

interface FirstLine {
  readonly source: string;
  readonly start: number;
  /** The offset of the line behind it. */
  readonly next: number;
  readonly isSealed: boolean;
}

/** The last quote on a line closes, so that the line may hold others; where there is none, the value goes on below. */
function readQuoted(
  { source, start, next: firstNext, isSealed }: FirstLine,
  quote: string,
  style: number,
): IniValue | undefined {
  const innerStart = start + quote.length;
  let lineStart = innerStart;
  let next = firstNext;
  for (;;) {
    const line = source.slice(lineStart, next);
    const at = line.lastIndexOf(quote);
    const isFirst = lineStart === innerStart;
    const rest = at === -1 ? "" : line.slice(at + quote.length);
    if (at !== -1 && (isFirst || !trim(rest).endsWith("\\"))) {
      const end = lineStart + at;
      const text = source.slice(innerStart, end);
      const place = { start: end + quote.length, end: next };
      const behind = readBehind(source, place, { keepsComment: !isFirst, isSealed });
      return { text, style, spelling: undefined, start: innerStart, end, ...behind, keepsComment: !isFirst, next };
    }
    if (next >= source.length) return undefined;
    lineStart = next;
    next = lineEnd(source, next);
  }
}

/**
 * What stands behind a quote. A comment there that go-ini drops as well is one where an earlier version has encrypted it as such.
 */
function readBehind(
  source: string,
  { start, end }: Span,
  { keepsComment, isSealed }: { keepsComment: boolean; isSealed: boolean },
): Pick<IniValue, "comment" | "ignored"> {
  const rest = source.slice(start, end);
  const sign = rest.search(/[#;]/);
  const commentStart = start + sign;
  const comment = sign === -1 ? undefined : { start: commentStart, end: commentStart + trim(rest.slice(sign)).length };
  const isComment =
    comment !== undefined &&
    (keepsComment || (isSealed && isCiphertext(stripSign(source.slice(comment.start, comment.end)))));
  return { comment: isComment ? comment : undefined, ignored: trimmed(source, start, isComment ? commentStart : end) };
}

/** Without the blanks around it; undefined if nothing else is there. */
export function trimmed(source: string, start: number, end: number): Span | undefined {
  const text = source.slice(start, end);
  const inner = trim(text);
  if (inner === "") return undefined;
  const from = end - trimStart(text).length;
  return { start: from, end: from + inner.length };
}

/** A comment without the sign and the spaces it starts with. */
export function stripSign(text: string): string {
  return text.replace(text.startsWith(";") ? /^[; ]+/ : /^[# ]+/, "");
}

function readContinued(source: string, start: number, firstNext: number, first: string): IniValue {
  const parts = [first];
  let end = start + first.length + 1;
  let next = firstNext;
  for (;;) {
    const lineStart = next;
    next = lineEnd(source, lineStart);
    const line = source.slice(lineStart, next);
    const text = trim(line);
    if (text === "") break;
    end = lineStart + (line.length - trimStart(line).length) + text.length;
    if (!text.endsWith("\\")) {
      parts.push(text);
      break;
    }
    parts.push(text.slice(0, -1));
  }
  const text = parts.join("");
  // An empty value stays as it is written.
  const spelling = text === "" ? undefined : source.slice(start, end);
  return { ...unquoted(text, continued, start, end, next), spelling };
}

/**
 * A text as a value: in the style asked for where it reads back as it is, else in the first style where it does;
 * undefined if no style holds it. A comment behind it is one that go-ini keeps, or drops, as it was before: it keeps
 * the one behind three quotes at the end of several lines, not behind those of one line, as a ciphertext is. That gets
 * single quotes then for back quotes, double quotes for three, and so what it was comes back.
 *
 * @param tail what follows on the line
 * @param keepsComment of the value that stood there; undefined if that does not matter
 */
export function writeValue(
  text: string,
  style: number,
  tail: string,
  keepsComment: boolean | undefined,
): string | undefined {
  for (const candidate of candidates[style] ?? anyStyle) {
    const quote = quotes[candidate] ?? "";
    const written = quote + text + quote;
    const all = written + tail;
    const read = readValue(all, 0);
    if (read?.text !== text || read.next !== all.length || outerSpan(read).end !== written.length) continue;
    const isKept = read.comment !== undefined && read.keepsComment;
    if (keepsComment === undefined || isKept === keepsComment) return written;
  }
  return undefined;
}

const anyStyle: readonly number[] = [bare, doubleQuoted, singleQuoted, backQuoted, tripleQuoted];

/** The styles to try, by the one asked for. */
const candidates: Readonly<Record<number, readonly number[]>> = {
  [singleQuoted]: [singleQuoted, backQuoted, ...anyStyle],
  [doubleQuoted]: [doubleQuoted, tripleQuoted, ...anyStyle],
  [backQuoted]: [backQuoted, singleQuoted, ...anyStyle],
  [tripleQuoted]: [tripleQuoted, doubleQuoted, ...anyStyle],
};

const quotes: readonly string[] = ["", "'", '"', "`", '"""'];
