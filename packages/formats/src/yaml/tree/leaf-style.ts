import { blockIndentShift } from "../go-yaml/tokens.js";

/**
 * Flags of `Leaf.style` in this store, next to a `ScalarStyle` (0 for an empty scalar, or a leaf that was not parsed) and the
 * column of a block scalar's content.
 */
export const StyleMark = {
  /** In a flow collection. */
  flow: 8,
  /** After a tag that makes every scalar a string (`!!str`, `!Custom`). */
  stringTag: 16,
  /** Reached through an alias, and written elsewhere. */
  expanded: 32,
} as const;

/** The `ScalarStyle` of a `Leaf.style`, 0 for none. */
export function scalarStyle(style: number): number {
  return style & 7;
}

/** The column of a block scalar's content, of a `Leaf.style`. */
export function blockIndentOf(style: number): number {
  return style >> blockIndentShift;
}
