/**
 * Layout `preserve`: the source with its changed leaves, its changed comments and its `sops` blocks cut out and put in
 * anew, every other byte as it was.
 *
 * What decrypting a file does not give back byte for byte: a scalar that took several lines comes back on one (block
 * scalars excepted), double quotes come back with the fewest escapes, a core tag such as `!!int` on an encrypted value
 * is dropped, aliases to something encrypted come back as the values they stood for, blanks on the empty lines of a
 * block scalar are gone, and a document that was a bare `null` has lost it.
 */
import {
  type Comment,
  type Document,
  type Entry,
  entry,
  type Leaf,
  lookup,
  type Mapping,
  mapping,
  type Node,
  type RenderOptions,
  type Sequence,
  SopsError,
} from "@isosops/core";
import { createEditList, type EditList } from "../../shared/splice.js";
import { isBlank, isBlankOrEnd, isBreak, isWordCharacter } from "../go-yaml/characters.js";
import { renderSopsLayout } from "../go-yaml/emit.js";
import { canBePlain, staysPlain } from "../go-yaml/plain.js";
import { blockIndentOf, ScalarStyle, StyleMark, scalarStyle } from "../tree/leaf-style.js";
import type { BlockPlace, BranchMemo, YamlMemo } from "../tree/parse.js";
import { parse, sizeOf } from "../tree/parse.js";
import { endsInComment, findBlockPlacement } from "./block-placement.js";
import { ciphertextStyle, isCiphertext, quotedCiphertext } from "./ciphertext.js";
import {
  doubleQuoted,
  foldedLines,
  jsonQuoted,
  literalLines,
  plainLines,
  plainValue,
  quoted,
  singleQuoted,
  trailingBreaks,
} from "./scalar-text.js";

interface Splice {
  readonly source: string;
  readonly eol: string;
  readonly edits: EditList;
  /** Nodes that stand in the tree for an alias. */
  readonly aliases: ReadonlyMap<Node, boolean>;
  /** Spaces a level for a block scalar that is written where none was. */
  readonly step: number;
  /** Where the text ends without a line break once everything is spliced, -1 if it ends with one. */
  bareEnd: number;
  readonly atTop: boolean;
  /** The text is JSON, and stays so. */
  readonly isJson: boolean;
  /** A comment may be another node's without what was taken out beside it. */
  delicate: boolean;
  /** Something turned up that splicing cannot express. */
  failed: boolean;
}

const defaultIndent = 4;

/** The document in its author's layout; undefined where its tree no longer fits its source. */
export function renderPreserved(document: Document, memo: YamlMemo, options: RenderOptions): string | undefined {
  const spliced = splicePreserved(document, memo, options);
  if (spliced !== undefined) options.onSplice?.(spliced.replaced);
  return spliced?.text;
}

interface Spliced {
  readonly text: string;
  readonly delicate: boolean;
  readonly replaced: readonly number[];
}

function splicePreserved(document: Document, memo: YamlMemo, options: RenderOptions): Spliced | undefined {
  const { source, branches, metadata } = document;
  let size = 0;
  for (const branch of branches) size += sizeOf(branch) - 1;
  if (branches.length !== memo.branches.length || size !== memo.size) return undefined;

  const aliases = new Map<Node, boolean>();
  for (const { node, original } of memo.aliases) {
    aliases.set(node, hasChanges(node) || (original !== undefined && hasChanges(original)));
  }
  const expanded = [...aliases.keys()].filter((node) => aliases.get(node));
  const testing = metadata !== undefined && testsComments(metadata);
  // An expansion on one line has no room for the comments that say which of its values are encrypted.
  if (testing && expanded.some(hasComments)) return undefined;
  const atEnd = spliceAll(document, memo, aliases, options, false);
  if (atEnd === undefined || metadata === undefined) return atEnd;
  const isSafe =
    !memo.delicate &&
    !atEnd.delicate &&
    expanded.length === 0 &&
    !memo.branches.some((branch, i) => endsInComment(source, branch) || endsInOpenScalar(source, branches[i]!, branch));
  if (isSafe) return atEnd;

  const before = commentPlaces(branches, aliases);
  if (before.all === "") return atEnd;
  let acceptable: Spliced | undefined;
  for (const atTop of [false, true]) {
    const candidate = atTop ? spliceAll(document, memo, aliases, options, true) : atEnd;
    if (candidate === undefined) continue;
    const after = commentPlaces(branchesOf(candidate.text), aliases);
    if (after.all === before.all) return candidate;
    // A plain comment does no harm elsewhere, unless the rule goes by it, or it comes to stand in the block; nor does one
    // that sops has not read and now does.
    const isThere = after.count >= before.count && keepsFresh(before, after);
    if (isThere && !testing) acceptable ??= candidate;
  }
  return acceptable;
}

