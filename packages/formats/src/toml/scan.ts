/** Parses the parts of a line: keys, strings, other values, comments. */
import type { Comment, ErrorCode, Leaf, SopsError } from "@isosops/core";
import { lineProblem } from "../shared/line-problem.js";
import { readScalar } from "./scalar.js";
import { leadingBreak, localMark, TomlStyle } from "./style.js";

export interface Reader {
  readonly source: string;
  readonly filename: string | undefined;
  position: number;
  /** Errors may show the line up to this offset, because it contains only keys. */
  shownUntil: number;
}

export function fail(reader: Reader, offset: number, problem: string, code: ErrorCode = "syntax"): SopsError {
  const { source, filename, shownUntil } = reader;
  // If quotes of a multi-line string are missing, what looks like a key may be part of a value.
  const isShown = !/"""|'''/.test(source);
  return lineProblem({
    format: "TOML",
    source,
    filename,
    offset,
    problem,
    shownUntil: isShown ? Math.min(shownUntil, offset) : undefined,
    code,
  });
}

export function skipBlanks(reader: Reader): void {
  const { source } = reader;
  let at = reader.position;
  for (let code = source.charCodeAt(at); code === 0x20 || code === 0x09; ) code = source.charCodeAt(++at);
  reader.position = at;
}

/** The length of the line break at an offset: 0, 1, or 2 for CRLF. */
export function breakLength(source: string, at: number): number {
  if (source[at] === "\n") return 1;
  return source[at] === "\r" && source[at + 1] === "\n" ? 2 : 0;
}

/** The end of a match of a pattern that also matches the empty string. Avoids the match object of `exec`. */
function endOf(pattern: RegExp, source: string, at: number): number {
  pattern.lastIndex = at;
  pattern.test(source);
  return pattern.lastIndex;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what TOML does not allow in comments
const commentText = /[^\0-\x08\x0a-\x1f\x7f]*/y;

/** Parses the comment at the reader's position. */
export function readComment(reader: Reader, inline: boolean): Comment {
  const { source } = reader;
  const start = reader.position + 1;
  const end = endOf(commentText, source, start);
  const text = source.slice(start, end);
  if (end < source.length && breakLength(source, end) === 0) {
    throw fail(reader, end, "A comment cannot contain control characters. Remove this one.");
  }
  reader.position = end;
  return { kind: "comment", text, inline, changed: false, start, end };
}

const bareKey = /[\w-]*/y;

/** Parses keys such as `a."b".c`, and the white space after them. */
export function readKeys(reader: Reader, sign: string): string[] {
  const keys: string[] = [];
  for (;;) {
    skipBlanks(reader);
    keys.push(readKey(reader, sign));
    skipBlanks(reader);
    if (reader.source[reader.position] !== ".") return keys;
    reader.position++;
  }
}

function readKey(reader: Reader, sign: string): string {
  const { source, position } = reader;
  const quote = source[position];
  if (quote === '"' || quote === "'") {
    if (source.startsWith(quote.repeat(3), position)) {
      throw fail(reader, position, "A key cannot be a multi-line string. Write it in single quotes.");
    }
    return quote === '"' ? readBasic(reader) : readLiteral(reader);
  }
  const end = endOf(bareKey, source, position);
  if (end === position) {
    throw fail(
      reader,
      position,
      `A key is expected before \`${sign}\`: letters, digits, \`_\` and \`-\`, or anything in quotes.`,
    );
  }
  reader.position = end;
  return source.slice(position, end);
}

const wordCharacters = /[^\s,\]}#="'[{]*/y;
/** Date and time may be separated by a space. */
const word = /(?:\d{4}-\d\d-\d\d (?=\d\d:))?[^\s,\]}#="'[{]*/y;

/** Parses a single value. */
export function readLeaf(reader: Reader): Leaf {
  const { source, position: start } = reader;
  const quote = source[start];
  if (quote === '"' || quote === "'") {
    const isMulti = source.startsWith(quote.repeat(3), start);
    const broken = isMulti && breakLength(source, start + 3) > 0 ? leadingBreak : 0;
    if (quote === '"') {
      const isLocal = source.startsWith(localMark, start);
      if (!isMulti) return leafHere(reader, start, readBasic(reader), isLocal ? TomlStyle.local : TomlStyle.basic);
      return leafHere(reader, start, readMultiBasic(reader), TomlStyle.multiBasic | broken);
    }
    if (!isMulti) return leafHere(reader, start, readLiteral(reader), TomlStyle.literal);
    return leafHere(reader, start, readMultiLiteral(reader), TomlStyle.multiLiteral | broken);
  }
  const end = endOf(isDigit(source.charCodeAt(start)) ? word : wordCharacters, source, start);
  const written = source.slice(start, end);
  if (written === "") throw fail(reader, start, "There is no value here. Add one, or remove the key.");
  const read = readScalar(written);
  if (typeof read === "string") throw fail(reader, start, read);
  reader.position = end;
  const { type, text, spelling, style } = read;
  return { kind: "leaf", type, text, spelling, style, changed: false, start, end: reader.position };
}

function leafHere(reader: Reader, start: number, text: string, style: number): Leaf {
  const end = reader.position;
  return { kind: "leaf", type: "str", text, spelling: undefined, style, changed: false, start, end };
}

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: these are what TOML does not allow unescaped
const basicText = /[^"\\\0-\x08\x0a-\x1f\x7f]*/y;
const literalText = /[^'\0-\x08\x0a-\x1f\x7f]*/y;
const multiBasicText = /[^"\\\0-\x08\x0b-\x1f\x7f]*/y;
const multiLiteralText = /[^'\0-\x08\x0b-\x1f\x7f]*/y;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: the end of them

function readBasic(reader: Reader): string {
  const { source, position: start } = reader;
  let text = "";
  reader.position++;
  for (;;) {
    const end = endOf(basicText, source, reader.position);
    text += source.slice(reader.position, end);
    reader.position = end;
    if (source[reader.position] === '"') break;
    if (source[reader.position] !== "\\") throw failString(reader, start);
    text += readEscape(reader);
  }
  reader.position++;
  return text;
}

function readLiteral(reader: Reader): string {
  const { source, position: start } = reader;
  reader.position = endOf(literalText, source, start + 1);
  const text = source.slice(start + 1, reader.position);
  if (source[reader.position] !== "'") throw failString(reader, start);
  reader.position++;
  return text;
}

const trimmed = /\\[ \t]*\r?\n(?:[ \t]|\r?\n)*/y;

function readMultiBasic(reader: Reader): string {
  return readMulti(reader, '"', multiBasicText, () => {
    trimmed.lastIndex = reader.position;
    if (!trimmed.test(reader.source)) return readEscape(reader);
    reader.position = trimmed.lastIndex;
    return "";
  });
}

function readMultiLiteral(reader: Reader): string {
  return readMulti(reader, "'", multiLiteralText, undefined);
}

/** Line breaks are kept as written: a value in a file with CRLF must be restored with CRLF. */
function readMulti(reader: Reader, quote: string, plain: RegExp, escaped: (() => string) | undefined): string {
  const { source, position: start } = reader;
  let text = "";
  reader.position += 3;
  reader.position += breakLength(source, reader.position);
  for (;;) {
    const at = endOf(plain, source, reader.position);
    text += source.slice(reader.position, at);
    reader.position = at;
    if (source[at] === quote) {
      let end = at;
      while (source[end] === quote && end - at < 5) end++;
      reader.position = end;
      if (end - at < 3) {
        text += source.slice(at, end);
        continue;
      }
      // Up to two quotes may precede the closing three.
      return text + source.slice(at, end - 3);
    }
    const length = breakLength(source, at);
    if (length > 0) {
      text += source.slice(at, at + length);
      reader.position += length;
    } else if (source[at] === "\\" && escaped !== undefined) {
      text += escaped();
    } else {
      throw failString(reader, start);
    }
  }
}

const shortEscapes: Readonly<Record<string, string>> = {
  b: "\b",
  t: "\t",
  n: "\n",
  f: "\f",
  r: "\r",
  '"': '"',
  "\\": "\\",
};
const codeEscape = /u([\dA-Fa-f]{4})|U([\dA-Fa-f]{8})/y;

function readEscape(reader: Reader): string {
  const { source, position } = reader;
  const short = shortEscapes[source[position + 1] ?? ""];
  if (short !== undefined) {
    reader.position += 2;
    return short;
  }
  codeEscape.lastIndex = position + 1;
  const match = codeEscape.exec(source);
  const code = match === null ? -1 : Number.parseInt(match[1] ?? match[2]!, 16);
  if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
    throw fail(
      reader,
      position,
      'This is not a TOML escape. TOML has \\b \\t \\n \\f \\r \\" \\\\ \\uXXXX and \\UXXXXXXXX for Unicode characters; in single quotes, a backslash is literal.',
    );
  }
  reader.position = codeEscape.lastIndex;
  return String.fromCodePoint(code);
}

function failString(reader: Reader, start: number): SopsError {
  const { source, position } = reader;
  if (position >= source.length || breakLength(source, position) > 0) {
    return fail(reader, start, "This string is not closed: its closing quotes are missing.");
  }
  return fail(
    reader,
    position,
    "There is a control character in this string. Write it as an escape such as `\\u0007`, in double quotes.",
  );
}
