import { type Comment, decodeUtf8, type Leaf, type Mapping, type Node, type Sequence } from "@isosops/core";
import { isBreak } from "./characters.js";
import { doubleQuoted, singleQuoted } from "./quotes.js";
import type { Scalar } from "./scalar.js";
import { binaryScalar, plainScalar, stringScalar, yamlFloat } from "./scalar.js";
import { ScalarStyle } from "./tokens.js";

/**
 * The YAML that the sops command writes for these documents, byte for byte: its YAML store (stores/yaml/store.go)
 * through the encoder and emitter of go-yaml v3.0.4.
 *
 * What the emitter keeps between two nodes (column, a comment not written yet) decides about spaces, line breaks and
 * lost comments far from where it was set, so it is kept here too, under go-yaml's names.
 *
 * Three things differ, all where sops damages what it writes. A text of several lines that begins with a tab is written
 * in double quotes here and as `null` there. And a text of several lines that begins with a space or a line break gets
 * the indentation hint it has (`|2-`), where go-yaml always puts the spaces per level (`|4-`): within lists that makes a
 * file nobody can read. And a key `<<` is in quotes where its value cannot be merged, while sops writes `!!merge <<`,
 * which nobody reads either.
 *
 * @param indent Spaces per level. Like go-yaml, 2 where it is not within 2 to 9.
 */
export function renderSopsLayout(
  branches: readonly Mapping[],
  indent: number,
  { longestKey = longestSimpleKey, portable = false, mergeKeys = true }: SopsLayoutOptions = {},
): string {
  const emitter = newEmitter(indent, longestKey, portable, mergeKeys);
  for (const [index, branch] of branches.entries()) {
    if (index > 0) {
      writeIndent(emitter);
      writeIndicator(emitter, "---", true, false, false);
      writeIndent(emitter);
    }
    emitDocument(emitter, branch);
  }
  return emitter.pieces.join("");
}

/** Default indent width of sops (stores/yaml/store.go, `IndentDefault`). */
export const defaultIndent = 4;

/** Deviations from what sops writes. */
export interface SopsLayoutOptions {
  /** Longest key, in bytes, that is written without a leading `?`. Default: go-yaml's limit. */
  readonly longestKey?: number;
  /**
   * Quotes every string that a YAML 1.1 reader would take for another type, and writes no comment where the file could not
   * be read with it.
   */
  readonly portable?: boolean;
  /** Whether a key `<<` with a mapping is a merge key. If not, it is quoted. */
  readonly mergeKeys?: boolean;
}

/** Writes a list or a single value as sops does (`EmitValue`), always with an indent width of 4. */
export function renderYamlValue(value: Node): string {
  const emitter = newEmitter(4, longestSimpleKey, false, true);
  emitDocument(emitter, value);
  return emitter.pieces.join("");
}

/** emitterc.go, `yaml_emitter_check_simple_key`: bytes, tag included. */
const longestSimpleKey = 128;

interface Emitter {
  readonly pieces: string[];
  readonly bestIndent: number;
  readonly longestKey: number;
  readonly portable: boolean;
  readonly mergeKeys: boolean;
  indent: number;
  /** Only compared with indentations, so wide characters need no exact count. */
  column: number;
  whitespace: boolean;
  indention: boolean;
  footIndent: number;
  head: string;
  line: string;
  foot: string;
  tail: string;
  keyLine: string;
}

function newEmitter(indent: number, longestKey: number, portable: boolean, mergeKeys: boolean): Emitter {
  return {
    pieces: [],
    longestKey,
    portable,
    mergeKeys,
    bestIndent: indent < 2 || indent > 9 ? 2 : indent,
    indent: -1,
    column: 0,
    whitespace: true,
    indention: true,
    footIndent: -1,
    head: "",
    line: "",
    foot: "",
    tail: "",
    keyLine: "",
  };
}

/** A collection that is being written. */
interface Open {
  readonly node: Mapping | Sequence;
  next: number;
  /** Index of the last item that is not a comment. */
  readonly last: number;
  /** The emitter's indentation outside the collection. */
  readonly outerIndent: number;
  /** Comments to write at its end. */
  readonly line: string;
  readonly foot: string;
  /** Comments seen since the last value, for the next one. */
  heads: Comment[];
  inlines: Comment[];
}