/** None where a text cannot be read: a block has no place beside a tag or an anchor alone. */
function branchesOf(text: string): readonly Mapping[] {
  try {
    return parse(text).branches;
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return [];
  }
}

/** `atTop`: the `sops` block of each document goes to its top. */
function spliceAll(
  { source, branches, metadata }: Document,
  memo: YamlMemo,
  aliases: ReadonlyMap<Node, boolean>,
  options: RenderOptions,
  atTop: boolean,
): Spliced | undefined {
  const lineBreak = /\r\n|[\r\n]/.exec(source);
  const splice: Splice = {
    source,
    eol: lineBreak === null ? "\n" : lineBreak[0],
    edits: createEditList(source),
    aliases,
    step: findStep(source, branches) ?? options.indent ?? defaultIndent,
    atTop,
    isJson: isJson(source, memo),
    delicate: false,
    bareEnd: -1,
    failed: false,
  };
  const block =
    metadata === undefined
      ? undefined
      : renderSopsLayout([mapping([entry("sops", metadata)])], options.indent ?? defaultIndent, { portable: true });
  /** Whether the block of this document is the one that was read, with another time and MAC. */
  const spliceOwnBlock = (i: number): boolean => {
    const own = memo.metadata[i];
    const isKept = metadata !== undefined && metadata === memo.metadata[0] && own !== undefined;
    const isRestamped = isKept && restampLike(own, metadata);
    if (isRestamped) spliceMapping(splice, own);
    else if (memo.branches[i]!.root !== "alias") spliceBlock(splice, branches[i]!, memo.branches[i]!, block, metadata);
    return isRestamped;
  };
  // The last document's block decides where the text ends, and with it how a block scalar at its end is written.
  const last = branches.length - 1;
  const isLastRestamped = spliceOwnBlock(last);
  for (const [i, branch] of branches.entries()) {
    const branchMemo = memo.branches[i]!;
    if (branchMemo.root === "alias") {
      if (metadata !== undefined || hasChanges(branch)) return undefined;
      continue;
    }
    const isRestamped = i === last ? isLastRestamped : spliceOwnBlock(i);
    for (const item of branch.items) {
      if (item.kind === "entry") spliceNode(splice, item.value, item.start);
      else if (isRestamped || !standsInBlock(source, branchMemo, item)) spliceComment(splice, item);
    }
    if (splice.failed) return undefined;
  }
  for (const { node, start, end } of memo.aliases) {
    if (aliases.get(node) === true) splice.edits.add(start, end, aliasText(source, end, node));
  }
  let replaced: readonly number[] = [];
  const text = splice.edits.splice(options.onSplice && ((places) => (replaced = places)));
  return { text, replaced, delicate: splice.delicate };
}

/** Give a document's block the time and MAC of the first one's; false where it has no place for them. */
function restampLike(block: Mapping, first: Mapping): boolean {
  return (
    block === first ||
    ["lastmodified", "mac"].every((name) => {
      const from = lookup(first, name);
      const to = lookup(block, name);
      if (from?.kind !== "leaf" || to?.kind !== "leaf" || to.start < 0) return false;
      if (from.changed) Object.assign(to, { type: from.type, text: from.text, spelling: from.spelling, changed: true });
      return true;
    })
  );
}

/** Whether the rule of a file looks at comments. */
export function testsComments(metadata: Mapping): boolean {
  return ["encrypted_comment_regex", "unencrypted_comment_regex"].some((name) => lookup(metadata, name) !== undefined);
}

function hasComments(item: Node | Comment): boolean {
  if (item.kind === "comment") return true;
  if (item.kind === "leaf") return false;
  return item.items.some((child) => hasComments(child.kind === "entry" ? child.value : child));
}

export interface CommentPlaces {
  /** All comments in order, each with the keys to it and what follows it. */
  readonly all: string;
  /** How many sops reads. */
  readonly count: number;
  /** Those that were encrypted now, each with the keys to it, and all that look encrypted. */
  readonly fresh: readonly string[];
  readonly encrypted: ReadonlySet<string>;
  /** The same for those that sops does not read. */
  readonly freshUnread: readonly string[];
  readonly encryptedUnread: ReadonlySet<string>;
}

/** Whether every comment that was encrypted now is found where it can be decrypted, and by sops if it could read it. */
export function keepsFresh(before: CommentPlaces, after: CommentPlaces): boolean {
  return (
    before.fresh.every((place) => after.encrypted.has(place)) &&
    before.freshUnread.every((place) => after.encryptedUnread.has(place) || after.encrypted.has(place))
  );
}

