import type { Entry, Leaf, Mapping, Sequence, ValueType } from "@isosops/core";
import { canonicalInt, formatFloat, SopsError } from "@isosops/core";
import { problemAt } from "./problem.js";

/** The deepest nesting of objects and lists. No real file comes near it, and no recursion overflows. */
export const deepestNesting = 1000;

interface Reader {
  readonly source: string;
  readonly filename: string | undefined;
  position: number;
  /** The number of entries and list items so far. */
  nodes: number;
}

/** The top-level object, and the number of entries and list items in it, at every level. */
export interface ParsedJson {
  root: Mapping;
  nodes: number;
}

/**
 * Parses a JSON file like sops (stores/json/store.go, over Go's `Decoder.Token`): the order of keys and duplicates are
 * kept, an integer within 64 bits is an int, every other number a float, and half a surrogate pair is U+FFFD.
 *
 * Two things that sops accepts are rejected, because it silently loses data: a file that ends before its object is
 * closed, and text after that object.
 */
export function parseJson(source: string, filename: string | undefined): ParsedJson {
  const reader: Reader = { source, filename, position: 0, nodes: 0 };
  checkTop(reader);
  const root = parseNodes(reader);
  skipSpace(reader);
  if (reader.position < source.length) {
    throw fail(reader, reader.position, "There is text after the top-level object. Remove it.");
  }
  return { root, nodes: reader.nodes };
}