// An explicit stack: deep documents must not overflow the call stack.
function emitDocument(emitter: Emitter, root: Node): void {
  emitter.indent = -1;
  const stack: Open[] = [];
  emitter.head = (root.kind === "leaf" ? "" : ownHead(root)) || emitter.head;
  processHead(emitter);
  let open: Open | undefined;
  if (root.kind === "leaf") emitScalar(emitter, scalarOf(root, emitter), false);
  else if (lastItem(root) === -1) emitEmpty(emitter, root, false, "", "");
  else open = openCollection(emitter, root, false, "", "");
  while (open !== undefined) {
    if (open.next > open.last) {
      closeCollection(emitter, open);
      open = stack.pop();
      continue;
    }
    const inner = open.node.kind === "mapping" ? nextEntry(emitter, open) : nextItem(emitter, open);
    if (inner !== undefined) {
      stack.push(open);
      open = inner;
    }
  }
  // emitterc.go, `yaml_emitter_emit_document_end`
  emitter.footIndent = 0;
  processFoot(emitter);
  emitter.footIndent = -1;
  writeIndent(emitter);
}

/** Writes one entry of a mapping. If its value is a collection with items, only its start, and returns it. */
function nextEntry(emitter: Emitter, open: Open): Open | undefined {
  const items = (open.node as Mapping).items;
  let item = items[open.next++]!;
  while (item.kind === "comment") {
    (item.inline ? open.inlines : open.heads).push(item);
    item = items[open.next++]!;
  }
  flushBeforeEmpty(emitter, item.value);
  if (open.heads.length > 0) emitter.head = takeComments(open.heads);
  if (emitter.head !== "" || emitter.tail !== "") processHead(emitter);
  writeIndent(emitter);
  if (emitter.line !== "") {
    emitter.keyLine = emitter.line;
    emitter.line = "";
  }
  const key = item.key === "<<" ? mergeKey(emitter, item.value) : stringScalar(item.key, emitter.portable);
  const simpleKey = isSimpleKey(key, emitter.longestKey);
  if (simpleKey) {
    emitScalar(emitter, key, false);
    writeIndicator(emitter, ":", false, false, false);
  } else {
    writeIndicator(emitter, "?", true, false, true);
    emitScalar(emitter, key, false);
    writeIndent(emitter);
    writeIndicator(emitter, ":", true, false, true);
  }
  const inlines = open.inlines.length > 0 ? takeComments(open.inlines) : "";
  return emitValue(emitter, item.value, false, "", inlines, "");
}

/**
 * Writes pending comments above a key with an empty collection. go-yaml writes them between the key and `{}` or `[]`, on
 * their own lines, and then nothing can read the file.
 */
function flushBeforeEmpty(emitter: Emitter, value: Node): void {
  if (!emitter.portable || value.kind === "leaf" || lastItem(value) !== -1) return;
  if (emitter.line !== "") emitter.foot = emitter.foot === "" ? emitter.line : `${emitter.line}\n${emitter.foot}`;
  emitter.line = "";
  processFoot(emitter);
}

function mergeKey({ mergeKeys }: Emitter, value: Node): Scalar {
  const merges = mergeKeys && canBeMerged(value);
  return {
    tag: merges ? "!!merge" : "",
    style: merges ? ScalarStyle.plain : ScalarStyle.double,
    value: "<<",
    multiline: false,
  };
}

/** Whether a merge key may have this value, a mapping or a list of mappings. */
function canBeMerged(value: Node): boolean {
  if (value.kind !== "sequence") return value.kind === "mapping";
  return value.items.every((item) => item.kind === "mapping" || item.kind === "comment");
}

function nextItem(emitter: Emitter, open: Open): Open | undefined {
  const items = (open.node as Sequence).items;
  let item = items[open.next++]!;
  while (item.kind === "comment") {
    (item.inline ? open.inlines : open.heads).push(item);
    item = items[open.next++]!;
  }
  flushBeforeEmpty(emitter, item);
  const head = open.heads.length > 0 ? takeComments(open.heads) : "";
  const line = open.inlines.length > 0 ? takeComments(open.inlines) : "";
  const foot = open.next > open.last ? trailing(open.node, open.last) : "";
  return emitValue(emitter, item, true, head, line, foot);
}

