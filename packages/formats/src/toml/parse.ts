import type { Comment, Document, Entry, Mapping, Node, ParseOptions, Sequence } from "@isosops/core";
import { eachNode, startsOf } from "../shared/nodes.js";
import { words } from "./scalar.js";
import { breakLength, fail, type Reader, readComment, readKeys, readLeaf, skipBlanks } from "./scan.js";

export interface Span {
  start: number;
  /** Exclusive. */
  end: number;
}

/** What the TOML store keeps of the source of a document. */
export interface TomlMemo {
  /** The offset of every node, in tree order. */
  readonly starts: readonly number[];
  /** The ranges of the `sops` block, including line breaks. Several if other sections come between its own. */
  readonly block: readonly Span[];
  /** Whether the block consists of top-level keys instead of a section. */
  readonly isInline: boolean;
  readonly metadata: Mapping | undefined;
}

/** The deepest nesting of tables and arrays. No real file comes near it, and no recursion overflows. */
export const deepestNesting = 1000;

/** What a name in a table refers to: a value, a table, or an array of tables. */
type Slot = Table | Sections | "value";

interface Table {
  readonly kind: "table";
  readonly mapping: Mapping;
  /** The names in it, what they refer to, and, for many names, their indices in these lists. */
  readonly names: string[];
  readonly slots: Slot[];
  index: Map<string, number> | undefined;
  /** Its entry in the parent table. Undefined for the root and the items of an array. */
  entry: Entry | undefined;
  /**
   * How it was created: by its own header, by the header of a child (`[a.b]` creates `a`), by a dotted key, or by
   * braces, which cannot be extended.
   */
  origin: "header" | "implied" | "dotted" | "inline";
  readonly depth: number;
}

/** An array of tables, `[[name]]`. */
interface Sections {
  readonly kind: "sections";
  readonly sequence: Sequence;
  last: Table;
}

/**
 * Up to this number of names, a linear search is used: most tables are small, and a map per table takes more memory.
 */
const fewNames = 16;

function slotOf({ names, slots, index }: Table, name: string): Slot | undefined {
  const at = index === undefined ? names.indexOf(name) : (index.get(name) ?? -1);
  return at === -1 ? undefined : slots[at];
}

function setSlot(table: Table, name: string, slot: Slot): void {
  const { names, slots } = table;
  names.push(name);
  slots.push(slot);
  if (table.index !== undefined) table.index.set(name, names.length - 1);
  else if (names.length > fewNames) table.index = new Map(names.map((known, at) => [known, at]));
}

interface TomlReader extends Reader {
  readonly root: Table;
  /** The table that keys go to. */
  current: Table;
  /** Comments before the next item. */
  pending: Comment[];
  /** The number of them that are followed by an empty line. */
  settled: number;
  /** Entries whose table was moved to the end of its parent. */
  readonly moved: Set<Entry>;
  readonly movedIn: Set<Mapping>;
  readonly block: Span[];
  isBlock: boolean;
  isInline: boolean;
}

/**
 * Parses a TOML file (toml.io/en/v1.0.0). Why not the npm package `smol-toml`: it reads the same values, but has no
 * offsets, comments or spellings, so nothing could be written back into the source.
 *
 * A name is in its table in the order of its first occurrence, except that a table that gets its own header later
 * (`[a.b]`, then `[a]`) moves to that header. rops computes the MAC in this order.
 */
export function parseToml(source: string, { filename }: ParseOptions = {}): Document {
  const mapping: Mapping = { kind: "mapping", items: [], start: 0, end: source.length };
  const root: Table = {
    kind: "table",
    mapping,
    names: [],
    slots: [],
    index: undefined,
    entry: undefined,
    origin: "header",
    depth: 0,
  };
  const reader: TomlReader = {
    source,
    filename,
    position: source.startsWith("\ufeff") ? 1 : 0,
    shownUntil: 0,
    root,
    current: root,
    pending: [],
    settled: 0,
    moved: new Set(),
    movedIn: new Set(),
    block: [],
    isBlock: false,
    isInline: false,
  };
  while (reader.position < source.length) readLine(reader);
  putComments(reader, reader.current.mapping.items);
  for (const { items } of reader.movedIn) {
    const kept = items.filter((item) => item.kind === "comment" || !reader.moved.has(item));
    items.length = 0;
    for (const item of kept) items.push(item);
  }
  return toDocument(reader);
}

