/**
 * Scans scalars: the styles of YAML 1.2.2, 7.3 and 8.1, with the corner cases of go-yaml v3 (scannerc.go). Each function
 * starts at the scanner's position, returns the content, and leaves the scanner after the scalar.
 */
import { isBlank, isBlankOrEnd, isBreak, isBreakOrEnd, isDocumentMarker } from "./characters.js";
import { unescaped } from "./quotes.js";
import type { Scanner } from "./scanner.js";

/** Skips the line breaks and blanks between two lines of a flow scalar, and returns what they fold to. */
function foldLines(scanner: Scanner, minimumColumn: number): string {
  const { text } = scanner;
  let first = "";
  let more = "";
  for (;;) {
    const code = text.charCodeAt(scanner.position);
    if (isBlank(code)) {
      if (code === 0x09 && first !== "" && scanner.position - scanner.lineStart < minimumColumn) {
        scanner.fail(scanner.position, "A tab stands where only spaces can indent. Replace it by spaces.");
      }
      scanner.position++;
    } else if (isBreak(code)) {
      const read = breakText(code);
      if (first === "") first = read;
      else more += read;
      scanner.skipBreak();
    } else break;
  }
  if (first !== "\n") return first + more;
  return more === "" ? " " : more;
}

/** Line breaks become LF, except for LS and PS. */
function breakText(code: number): string {
  return code === 0x2028 ? "\u2028" : code === 0x2029 ? "\u2029" : "\n";
}

/** Scans a plain scalar. */
export function scanPlain(scanner: Scanner): string {
  const { text, flowLevel } = scanner;
  const inFlow = flowLevel > 0;
  const indent = scanner.indent + 1;
  let value = "";
  let chunk = scanner.position;
  let end = chunk;
  let position = chunk;
  let separator = "";
  let brokenLast = false;
  for (;;) {
    if (position === scanner.lineStart && isDocumentMarker(text, position)) break;
    if (text.charCodeAt(position) === 0x23) break;
    const lineContent = position;
    for (;;) {
      const code = text.charCodeAt(position);
      if (code <= 0x20 || code >= 0x7f) {
        if (isBlankOrEnd(code)) break;
      } else if (code === 0x3a) {
        if (isBlankOrEnd(text.charCodeAt(position + 1))) break;
      } else if (
        inFlow &&
        (code === 0x2c || code === 0x3f || code === 0x5b || code === 0x5d || code === 0x7b || code === 0x7d)
      ) {
        break;
      }
      position++;
    }
    if (position > lineContent) {
      if (brokenLast) {
        value += text.slice(chunk, end) + separator;
        chunk = lineContent;
        brokenLast = false;
      }
      end = position;
      scanner.newlines = 0;
    }
    let code = text.charCodeAt(position);
    if (!isBlank(code) && !isBreak(code)) break;
    while (isBlank(code)) code = text.charCodeAt(++position);
    scanner.position = position;
    if (isBreak(code)) {
      separator = foldLines(scanner, indent);
      position = scanner.position;
      brokenLast = true;
    }
    if (!inFlow && position - scanner.lineStart < indent) break;
  }
  scanner.position = position;
  scanner.scalarEnd = end;
  if (brokenLast) scanner.simpleKeyAllowed = true;
  const last = text.slice(chunk, end);
  return value === "" ? last : value + last;
}

function failAtDocumentMarker(scanner: Scanner, start: number): void {
  if (scanner.position === scanner.lineStart && isDocumentMarker(scanner.text, scanner.position)) {
    scanner.fail(start, "A new document begins before this quoted value ends. Close the quotes.");
  }
}

function failAtEnd(scanner: Scanner, start: number): never {
  return scanner.fail(start, "The file ends before this quoted value does. Close the quotes.");
}

/**
 * Scans a scalar in single quotes.
 *
 * @throws {SopsError} `syntax` if the quotes are not closed.
 */