/** Writes a leaf or an empty collection. Of another collection, writes only the start, and returns it. */
function emitValue(
  emitter: Emitter,
  node: Node,
  inSequence: boolean,
  head: string,
  line: string,
  foot: string,
): Open | undefined {
  if (node.kind === "mapping" || node.kind === "sequence") {
    const own = ownHead(node);
    const heads = head === "" || own === "" ? head + own : `${head}\n${own}`;
    if (heads !== "") emitter.head = heads;
    if (inSequence) startItem(emitter);
    else if (emitter.keyLine !== "") {
      [emitter.line, emitter.keyLine] = [emitter.keyLine, emitter.line];
      processLine(emitter);
      [emitter.line, emitter.keyLine] = [emitter.keyLine, emitter.line];
    }
    if (lastItem(node) !== -1) return openCollection(emitter, node, inSequence, line, foot);
    emitEmpty(emitter, node, inSequence, line, foot);
  } else {
    if (head !== "") emitter.head = head;
    if (line !== "") emitter.line = line;
    if (foot !== "") emitter.foot = foot;
    if (inSequence) startItem(emitter);
    else if (emitter.keyLine !== "" && emitter.line === "") {
      emitter.line = emitter.keyLine;
      emitter.keyLine = "";
    }
    emitScalar(emitter, scalarOf(node, emitter), inSequence);
  }
  finishValue(emitter);
  return undefined;
}

function startItem(emitter: Emitter): void {
  if (emitter.head !== "" || emitter.tail !== "") processHead(emitter);
  writeIndent(emitter);
  writeIndicator(emitter, "-", true, false, true);
}

function finishValue(emitter: Emitter): void {
  if (emitter.line !== "") processLine(emitter);
  if (emitter.foot !== "") processFoot(emitter);
}

function openCollection(
  emitter: Emitter,
  node: Mapping | Sequence,
  inSequence: boolean,
  line: string,
  foot: string,
): Open {
  // To the emitter, a value is done after its first event: comments from the end of a collection wait for the next one.
  finishValue(emitter);
  const outerIndent = emitter.indent;
  increaseIndent(emitter, inSequence, false);
  let next = 0;
  const inlines: Comment[] = [];
  // Comments before the first value belong to the collection itself, except for inline ones.
  for (; ; next++) {
    const item = node.items[next]!;
    if (item.kind !== "comment") break;
    if (item.inline) inlines.push(item);
  }
  return { node, next, last: lastItem(node), outerIndent, line, foot, heads: [], inlines };
}

function closeCollection(emitter: Emitter, open: Open): void {
  if (open.line !== "") emitter.line = open.line;
  if (open.foot !== "") emitter.foot = open.foot;
  if (open.node.kind === "mapping") {
    emitter.tail = trailing(open.node, open.last) || emitter.tail;
    processHead(emitter);
  }
  emitter.indent = open.outerIndent;
}

/** Writes `{}` or `[]`. These are flow collections to the emitter: comments of an empty mapping end up in the braces. */
function emitEmpty(emitter: Emitter, node: Mapping | Sequence, inSequence: boolean, line: string, foot: string): void {
  const isMapping = node.kind === "mapping";
  finishValue(emitter);
  writeIndicator(emitter, isMapping ? "{" : "[", true, true, false);
  const outerIndent = emitter.indent;
  increaseIndent(emitter, inSequence, true);
  if (line !== "") emitter.line = line;
  if (foot !== "") emitter.foot = foot;
  if (isMapping) processHead(emitter);
  emitter.indent = outerIndent;
  if (!isMapping && emitter.column === 0) writeIndent(emitter);
  writeIndicator(emitter, isMapping ? "}" : "]", false, false, false);
  processLine(emitter);
  processFoot(emitter);
}

function scalarOf(node: Leaf, { portable }: Emitter): Scalar {
  const { text } = node;
  if (typeof text !== "string") {
    const decoded = decodeUtf8(text);
    return decoded === undefined ? binaryScalar(text) : stringScalar(decoded, portable);
  }
  switch (node.type) {
    case "str":
    case "bytes":
      return stringScalar(text, portable);
    case "bool":
      return plainScalar(text === "True" ? "true" : "false");
    case "float":
      return plainScalar(yamlFloat(text === "+Inf" ? Infinity : text === "-Inf" ? -Infinity : Number(text)));
    case "null":
      return plainScalar("null");
    default:
      return plainScalar(text);
  }
}

