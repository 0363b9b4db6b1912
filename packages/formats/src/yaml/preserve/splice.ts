/** The state of splicing: putting the changes of a document into its source. */
import type { Comment, Node } from "@isosops/core";
import type { EditList } from "../../shared/splice.js";

/**
 * Where to put a new `sops` block in each document. With "where comments stay", it is found out for each one
 * (`findBlockPlacement`).
 */
export type WantedPlacement = "at the end" | "top" | "where comments stay";

/** The source, its edits so far, and what writing them depends on. */
export interface Splice {
  readonly source: string;
  readonly eol: string;
  readonly edits: EditList;
  /** Nodes of aliases, and whether they or what they repeat have changed. */
  readonly aliases: ReadonlyMap<Node, boolean>;
  /** Indent width of new block scalars. */
  readonly indentWidth: number;
  /** Offset at which the result will end without a line break; -1 if it will end with one. */
  openEnd: number;
  readonly placement: WantedPlacement;
  /** Whether the file is JSON, and has to stay JSON. */
  readonly isJson: boolean;
  /** Whether something was removed that the attachment of a comment may depend on. */
  commentsMayMove: boolean;
  /** Whether a change cannot be put into the source. */
  failed: boolean;
}

/** The text of a comment, on one line. */
export function commentText({ text }: Comment): string {
  return `#${text.replace(/[\r\n\x85\u2028\u2029]+/g, " ")}`;
}
