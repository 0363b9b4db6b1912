import type { Carried, Comment, Document, Entry, Layout, Leaf, Mapping, ParseOptions, SopsError } from "@isosops/core";
import { mapping } from "@isosops/core";
import { unflatten } from "../shared/flatten.js";
import { lineProblem } from "../shared/line-problem.js";
import { fromIgnored, isCiphertext } from "./carried.js";
import {
  type IniValue,
  lineEnd,
  outerSpan,
  readValue,
  type Span,
  stripSign,
  trim,
  trimmed,
  trimStart,
} from "./value.js";

/** What the INI store keeps of the source of a document. */
export interface IniMemo {
  /** All sections, keys and comments in source order. */
  readonly nodes: readonly (Entry | Comment)[];
  /** The further places of comments that have several. */
  readonly pieces: ReadonlyMap<Comment, readonly Span[]>;
  /** Text after the names of sections. Comments in the tree. */
  readonly ignored: ReadonlySet<Comment>;
  /** Comments that go-ini drops, which `preserve` encrypts in place. */
  readonly dropped: ReadonlySet<Comment>;
  /** The lines of the `[sops]` section. */
  readonly block: Span | undefined;
  readonly metadata: Mapping | undefined;
}

export const defaultSection = "DEFAULT";

interface Section {
  readonly name: string;
  readonly start: number;
  comment: Comment | undefined;
  /** Alternating entries and their comments. */
  readonly items: (Entry | Comment | undefined)[];
  readonly dropped: Comment[];
}

interface Reader {
  readonly source: string;
  readonly filename: string | undefined;
  /** Whether it has a `[sops]` section. In a plain file, what looks like a ciphertext is text. */
  readonly isEncrypted: boolean;
  /** Comments before the next key or section, line by line. */
  pending: Span[];
  readonly sections: Section[];
  /** Indices of the keys of the last section among its items. */
  keys: Map<string, number>;
  readonly pieces: Map<Comment, Span[]>;
  readonly ignored: Set<Comment>;
  /** Entries with text that go-ini ignores. */
  readonly carriers: Map<Entry, Carrier>;
}

/** The text next to an entry, each with the number of its value: a repeated key has several. */
interface Carrier {
  readonly texts: { readonly carried: Omit<Carried, "name">; readonly what: string; readonly value: number }[];
  /** The number of the last value. */
  last: number;
}

/**
 * Parses an INI file like sops (stores/ini/store.go, over go-ini's parser.go). Comments belong to the key or section
 * after them. In the tree, they follow that key, or come first in that section.
 *
 * Why not the npm package `ini`: it parses `a.b = "x;y"` as `{ a: { b: "x;y" } }`, like `[a.b]`, with the whole string,
 * where go-ini keeps the name and reads `"x` followed by a comment. Nor does it have comments, offsets or repeated
 * keys.
 */
export function parseIni(source: string, { filename, layout = "preserve" }: ParseOptions = {}): Document {
  const reader: Reader = {
    source,
    filename,
    isEncrypted: /(?:^\ufeff?|\n)[^\S\n]*\[sops\]/.test(source),
    pending: [],
    sections: [],
    keys: new Map(),
    pieces: new Map(),
    ignored: new Set(),
    carriers: new Map(),
  };
  let section = addSection(reader, defaultSection, 0);
  let count = 1;
  let block: { start: number; end: number } | undefined;
  let isBlock = false;
  for (let at = source.startsWith("\ufeff") ? 1 : 0; at < source.length; ) {
    const next = lineEnd(source, at);
    const line = trimStart(source.slice(at, next));
    const start = next - line.length;
    if (line === "") {
      at = next;
    } else if (line[0] === "#" || line[0] === ";") {
      reader.pending.push({ start, end: next });
      at = next;
    } else if (line[0] === "[") {
      const header = readHeader(reader, line, start);
      if (isBlock && block !== undefined) block.end = blockEnd(reader, at);
      isBlock = header.name === "sops";
      if (isBlock) {
        if (block !== undefined) {
          throw fail(
            reader,
            start,
            "This is the second `[sops]` section of the file. Remove the wrong one.",
            "metadata",
          );
        }
        block = { start: at, end: source.length };
        // Comments before the block were at the end of the file when it was added.
        drop(reader, lastOwn(reader));
      }
      section = addSection(reader, header.name, start);
      if (header.comment !== undefined && !isBlock) reader.pending.push(header.comment);
      if (!isBlock) {
        section.comment = takeComment(reader);
        if (header.ignored !== undefined) section.dropped.push(ignoredComment(reader, header.ignored));
      }
      count = 1;
      at = next;
    } else {
      let { key, offset, ignored } = readKey(reader, line, start);
      if (key === "-") key = `#${count++}`;
      const value = readValue(source, start + offset, reader.isEncrypted);
      if (value === undefined) {
        // Without its key: if a quote is missing further up, the line may be part of a value.
        throw fail(reader, start + offset, "The quote that this value starts with is never closed. Close it.");
      }
      addKey(reader, section, key, { value, start, ignored });
      at = value.next;
    }
  }
  if (isBlock && block !== undefined) block.end = blockEnd(reader, source.length);
  drop(reader, lastOwn(reader));
  return toDocument(reader, block, layout);
}