/** Whether a key is short enough, and on one line. */
function isSimpleKey(key: Scalar, longest: number): boolean {
  if (key.multiline) return false;
  const { length } = key.value;
  if (length > longest) return false;
  if (length <= 40) return true;
  let bytes = key.tag.length;
  for (let i = 0; i < length; i++) {
    const unit = key.value.charCodeAt(i);
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
  }
  return bytes <= longest;
}

function emitScalar(emitter: Emitter, scalar: Scalar, inSequence: boolean): void {
  const { pieces } = emitter;
  if (scalar.tag !== "") {
    if (!emitter.whitespace) pieces.push(" ");
    pieces.push(scalar.tag);
    emitter.whitespace = false;
  }
  switch (scalar.style) {
    case ScalarStyle.plain:
      if (!emitter.whitespace) pieces.push(" ");
      pieces.push(scalar.value);
      break;
    case ScalarStyle.double:
      if (!emitter.whitespace) pieces.push(" ");
      pieces.push(doubleQuoted(scalar.value));
      break;
    case ScalarStyle.single:
      if (!emitter.whitespace) pieces.push(" ");
      pieces.push(singleQuoted(scalar.value, spaces(scalarIndent(emitter, inSequence))));
      break;
    case ScalarStyle.literal:
      emitLiteral(emitter, scalar.value, scalarIndent(emitter, inSequence));
      return;
  }
  emitter.column += scalar.value.length + 1;
  emitter.whitespace = false;
  emitter.indention = false;
}

function emitLiteral(emitter: Emitter, value: string, indent: number): void {
  writeIndicator(emitter, "|", true, false, false);
  const first = value.charCodeAt(0);
  if (first === 0x20 || isBreak(first)) {
    const hint = /^[\n\u2028\u2029]+$/.test(value) ? emitter.bestIndent : indent - emitter.indent;
    emitter.pieces.push(String(hint));
  }
  const { length } = value;
  if (!isBreak(value.charCodeAt(length - 1))) emitter.pieces.push("-");
  else if (length === 1 || isBreak(value.charCodeAt(length - 2))) emitter.pieces.push("+");
  emitter.column += 2;
  if (emitter.line === "") putBreak(emitter);
  else {
    // Further lines of the comment are indented like the content.
    const outerIndent = emitter.indent;
    emitter.indent = indent;
    processLine(emitter);
    emitter.indent = outerIndent;
  }
  emitter.whitespace = true;
  const outerIndent = emitter.indent;
  emitter.indent = indent;
  let start = 0;
  while (start < length) {
    let end = start;
    while (end < length && !isBreak(value.charCodeAt(end))) end++;
    if (end > start) {
      writeIndent(emitter);
      emitter.pieces.push(value.slice(start, end));
      emitter.column += end - start;
      emitter.indention = false;
    }
    if (end < length) writeBreak(emitter, value[end]!);
    start = end + 1;
  }
  emitter.indent = outerIndent;
}

/** emitterc.go, `yaml_emitter_increase_indent_compact`, for collections and scalars alike. */
function increaseIndent(emitter: Emitter, inSequence: boolean, flow: boolean): void {
  const { indent, bestIndent } = emitter;
  if (indent < 0) emitter.indent = flow ? bestIndent : 0;
  else if (inSequence) emitter.indent = indent + 2;
  else emitter.indent = bestIndent * Math.floor((indent + bestIndent) / bestIndent);
}

function scalarIndent(emitter: Emitter, inSequence: boolean): number {
  const outerIndent = emitter.indent;
  increaseIndent(emitter, inSequence, true);
  const { indent } = emitter;
  emitter.indent = outerIndent;
  return indent;
}

function writeIndent(emitter: Emitter): void {
  const indent = Math.max(emitter.indent, 0);
  if (!emitter.indention || emitter.column > indent || (emitter.column === indent && !emitter.whitespace)) {
    putBreak(emitter);
  }
  if (emitter.footIndent === indent) putBreak(emitter);
  if (emitter.column < indent) {
    emitter.pieces.push(spaces(indent - emitter.column));
    emitter.column = indent;
  }
  emitter.whitespace = true;
  emitter.footIndent = -1;
}

