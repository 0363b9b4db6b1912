/**
 * Layout `preserve`: the source with its changed leaves, its changed comments and its `sops` blocks replaced, and every
 * other byte as it was. The README of the package says what does not come back byte for byte.
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
import { ruleTestsComments } from "../../shared/comment-rules.js";
import { createEditList } from "../../shared/splice.js";
import { isBlank } from "../go-yaml/characters.js";
import { defaultIndent, renderSopsLayout } from "../go-yaml/emit.js";
import { columnOf } from "../go-yaml/lines.js";
import { sizeOf, type YamlMemo } from "../tree/memo.js";
import { endsInBlankLine, endsInComment, endsInOpenScalar } from "./block-placement.js";
import { type CommentPlaces, commentPlaces, hasComments, staysDecryptable } from "./comment-places.js";
import { aliasText } from "./flow-text.js";
import { isJson } from "./json-text.js";
import { readBack } from "./read-back.js";
import { restampLike, spliceBlock, standsInBlock } from "./sops-block.js";
import { commentText, type Splice, type WantedPlacement } from "./splice.js";
import { spliceLeaf } from "./write-leaf.js";

/** Renders the document in its author's layout; undefined if the tree no longer fits the source. */
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
  /** As passed to `RenderOptions.onSplice`. */
  readonly replaced: readonly number[];
  /** The parsed text, if it was parsed. */
  readonly read?: Document | undefined;
}

/** The source with all changes, and the block in a place where it moves no comment; undefined if there is none. */
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
  const ruleTests = ruleTestsComments(metadata);
  // An expanded alias is one line, without room for comments that the rule tests.
  if (ruleTests && expanded.some(hasComments)) return undefined;
  const json = isJson(source, memo);
  const spliceWith = (placement: WantedPlacement) =>
    spliceAll(document, memo, { aliases, placement, isJson: json }, options);
  // The end is nearly always right, so try it before asking for the right place. Not below a blank line: another blank line
  // may be needed there, to tell it from the author's own when the block is removed.
  const preferred = memo.branches.some((branch) => endsInBlankLine(source, branch))
    ? "where comments stay"
    : "at the end";
  const first = spliceWith(preferred);
  if (first === undefined || metadata === undefined) return first;
  const isSafe =
    !memo.commentsMayMove &&
    !first.commentsMayMove &&
    expanded.length === 0 &&
    !memo.branches.some((branch, i) => endsInComment(source, branch) || endsInOpenScalar(source, branches[i]!, branch));
  if (isSafe) return first;
  const before = commentPlaces(branches, aliases);
  if (before.order === "") return first;

  const checked = new Map<string, Checked>();
  const check = (spliced: Spliced): Checked => {
    const found = checked.get(spliced.text) ?? compareComments(spliced, before, aliases);
    checked.set(spliced.text, found);
    return found;
  };
  const found = check(first);
  if (found.comments === "same") return found.spliced;
  let acceptable: Spliced | undefined;
  for (const placement of ["where comments stay", "top"] as const) {
    const candidate = placement === preferred ? first : spliceWith(placement);
    if (candidate === undefined) continue;
    const { spliced, comments } = check(candidate);
    if (comments === "same") return spliced;
    // If the rule tests comments, every comment counts.
    if (comments === "harmless" && !ruleTests) acceptable ??= spliced;
  }
  return acceptable;
}

interface Checked {
  readonly spliced: Spliced;
  /**
   * Whether all comments are where they were. It is harmless if a plain comment moves, but not into the block, or if sops now
   * reads a comment that it did not read before.
   */
  readonly comments: "same" | "harmless" | "lost";
}

/** Parses a text, and compares the places of its comments with those before. */
function compareComments(spliced: Spliced, before: CommentPlaces, aliases: ReadonlyMap<Node, boolean>): Checked {
  const read = readBack(spliced.text);
  // Not parsable: for example, a block beside an anchor without a value.
  const after = commentPlaces(read?.branches ?? [], aliases);
  const isHarmless = after.readCount >= before.readCount && staysDecryptable(before, after);
  const comments = after.order === before.order ? "same" : isHarmless ? "harmless" : "lost";
  return { spliced: { ...spliced, read }, comments };
}

/** The source with all changes; undefined if one of them has no place in it. */
function spliceAll(
  { source, branches, metadata }: Document,
  memo: YamlMemo,
  { aliases, placement, isJson }: Pick<Splice, "aliases" | "placement" | "isJson">,
  options: RenderOptions,
): Spliced | undefined {
  const lineBreak = /\r\n|[\r\n]/.exec(source);
  const splice: Splice = {
    source,
    eol: lineBreak === null ? "\n" : lineBreak[0],
    edits: createEditList(source),
    aliases,
    indentWidth: findIndentWidth(source, branches) ?? options.indent ?? defaultIndent,
    placement,
    isJson,
    commentsMayMove: false,
    openEnd: -1,
    failed: false,
  };
  const block =
    metadata === undefined
      ? undefined
      : renderSopsLayout([mapping([entry("sops", metadata)])], options.indent ?? defaultIndent, { portable: true });
  /** Writes the block of a document. Returns whether it is the one that was parsed, with a new time and MAC. */
  const spliceOwnBlock = (i: number): boolean => {
    const own = memo.metadata[i];
    const isKept = metadata !== undefined && metadata === memo.metadata[0] && own !== undefined;
    const isRestamped = isKept && restampLike(own, metadata);
    if (isRestamped) spliceMapping(splice, own);
    else if (memo.branches[i]!.root !== "alias") spliceBlock(splice, branches[i]!, memo.branches[i]!, block, metadata);
    return isRestamped;
  };
  // The block of the last document comes first: it decides about the end of the text, which a block scalar there depends on.
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

/** The indent width of the source: the columns between a mapping and the first mapping in it. */
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
  // A block sequence needs an item.
  if (onlyComments && hasChanges(node) && splice.source.charCodeAt(node.start) !== 0x5b) splice.failed = true;
}

/** `parent`: offset of the key, or of the first `-` of the list, that the node is below. */
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

/** sops writes an encrypted comment in a list as an item. Decrypted, it becomes a comment line again. */
function itemToComment(splice: Splice, comment: Comment): void {
  const { source } = splice;
  const { start, end } = comment;
  let dash = start - 1;
  while (dash >= 0 && isBlank(source.charCodeAt(dash))) dash--;
  if (source.charCodeAt(dash) !== 0x2d) splice.failed = true;
  else splice.edits.add(dash, end, commentText(comment));
}
