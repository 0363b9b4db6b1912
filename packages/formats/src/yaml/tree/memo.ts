/** What the store remembers of a source beside its tree, for layout `preserve` and for edits. */
import type { Comment, Entry, Mapping, Node } from "@isosops/core";
import { type RawDocument, RawKind, type RawNode } from "../go-yaml/compose.js";

/** The name of the store, as in `--input-type`. */
export const storeName = "yaml";

/** A `sops` entry at the top of a document. */
export interface BlockPlace {
  /** Of its key. */
  readonly start: number;
  /** Of its value. */
  readonly end: number;
  /** Where the entry above ends and the one below begins, -1 if there is none. */
  readonly previousEnd: number;
  readonly nextStart: number;
}

/** What `preserve` wants to know of a document of the file beside its tree. */
export interface BranchMemo {
  readonly root: "block" | "flow" | "empty" | "alias";
  /** As in `RawDocument`. */
  readonly start: number;
  readonly end: number;
  /** Of the mapping at the top. */
  readonly rootStart: number;
  readonly rootEnd: number;
  readonly blocks: readonly BlockPlace[];
}

/** An alias, the node that stands in the tree for it, and the anchored node that it repeats. */
export interface AliasMemo {
  readonly start: number;
  readonly end: number;
  readonly node: Node;
  /** Undefined where the anchored node is a key. */
  readonly original: Node | undefined;
  readonly inFlow: boolean;
}

/** `Document.memo` of this store. */
export interface YamlMemo {
  /** The `sops` block of each document. */
  readonly metadata: readonly (Mapping | undefined)[];
  readonly branches: readonly BranchMemo[];
  readonly aliases: readonly AliasMemo[];
  /** How many entries, items and comments the tree has; another number means that some were added or removed. */
  readonly size: number;
  /** Whether what go-yaml makes of the comments can hang on the length of the values around them. */
  readonly commentsMayMove: boolean;
  /** The first document as go-yaml composes it, where the source was read to be edited. */
  readonly root: RawNode | undefined;
  /** Where the keys stand: of each its start and its end, in file order. */
  readonly keys: readonly number[];
}

/** What there is to remember of a document. */
export function branchMemo(document: RawDocument): BranchMemo {
  const { root, start, end } = document;
  const { content } = root;
  const blocks: BlockPlace[] = [];
  if (root.kind === RawKind.mapping) {
    for (let i = 0; i < content.length; i += 2) {
      const key = content[i]!;
      if ((key.kind === RawKind.alias ? key.target!.value : key.value) !== "sops") continue;
      blocks.push({
        start: key.start,
        end: content[i + 1]!.end,
        previousEnd: i === 0 ? -1 : content[i - 1]!.end,
        nextStart: i + 2 < content.length ? content[i + 2]!.start : -1,
      });
    }
  }
  const kind =
    root.kind === RawKind.alias ? "alias" : root.kind === RawKind.scalar ? "empty" : root.flow ? "flow" : "block";
  return { root: kind, start, end, rootStart: root.start, rootEnd: root.end, blocks };
}

/** Entries, items and comments in and below an item. */
export function sizeOf(item: Entry | Comment | Node): number {
  let size = 1;
  const node = item.kind === "entry" ? item.value : item;
  if (node.kind === "mapping" || node.kind === "sequence") for (const child of node.items) size += sizeOf(child);
  return size;
}