function writeIndicator(
  emitter: Emitter,
  indicator: string,
  needWhitespace: boolean,
  isWhitespace: boolean,
  isIndention: boolean,
): void {
  if (needWhitespace && !emitter.whitespace) {
    emitter.pieces.push(" ");
    emitter.column++;
  }
  emitter.pieces.push(indicator);
  emitter.column += indicator.length;
  emitter.whitespace = isWhitespace;
  emitter.indention = emitter.indention && isIndention;
}

function putBreak(emitter: Emitter): void {
  writeBreak(emitter, "\n");
}

function writeBreak(emitter: Emitter, character: string): void {
  emitter.pieces.push(character);
  emitter.column = 0;
  emitter.indention = true;
}

function processHead(emitter: Emitter): void {
  if (emitter.tail !== "") {
    writeIndent(emitter);
    writeComment(emitter, emitter.tail);
    emitter.tail = "";
    emitter.footIndent = Math.max(emitter.indent, 0);
  }
  if (emitter.head !== "") {
    writeIndent(emitter);
    writeComment(emitter, emitter.head);
    emitter.head = "";
  }
}

function processLine(emitter: Emitter): void {
  if (emitter.line === "") return;
  if (!emitter.whitespace) {
    emitter.pieces.push(" ");
    emitter.column++;
  }
  writeComment(emitter, emitter.line);
  emitter.line = "";
}

function processFoot(emitter: Emitter): void {
  if (emitter.foot === "") return;
  writeIndent(emitter);
  writeComment(emitter, emitter.foot);
  emitter.foot = "";
  emitter.footIndent = Math.max(emitter.indent, 0);
}

function writeComment(emitter: Emitter, comment: string): void {
  const { length } = comment;
  let breaks = false;
  let start = 0;
  while (start < length) {
    let end = start;
    while (end < length && !isBreak(comment.charCodeAt(end))) end++;
    if (end > start) {
      if (breaks) writeIndent(emitter);
      const line = comment.slice(start, end);
      const piece = line.startsWith("#") ? line : `# ${line}`;
      emitter.pieces.push(piece);
      emitter.column += piece.length;
      emitter.indention = false;
      breaks = false;
    }
    if (end < length) {
      writeBreak(emitter, comment[end]!);
      breaks = true;
    }
    start = end + 1;
  }
  if (!breaks) putBreak(emitter);
  emitter.whitespace = true;
}

function isComment(node: Mapping | Sequence, index: number): boolean {
  return node.items[index]!.kind === "comment";
}

function lastItem(node: Mapping | Sequence): number {
  let index = node.items.length - 1;
  while (index >= 0 && isComment(node, index)) index--;
  return index;
}

/** stores/yaml/store.go, `appendTreeBranch`, `appendSequence`: the head comment of the collection itself. */
function ownHead(node: Mapping | Sequence): string {
  const { items } = node;
  if (items.length === 0 || items[0]!.kind !== "comment") return "";
  const heads: Comment[] = [];
  const inlines: Comment[] = [];
  let index = 0;
  for (; index < items.length && isComment(node, index); index++) {
    const item = items[index] as Comment;
    (item.inline ? inlines : heads).push(item);
  }
  return joinComments(index === items.length ? heads.concat(inlines) : heads);
}

/** Comments after the last value. */
function trailing(node: Mapping | Sequence, last: number): string {
  const comments = node.items.slice(last + 1) as Comment[];
  if (comments.length === 0) return "";
  return joinComments([...comments.filter((item) => !item.inline), ...comments.filter((item) => item.inline)]);
}

function joinComments(comments: readonly Comment[]): string {
  return comments.length === 0 ? "" : `#${comments.map((item) => item.text).join("\n#")}`;
}

function takeComments(comments: Comment[]): string {
  const text = joinComments(comments);
  comments.length = 0;
  return text;
}

function spaces(count: number): string {
  return count <= blank.length ? blank.slice(0, count) : " ".repeat(count);
}

const blank = "                                                                ";