/**
 * Where go-yaml finds the comments. One that it finds elsewhere once it is encrypted could never be decrypted. Those of an
 * alias's copy are not written.
 */
export function commentPlaces(branches: readonly Mapping[], aliases: ReadonlyMap<Node, boolean>): CommentPlaces {
  const all: string[] = [];
  let count = 0;
  const fresh: string[] = [];
  const freshUnread: string[] = [];
  const encrypted = new Set<string>();
  const encryptedUnread = new Set<string>();
  const visit = (node: Node, path: string): void => {
    if (node.kind === "leaf" || aliases.has(node)) return;
    let pending = 0;
    for (const [index, item] of node.items.entries()) {
      if (item.kind === "comment") {
        const place = `${path}#${item.text}`;
        const isRead = item.unread === undefined;
        all.push(isRead ? place : `unread ${place}`);
        if (isRead) {
          count++;
          pending++;
        }
        if (isFreshCiphertext(item)) (isRead ? fresh : freshUnread).push(place);
        if (isCiphertext(item.text)) (isRead ? encrypted : encryptedUnread).add(place);
        continue;
      }
      if (pending > 0) all.push(`before ${item.kind === "entry" ? item.key : index}`);
      pending = 0;
      if (item.kind === "entry") visit(item.value, `${path}${item.key}:`);
      // In a list, an encrypted comment may be an item.
      else if (item.kind === "leaf" && isCiphertext(item.text)) encrypted.add(`${path}#${item.text}`);
      else visit(item, path);
    }
  };
  for (const branch of branches) visit(branch, "");
  return { all: all.join("\n"), count, fresh, freshUnread, encrypted, encryptedUnread };
}

function hasChanges(item: Node | Comment): boolean {
  switch (item.kind) {
    case "leaf":
    case "comment":
      return item.changed;
    case "mapping":
      return item.items.some((child) => hasChanges(child.kind === "entry" ? child.value : child));
    case "sequence":
      return item.items.some(hasChanges);
  }
}

/** Columns between a mapping and the first mapping in it. */
function findStep(source: string, branches: readonly Mapping[]): number | undefined {
  for (const branch of branches) {
    for (const item of branch.items) {
      if (item.kind !== "entry" || item.value.kind !== "mapping") continue;
      const first = item.value.items.find((child) => child.kind === "entry");
      if (first === undefined) continue;
      const step = columnOf(source, first.start) - columnOf(source, item.start);
      if (step > 0 && step < 10 && source.charCodeAt(item.value.start) !== 0x7b) return step;
    }
  }
  return undefined;
}

export function lineStartOf(source: string, offset: number): number {
  let start = offset;
  while (start > 0 && !isBreak(source.charCodeAt(start - 1))) start--;
  return start === 0 && source.charCodeAt(0) === 0xfeff && offset > 0 ? 1 : start;
}

export function columnOf(source: string, offset: number): number {
  return offset - lineStartOf(source, offset);
}

function endOfBreak(source: string, offset: number): number {
  const code = source.charCodeAt(offset);
  if (!isBreak(code)) return offset;
  return code === 0x0d && source.charCodeAt(offset + 1) === 0x0a ? offset + 2 : offset + 1;
}

export function startOfBreak(source: string, offset: number): number {
  if (offset === 0 || !isBreak(source.charCodeAt(offset - 1))) return offset;
  return source.charCodeAt(offset - 1) === 0x0a && source.charCodeAt(offset - 2) === 0x0d ? offset - 2 : offset - 1;
}

function spliceMapping(splice: Splice, node: Mapping): void {
  for (const item of node.items) {
    if (item.kind === "comment") spliceComment(splice, item);
    else spliceNode(splice, item.value, item.start);
  }
}

function spliceSequence(splice: Splice, node: Sequence): void {
  let onlyComments = node.items.length > 0;
  for (const item of node.items) {
    if (item.kind === "comment") {
      if (!item.changed || splice.source.charCodeAt(item.start) === 0x23) spliceComment(splice, item);
      else itemToComment(splice, item);
    } else {
      onlyComments = false;
      spliceNode(splice, item, node.start);
    }
  }
  // Without an item, nothing would say that this is a list.
  if (onlyComments && hasChanges(node) && splice.source.charCodeAt(node.start) !== 0x5b) splice.failed = true;
}