function checkTop(reader: Reader): void {
  const { source } = reader;
  if (source.startsWith("\ufeff")) {
    throw fail(reader, 0, "The file starts with a byte-order mark, which JSON does not allow. Save it without one.");
  }
  skipSpace(reader);
  const at = reader.position;
  if (at === source.length) {
    const name = reader.filename === undefined ? "The JSON text" : `The JSON file ${reader.filename}`;
    throw new SopsError("empty", `${name} is empty. Write at least \`{}\`.`);
  }
  if (source[at] === "{") return;
  const found =
    source[at] === "["
      ? "a list"
      : source[at] === '"'
        ? "a string"
        : /^(?:true|false|null|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*$/.test(source.slice(at, at + 400))
          ? "a single value"
          : undefined;
  if (found === undefined) throw fail(reader, at, "A JSON file for sops must start with `{`.");
  throw problemAt(
    "unsupported",
    source,
    at,
    `sops only accepts JSON files with an object at the top level, and this one has ${found}. ` +
      'Wrap it in an object: {"data": ...}.',
    reader.filename,
  );
}

/** Parses objects and lists with an explicit stack. The reader is at the top-level `{`. */
function parseNodes(reader: Reader): Mapping {
  const { source } = reader;
  const root: Mapping = { kind: "mapping", items: [], start: reader.position, end: -1 };
  const stack: (Mapping | Sequence)[] = [];
  const entries: (Entry | undefined)[] = [];
  let open: Mapping | Sequence = root;
  let isFirst = true;
  reader.position++;
  for (;;) {
    skipSpace(reader);
    let code = source.charCodeAt(reader.position);
    const closing: number = open.kind === "mapping" ? 0x7d : 0x5d;
    if (code === closing) {
      open.end = ++reader.position;
      const done = open.end;
      const outer = stack.pop();
      if (outer === undefined) return root;
      const entry = entries.pop();
      if (entry !== undefined) entry.end = done;
      open = outer;
      isFirst = false;
      continue;
    }
    if (!isFirst) {
      if (code !== 0x2c) throw failBetween(reader, open);
      const comma = reader.position++;
      skipSpace(reader);
      code = source.charCodeAt(reader.position);
      if (code === closing) throw fail(reader, comma, `There is no value after this comma. Remove the comma.`);
    }
    isFirst = false;
    reader.nodes++;

    let entry: Entry | undefined;
    if (open.kind === "mapping") {
      entry = parseKey(reader);
      open.items.push(entry);
      code = source.charCodeAt(reader.position);
    }
    if (code === 0x7b || code === 0x5b) {
      const start = reader.position++;
      const inner: Mapping | Sequence =
        code === 0x7b
          ? { kind: "mapping", items: [], start, end: -1 }
          : { kind: "sequence", items: [], start, end: -1 };
      if (entry !== undefined) entry.value = inner;
      else (open as Sequence).items.push(inner);
      stack.push(open);
      entries.push(entry);
      if (stack.length >= deepestNesting) {
        throw problemAt(
          "unsupported",
          source,
          start,
          `Objects and lists are nested more than ${deepestNesting} levels deep. Flatten the document.`,
          reader.filename,
        );
      }
      open = inner;
      isFirst = true;
      continue;
    }
    const value = parseScalar(reader, code);
    if (entry !== undefined) {
      entry.value = value;
      entry.end = value.end;
    } else {
      (open as Sequence).items.push(value);
    }
  }
}

/** Parses a key, its colon, and the white space before the value, which the caller adds. */
function parseKey(reader: Reader): Entry {
  const start = reader.position;
  if (reader.source.charCodeAt(start) !== 0x22) {
    if (start >= reader.source.length) throw failAtEnd(reader);
    throw fail(reader, start, "A key in double quotes, or `}`, is expected here.");
  }
  const key = parseString(reader);
  skipSpace(reader);
  if (reader.source.charCodeAt(reader.position) !== 0x3a) {
    if (reader.position >= reader.source.length) throw failAtEnd(reader);
    throw fail(reader, reader.position, "A colon between key and value is missing here.", start);
  }
  reader.position++;
  skipSpace(reader);
  return { kind: "entry", key, value: nothing, start, end: -1 };
}

const nothing: Leaf = {
  kind: "leaf",
  type: "null",
  text: "",
  spelling: undefined,
  style: 0,
  changed: false,
  start: -1,
  end: -1,
};

function parseScalar(reader: Reader, code: number): Leaf {
  const start = reader.position;
  if (code === 0x22) return placed("str", parseString(reader), undefined, start, reader.position);
  if (code === 0x2d || (code >= 0x30 && code <= 0x39)) return parseNumber(reader);
  const { source } = reader;
  if (code === 0x74 && source.startsWith("true", start)) return literal(reader, "bool", "True", 4);
  if (code === 0x66 && source.startsWith("false", start)) return literal(reader, "bool", "False", 5);
  if (code === 0x6e && source.startsWith("null", start)) return literal(reader, "null", "", 4);
  throw failValue(reader);
}

function literal(reader: Reader, type: ValueType, text: string, length: number): Leaf {
  const start = reader.position;
  reader.position += length;
  return placed(type, text, undefined, start, reader.position);
}

function placed(type: ValueType, text: string, spelling: string | undefined, start: number, end: number): Leaf {
  return { kind: "leaf", type, text, spelling, style: 0, changed: false, start, end };
}

const number = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/y;

function parseNumber(reader: Reader): Leaf {
  const start = reader.position;
  number.lastIndex = start;
  const match = number.exec(reader.source);
  if (match === null) throw fail(reader, start, "This is not a valid JSON number.");
  const written = match[0];
  const end = start + written.length;
  const following = reader.source.charCodeAt(end);
  // `01`, `1.`, `1e` would otherwise be reported as a missing comma.
  if (following === 0x2e || (following >= 0x30 && following <= 0x39) || (following | 0x20) === 0x65) {
    throw fail(reader, start, "This is not a valid JSON number.");
  }
  reader.position = end;
  if (match[1] === undefined && match[2] === undefined) {
    // 20 characters hold every 64-bit integer.
    const int = written.length > 20 ? undefined : canonicalInt(written);
    if (int !== undefined) {
      // Go's `ParseInt` has no minus zero.
      const text = int === "-0" ? "0" : int;
      return placed("int", text, text === written ? undefined : written, start, end);
    }
  }
  const value = Number(written);
  if (!Number.isFinite(value)) {
    const advice = "This number is too large for a 64-bit float, so sops cannot keep it. Put it in double quotes.";
    throw problemAt("unsupported", reader.source, start, advice, reader.filename);
  }
  const text = formatFloat(value);
  return placed("float", text, text === written ? undefined : written, start, end);
}

function skipSpace(reader: Reader): void {
  const { source } = reader;
  let at = reader.position;
  for (;;) {
    const code = source.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break;
    at++;
  }
  reader.position = at;
}

function parseString(reader: Reader): string {
  const { source } = reader;
  const start = reader.position;
  let hasEscape = false;
  let at = start + 1;
  for (; ; at++) {
    const code = source.charCodeAt(at);
    if (code === 0x22) break;
    if (code === 0x5c) {
      hasEscape = true;
      at++;
    } else if (!(code >= 0x20)) {
      // A control character, or NaN at the end of the file.
      throw failString(reader, at);
    }
  }
  reader.position = at + 1;
  return hasEscape ? unescapeString(reader, start) : source.slice(start + 1, at);
}

/** The text of the string from `start` to the position of the reader. */
function unescapeString(reader: Reader, start: number): string {
  const written = reader.source.slice(start, reader.position);
  let text: string;
  try {
    text = JSON.parse(written);
  } catch {
    const valid = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
    let at = written.indexOf("\\");
    for (valid.lastIndex = at; valid.test(written); valid.lastIndex = at) at = written.indexOf("\\", valid.lastIndex);
    throw fail(
      reader,
      start + at,
      'JSON has no such escape. It has \\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX.',
      start,
    );
  }
  // Go reads half a surrogate pair as U+FFFD.
  return /\\u[dD][89a-fA-F]/.test(written) ? text.replace(/\p{Surrogate}/gu, "\ufffd") : text;
}

function fail(reader: Reader, offset: number, problem: string, token = offset): SopsError {
  return problemAt("syntax", reader.source, offset, problem, reader.filename, token);
}

function failAtEnd(reader: Reader): SopsError {
  const problem = "The file ends before its object is closed. It was cut off, or a `}` is missing.";
  return fail(reader, reader.source.length, problem);
}

function failBetween(reader: Reader, open: Mapping | Sequence): SopsError {
  if (reader.position >= reader.source.length) return failAtEnd(reader);
  const bracket = open.kind === "mapping" ? "}" : "]";
  return fail(reader, reader.position, `A comma or \`${bracket}\` is expected here.`);
}

function failValue(reader: Reader): SopsError {
  const { source, position } = reader;
  if (position >= source.length) return failAtEnd(reader);
  let problem = "A value is expected here: an object, a list, a string, a number, true, false or null.";
  if (source[position] === "'") problem = "JSON strings must be in double quotes.";
  else if (/^true|^false|^null/i.test(source.slice(position, position + 5))) {
    problem = "JSON writes true, false and null in lower case.";
  } else if (source[position] === "/") problem = "JSON does not allow comments. Remove it.";
  return fail(reader, position, problem);
}

function failString(reader: Reader, at: number): SopsError {
  const start = reader.position;
  if (at >= reader.source.length)
    return fail(reader, start, "This string is not closed: its closing quote is missing.");
  const problem =
    "There is a raw line break, tab or other control character in this string. Write it as an escape such as `\\n`, or close the quotes.";
  return fail(reader, at, problem, start);
}
