import type { Comment, Document, Entry, Mapping, Node, ParseOptions, Sequence } from "@isosops/core";
import { eachNode, startsOf } from "../shared/nodes.js";
import { words } from "./scalar.js";
import { breakLength, fail, type Reader, readComment, readKeys, readLeaf, skipBlanks } from "./scan.js";

export interface Span {
  start: number;
  /** Exclusive. */
  end: number;
}

/** What the TOML store remembers about the text of a document. */
export interface TomlMemo {
  /** Where every node starts, in the order of the tree. */
  readonly starts: readonly number[];
  /** Where the `sops` block stands, line breaks included; several where other sections stand between its own. */
  readonly block: readonly Span[];
  /** The block is no section: it has keys at the top of the file. */
  readonly isInline: boolean;
  readonly metadata: Mapping | undefined;
}

/** How deep tables and arrays may stand in each other. Nothing real comes near, and nothing behind this overflows. */
export const deepestNesting = 1000;

/** What a name in a table stands for: a value of its own, a table, or an array of tables. */
type Slot = Table | Sections | "value";

interface Table {
  readonly kind: "table";
  readonly mapping: Mapping;
  /** The names in it, what they stand for, and, once there are many, where in these lists a name is. */
  readonly names: string[];
  readonly slots: Slot[];
  index: Map<string, number> | undefined;
  /** Its entry in the table it stands in; none for the root and the items of an array. */
  entry: Entry | undefined;
  /**
   * Who made it: a header of its own, a header below it (`[a.b]` makes `a`), a dotted key, or braces, behind which
   * nothing can be added.
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

/** Up to so many names are found by going through them: most tables are small, and a map for each takes more memory. */
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
  /** Comments that wait for what they stand before. */
  pending: Comment[];
  /** How many of them have an empty line behind them. */
  settled: number;
  /** Entries whose table has moved to the end of the one it stands in. */
  readonly moved: Set<Entry>;
  readonly movedIn: Set<Mapping>;
  readonly block: Span[];
  isBlock: boolean;
  isInline: boolean;
}

/**
 * Read a TOML file (toml.io/en/v1.0.0). The npm package `smol-toml` reads the same values, but knows no places,
 * comments or spellings, so that nothing could be put back into the text.
 *
 * A name stands in its table where it stands in the file for the first time; one that has got a header of its own after
 * it was first mentioned (`[a.b]`, then `[a]`) stands where that header is. That is the order in which rops computes
 * the MAC.
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
 * Two things are written otherwise by rops, whose files have no `version`: the empty string is encrypted as well, and
 * the string `null` is no value, as null is none in sops.
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

/** Blanks, a comment, the line break. The comment waits with the others. */
function endLine(reader: TomlReader): void {
  skipBlanks(reader);
  const { source } = reader;
  if (source[reader.position] === "#") reader.pending.push(readComment(reader, true));
  const { position } = reader;
  const length = breakLength(source, position);
  if (length === 0 && position < source.length) {
    throw fail(reader, position, "Nothing but a comment can follow on this line. Begin a new line, or take it out.");
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
    throw fail(reader, reader.position, `This header has no end: \`${sign}\` has to stand here.`);
  }
  reader.position += sign.length;
  reader.shownUntil = reader.position;

  const isBlock = keys[0] === "sops";
  // What stands before the block, or has an empty line behind it, is about what is above.
  putComments(reader, reader.current.mapping.items, isBlock ? reader.pending.length : reader.settled);
  endLine(reader);
  let table = reader.root;
  for (const key of keys.slice(0, -1)) table = descend(reader, table, key, start);
  const name = keys.at(-1)!;
  reader.current = isArray ? openSection(reader, table, name, start) : openTable(reader, table, name, start);

  if (isBlock && !reader.isBlock) reader.block.push({ start: lineStart, end: reader.position });
  reader.isBlock = isBlock;
}

/** The table of that name on the way to another, made if it is not there yet. */
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
  // The array is a level of its own.
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
  return fail(reader, at, "This name is taken: a key or table of that name stands above. Rename one of them.");
}

function checkDepth(reader: TomlReader, depth: number, at: number): void {
  if (depth <= deepestNesting) return;
  const problem = `Tables and arrays stand more than ${deepestNesting} deep in each other. Flatten the document.`;
  throw fail(reader, at, problem, "unsupported");
}

/** `a.b = value`, and what follows on the line. */
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

/** The value behind the keys, put into the table that the last but one of them names. The reader stands on the `=`. */
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

/** What stands between the items of an array: blanks, line breaks and comments. */
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
    // A comment behind an item, on its line, is about that item.
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
  if (position >= source.length) return fail(reader, start, `This bracket has no end: \`${bracket}\` is missing.`);
  if (bracket === "}" && breakLength(source, position) > 0) {
    return fail(
      reader,
      position,
      "What stands in braces has to stand on one line. Write it there, or as a table of its own.",
    );
  }
  return fail(reader, position, `A comma or \`${bracket}\` has to stand here.`);
}