/** `parent`: the offset of the key, or of the list's first `-`, that the node is below. */
function spliceNode(splice: Splice, node: Node, parent: number): void {
  if (splice.aliases.size > 0 && splice.aliases.has(node)) return;
  switch (node.kind) {
    case "mapping":
      spliceMapping(splice, node);
      break;
    case "sequence":
      spliceSequence(splice, node);
      break;
    case "leaf":
      if (node.start < 0) splice.failed = true;
      else if (node.changed) spliceLeaf(splice, node, parent);
  }
}

function spliceComment(splice: Splice, comment: Comment): void {
  const { changed, start, end } = comment;
  if (!changed) return;
  if (start < 0) splice.failed = true;
  else splice.edits.add(start, end, commentText(comment));
}

function commentText({ text }: Comment): string {
  return `#${text.replace(/[\r\n\x85\u2028\u2029]+/g, " ")}`;
}

/** sops writes an encrypted comment of a list as an item; decrypted, it is a comment line again. */
function itemToComment(splice: Splice, comment: Comment): void {
  const { source } = splice;
  const { start, end } = comment;
  let dash = start - 1;
  while (dash >= 0 && isBlank(source.charCodeAt(dash))) dash--;
  if (source.charCodeAt(dash) !== 0x2d) splice.failed = true;
  else splice.edits.add(dash, end, commentText(comment));
}

function readHeader(source: string, start: number): { end: number; chomping: string; digit: string } {
  let end = start + 1;
  let chomping = "";
  let digit = "";
  for (; ; end++) {
    const character = source[end];
    if (character === "+" || character === "-") chomping = character;
    else if (character !== undefined && character >= "1" && character <= "9") digit = character;
    else return { end, chomping, digit };
  }
}

/** Whether a comment was encrypted after it was read; one that was decrypted and stays so has changed, too. */
export function isFreshCiphertext({ changed, text }: Comment): boolean {
  return changed && isCiphertext(text);
}

function spliceLeaf(splice: Splice, leaf: Leaf, parent: number): void {
  const { source, edits } = splice;
  const { end, style } = leaf;
  let { start } = leaf;
  let tag = "";
  if (source.charCodeAt(start) === 0x21) {
    // The tag goes, an anchor behind it stays, and so do comments between them and the value.
    const tagStart = start;
    const tagEnd = endOfProperty(source, start);
    start = skipProperty(source, start);
    const anchorStart = start;
    if (source.charCodeAt(start) === 0x26) start = skipProperty(source, start);
    if (source.slice(tagEnd, start).includes("#")) {
      splice.delicate = true;
      edits.add(tagStart, tagEnd, "");
    } else {
      tag = source.slice(anchorStart, start);
      if (tag !== "" && start === end) tag = `${tag.trimEnd()} `;
      edits.add(tagStart, start, tag);
    }
  }
  if (scalarStyle(style) >= ScalarStyle.literal && leaf.type === "str" && typeof leaf.text === "string") {
    spliceBlockScalar(splice, leaf, start, leaf.text);
    return;
  }
  let text = leafText(splice, leaf, start, parent);
  // Nothing parts an empty value from its `:`, or a value like `:a` from its anchor.
  const before = start === 0 ? 0 : source.charCodeAt(start - 1);
  if (tag === "" && (start === end ? !isBlankOrEnd(before) : isWordCharacter(before))) text = ` ${text}`;
  // Also where it is what stands there: it is looked at what was replaced.
  edits.add(start, end, text);
  if ((style & StyleMark.expanded) !== 0) splice.failed = true;
}

/** Where the tag or anchor ends that starts at an offset. */
function endOfProperty(source: string, start: number): number {
  let at = start;
  while (at < source.length && !isBlankOrEnd(source.charCodeAt(at))) at++;
  return at;
}

/** What stands behind a tag or an anchor, and behind the comments below it. */
export function skipProperty(source: string, start: number): number {
  let at = endOfProperty(source, start);
  for (;;) {
    while (at < source.length && (isBlank(source.charCodeAt(at)) || isBreak(source.charCodeAt(at)))) at++;
    if (source.charCodeAt(at) !== 0x23) return at;
    while (at < source.length && !isBreak(source.charCodeAt(at))) at++;
  }
}

