import type { Mapping } from "./tree.js";

/** `preserve` keeps the author's bytes, `sops` writes what the sops command writes. */
export type Layout = "preserve" | "sops";

/** A file as a store has read it: the tree, the `sops` block split off, and the source it all stands in. */
export interface Document {
  /** The store that read it, by name. */
  readonly store: string;
  /** The text the offsets of the tree point into; "" where the document was made by hand. */
  readonly source: string;
  /** One mapping for each document of the file, without its `sops` entry. */
  branches: Mapping[];
  /** The `sops` block of the first branch, if the file has one. Read by `readMetadata`, made by `writeMetadata`. */
  metadata: Mapping | undefined;
  /** What the store that read the document wants to remember for `preserve`; nobody else looks into it. */
  readonly memo: unknown;
}

export interface ParseOptions {
  /** Named in error messages. */
  filename?: string;
}

export interface RenderOptions {
  layout: Layout;
  /**
   * Spaces per level for what the store writes itself (everything in layout `sops`, the `sops` block in `preserve`).
   * The store's own default (YAML 4 spaces, JSON a tab) where undefined.
   */
  indent?: number | undefined;
}

/**
 * A file format: text to tree and back (sops calls it a store). `parse` is the only code that reads a format's text,
 * `render` the only code that writes it, and both are synchronous.
 *
 * `parse` takes plain and encrypted files alike, splits the `sops` block off into `metadata`, and throws `SopsError`
 * (`syntax` with line and column, `unsupported`, `empty`).
 *
 * `render` writes `document.branches` with `document.metadata` as the `sops` block (of every branch), or with none
 * when that is undefined. With `preserve` and a document that the same store has read, every byte stays but changed
 * leaves, changed comments and the `sops` block; in all other cases it writes the `sops` layout.
 */
export interface Store {
  readonly name: string;
  /** `sops` writes a whole file as one value here, and has no default rule for it (BINARY). */
  readonly singleValue?: boolean;
  /**
   * What begins a line of comment, in a format where sops takes a comment for one of what follows. Not so INI: there a
   * comment above a key stands behind it in the tree, and so is one of the next key.
   */
  readonly commentSign?: string;
  /** The plain side, where it is not text (BINARY); `parse` and `render` are for encrypted files alone then. */
  readonly plain?: PlainSide;
  /** Whether an entry of that name at the top is metadata; the name `sops` alone where this is left out. */
  isReserved?(key: string): boolean;
  parse(source: string, options?: ParseOptions): Document;
  render(document: Document, options: RenderOptions): string;
}

/** Plain files of any bytes. */
export interface PlainSide {
  parse(bytes: Uint8Array): Document;
  /** Throws `SopsError` (`unsupported`) where the document does not hold what such a file is made of. */
  render(document: Document): Uint8Array;
}
