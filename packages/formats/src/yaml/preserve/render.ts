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
  entry,
  type Mapping,
  mapping,
  type Node,
  type RenderOptions,
  type Sequence,
} from "@isosops/core";
import { createEditList } from "../../shared/splice.js";
import { isBlank } from "../go-yaml/characters.js";
import { defaultIndent, renderSopsLayout } from "../go-yaml/emit.js";
import { columnOf } from "../go-yaml/lines.js";
import { sizeOf, type YamlMemo } from "../tree/memo.js";
import { endsInBlankLine, endsInComment, endsInOpenScalar } from "./block-placement.js";
import { commentPlaces, hasComments, ruleTestsComments, staysDecryptable } from "./comment-places.js";
import { aliasText } from "./flow-text.js";
import { isJson } from "./json-text.js";
import { readBack } from "./read-back.js";
import { restampLike, spliceBlock, standsInBlock } from "./sops-block.js";
import { type BlockGoes, commentText, type Splice } from "./splice.js";
import { spliceLeaf } from "./write-leaf.js";

/** The document in its author's layout; undefined where its tree no longer fits its source. */
export function renderPreserved(document: Document, memo: YamlMemo, options: RenderOptions): string | undefined {
  const spliced = chooseSplice(document, memo, options);
  if (spliced === undefined) return undefined;
  options.onSplice?.(spliced.replaced);
  if (spliced.read !== undefined) options.onRead?.(spliced.read);
  return spliced.text;
}

interface Spliced {
  readonly text: string;
  /** As in `Splice`. */
  readonly commentsMayMove: boolean;
  /** As `RenderOptions.onSplice` is told it. */
  readonly replaced: readonly number[];
  /** The text as it is read, where that was looked at. */
  readonly read?: Document | undefined;
}

function chooseSplice(document: Document, memo: YamlMemo, options: RenderOptions): Spliced | undefined {
  const { source, branches, metadata } = document;
  let size = 0;
  for (const branch of branches) size += sizeOf(branch) - 1;
  if (branches.length !== memo.branches.length || size !== memo.size) return undefined;

  const aliases = new Map<Node, boolean>();
  for (const { node, original } of memo.aliases) {
    aliases.set(node, hasChanges(node) || (original !== undefined && hasChanges(original)));
  }
  const expanded = [...aliases.keys()].filter((node) => aliases.get(node));
  const testing = metadata !== undefined && ruleTestsComments(metadata);
  // An expansion on one line has no room for the comments that say which of its values are encrypted.
  if (testing && expanded.some(hasComments)) return undefined;
  const json = isJson(source, memo);
  const spliceWith = (blockGoes: BlockGoes) => spliceAll(document, memo, { aliases, blockGoes, isJson: json }, options);
  const atEnd = spliceWith("to the end");
  if (atEnd === undefined || metadata === undefined) return atEnd;
  const isSafe =
    !memo.commentsMayMove &&
    !atEnd.commentsMayMove &&
    expanded.length === 0 &&
    !memo.branches.some((branch, i) => endsInComment(source, branch) || endsInOpenScalar(source, branches[i]!, branch));
  if (isSafe) return atEnd;

  const before = commentPlaces(branches, aliases);
  if (before.all === "") return atEnd;
  const look = (candidate: Spliced) => {
    const read = readBack(candidate.text);
    // One that cannot be read: a block has no place beside a tag or an anchor alone.
    const after = commentPlaces(read?.branches ?? [], aliases);
    // A plain comment does no harm elsewhere, unless the rule goes by it, or it comes to stand in the block; nor does one
    // that sops has not read and now does.
    const isThere = after.count >= before.count && staysDecryptable(before, after);
    return { candidate: { ...candidate, read }, isExact: after.all === before.all, isAcceptable: isThere && !testing };
  };
  // Nearly always the end does, so that it is looked at before it is asked where the block could go. Not so below a blank
  // line: another one may be needed there, to tell from the author's own when the block goes.
  const isPlainEnd = !memo.branches.some((branch) => endsInBlankLine(source, branch));
  const looked = new Map<string, ReturnType<typeof look>>();
  let acceptable: Spliced | undefined;
  for (const blockGoes of ["to the end", "where comments stay", "to the top"] as const) {
    if (blockGoes === "to the end" && !isPlainEnd) continue;
    const candidate = blockGoes === "to the end" ? atEnd : spliceWith(blockGoes);
    if (candidate === undefined) continue;
    const found = looked.get(candidate.text) ?? look(candidate);
    looked.set(candidate.text, found);
    if (found.isExact) return found.candidate;
    if (found.isAcceptable && blockGoes !== "to the end") acceptable ??= found.candidate;
  }
  return acceptable;
}

/** The source with everything put into it; undefined where something has no place in it. */
function spliceAll(
  { source, branches, metadata }: Document,
  memo: YamlMemo,
  { aliases, blockGoes, isJson }: Pick<Splice, "aliases" | "blockGoes" | "isJson">,
  options: RenderOptions,
): Spliced | undefined {
  const lineBreak = /\r\n|[\r\n]/.exec(source);
  const splice: Splice = {
    source,
    eol: lineBreak === null ? "\n" : lineBreak[0],
    edits: createEditList(source),
    aliases,
    indentWidth: findIndentWidth(source, branches) ?? options.indent ?? defaultIndent,
    blockGoes,
    isJson,
    commentsMayMove: false,
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
  return { text, replaced, commentsMayMove: splice.commentsMayMove };
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
function findIndentWidth(source: string, branches: readonly Mapping[]): number | undefined {
  for (const branch of branches) {
    for (const item of branch.items) {
      if (item.kind !== "entry" || item.value.kind !== "mapping") continue;
      const first = item.value.items.find((child) => child.kind === "entry");
      if (first === undefined) continue;
      const indentWidth = columnOf(source, first.start) - columnOf(source, item.start);
      if (indentWidth > 0 && indentWidth < 10 && source.charCodeAt(item.value.start) !== 0x7b) return indentWidth;
    }
  }
  return undefined;
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

/** sops writes an encrypted comment of a list as an item; decrypted, it is a comment line again. */
function itemToComment(splice: Splice, comment: Comment): void {
  const { source } = splice;
  const { start, end } = comment;
  let dash = start - 1;
  while (dash >= 0 && isBlank(source.charCodeAt(dash))) dash--;
  if (source.charCodeAt(dash) !== 0x2d) splice.failed = true;
  else splice.edits.add(dash, end, commentText(comment));
}