function leafText(splice: Splice, leaf: Leaf, start: number, parent: number): string {
  const { source } = splice;
  const { text, type } = leaf;
  if (typeof text !== "string") return `!!binary ${toBase64(text)}`;
  const inFlow = (leaf.style & StyleMark.flow) !== 0;
  if (type !== "str") return plainValue(leaf, inFlow);
  const anyType = (leaf.style & StyleMark.stringTag) !== 0;
  const style = scalarStyle(leaf.style);
  if (isCiphertext(text)) return ciphertextText(splice, leaf, start, text);
  if (splice.isJson) return jsonQuoted(text);
  const kept = style === ScalarStyle.double ? ciphertextStyle(source, start, leaf.end) : undefined;
  if (kept === "as written" && staysPlain(text, inFlow, anyType)) return text;
  if (style === ScalarStyle.double && kept === undefined) return doubleQuoted(text);
  if (style === ScalarStyle.single) return singleQuoted(text) ?? doubleQuoted(text);
  if (canBePlain(text, inFlow, anyType)) return text;
  if (!inFlow && text.includes("\n")) {
    if (hasTabBelow(source, leaf.end)) {
      // Only a plain scalar may have such lines below.
      const lines = plainLines(text, columnOf(source, parent) + splice.step, splice.eol);
      if (lines === undefined) splice.failed = true;
      else return lines;
    }
    const literal = newLiteral(splice, text, leaf.end, parent);
    if (literal !== undefined) return literal;
  }
  return quoted(text);
}

/** A ciphertext where the author's value stood, or another ciphertext, from `start` on. */
function ciphertextText({ source }: Splice, leaf: Leaf, start: number, text: string): string {
  const inFlow = (leaf.style & StyleMark.flow) !== 0;
  const tagged = (leaf.style & StyleMark.stringTag) !== 0;
  const style = scalarStyle(leaf.style);
  if (style === ScalarStyle.single) return singleQuoted(text) ?? doubleQuoted(text);
  if (style === ScalarStyle.double) return quotedCiphertext(text, ciphertextStyle(source, start, leaf.end));
  const written = source.slice(start, leaf.end);
  if (staysPlain(written, inFlow, tagged) && !canBePlain(written, inFlow, tagged)) {
    return quotedCiphertext(text, "as written");
  }
  if (inFlow) return quotedCiphertext(text, "plain");
  return canBePlain(text, false, tagged) ? text : quoted(text);
}

/** The content of a block scalar anew, under its header; in double quotes where a block scalar cannot hold it. */
function spliceBlockScalar(splice: Splice, leaf: Leaf, start: number, text: string): void {
  const { source, edits } = splice;
  const header = readHeader(source, start);
  // Behind the header there may be a comment, which is none of the scalar's.
  let contentStart = header.end;
  while (contentStart < leaf.end && !isBreak(source.charCodeAt(contentStart))) contentStart++;
  const firstBreak = source.slice(contentStart, endOfBreak(source, contentStart)) || splice.eol;
  // LS and PS within the content stand for themselves.
  const eol = "\u2028\u2029".includes(firstBreak) ? "\n" : firstBreak;
  const indent = blockIndentOf(leaf.style);
  if (isCiphertext(text)) {
    edits.add(contentStart, leaf.end, `${firstBreak}${" ".repeat(indent)}${text}`);
    return;
  }
  if (/^\n+$/.test(text) && header.chomping === "+" && breaksBelow(splice, leaf.end) === text.length + 1) {
    edits.add(contentStart, leaf.end, "");
    return;
  }
  const sign = source[start]!;
  const folded = sign === ">" ? foldedLines(text, indent, eol) : undefined;
  const lines = folded ?? literalLines(text, indent, header.digit !== "", eol);
  const chomping = lines === undefined ? undefined : chompingFor(splice, text, leaf.end, header.chomping);
  if (lines === undefined || chomping === undefined) {
    edits.add(start, header.end, doubleQuoted(text));
    edits.add(contentStart, leaf.end, "");
    return;
  }
  // The order of digit and sign is free, so a header that need not change does not.
  if (chomping !== header.chomping || (sign === ">" && folded === undefined)) {
    const newSign = folded === undefined ? "|" : sign;
    edits.add(start, header.end, newSign + header.digit + chomping);
  }
  edits.add(contentStart, leaf.end, firstBreak + lines);
}

/** The line breaks behind the content are not touched, so the header has to fit their number; undefined: none does. */
function chompingFor(splice: Splice, text: string, end: number, written: string): string | undefined {
  const wanted = trailingBreaks(text);
  const below = breaksBelow(splice, end);
  const kept = written === "-" ? 0 : written === "+" ? below : Math.min(below, 1);
  if (kept === wanted) return written;
  if (wanted === 0) return "-";
  if (wanted === 1 && below > 0) return "";
  return wanted === below ? "+" : undefined;
}

