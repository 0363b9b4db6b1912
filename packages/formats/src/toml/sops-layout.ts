/**
 * A layout for TOML, which sops does not write: keys and tables in tree order (the MAC depends on it), an empty line
 * before every header, comments on their own lines.
 *
 * TOML cannot return from a table to its parent. So a table that is followed by a single value, which sops allows, is
 * written with dotted keys: `table.key = value`.
 */
import { type Comment, type Entry, type Leaf, lookup, type Mapping, type Node, type Sequence } from "@isosops/core";
import { ruleTestsComments } from "../shared/comment-rules.js";
import { unsupported } from "../shared/value-text.js";
import { deepestNesting } from "./parse.js";
import { writeScalar } from "./scalar.js";
import { writeKey, writeString } from "./string-text.js";
import { leadingBreak, TomlStyle } from "./style.js";

interface Writer {
  readonly lines: string[];
  readonly newline: string;
  readonly indent: string;
  /** Whether the tree was parsed from TOML, and has its styles. */
  readonly hasStyles: boolean;
  /** Whether the file's rule depends on comments, which therefore cannot be moved or dropped. */
  readonly testsComments: boolean;
  readonly path: string[];
}

export function renderTomlLayout(
  root: Mapping,
  metadata: Mapping | undefined,
  indent: number | undefined,
  hasStyles: boolean,
): string {
  const writer: Writer = {
    lines: [],
    newline: "\n",
    indent: " ".repeat(indent ?? 2),
    hasStyles,
    testsComments: ruleTestsComments(metadata),
    path: [],
  };
  if (lookup(root, "sops") !== undefined) {
    throw unsupported(["sops"], "has the name that is reserved for the metadata of sops. Rename the key.");
  }
  writeBody(writer, root, "");
  if (metadata !== undefined) {
    if (writer.lines.length > 0) writer.lines.push("");
    for (const line of blockLines(metadata, "\n")) writer.lines.push(line);
  }
  return writer.lines.length === 0 ? "" : `${writer.lines.join("\n")}\n`;
}

/** The lines of the `sops` table. */
export function blockLines(metadata: Mapping, newline: string): string[] {
  const writer: Writer = { lines: [], newline, indent: "", hasStyles: false, testsComments: false, path: ["sops"] };
  const items = metadata.items.filter((item): item is Entry => item.kind === "entry");
  const hasTables = ({ value }: Entry) => isTable(value) || isSections(value);
  const own = items.filter((item) => !hasTables(item));
  const tables = items.filter(hasTables);
  // Its order does not matter, and values before tables need no dotted keys.
  writer.lines.push("[sops]");
  writeBody(writer, { kind: "mapping", items: [...own, ...tables], start: -1, end: -1 }, "sops");
  return writer.lines;
}

/** Writes a table without its header. */
function writeBody(writer: Writer, table: Mapping, header: string): void {
  checkDepth(writer);
  checkKeys(writer, table);
  const items = commentsFirst(writer, table.items);
  const lastOwn = items.findLastIndex(
    (item) => item.kind === "entry" && !isTable(item.value) && !isSections(item.value),
  );
  let comments: Comment[] = [];
  let hasTables = false;
  items.forEach((item, index) => {
    if (item.kind === "comment") {
      comments.push(item);
      return;
    }
    writer.path.push(item.key);
    if (index <= lastOwn) {
      writePair(writer, comments, writeKey(item.key), item.value);
    } else {
      const name = header === "" ? writeKey(item.key) : `${header}.${writeKey(item.key)}`;
      writeTables(writer, comments, name, item.value, !hasTables);
      hasTables = true;
    }
    writer.path.pop();
    comments = [];
  });
  // Only if the table ends with one of its own values, or is empty.
  writeComments(writer, comments);
}

function writeComments({ lines }: Writer, comments: readonly Comment[]): void {
  for (const { text } of comments) for (const line of text.split("\n")) lines.push(commentLine(line));
}

function commentLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what TOML does not allow in comments
  return `#${text.replace(/[\0-\x08\x0a-\x1f\x7f]/g, " ")}`;
}

