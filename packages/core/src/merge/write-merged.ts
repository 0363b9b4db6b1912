/** Writes a merge as a plain text. */

import { takeValue } from "../edit/put.js";
import { sameData, sameText, sameTree } from "../edit/same-tree.js";
import { SopsError } from "../errors.js";
import type { Document, Store } from "../store.js";
import { type Leaf, leavesOf, type Mapping } from "../tree.js";
import { write } from "../write.js";
import type { Numbering } from "./identify.js";
import { mergedText } from "./layout.js";
import { sameValue } from "./same-value.js";
import { mergeLines } from "./sequence.js";
import type { Side } from "./side.js";
import type { MergedNode } from "./three-way.js";
import { toTree } from "./to-tree.js";

export interface WritingOptions {
  readonly store: Store;
  readonly numbering: Numbering;
  /** Whether a comment may move within its mapping: not where a rule depends on comments. */
  readonly commentsMove: boolean;
  readonly base: Side | undefined;
  readonly ours: Side;
  readonly theirs: Side;
}

/** The text of a merge, and whether it had to be reformatted. */
export interface WrittenMerge {
  readonly text: string | Uint8Array;
  readonly isReformatted: boolean;
}

/**
 * Writes a merge in the layout of our side: the first text that is read as the merge, out of ours with the changes, a
 * merge of the three texts by lines, and one in the layout of sops.
 *
 * @throws {SopsError} `unwritable` if the format cannot hold the merge.
 */
export function writeMerged(branches: readonly MergedNode[], options: WritingOptions): WrittenMerge {
  const { store, ours } = options;
  const wanted = branches.map((branch) => toTree(branch) as Mapping);
  if (store.plain !== undefined) {
    const document = { ...ours.document, branches: wanted, metadata: undefined, memo: undefined };
    return { text: store.plain.render(document), isReformatted: false };
  }
  for (const text of texts(branches, wanted, options)) {
    if (isRead(text, wanted, options)) return { text, isReformatted: false };
  }
  const document: Document = { store: "", source: "", branches: wanted, metadata: undefined, memo: undefined };
  const text = write(store, document, { layout: "sops" }) as string;
  const found = read(text, store);
  // Where a rule depends on comments, a lost one would leave a value in plain text.
  const isRight = options.commentsMove
    ? found !== undefined && wanted.every((branch, index) => sameData(branch, found.branches[index]!, sameText))
    : isRead(text, wanted, options);
  if (!isRight) {
    throw new SopsError(
      "unwritable",
      "The file's format cannot hold the result of the merge: it would be read back differently. Merge the file by hand.",
    );
  }
  return { text, isReformatted: true };
}

function* texts(
  branches: readonly MergedNode[],
  wanted: readonly Mapping[],
  { store, numbering, base, ours, theirs }: WritingOptions,
): Iterable<string> {
  if (!ours.isPlaced || typeof ours.text !== "string") return;
  const isOurs =
    wanted.length === ours.document.branches.length &&
    wanted.every((branch, index) => numbering.ofNode(branch) === numbering.ofNode(ours.document.branches[index]!));
  if (isOurs) yield ours.text;
  if (!theirs.isPlaced || typeof theirs.text !== "string") return;
  for (const keepsBlankLines of [true, false]) {
    const text = mergedText(branches, { ours: ours.document, theirs: theirs.document, numbering, keepsBlankLines });
    const changed = text === undefined ? undefined : withValues(text, wanted, store);
    if (changed !== undefined) yield changed;
  }
  const lines = typeof base?.text === "string" ? mergeLines(base.text, ours.text, theirs.text) : undefined;
  if (lines !== undefined) yield lines;
}

/** A text with the wanted values in place of its own. Undefined if it has others, or others below other keys. */
function withValues(text: string, wanted: readonly Mapping[], store: Store): string | undefined {
  const document = read(text, store);
  if (document === undefined) return undefined;
  let isChanged = false;
  const free = new Set(leavesOf(wanted));
  const take = (value: Leaf, found: Leaf): boolean => {
    if (sameValue(value, found)) return true;
    isChanged = true;
    return takeValue(value, found);
  };
  if (!sameTree(wanted, document.branches, { free, onFree: take, commentsMove: true })) return undefined;
  if (!isChanged) return text;
  try {
    return write(store, document, { layout: "preserve" }) as string;
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return undefined;
  }
}

function isRead(text: string, wanted: readonly Mapping[], { store, commentsMove }: WritingOptions): boolean {
  const found = read(text, store);
  const free = new Set(leavesOf(wanted));
  return found !== undefined && sameTree(wanted, found.branches, { free, onFree: sameValue, commentsMove });
}

function read(text: string, store: Store): Document | undefined {
  try {
    return store.parse(text);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return undefined;
  }
}
