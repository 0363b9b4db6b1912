import type { Comment, Document, Entry, Layout, Leaf, Mapping, ParseOptions, SopsError } from "@isosops/core";
import { mapping } from "@isosops/core";
import { unflatten } from "../shared/flatten.js";
import { lineProblem } from "../shared/line-problem.js";
import { type IniValue, lineEnd, outerSpan, readValue, type Span, trim, trimStart } from "./value.js";

/** Values that a later one of the same key replaces. */
export interface DeadValues {
  readonly spans: Span[];
  /** Whether all of them are empty, as those that an encrypted one replaces. */
  areEmpty: boolean;
}

/** What the INI store remembers about the text of a document. */
export interface IniMemo {
  /** All sections, keys and comments in the order they were read. */
  readonly nodes: readonly (Entry | Comment)[];
  readonly dead: ReadonlyMap<Leaf, Readonly<DeadValues>>;
  /** Comments that stand in several places, to be taken out of all but the first. */
  readonly pieces: ReadonlyMap<Comment, readonly Span[]>;
  /** Comments go-ini drops, which `preserve` encrypts where they stand all the same. */
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
  /** By turns an entry and its comment. */
  readonly items: (Entry | Comment | undefined)[];
  readonly dropped: Comment[];
}

interface Reader {
  readonly source: string;
  readonly filename: string | undefined;
  /** Comments that wait for the key or section they stand before: line by line, in the source. */
  pending: Span[];
  readonly sections: Section[];
  /** Where the keys of the last section are among its items. */
  keys: Map<string, number>;
  readonly dead: Map<Leaf, DeadValues>;
  readonly pieces: Map<Comment, Span[]>;
}

/**
 * Read an INI file as sops does (stores/ini/store.go, over go-ini's parser.go). Comments belong to the key or section
 * that follows them, and stand behind that key, or first in that section, in the tree.
 *
 * The npm package `ini` is of no use here: of `a.b = "x;y"` it makes `{ a: { b: "x;y" } }` (for `[a.b]`) and a whole
 * string, where go-ini keeps the name and reads `"x` with a comment behind it; nor has it comments, places or repetition.
 */
export function parseIni(source: string, { filename, layout = "preserve" }: ParseOptions = {}): Document {
  const reader: Reader = {
    source,
    filename,
    pending: [],
    sections: [],
    keys: new Map(),
    dead: new Map(),
    pieces: new Map(),
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
            "This is the second `[sops]` section of the file. Only one can be right: take the other out.",
            "metadata",
          );
        }
        block = { start: at, end: source.length };
        // What stands before the block was at the end of the file when the block was put in.
        drop(reader, lastOwn(reader));
      }
      section = addSection(reader, header.name, start);
      if (header.comment !== undefined && !isBlock) reader.pending.push(header.comment);
      if (!isBlock) section.comment = takeComment(reader);
      count = 1;
      at = next;
    } else {
      let { key, offset } = readKey(reader, line, start);
      if (key === "-") key = `#${count++}`;
      const value = readValue(source, start + offset);
      if (value === undefined) {
        // Without its key: where a quote was lost further up, that may be a line of a value.
        throw fail(reader, start + offset, "The quote that this value starts with is never closed. Close it.");
      }
      addKey(reader, section, key, value, start);
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

function readHeader(reader: Reader, line: string, start: number): { name: string; comment: Span | undefined } {
  const close = line.lastIndexOf("]");
  if (close === -1) {
    throw fail(reader, start, "The name of this section has no end: `]` is missing.", "syntax", start + 1);
  }
  const name = line.slice(1, close);
  if (name === "") throw fail(reader, start, "This section has no name. Give it one: `[name]`.", "syntax", start + 2);
  const sign = line.slice(close + 1).search(/[#;]/);
  if (sign === -1) return { name, comment: undefined };
  return { name, comment: { start: start + close + 1 + sign, end: start + line.length } };
}

/** The name of a key, and where behind the start of its line the delimiter ends. */
function readKey(reader: Reader, line: string, start: number): { key: string; offset: number } {
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
  return { key, offset: behind + delimiter + 1 };
}

function addKey(reader: Reader, section: Section, key: string, value: IniValue, start: number): void {
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
    reader.keys.set(key, section.items.length);
    section.items.push({ kind: "entry", key, value: leaf, start, end }, ownComment);
    return;
  }
  // The last value and its comment count, at the place of the first.
  const entry = section.items[before] as Entry;
  const leaf = entry.value as Leaf;
  const dead = reader.dead.get(leaf) ?? { spans: [], areEmpty: true };
  dead.spans.push(outerSpan(leaf));
  dead.areEmpty &&= leaf.text === "";
  reader.dead.set(leaf, dead);
  Object.assign(leaf, { text, style, ...place });
  entry.end = end;
  const ownBefore = section.items[before + 1] as Comment | undefined;
  if (ownBefore !== undefined) section.dropped.push(ownBefore);
  section.items[before + 1] = ownComment;
}

/** What waits, as one comment: without the sign and the spaces it starts with; those of further lines stay. */
function takeComment(reader: Reader): Comment | undefined {
  const { source, pending } = reader;
  const first = pending[0];
  const last = pending.at(-1);
  if (first === undefined || last === undefined) return undefined;
  reader.pending = [];
  const text = stripSign(trim(pending.map(({ start, end }) => source.slice(start, end)).join("")));
  const whole = source.slice(first.start, last.end);
  const lead = whole.length - stripSign(whole).length;
  const start = first.start + lead;
  const comment: Comment = { kind: "comment", text, inline: false, changed: false, start, end: start + text.length };
  // Where the source is another text than what was read, blanks between the lines or a value stand in between.
  if (source.slice(start, start + text.length) !== text) {
    const ends = pending.map((span) => ({
      start: span.start,
      end: span.start + trim(source.slice(span.start, span.end)).length,
    }));
    comment.end = Math.max(start, ends[0]!.end);
    reader.pieces.set(comment, ends.slice(1));
  }
  return comment;
}

function stripSign(text: string): string {
  return text.replace(text.startsWith(";") ? /^[; ]+/ : /^[# ]+/, "");
}

function toDocument(reader: Reader, block: Span | undefined, layout: Layout): Document {
  const { source } = reader;
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
    for (const comment of ownComments) dropped.add(comment);
    const items = [section.comment, ...section.items, ...ownComments].filter((item) => item !== undefined);
    const entry: Entry = { kind: "entry", key, value: { kind: "mapping", items, start, end: -1 }, start, end: -1 };
    root.items.push(entry);
    nodes.push(entry);
    // One by one: a call takes only so many arguments.
    for (const item of items) nodes.push(item);
  }
  const { dead, pieces } = reader;
  const memo: IniMemo = { nodes, dead, pieces, dropped, block, metadata };
  return { store: "ini", source, branches: [root], metadata, memo };
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
