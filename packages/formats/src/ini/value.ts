import type { Leaf } from "@isosops/core";
import { isCiphertext, splitSpelling } from "./carried.js";

/** How a value is written: the values of `Leaf.style`. */
const bare = 0;
const singleQuoted = 1;
const doubleQuoted = 2;
const backQuoted = 3;
const tripleQuoted = 4;
/** On several lines, each except the last ending in a backslash. */
export const continued = 5;

const wideSpaces = /[\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** White space in Go, which differs from JavaScript: it includes U+0085, but not U+FEFF. */
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

/** A parsed value, with its range without quotes. */
export interface IniValue extends Span {
  readonly text: string;
  readonly style: number;
  /** How it is written, if text and style do not determine it: on several lines, or encrypted. */
  readonly spelling: string | undefined;
  /** A comment after the value, including its sign. */
  readonly comment: Span | undefined;
  /** Text after the closing quote that go-ini ignores, up to the comment. */
  readonly ignored: Span | undefined;
  /** Whether go-ini keeps the comment: it drops one after a quote that is closed on the same line. */
  readonly keepsComment: boolean;
  /** The offset of the line after the value. */
  readonly next: number;
}

/** The range of a parsed value, including quotes. */
export function outerSpan({ start, end, style }: Leaf | IniValue): Span {
  const width = quotes[style]?.length ?? 0;
  return { start: start - width, end: end + width };
}

/** The offset after the line break of the line at an offset. */
export function lineEnd(source: string, at: number): number {
  const lineBreak = source.indexOf("\n", at);
  return lineBreak === -1 ? source.length : lineBreak + 1;
}

/**
 * Parses the value after a delimiter like go-ini with the options that sops uses (parser.go, `readValue`). Returns
 * undefined if its quote is not closed.
 *
 * @param isEncrypted - Whether to look for ciphertexts in the form of `toIgnored`.
 */
export function readValue(source: string, at: number, isEncrypted = false): IniValue | undefined {
  const next = lineEnd(source, at);
  const line = trimStart(source.slice(at, next));
  const start = next - line.length;
  if (line === "") return unquoted("", bare, at, at, next);
  if (line.length > 3 && line.startsWith('"""'))
    return readQuoted({ source, start, next, isEncrypted }, '"""', tripleQuoted);
  if (line[0] === "`") return readQuoted({ source, start, next, isEncrypted }, "`", backQuoted);

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
  const { value, spelling } = isEncrypted ? splitSpelling(text) : { value: text, spelling: undefined };
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
  readonly isEncrypted: boolean;
}

/**
 * The last quote on a line is the closing one, so a line may contain others. Without one, the value continues on the
 * next line.
 */
function readQuoted(
  { source, start, next: firstNext, isEncrypted }: FirstLine,
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
      const behind = readBehind(source, place, { keepsComment: !isFirst, isEncrypted });
      return { text, style, spelling: undefined, start: innerStart, end, ...behind, keepsComment: !isFirst, next };
    }
    if (next >= source.length) return undefined;
    lineStart = next;
    next = lineEnd(source, next);
  }
}

/**
 * Parses the text after a closing quote. A comment that go-ini drops counts as one only if an earlier version encrypted
 * it as one.
 */
function readBehind(
  source: string,
  { start, end }: Span,
  { keepsComment, isEncrypted }: { keepsComment: boolean; isEncrypted: boolean },
): Pick<IniValue, "comment" | "ignored"> {
  const rest = source.slice(start, end);
  const sign = rest.search(/[#;]/);
  const commentStart = start + sign;
  const comment = sign === -1 ? undefined : { start: commentStart, end: commentStart + trim(rest.slice(sign)).length };
  const isComment =
    comment !== undefined &&
    (keepsComment || (isEncrypted && isCiphertext(stripSign(source.slice(comment.start, comment.end)))));
  return { comment: isComment ? comment : undefined, ignored: trimmed(source, start, isComment ? commentStart : end) };
}

/** The range without surrounding white space, or undefined if it is empty. */
export function trimmed(source: string, start: number, end: number): Span | undefined {
  const text = source.slice(start, end);
  const inner = trim(text);
  if (inner === "") return undefined;
  const from = end - trimStart(text).length;
  return { start: from, end: from + inner.length };
}

/** A comment without its sign and the spaces after it. */
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
 * Writes a value in the given style if it reads back unchanged, and otherwise in the first style in which it does.
 * Returns undefined if there is none.
 *
 * A comment after the value must be kept or dropped by go-ini as before. go-ini keeps one after triple quotes that span
 * several lines, but not after those on one line, as around a ciphertext. The latter then get single quotes instead of
 * back quotes, and double instead of triple ones, from which the original style can be restored.
 *
 * @param tail - The rest of the line.
 * @param keepsComment - `keepsComment` of the previous value, or undefined if it does not matter.
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

/** The styles to try, by the given one. */
const candidates: Readonly<Record<number, readonly number[]>> = {
  [singleQuoted]: [singleQuoted, backQuoted, ...anyStyle],
  [doubleQuoted]: [doubleQuoted, tripleQuoted, ...anyStyle],
  [backQuoted]: [backQuoted, singleQuoted, ...anyStyle],
  [tripleQuoted]: [tripleQuoted, doubleQuoted, ...anyStyle],
};

const quotes: readonly string[] = ["", "'", '"', "`", '"""'];