export function scanSingleQuoted(scanner: Scanner): string {
  const { text } = scanner;
  const start = scanner.position;
  let position = start + 1;
  let chunk = position;
  const parts: string[] = [];
  for (;;) {
    const code = text.charCodeAt(position);
    if (code === 0x27) {
      if (text.charCodeAt(position + 1) !== 0x27) break;
      parts.push(text.slice(chunk, position + 1));
      position += 2;
      chunk = position;
    } else if (isBreak(code)) {
      parts.push(foldBreak(scanner, start, chunk, position));
      position = scanner.position;
      chunk = position;
    } else if (code === 0) failAtEnd(scanner, start);
    else position++;
  }
  return endQuoted(scanner, parts, chunk, position);
}

/**
 * Scans a scalar in double quotes.
 *
 * @throws {SopsError} `syntax` if the quotes are not closed, or for an unknown escape.
 */
export function scanDoubleQuoted(scanner: Scanner): string {
  const { text } = scanner;
  const start = scanner.position;
  let position = start + 1;
  let chunk = position;
  const parts: string[] = [];
  for (;;) {
    const code = text.charCodeAt(position);
    if (code === 0x22) break;
    if (code === 0x5c) {
      parts.push(text.slice(chunk, position));
      const next = text.charCodeAt(position + 1);
      if (isBreak(next)) {
        scanner.position = position + 1;
        parts.push(foldEscapedBreak(scanner));
        failAtDocumentMarker(scanner, start);
        position = scanner.position;
      } else {
        const letter = text[position + 1]!;
        const digits = letter === "x" ? 2 : letter === "u" ? 4 : letter === "U" ? 8 : 0;
        if (digits > 0) {
          parts.push(scanHexEscape(scanner, position, digits));
          position += 2 + digits;
        } else {
          const meaning = unescaped(letter);
          if (meaning === undefined) {
            scanner.fail(
              position,
              "There is no such escape in double quotes. Write a backslash as `\\\\`, or use single quotes.",
            );
          }
          parts.push(meaning!);
          position += 2;
        }
      }
      chunk = position;
    } else if (isBreak(code)) {
      parts.push(foldBreak(scanner, start, chunk, position));
      position = scanner.position;
      chunk = position;
    } else if (code === 0) failAtEnd(scanner, start);
    else position++;
  }
  return endQuoted(scanner, parts, chunk, position);
}

/** The text from `chunk` on and the folded line break at `position`. Moves the scanner behind it. */
function foldBreak(scanner: Scanner, start: number, chunk: number, position: number): string {
  const { text } = scanner;
  let end = position;
  // Blanks from escapes are content even here. They are before this chunk.
  while (end > chunk && isBlank(text.charCodeAt(end - 1))) end--;
  scanner.position = position;
  const folded = text.slice(chunk, end) + foldLines(scanner, 0);
  failAtDocumentMarker(scanner, start);
  return folded;
}

/** The content of a quoted scalar whose closing quote is at `position`. Moves the scanner behind it. */
function endQuoted(scanner: Scanner, parts: string[], chunk: number, position: number): string {
  scanner.position = position + 1;
  scanner.newlines = 0;
  const last = scanner.text.slice(chunk, position);
  if (parts.length === 0) return last;
  parts.push(last);
  return parts.join("");
}

/** Folds a line break after a backslash: it joins the lines, and only further line breaks count. */
function foldEscapedBreak(scanner: Scanner): string {
  const { text } = scanner;
  scanner.skipBreak();
  let more = "";
  for (;;) {
    const code = text.charCodeAt(scanner.position);
    if (isBlank(code)) scanner.position++;
    else if (isBreak(code)) {
      more += breakText(code);
      scanner.skipBreak();
    } else return more;
  }
}

