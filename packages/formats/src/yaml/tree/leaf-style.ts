import { blockIndentShift } from "../go-yaml/tokens.js";

/**
 * `Leaf.style` of this store: a `ScalarStyle` (0 for a scalar that is not there, or that no source holds) and these
 * marks; above them, the column at which a block scalar's content begins.
 */
export const StyleMark = {
  /** In brackets or braces. */
  flow: 8,
  /** Behind a tag that makes a string of everything (`!!str`, `!Custom`). */
  stringTag: 16,
  /** Not where it stands in the tree: reached through an alias. */
  expanded: 32,
} as const;

/** The `ScalarStyle` of a leaf, 0 for none. */
export function scalarStyle(style: number): number {
  return style & 7;
}

/** The column at which the content of a block scalar begins. */
export function blockIndentOf(style: number): number {
  return style >> blockIndentShift;
}