/** Line breaks from here to the next line that is not empty, or to the end of the text. */
function breaksBelow({ source, bareEnd }: Splice, offset: number): number {
  let count = 0;
  let at = offset;
  for (;;) {
    while (isBlank(source.charCodeAt(at))) at++;
    if (!isBreak(source.charCodeAt(at)) || (at >= bareEnd && bareEnd >= 0)) return count;
    count++;
    at = endOfBreak(source, at);
  }
}

/** A text of several lines where a plain scalar stood: a literal block, as sops would write it. */
function newLiteral(splice: Splice, text: string, end: number, parent: number): string | undefined {
  const { source, eol, step } = splice;
  // Blanks behind it would belong to its last line.
  if (end < source.length && !isBreak(source.charCodeAt(end))) return undefined;
  const chomping = chompingFor(splice, text, end, "");
  if (chomping === undefined) return undefined;
  const indicated = /^\n*[ \t]/.test(text);
  // Behind `? ` a key stands further in than its mapping, from which the digit counts.
  if (indicated && (/(?:^|\s)\?\s/.test(lineUpTo(source, parent)) || /^[\s-]*:/.test(lineUpTo(source, end))))
    return undefined;
  const indent = columnOf(source, parent) + step;
  if (swallowsBelow(source, end, indent)) return undefined;
  const lines = literalLines(text, indent, indicated, eol);
  return lines === undefined ? undefined : `|${indicated ? step : ""}${chomping}${eol}${lines}`;
}

function lineUpTo(source: string, offset: number): string {
  return source.slice(lineStartOf(source, offset), offset);
}

/** Whether a tab stands on one of the lines below that hold nothing but blanks. */
function hasTabBelow(source: string, offset: number): boolean {
  const blankLines = /(?:[ \t]*(?:\r\n|[\r\n\x85\u2028\u2029]))*/y;
  blankLines.lastIndex = offset;
  return blankLines.exec(source)![0].includes("\t");
}

/**
 * Whether a block scalar at this column, that ends at this line break, would take what is below it for its own: a
 * comment that stands as far in as its lines, or blanks beyond them on an empty line.
 */
function swallowsBelow(source: string, offset: number, indent: number): boolean {
  let at = endOfBreak(source, offset);
  while (at < source.length) {
    const start = at;
    while (isBlank(source.charCodeAt(at))) at++;
    if (at - start > indent) return true;
    if (!isBreak(source.charCodeAt(at))) return at - start >= indent && source.charCodeAt(at) === 0x23;
    at = endOfBreak(source, at);
  }
  return false;
}

function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let i = 0; i < bytes.length; i += 4096) binary += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return btoa(binary);
}

/** A node on one line, in place of an alias that ends at an offset. */
export function aliasText(source: string, end: number, node: Node): string {
  // In braces a colon may follow at once, which would be part of a key without quotes.
  if (source[end] === ":" && node.kind === "leaf" && typeof node.text === "string") return doubleQuoted(node.text);
  return flowText(node);
}

/** A node on one line. */
export function flowText(node: Node): string {
  switch (node.kind) {
    case "leaf": {
      const { text, type } = node;
      if (typeof text !== "string") return `!!binary ${toBase64(text)}`;
      if (type !== "str") return plainValue(node, true);
      return canBePlain(text, true, false) ? text : doubleQuoted(text);
    }
    case "mapping": {
      const parts: string[] = [];
      for (const item of node.items) {
        if (item.kind === "entry") parts.push(`${flowKey(item.key)}: ${flowText(item.value)}`);
      }
      return `{${parts.join(", ")}}`;
    }
    case "sequence": {
      const parts: string[] = [];
      for (const item of node.items) if (item.kind !== "comment") parts.push(flowText(item));
      return `[${parts.join(", ")}]`;
    }
  }
}

export function flowKey(key: string): string {
  return canBePlain(key, true, false) ? key : doubleQuoted(key);
}

/** The `sops` block of one document: put in, put in anew, or taken out. */
function spliceBlock(
  splice: Splice,
  branch: Mapping,
  memo: BranchMemo,
  block: string | undefined,
  metadata: Mapping | undefined,
): void {
  const { source } = splice;
  const isLast = memo.end === source.length;
  if (memo.root === "flow") {
    if (isLast && memo.rootEnd === source.length) splice.bareEnd = source.length;
    spliceFlowBlock(splice, branch, memo, metadata);
    return;
  }
  const [first, ...others] = memo.blocks;
  for (const other of others) removeBlock(splice, branch, memo, other);
  if (first === undefined) {
    if (block !== undefined) insertBlock(splice, branch, memo, block);
    else if (isLast && !endsWithBreak(source)) splice.bareEnd = source.length;
  } else if (block === undefined) {
    removeBlock(splice, branch, memo, first, !branch.items.some((item) => item.kind === "entry"));
  } else {
    const start = lineStartOf(source, first.start);
    const end = endOfLine(source, first.end);
    const comments = commentsIn(splice, branch, start, end, first.start - start);
    const text = comments + indentBlock(splice, block, first.start - start);
    splice.edits.add(start, end, endsWithBreak(source.slice(start, end)) ? text : withoutLastBreak(text, splice.eol));
  }
}