function toDocument(reader: TomlReader): Document {
  const { source, root, block, isInline } = reader;
  const { mapping } = root;
  const entry = mapping.items.find((item): item is Entry => item.kind === "entry" && item.key === "sops");
  let metadata: Mapping | undefined;
  if (entry !== undefined) {
    if (entry.value.kind !== "mapping") {
      const problem = "The name `sops` is reserved for the metadata of sops, which is a table. Rename the key.";
      throw fail(reader, entry.start, problem, "metadata");
    }
    metadata = entry.value;
    mapping.items = mapping.items.filter((item) => item !== entry);
    readForeign(mapping, metadata);
  }
  const memo: TomlMemo = { starts: startsOf(mapping), block, isInline, metadata };
  return { store: "toml", source, branches: [mapping], metadata, words, memo };
}

/**
 * Handles two differences of rops, whose files have no `version`: it encrypts the empty string, and does not encrypt
 * the string `null`, like null in sops.
 */
function readForeign(mapping: Mapping, metadata: Mapping): void {
  const isRops = !metadata.items.some((item) => item.kind === "entry" && item.key === "version");
  if (!isRops) return;
  eachNode(mapping, (node) => {
    if (node.kind !== "leaf" || node.type !== "str") return;
    if (node.text === "null") {
      node.type = "null";
      node.text = "";
    } else if (
      typeof node.text === "string" &&
      /^ENC\[AES256_GCM,data:,iv:[^,]+,tag:[^,]+,type:str\]$/.test(node.text)
    ) {
      node.text = "";
      node.changed = true;
    }
  });
}

function readLine(reader: TomlReader): void {
  const { source } = reader;
  const lineStart = reader.position;
  skipBlanks(reader);
  const start = reader.position;
  const code = source[start];
  const length = breakLength(source, start);
  if (length > 0) {
    reader.position += length;
    reader.settled = reader.pending.length;
    return;
  }
  if (start >= source.length) return;
  if (code === "#") {
    reader.pending.push(readComment(reader, false));
    endLine(reader);
    return;
  }
  if (code === "[") readHeader(reader, lineStart);
  else readPair(reader, lineStart);
  if (reader.isBlock) reader.block.at(-1)!.end = reader.position;
}

/** Parses white space, a comment and the line break. */
function endLine(reader: TomlReader): void {
  skipBlanks(reader);
  const { source } = reader;
  if (source[reader.position] === "#") reader.pending.push(readComment(reader, true));
  const { position } = reader;
  const length = breakLength(source, position);
  if (length === 0 && position < source.length) {
    throw fail(reader, position, "Only a comment can follow on this line. Start a new line, or remove the text.");
  }
  reader.position += length;
}

function putComments(reader: TomlReader, items: (Node | Entry | Comment)[], count = reader.pending.length): void {
  reader.settled = 0;
  if (count === 0) return;
  for (const comment of reader.pending.splice(0, count)) items.push(comment);
}

/** `[a.b]` or `[[a.b]]`. */
function readHeader(reader: TomlReader, lineStart: number): void {
  const { source, position: start } = reader;
  const isArray = source[start + 1] === "[";
  const sign = isArray ? "]]" : "]";
  reader.position += sign.length;
  const keys = readKeys(reader, sign);
  if (!source.startsWith(sign, reader.position)) {
    throw fail(reader, reader.position, `This header is not closed: \`${sign}\` is expected here.`);
  }
  reader.position += sign.length;
  reader.shownUntil = reader.position;

  const isBlock = keys[0] === "sops";
  // Comments before the block, or followed by an empty line, belong to what is above them.
  putComments(reader, reader.current.mapping.items, isBlock ? reader.pending.length : reader.settled);
  endLine(reader);
  let table = reader.root;
  for (const key of keys.slice(0, -1)) table = descend(reader, table, key, start);
  const name = keys.at(-1)!;
  reader.current = isArray ? openSection(reader, table, name, start) : openTable(reader, table, name, start);

  if (isBlock && !reader.isBlock) reader.block.push({ start: lineStart, end: reader.position });
  reader.isBlock = isBlock;
}