function scanHexEscape(scanner: Scanner, position: number, digits: number): string {
  const hex = scanner.text.slice(position + 2, position + 2 + digits);
  const value = /^[0-9A-Fa-f]+$/.test(hex) ? Number.parseInt(hex, 16) : -1;
  if (value < 0 || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
    scanner.fail(
      position,
      `After \`\\${scanner.text[position + 1]}\` come ${digits} hexadecimal digits that name a Unicode character. A character beyond U+FFFF is one \`\\U\`, not two halves.`,
    );
  }
  return String.fromCodePoint(value);
}

/**
 * Scans a block scalar, `|` if `literal`, else `>`.
 *
 * @throws {SopsError} `syntax` for an invalid header, or a tab in the indentation.
 */
export function scanBlockScalar(scanner: Scanner, literal: boolean): string {
  const { text } = scanner;
  const start = scanner.position;
  scanner.newlines = 0;
  let position = start + 1;
  let keep: boolean | undefined;
  let increment = 0;
  for (let i = 0; i < 2; i++) {
    const code = text.charCodeAt(position);
    if ((code === 0x2b || code === 0x2d) && keep === undefined) keep = code === 0x2b;
    else if (code >= 0x30 && code <= 0x39 && increment === 0) {
      if (code === 0x30)
        scanner.fail(start, "A block scalar cannot be indented by 0. Write a digit from 1 to 9, or none.");
      increment = code - 0x30;
    } else break;
    position++;
  }
  while (isBlank(text.charCodeAt(position))) position++;
  scanner.position = position;
  if (text.charCodeAt(position) === 0x23) scanner.lineCommentHere(start);
  if (!isBreakOrEnd(text.charCodeAt(scanner.position))) {
    scanner.fail(start, "Something stands behind the sign of a block scalar. Put the text on the next line.");
  }
  scanner.scalarEnd = scanner.position;
  scanner.skipBreak();

  let indent = increment === 0 ? 0 : Math.max(scanner.indent, 0) + increment;
  let breaks = "";
  const readBreaks = (): void => {
    breaks = "";
    let widest = 0;
    let code: number;
    for (;;) {
      code = text.charCodeAt(scanner.position);
      while (code === 0x20 && (indent === 0 || scanner.position - scanner.lineStart < indent)) {
        code = text.charCodeAt(++scanner.position);
      }
      const column = scanner.position - scanner.lineStart;
      if (column > widest) widest = column;
      if (code === 0x09 && (indent === 0 || column < indent)) {
        scanner.fail(scanner.position, "A tab stands where only spaces can indent. Replace it by spaces.");
      }
      if (!isBreak(code)) break;
      breaks += breakText(code);
      scanner.skipBreak();
    }
    if (indent === 0) indent = Math.max(widest, scanner.indent + 1, 1);
  };
  readBreaks();

  const parts: string[] = [];
  let leadingBreak = "";
  let leadingBlank = false;
  while (scanner.position - scanner.lineStart === indent && text.charCodeAt(scanner.position) !== 0) {
    const blank = isBlank(text.charCodeAt(scanner.position));
    if (!literal && leadingBreak === "\n" && !leadingBlank && !blank) {
      if (breaks === "") parts.push(" ");
    } else if (leadingBreak !== "") parts.push(leadingBreak);
    if (breaks !== "") parts.push(breaks);
    leadingBlank = blank;
    const lineStart = scanner.position;
    let end = lineStart;
    let code = text.charCodeAt(end);
    let content = false;
    while (!isBreakOrEnd(code)) {
      if (!isBlank(code)) content = true;
      code = text.charCodeAt(++end);
    }
    if (content) scanner.newlines = 0;
    parts.push(text.slice(lineStart, end));
    scanner.position = end;
    scanner.scalarEnd = end;
    leadingBreak = isBreak(code) ? breakText(code) : "";
    scanner.skipBreak();
    readBreaks();
  }
  scanner.blockIndent = indent;
  if (keep !== false) parts.push(leadingBreak);
  if (keep === true) parts.push(breaks);
  return parts.join("");
}
