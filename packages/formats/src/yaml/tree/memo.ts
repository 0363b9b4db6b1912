/** What the store remembers about a source besides its tree, for layout `preserve` and for edits. */
import type { Comment, Entry, Mapping, Node } from "@isosops/core";
import { type RawDocument, RawKind, type RawNode } from "../go-yaml/compose.js";

/** The name of the store, as in `--input-type`. */
export const storeName = "yaml";

/** The offsets of a `sops` entry at the top of a document. */
export interface BlockPlace {
  /** Start of its key. */
  readonly start: number;
  /** End of its value. */
  readonly end: number;
  /** End of the entry above, and start of the one below; -1 if there is none. */
  readonly previousEnd: number;
  readonly nextStart: number;
}

/** A document of the file. */
export interface BranchMemo {
  readonly root: "block" | "flow" | "empty" | "alias";
  /** As in `RawDocument`. */
  readonly start: number;
  readonly end: number;
  /** Start and end of the top-level mapping. */
  readonly rootStart: number;
  readonly rootEnd: number;
  readonly blocks: readonly BlockPlace[];
}

/** An alias: its offsets, its node in the tree, and the anchored node that it repeats. */
export interface AliasMemo {
  readonly start: number;
  readonly end: number;
  readonly node: Node;
  /** Undefined if the anchored node is a key. */
  readonly original: Node | undefined;
  readonly inFlow: boolean;
}

/** `Document.memo` of this store. */
export interface YamlMemo {
  /** The `sops` block of each document. */
  readonly metadata: readonly (Mapping | undefined)[];
  readonly branches: readonly BranchMemo[];
  readonly aliases: readonly AliasMemo[];
  /** Number of entries, items and comments in the tree, to notice when some are added or removed. */
  readonly size: number;
  /** Whether go-yaml may attach the comments differently when the values around them change in length. */
  readonly commentsMayMove: boolean;
  /** The root of the first document as go-yaml composes it, if the source was parsed for edits. */
  readonly root: RawNode | undefined;
  /** Offsets of the keys, alternating starts and ends, in file order. */
  readonly keys: readonly number[];
}

/** Collects what to remember about a document. */
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

/** Number of entries, items and comments in and below an item, including itself. */
export function sizeOf(item: Entry | Comment | Node): number {
  let size = 1;
  const node = item.kind === "entry" ? item.value : item;
  if (node.kind === "mapping" || node.kind === "sequence") for (const child of node.items) size += sizeOf(child);
  return size;
}