function addSection(reader: Reader, name: string, start: number): Section {
  const section: Section = { name, start, comment: undefined, items: [], dropped: [] };
  reader.sections.push(section);
  reader.keys = new Map();
  return section;
}

/** The last section that is not metadata. */
function lastOwn({ sections }: Reader): Section {
  return sections.findLast(({ name }) => name !== "sops")!;
}

function drop(reader: Reader, section: Section): void {
  const comment = takeComment(reader);
  if (comment !== undefined) section.dropped.push(comment);
}

/** The block ends before the comments of what follows it. */
function blockEnd({ source, pending }: Reader, at: number): number {
  const [first] = pending;
  if (first === undefined) return at;
  return source.lastIndexOf("\n", first.start - 1) + 1;
}

interface Header {
  readonly name: string;
  readonly comment: Span | undefined;
  /** Text after the name, which go-ini ignores. */
  readonly ignored: Span | undefined;
}

function readHeader(reader: Reader, line: string, start: number): Header {
  const close = line.lastIndexOf("]");
  if (close === -1) {
    throw fail(reader, start, "The name of this section is not closed: `]` is missing.", "syntax", start + 1);
  }
  const name = line.slice(1, close);
  if (name === "") throw fail(reader, start, "This section has no name. Give it one: `[name]`.", "syntax", start + 2);
  const behind = start + close + 1;
  const sign = line.slice(close + 1).search(/[#;]/);
  const end = start + line.length;
  if (sign === -1) return { name, comment: undefined, ignored: trimmed(reader.source, behind, end) };
  const comment = { start: behind + sign, end };
  return { name, comment, ignored: trimmed(reader.source, behind, comment.start) };
}

/** Text after the name of a section belongs to none of its values, so it becomes a comment. */
function ignoredComment(reader: Reader, { start, end }: Span): Comment {
  const text = carriedText(reader, reader.source.slice(start, end));
  const comment: Comment = { kind: "comment", text, inline: false, changed: false, start, end };
  reader.ignored.add(comment);
  return comment;
}

function carriedText({ isEncrypted }: Reader, text: string): string {
  return isEncrypted ? fromIgnored(text) : text;
}

interface Key {
  readonly key: string;
  /** The offset in the line after the delimiter. */
  readonly offset: number;
  /** Text between the closing quote of the key and the delimiter, which go-ini ignores. */
  readonly ignored: Span | undefined;
}

function readKey(reader: Reader, line: string, start: number): Key {
  let quote = "";
  if (line[0] === "`") quote = "`";
  else if (line.startsWith('"""') && new TextEncoder().encode(line).length > 6) quote = '"""';
  else if (line[0] === '"') quote = '"';
  const close = quote === "" ? 0 : line.indexOf(quote, quote.length);
  if (close === -1) throw fail(reader, start, "The quote that this key starts with is never closed. Close it.");
  const behind = quote === "" ? 0 : close + quote.length;
  const delimiter = line.slice(behind).search(/[=:]/);
  if (delimiter === -1) {
    throw fail(reader, start, "There is no `=` in this line. Write `key = value`, or `;` before a comment.");
  }
  const key = trim(quote === "" ? line.slice(0, delimiter) : line.slice(quote.length, close));
  if (key === "") throw fail(reader, start, "There is no key before the `=` of this line. Write `key = value`.");
  const ignored = quote === "" ? undefined : trimmed(reader.source, start + behind, start + behind + delimiter);
  return { key, offset: behind + delimiter + 1, ignored };
}

/** A value and its surroundings. */
interface Written {
  readonly value: IniValue;
  /** The offset of its key. */
  readonly start: number;
  readonly ignored: Span | undefined;
}

function addKey(reader: Reader, section: Section, key: string, written: Written): void {
  const { value, start } = written;
  const { text, style, comment } = value;
  if (comment !== undefined && value.keepsComment) reader.pending.push(comment);
  const ownComment = takeComment(reader);
  if (comment !== undefined && !value.keepsComment) {
    reader.pending.push(comment);
    drop(reader, section);
  }
  const place = { start: value.start, end: value.end };
  const { end } = outerSpan(value);
  const before = reader.keys.get(key);
  if (before === undefined) {
    const leaf: Leaf = { kind: "leaf", type: "str", text, spelling: undefined, style, changed: false, ...place };
    const entry: Entry = { kind: "entry", key, value: leaf, start, end };
    reader.keys.set(key, section.items.length);
    section.items.push(entry, ownComment);
    addTexts(reader, entry, written, ownComment);
    return;
  }
  // The last value and its comment win, at the place of the first.
  const entry = section.items[before] as Entry;
  const leaf = entry.value as Leaf;
  const carrier = carrierOf(reader, entry);
  const earlier: Leaf = { ...leaf };
  carrier.texts.push({ carried: { leaf: earlier, kind: "value", comment: undefined }, what: "", value: carrier.last });
  carrier.last++;
  Object.assign(leaf, { text, style, ...place });
  entry.end = end;
  const ownBefore = section.items[before + 1] as Comment | undefined;
  if (ownBefore !== undefined) section.dropped.push(ownBefore);
  section.items[before + 1] = ownComment;
  addTexts(reader, entry, written, ownComment);
}

function carrierOf({ carriers }: Reader, entry: Entry): Carrier {
  let carrier = carriers.get(entry);
  if (carrier === undefined) {
    carrier = { texts: [], last: 1 };
    carriers.set(entry, carrier);
  }
  return carrier;
}

/**
 * Collects the text that go-ini ignores on the lines of a value, and the comment after a comment sign: other programs
 * may read it as part of the value.
 */
function addTexts(reader: Reader, entry: Entry, { value, ignored }: Written, comment: Comment | undefined): void {
  const add = (
    kind: Carried["kind"],
    what: string,
    { start, end }: Span,
    text = carriedText(reader, reader.source.slice(start, end)),
    onDecrypted?: (text: string) => void,
  ) => {
    const carrier = carrierOf(reader, entry);
    const leaf: Leaf = { kind: "leaf", type: "str", text, spelling: undefined, style: 0, changed: false, start, end };
    carrier.texts.push({ carried: { leaf, kind, comment, onDecrypted }, what, value: carrier.last });
  };
  if (value.spelling !== undefined) add("spelling", "spelling ", value, value.spelling);
  if (ignored !== undefined) add("text", "key ", ignored);
  if (value.ignored !== undefined) add("text", "behind ", value.ignored);
  if (value.comment === undefined || !value.keepsComment || comment === undefined) return;
  const inner = stripSign(reader.source.slice(value.comment.start, value.comment.end));
  if (inner === "" || (reader.isEncrypted && isCiphertext(inner))) return;
  const { end } = value.comment;
  const restore = (text: string) => {
    comment.text = comment.text.slice(0, comment.text.length - inner.length) + text;
  };
  add("comment", "comment ", { start: end - inner.length, end }, carriedText(reader, inner), restore);
}

/**
 * Combines the pending lines into one comment, without its first sign and the spaces after it. Those of further lines
 * are kept.
 */
function takeComment(reader: Reader): Comment | undefined {
  const { source, pending } = reader;
  const first = pending[0];
  const last = pending.at(-1);
  if (first === undefined || last === undefined) return undefined;
  reader.pending = [];
  let text = stripSign(trim(pending.map(({ start, end }) => source.slice(start, end)).join("")));
  const whole = source.slice(first.start, last.end);
  const lead = whole.length - stripSign(whole).length;
  const start = first.start + lead;
  const comment: Comment = { kind: "comment", text, inline: false, changed: false, start, end: start + text.length };
  // If the source differs from the comment's text, white space or a value lies between the lines. An encrypted one is
  // followed by the signs alone.
  const [line = ""] = text.split("\n", 1);
  const isEncrypted =
    reader.isEncrypted && pending.length > 1 && isCiphertext(trim(line)) && areSigns(reader, pending.slice(1));
  if (isEncrypted || source.slice(start, start + text.length) !== text) {
    if (isEncrypted) text = trim(line);
    const pieces = pending.map((span, index) => ({
      start: span.start,
      end: pieceEnd(source, span, index === pending.length - 1),
    }));
    comment.text = text;
    comment.end = Math.max(start, isEncrypted ? start + text.length : pieces[0]!.end);
    reader.pieces.set(comment, pieces.slice(1));
  }
  return comment;
}

function areSigns({ source }: Reader, spans: readonly Span[]): boolean {
  return spans.every(({ start, end }) => stripSign(trim(source.slice(start, end))) === "");
}

/** A piece of a comment extends to the end of its line, without the line break. */
function pieceEnd(source: string, { start, end }: Span, isLast: boolean): number {
  if (isLast) return start + trim(source.slice(start, end)).length;
  return source[end - 1] === "\n" ? end - 1 : end;
}

function toDocument(reader: Reader, block: Span | undefined, layout: Layout): Document {
  const { source, pieces, ignored } = reader;
  const nodes: (Entry | Comment)[] = [];
  const dropped = new Set<Comment>();
  const root: Mapping = { ...mapping(), start: 0, end: source.length };
  let metadata: Mapping | undefined;
  for (const section of reader.sections) {
    const { name: key, start } = section;
    if (key === "sops") {
      const entries = section.items.filter((item) => item?.kind === "entry");
      for (const { value } of entries) (value as Leaf).text = ((value as Leaf).text as string).replaceAll("\\n", "\n");
      metadata = unflatten(entries, ({ start }, problem) => fail(reader, start, problem, "metadata"));
      continue;
    }
    const ownComments = layout === "preserve" ? section.dropped : [];
    for (const comment of section.dropped) dropped.add(comment);
    const items = [section.comment, ...section.items, ...ownComments].filter((item) => item !== undefined);
    const entry: Entry = { kind: "entry", key, value: { kind: "mapping", items, start, end: -1 }, start, end: -1 };
    root.items.push(entry);
    nodes.push(entry);
    // One by one: the number of arguments is limited.
    for (const item of items) nodes.push(item);
  }
  for (const [entry, carrier] of reader.carriers)
    nameTexts(entry, carrier, layout === "preserve" ? undefined : dropped);
  const memo: IniMemo = { nodes, pieces, ignored, dropped, block, metadata };
  return { store: "ini", source, branches: [root], metadata, memo };
}

/**
 * Names each text by its value and the number of values, so that none can be moved, inserted or removed.
 *
 * @param lost - Comments that are not read.
 */
function nameTexts(entry: Entry, { texts, last }: Carrier, lost: ReadonlySet<Comment> | undefined): void {
  const kept = texts.filter(({ carried: { kind, comment } }) => kind !== "comment" || lost?.has(comment!) !== true);
  entry.carried = kept.map(({ carried, what, value }) => ({ ...carried, name: `${what}${value}/${last}` }));
}

function fail(
  { source, filename }: Reader,
  offset: number,
  problem: string,
  code: "syntax" | "metadata" = "syntax",
  shownUntil?: number,
): SopsError {
  return lineProblem({ format: "INI", source, filename, offset, problem, code, shownUntil });
}
