/** What is known and gathered while a document is put into its source. */
import type { Comment, Node } from "@isosops/core";
import type { EditList } from "../../shared/splice.js";

/**
 * Where a new `sops` block goes in each document: to its end, to its top, or to where the comments at its end stay those of
 * what they are about.
 */
export type WantedPlacement = "at the end" | "top" | "where comments stay";

/** The source and the edits to it, while leaves, comments and blocks are put into it. */
export interface Splice {
  readonly source: string;
  readonly eol: string;
  readonly edits: EditList;
  /** Nodes that stand in the tree for an alias. */
  readonly aliases: ReadonlyMap<Node, boolean>;
  /** Spaces a level for a block scalar that is written where none was. */
  readonly indentWidth: number;
  /** Where the text ends without a line break once everything is spliced, -1 if it ends with one. */
  bareEnd: number;
  readonly placement: WantedPlacement;
  /** The text is JSON, and stays so. */
  readonly isJson: boolean;
  /** A comment may be another node's without what was taken out beside it. */
  commentsMayMove: boolean;
  /** Something turned up that splicing cannot express. */
  failed: boolean;
}

/** A comment with its sign, on one line. */
export function commentText({ text }: Comment): string {
  return `#${text.replace(/[\r\n\x85\u2028\u2029]+/g, " ")}`;
}