function endsWithBreak(text: string): boolean {
  return text === "" || isBreak(text.charCodeAt(text.length - 1));
}

function withoutLastBreak(text: string, eol: string): string {
  return text.endsWith(eol) ? text.slice(0, -eol.length) : text;
}

/** The offset behind the line break of this line. */
export function endOfLine(source: string, offset: number): number {
  let end = offset;
  while (end < source.length && !isBreak(source.charCodeAt(end))) end++;
  return endOfBreak(source, end);
}

function indentBlock(splice: Splice, block: string, column: number): string {
  const indented = column <= 0 ? block : block.replace(/^(?=.)/gm, " ".repeat(column));
  return splice.eol === "\n" ? indented : indented.replaceAll("\n", splice.eol);
}

function insertBlock(splice: Splice, branch: Mapping, memo: BranchMemo, block: string): void {
  const { source, edits, eol } = splice;
  const column = memo.root === "block" ? columnOf(source, memo.rootStart) : 0;
  const text = indentBlock(splice, block, column);
  if (memo.root === "empty" && memo.rootEnd > memo.rootStart) {
    edits.add(memo.rootStart, memo.rootEnd, "");
    // A line may begin with a tab below a scalar, but not around the block.
    const rest = source.slice(memo.start, memo.rootStart) + source.slice(memo.rootEnd, memo.end);
    if (/(?:^|[\r\n\x85\u2028\u2029]) *\t/.test(rest)) splice.failed = true;
  }
  const placement =
    splice.atTop || endsInOpenScalar(source, branch, memo)
      ? "top"
      : findBlockPlacement(source, memo, memo.end, column, eol);
  if (placement === "top") {
    // An anchor or a tag below the block, of the mapping or of nothing, would be one of the block, or a part of its last value.
    const end = memo.root === "block" ? memo.rootStart : memo.end;
    if (/(?:^|[\r\n])(?:---)?[ \t]*[&!]/.test(source.slice(memo.start, end))) splice.failed = true;
    const top = memo.start > 0 ? endOfLine(source, memo.start) : source.charCodeAt(0) === 0xfeff ? 1 : 0;
    // A `---` may end the file without a line break.
    if (top > 1 && top === source.length && !endsWithBreak(source)) {
      edits.add(top, top, eol + withoutLastBreak(text, eol));
      return;
    }
    edits.add(top, top, text);
    return;
  }
  const gap = placement === "below a blank line" ? eol : "";
  const bare = memo.end > 0 && !endsWithBreak(source.slice(memo.end - 1, memo.end));
  // A byte-order mark is the beginning of a document, but behind something else it is a part of a value.
  const marked = source.charCodeAt(memo.end - 1) === 0xfeff && lineStartOf(source, memo.end - 1) === memo.end - 1;
  edits.add(memo.end, memo.end, bare && !marked ? `${eol}${gap}${withoutLastBreak(text, eol)}` : gap + text);
}

/** Whether the file ends, without a line break, in a block scalar whose value would grow if one were added. */
function endsInOpenScalar(source: string, branch: Mapping, memo: BranchMemo): boolean {
  if (memo.end !== source.length || endsWithBreak(source)) return false;
  let node: Node | undefined = branch;
  while (node !== undefined && node.kind !== "leaf") {
    const items: readonly (Entry | Comment | Node)[] = node.items;
    const last = items.findLast((item) => item.kind !== "comment");
    node = last?.kind === "entry" ? last.value : last;
  }
  if (node === undefined || scalarStyle(node.style) < ScalarStyle.literal) return false;
  if ((node.style & StyleMark.expanded) !== 0 || /[^\s\x85]/.test(source.slice(node.end))) return false;
  let { start } = node;
  while ("!&".includes(source[start]!)) start = skipProperty(source, start);
  const { chomping } = readHeader(source, start);
  return chomping === "+" || (chomping === "" && node.end === source.length);
}