/** @param isFirst - Whether the lines so far belong to the parent table. */
function writeTables(
  writer: Writer,
  comments: readonly Comment[],
  header: string,
  value: Node,
  isFirst: boolean,
): void {
  const { lines } = writer;
  const open = (about: readonly Comment[], line: string) => {
    if (lines.length > 0) lines.push("");
    writeComments(writer, about);
    lines.push(line);
  };
  if (value.kind === "mapping") {
    const isOnlyTables =
      comments.length === 0 &&
      value.items.length > 0 &&
      value.items.every((item) => item.kind === "entry" && (isTable(item.value) || isSections(item.value)));
    if (!isOnlyTables) open(comments, `[${header}]`);
    writeBody(writer, value, header);
    return;
  }
  let about: Comment[] = [];
  if (comments.length > 0 && isFirst) {
    // Followed by an empty line, they do not belong to the first table of the list.
    if (lines.length > 0) lines.push("");
    writeComments(writer, comments);
  } else {
    about = movable(writer, comments);
  }
  for (const item of commentsFirst(writer, (value as Sequence).items)) {
    if (item.kind === "comment" || item.kind === "leaf") {
      about.push(asComment(item)!);
    } else {
      open(about, `[[${header}]]`);
      writeBody(writer, item as Mapping, header);
      about = [];
    }
  }
}

/** Writes a value on its own line, or a table as dotted keys. */
function writePair(writer: Writer, comments: readonly Comment[], key: string, value: Node): void {
  if (value.kind !== "mapping" || !value.items.some((item) => item.kind === "entry")) {
    const hoisted: Comment[] = [];
    const text = inlineText(writer, value, hoisted);
    writeComments(writer, comments);
    writeComments(writer, hoisted);
    writer.lines.push(`${key} = ${text}`);
    return;
  }
  if (comments.length > 0) {
    // Before a dotted key, they would belong to the contents of the table.
    if (!hasComments(value)) {
      writeComments(writer, comments);
      writer.lines.push(`${key} = ${inlineText(writer, value, [])}`);
      return;
    }
    writeComments(writer, movable(writer, comments));
  }
  checkDepth(writer);
  checkKeys(writer, value);
  let own: Comment[] = [];
  for (const item of commentsFirst(writer, value.items)) {
    if (item.kind === "comment") {
      own.push(item);
      continue;
    }
    writer.path.push(item.key);
    writePair(writer, own, `${key}.${writeKey(item.key)}`, item.value);
    writer.path.pop();
    own = [];
  }
}

/**
 * Moves comments at the end of a table or list before its last entry, if that has entries itself: they would be read as
 * part of it.
 */
function commentsFirst<T extends Node | Entry>(
  writer: Writer,
  items: readonly (T | Comment)[],
): readonly (T | Comment)[] {
  const last = items.findLastIndex((item) => item.kind !== "comment");
  if (last === -1 || last === items.length - 1) return items;
  const item = items[last] as Node | Entry;
  const value = item.kind === "entry" ? item.value : item;
  if (value.kind === "leaf") return items;
  moving(writer);
  return [...items.slice(0, last), ...items.slice(last + 1), items[last]!];
}

function moving({ testsComments, path }: Writer): void {
  if (!testsComments) return;
  throw unsupported(
    path,
    "has comments that TOML has no place for, and the file's rule depends on comments. Choose another rule, or keep the format.",
  );
}

/**
 * The comments that can leave their table. An encrypted one is bound to it and would not decrypt elsewhere, so it is
 * dropped, as in formats without comments.
 */
function movable(writer: Writer, comments: readonly Comment[]): Comment[] {
  if (comments.length > 0) moving(writer);
  return comments.filter(({ text }) => !text.startsWith("ENC["));
}

function hasComments(node: Node | Comment): boolean {
  if (asComment(node) !== undefined) return true;
  if (node.kind === "leaf" || node.kind === "comment") return false;
  return node.items.some((item) => hasComments(item.kind === "entry" ? item.value : item));
}

function checkDepth({ path }: Writer): void {
  if (path.length <= deepestNesting) return;
  throw unsupported(path.slice(0, 3), `is nested more than ${deepestNesting} deep. Flatten the document.`);
}

function checkKeys({ path }: Writer, table: Mapping): void {
  const seen = new Set<string>();
  for (const item of table.items) {
    if (item.kind !== "entry") continue;
    if (seen.has(item.key)) {
      throw unsupported([...path, item.key], "is repeated, which TOML does not allow. Rename one of them.");
    }
    seen.add(item.key);
  }
}

function isTable(value: Node): boolean {
  return value.kind === "mapping";
}