/** Returns a parent table, creating it if necessary. */
function descend(reader: TomlReader, table: Table, key: string, at: number): Table {
  const slot = slotOf(table, key);
  if (slot === undefined) return addTable(reader, table, key, "implied", at);
  if (slot === "value") throw failTaken(reader, at);
  const found = slot.kind === "sections" ? slot.last : slot;
  if (found.origin === "inline") throw failTaken(reader, at);
  return found;
}

function openTable(reader: TomlReader, parent: Table, key: string, at: number): Table {
  const slot = slotOf(parent, key);
  if (slot === undefined) {
    putComments(reader, parent.mapping.items);
    return addTable(reader, parent, key, "header", at);
  }
  if (slot === "value" || slot.kind === "sections" || slot.origin !== "implied") throw failTaken(reader, at);
  slot.origin = "header";
  reader.moved.add(slot.entry!);
  reader.movedIn.add(parent.mapping);
  slot.entry = { ...slot.entry! };
  putComments(reader, parent.mapping.items);
  parent.mapping.items.push(slot.entry);
  return slot;
}

function openSection(reader: TomlReader, parent: Table, key: string, at: number): Table {
  const slot = slotOf(parent, key);
  if (slot !== undefined && (slot === "value" || slot.kind === "table")) throw failTaken(reader, at);
  const mapping: Mapping = { kind: "mapping", items: [], start: at, end: at };
  // The array is a level, too.
  const depth = parent.depth + 2;
  checkDepth(reader, depth, at);
  const table: Table = {
    kind: "table",
    mapping,
    names: [],
    slots: [],
    index: undefined,
    entry: undefined,
    origin: "header",
    depth,
  };
  if (slot !== undefined) {
    putComments(reader, slot.sequence.items);
    slot.sequence.items.push(mapping);
    slot.last = table;
    return table;
  }
  const sequence: Sequence = { kind: "sequence", items: [], start: at, end: at };
  putComments(reader, sequence.items);
  sequence.items.push(mapping);
  setSlot(parent, key, { kind: "sections", sequence, last: table });
  parent.mapping.items.push({ kind: "entry", key, value: sequence, start: at, end: at });
  return table;
}

function addTable(reader: TomlReader, parent: Table, key: string, origin: Table["origin"], at: number): Table {
  const depth = parent.depth + 1;
  checkDepth(reader, depth, at);
  const mapping: Mapping = { kind: "mapping", items: [], start: at, end: at };
  const entry: Entry = { kind: "entry", key, value: mapping, start: at, end: at };
  const table: Table = { kind: "table", mapping, names: [], slots: [], index: undefined, entry, origin, depth };
  setSlot(parent, key, table);
  parent.mapping.items.push(entry);
  return table;
}

function failTaken(reader: TomlReader, at: number) {
  return fail(reader, at, "This name is taken: there is a key or table of that name above. Rename one of them.");
}

function checkDepth(reader: TomlReader, depth: number, at: number): void {
  if (depth <= deepestNesting) return;
  const problem = `Tables and arrays are nested more than ${deepestNesting} levels deep. Flatten the document.`;
  throw fail(reader, at, problem, "unsupported");
}

/** Parses `a.b = value` and the rest of the line. */
function readPair(reader: TomlReader, lineStart: number): void {
  const start = reader.position;
  const keys = readKeys(reader, "=");
  const isBlock = reader.current === reader.root && keys[0] === "sops";
  const table = readValue(reader, reader.current, keys, start, reader.current.depth);
  if (isBlock) {
    reader.block.push({ start: lineStart, end: reader.position });
    reader.isInline = true;
  }
  endLine(reader);
  if (isBlock) reader.block.at(-1)!.end = reader.position;
  if (reader.pending.length === 0) return;
  const entry = table.mapping.items.pop()!;
  putComments(reader, table.mapping.items);
  table.mapping.items.push(entry as Entry);
}

/**
 * Parses the value after the keys, and adds it to the table that all keys except the last name. The reader is at the
 * `=`.
 */