function removeBlock(splice: Splice, branch: Mapping, memo: BranchMemo, block: BlockPlace, nothingLeft = false): void {
  const { source, edits, eol } = splice;
  let start = lineStartOf(source, block.start);
  const column = block.start - start;
  const end = endOfLine(source, block.end);
  const bare = end === source.length && !endsWithBreak(source);
  const comments = commentsIn(splice, branch, start, end, column);
  const empty = nothingLeft && memo.start === 0;
  if (comments !== "" || empty) {
    const text = empty ? `${comments}{}${eol}` : comments;
    edits.add(start, end, bare ? withoutLastBreak(text, eol) : text);
    return;
  }
  if (block.nextStart < 0 && end === memo.end) {
    const blank = startOfBreak(source, start);
    if (bare) {
      // The source ended without a line break, so there is one for the block, or two where it stands below a blank line.
      start = startOfBreak(source, blank);
    } else if (
      block.previousEnd >= 0 &&
      blank !== startOfBreak(source, blank) &&
      findBlockPlacement(source, memo, start, column, eol) === "below a blank line"
    ) {
      start = blank;
    }
  }
  if (bare) splice.bareEnd = start;
  edits.add(start, end, "");
}

/** Whether a comment stands behind `sops:`, where sops puts what stood below the last entry of a document. */
function standsInBlock(source: string, memo: BranchMemo, { start }: Comment): boolean {
  // In braces it is the author's, behind them on the same line.
  if (memo.root === "flow") return false;
  return memo.blocks.some((block) => start > block.start && start < endOfLine(source, block.end));
}

/** These comments, as lines: they stay when the block goes. */
function commentsIn(splice: Splice, branch: Mapping, start: number, end: number, column: number): string {
  let lines = "";
  for (const item of branch.items) {
    if (item.kind !== "comment" || item.start < start || item.start >= end) continue;
    lines += " ".repeat(column) + commentText(item) + splice.eol;
  }
  return lines;
}

/**
 * A document in braces gets the block within its braces, as JSON, which YAML reads. Where the whole is JSON it stays so;
 * else the name of the block has a line to itself, by which helm-secrets takes a file for YAML.
 */
function spliceFlowBlock(splice: Splice, branch: Mapping, memo: BranchMemo, metadata: Mapping | undefined): void {
  const { source, edits, eol } = splice;
  const [first] = memo.blocks;
  const text = metadata === undefined ? undefined : toJson(metadata);
  if (first === undefined) {
    if (text === undefined) return;
    const close = memo.rootEnd - 1;
    const last = branch.items.findLast((item) => item.kind === "entry");
    if (splice.isJson) {
      edits.add(close, close, `${last === undefined ? "" : ", "}"sops": ${text}`);
      return;
    }
    const comma = last === undefined || source[nextContent(source, last.end)] === ",";
    // The comma behind says that there was one, or nothing, before.
    edits.add(close, close, `${comma ? "" : ","}${eol}sops:${eol}${text}${comma ? "," : ""}`);
    return;
  }
  if (text !== undefined) {
    // From the key's end: the key may be quoted or not, and its line is what programs look for.
    const colon = source.indexOf(":", first.start);
    const gap = isBreak(source.charCodeAt(colon + 1)) ? eol : " ";
    edits.add(colon, first.end, `:${gap}${text}`);
    return;
  }
  let { start, end } = first;
  const above = startOfBreak(source, start);
  if (above < start) start = above;
  if (source.charCodeAt(end) === 0x2c) end++;
  else if (above < first.start && source[above - 1] === ",") start = above - 1;
  else if (source.slice(start - 2, start) === ", ") start -= 2;
  edits.add(start, end, "");
}

/** The first character from an offset on that is neither white space nor in a comment. */
function nextContent(source: string, offset: number): number {
  let at = offset;
  for (;;) {
    while (at < source.length && isBlankOrEnd(source.charCodeAt(at))) at++;
    if (source[at] !== "#") return at;
    at = endOfLine(source, at);
  }
}

/** Whether the text of a file is JSON, which YAML is in braces. */
export function isJson(source: string, { branches }: YamlMemo): boolean {
  if (branches.length !== 1 || branches[0]!.root !== "flow") return false;
  try {
    JSON.parse(source);
    return true;
  } catch {
    return false;
  }
}

function toJson(node: Node): string {
  switch (node.kind) {
    case "leaf":
      if (node.type === "str" && typeof node.text === "string") return JSON.stringify(node.text);
      return flowText(node);
    case "mapping": {
      const parts: string[] = [];
      for (const item of node.items) {
        if (item.kind === "entry") parts.push(`${JSON.stringify(item.key)}: ${toJson(item.value)}`);
      }
      return `{${parts.join(", ")}}`;
    }
    case "sequence":
      return `[${node.items.flatMap((item) => (item.kind === "comment" ? [] : [toJson(item)])).join(", ")}]`;
  }
}