/** Whether a list can be written as `[[name]]`: it contains tables, and comments, including encrypted ones. */
function isSections(value: Node): boolean {
  if (value.kind !== "sequence") return false;
  return (
    value.items.some((item) => item.kind === "mapping") &&
    value.items.every((item) => item.kind === "mapping" || asComment(item) !== undefined)
  );
}

/** Recognizes encrypted comments as list items, which the engine makes for formats without comments. */
function asComment(item: Node | Comment): Comment | undefined {
  if (item.kind === "comment") return item;
  if (item.kind !== "leaf" || item.type !== "str" || typeof item.text !== "string") return undefined;
  if (!/^ENC\[[^\n]*,type:comment\]$/.test(item.text)) return undefined;
  return { kind: "comment", text: item.text, inline: false, changed: true, start: -1, end: -1 };
}

/** Renders a value after `=`, and collects its comments: only the lines of an array have a place for them. */
function inlineText(writer: Writer, value: Node, hoisted: Comment[], level = 1): string {
  if (value.kind === "leaf") {
    return writeLeaf(canonical(writer, value), () => writer.path, writer.newline);
  }
  if (writer.path.length + level > deepestNesting)
    checkDepth({ ...writer, path: new Array(deepestNesting + 1).fill("") });
  if (value.kind === "mapping") return inlineTable(writer, value, hoisted, level);
  const { indent, newline } = writer;
  const lines: string[] = [];
  let hasComments = false;
  let after: Comment[] = [];
  for (const item of value.items) {
    const comment = asComment(item);
    if (comment !== undefined) {
      after.push(comment);
      continue;
    }
    const inner: Comment[] = [];
    const text = inlineText(writer, item as Node, inner, level + 1);
    for (const { text: about } of [...after, ...inner]) {
      hasComments = true;
      for (const line of about.split("\n")) lines.push(commentLine(line));
    }
    lines.push(text);
    after = [];
  }
  if (after.length > 0) hasComments = true;
  if (!hasComments) return `[${lines.join(", ")}]`;
  for (const { text } of after) for (const line of text.split("\n")) lines.push(commentLine(line));
  const pad = newline + indent.repeat(level);
  const written = lines.map((line) => `${pad}${line.startsWith("#") ? line : `${line},`}`);
  return `[${written.join("")}${newline}${indent.repeat(level - 1)}]`;
}

function inlineTable(writer: Writer, table: Mapping, hoisted: Comment[], level: number): string {
  checkKeys(writer, table);
  const pairs: string[] = [];
  for (const item of table.items) {
    if (item.kind === "comment") {
      hoisted.push(...movable(writer, [item]));
      continue;
    }
    // An array with comments takes several lines, which are not allowed in braces.
    const inner: Comment[] = [];
    const value = item.value.kind === "sequence" ? withoutComments(writer, item.value, inner) : item.value;
    const text = inlineText(writer, value, inner, level + 1);
    for (const comment of inner) hoisted.push(comment);
    pairs.push(`${writeKey(item.key)} = ${text}`);
  }
  return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
}

function withoutComments(writer: Writer, list: Sequence, hoisted: Comment[]): Sequence {
  const items: Node[] = [];
  for (const item of list.items) {
    const comment = asComment(item);
    if (comment !== undefined) {
      hoisted.push(...movable(writer, [comment]));
    } else if (item.kind === "sequence") {
      items.push(withoutComments(writer, item, hoisted));
    } else {
      items.push(item as Node);
    }
  }
  return { ...list, items };
}

/** The author's spelling is not kept, except for dates and times without an offset, which are not strings. */
function canonical({ hasStyles }: Writer, value: Leaf): Leaf {
  let style: number = TomlStyle.basic;
  if (hasStyles && value.style === TomlStyle.local) style = TomlStyle.local;
  else if (typeof value.text === "string" && value.text.includes("\n")) style = TomlStyle.multiBasic | leadingBreak;
  return { ...value, spelling: undefined, style };
}

/** Writes a single value in its style, including quotes. */
export function writeLeaf(
  { type, text, spelling, style }: Leaf,
  path: () => readonly string[],
  newline: string,
): string {
  if (typeof text !== "string") {
    throw unsupported(path(), "is not UTF-8 text, and TOML can only hold text. Keep it as binary.");
  }
  if (type === "null") {
    throw unsupported(path(), "is null, which TOML cannot express. Remove it, or give it a value.");
  }
  if (type !== "str" && type !== "bytes") return writeScalar(type, text, spelling);
  return writeString(text, style, newline);
}