function readValue(reader: TomlReader, from: Table, keys: readonly string[], start: number, depth: number): Table {
  const { source } = reader;
  if (source[reader.position] !== "=") {
    throw fail(reader, reader.position, "There is no `=` here. Write `key = value`, or `#` before a comment.");
  }
  reader.position++;
  if (from.origin !== "inline") reader.shownUntil = reader.position;
  let table = from;
  for (let i = 0; i < keys.length - 1; i++) {
    const key = keys[i]!;
    const slot = slotOf(table, key);
    if (slot !== undefined && (slot === "value" || slot.kind !== "table" || slot.origin !== "dotted")) {
      throw failTaken(reader, start);
    }
    table = slot ?? addTable(reader, table, key, "dotted", start);
  }
  const key = keys.at(-1)!;
  if (slotOf(table, key) !== undefined) throw failTaken(reader, start);
  setSlot(table, key, "value");
  skipBlanks(reader);
  const value = readNode(reader, depth + keys.length);
  table.mapping.items.push({ kind: "entry", key, value, start, end: reader.position });
  return table;
}

function readNode(reader: TomlReader, depth: number): Node {
  const code = reader.source[reader.position];
  if (code !== "[" && code !== "{") return readLeaf(reader);
  checkDepth(reader, depth, reader.position);
  return code === "[" ? readArray(reader, depth) : readInlineTable(reader, depth);
}

/** Skips white space, line breaks and comments between the items of an array. */
function skipBetween(reader: TomlReader, comments: Comment[]): void {
  const { source } = reader;
  for (let isInline = true; ; ) {
    skipBlanks(reader);
    const length = breakLength(source, reader.position);
    if (length > 0) {
      reader.position += length;
      isInline = false;
    } else if (source[reader.position] === "#") {
      comments.push(readComment(reader, isInline));
    } else {
      return;
    }
  }
}

function readArray(reader: TomlReader, depth: number): Sequence {
  const { source, position: start } = reader;
  const sequence: Sequence = { kind: "sequence", items: [], start, end: start };
  const { items } = sequence;
  let comments: Comment[] = [];
  reader.position++;
  for (;;) {
    skipBetween(reader, comments);
    if (source[reader.position] === "]") break;
    const item = readNode(reader, depth + 1);
    // A comment after an item on its line belongs to that item.
    const behind: Comment[] = [];
    skipBetween(reader, behind);
    const hasComma = source[reader.position] === ",";
    if (hasComma) {
      reader.position++;
      skipBetween(reader, behind);
    }
    const own = behind.filter(({ inline }) => inline);
    for (const comment of [...comments, ...own]) items.push(comment);
    items.push(item);
    comments = behind.filter(({ inline }) => !inline);
    if (hasComma) continue;
    if (source[reader.position] !== "]") throw failBetween(reader, "]", start);
    break;
  }
  for (const comment of comments) items.push(comment);
  reader.position++;
  sequence.end = reader.position;
  return sequence;
}

function readInlineTable(reader: TomlReader, depth: number): Mapping {
  const { source, position: start } = reader;
  const mapping: Mapping = { kind: "mapping", items: [], start, end: start };
  const table: Table = {
    kind: "table",
    mapping,
    names: [],
    slots: [],
    index: undefined,
    entry: undefined,
    origin: "inline",
    depth,
  };
  reader.position++;
  skipBlanks(reader);
  if (source[reader.position] !== "}") {
    for (;;) {
      skipBlanks(reader);
      const pairStart = reader.position;
      readValue(reader, table, readKeys(reader, "="), pairStart, depth);
      skipBlanks(reader);
      if (source[reader.position] !== ",") break;
      reader.position++;
    }
    if (source[reader.position] !== "}") throw failBetween(reader, "}", start);
  }
  reader.position++;
  mapping.end = reader.position;
  return mapping;
}

function failBetween(reader: TomlReader, bracket: string, start: number) {
  const { source, position } = reader;
  if (position >= source.length) return fail(reader, start, `This bracket is not closed: \`${bracket}\` is missing.`);
  if (bracket === "}" && breakLength(source, position) > 0) {
    return fail(
      reader,
      position,
      "An inline table must be on one line. Write it on one line, or as a table with a header.",
    );
  }
  return fail(reader, position, `A comma or \`${bracket}\` is expected here.`);
}
