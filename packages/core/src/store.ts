import type { Words } from "./spelling.js";
import type { Mapping, Node, Place, Sequence } from "./tree.js";
import type { Warning } from "./warning.js";

/** `preserve` keeps the author's formatting; `sops` formats like the sops command. */
export type Layout = "preserve" | "sops";

/** A parsed file: the tree, the `sops` block, and the source text. */
export interface Document {
  /** The name of the store that parsed it. */
  readonly store: string;
  /** The text that the offsets of the tree refer to, or "" if the document was not parsed from a text. */
  readonly source: string;
  /** One mapping per document of the file, without its `sops` entry. */
  branches: Mapping[];
  /** The `sops` block of the first branch, if the file has one. See `readMetadata` and `writeMetadata`. */
  metadata: Mapping | undefined;
  /** The `sops` block of each branch, in formats with several documents per file. The first is `metadata`. */
  readonly blocks?: readonly (Mapping | undefined)[];
  /** Warnings about the source. */
  readonly warnings?: readonly Warning[];
  /** The words of the format for bools, infinities and not-a-numbers that have several, by their plaintexts. */
  readonly words?: Words;
  /** Private data of the store that parsed the document, for the layout `preserve`. */
  readonly memo: unknown;
}

/** Options of {@link Store.parse}. */
export interface ParseOptions {
  /** Used in error messages. */
  filename?: string | undefined;
  /** The layout of the intended output. For `sops`, comments that sops ignores are left out. Default: `preserve`. */
  layout?: Layout | undefined;
  /** Whether `Editor.texts` may be asked for: a store keeps then what that takes, and need not read the text once more. */
  forEdits?: boolean | undefined;
}

/** Options of {@link Store.render}. */
export interface RenderOptions {
  layout: Layout;
  /**
   * Indent width of text that the store generates: everything in the layout `sops`, the `sops` block in `preserve`.
   * Default: that of the store (YAML 4 spaces, JSON a tab).
   */
  indent?: number | undefined;
  /**
   * Called if the text was made by splicing new parts into the source, with the replaced parts of the source:
   * alternating starts and ends, in file order. Not called if all of the text is new.
   */
  onSplice?: ((replaced: readonly number[]) => void) | undefined;
  /**
   * Told what the store reads in the text that it gives, where it has read it to see whether it is right. Not called where
   * there was no need to.
   */
  onRead?: ((written: Document) => void) | undefined;
}

/**
 * A file format: converts text to a tree and back (sops: stores/). `parse` is the only code that reads the format's
 * text, and `render` the only code that writes it. Both are synchronous.
 */
export interface Store {
  readonly name: string;
  /** Whether the whole file is one value, without a default rule (BINARY). */
  readonly singleValue?: boolean;
  /**
   * The start of a comment line, in formats where sops attaches a comment to what follows. Not in INI, where a comment
   * above a key comes after it in the tree, and therefore belongs to the next key.
   */
  readonly commentSign?: string;
  /**
   * Whether keys may repeat in a mapping, each value at its place (XML). Other stores and `data` get a list instead.
   */
  readonly repeatsKeys?: boolean;
  /** Whether sops does not support the format. Requirements that only sops has are not checked then. */
  readonly isExtension?: boolean;
  /**
   * Parses and renders plain files that are not text (BINARY). `parse` and `render` then handle encrypted files only.
   */
  readonly plain?: PlainSide;
  /** Whether a top-level key is reserved for metadata. Default: only `sops`. */
  isReserved?(key: string): boolean;
  /**
   * Parses a plain or encrypted file. The `sops` block is split off into `metadata`.
   *
   * @throws {SopsError} `syntax` with line and column, `unsupported`, `empty`, `metadata`.
   */
  parse(source: string, options?: ParseOptions): Document;
  /**
   * Finds text that belongs to nothing, in file order: it is in no key, leaf or comment of the tree, nor in the `sops`
   * block, and it is not structure (white space, punctuation, markers, directives, tags, anchors, aliases). The parsers
   * of sops drop such text; the layout `preserve` would keep it, readable.
   *
   * The text is found independently of `parse`: the places of the nodes are cut out of the source, and the remainder
   * must be structure. `document` must be one that this store parsed, without added nodes.
   *
   * @param replaced - The parts of the source that were replaced, as passed to `RenderOptions.onSplice`. These are cut
   * out instead of the changed leaves and comments, so that remainders of the latter are found.
   */
  strayText?(document: Document, replaced?: readonly number[]): readonly Place[];
  /** The aliases of a document (YAML), in file order. */
  aliases?(document: Document): Iterable<Alias>;
  /**
   * Renders `document.branches`, with `document.metadata`, if any, as the `sops` block of every branch.
   *
   * With the layout `preserve` and a document that this store parsed, only changed leaves, changed comments and the
   * `sops` block differ from the source. If the block is the parsed one, only its changed leaves differ, and the copies
   * in further documents get the same `lastmodified` and `mac`. Everything else is written in the layout `sops`.
   *
   * @throws {SopsError} `unsupported` if the format cannot hold the values.
   */
  render(document: Document, options: RenderOptions): string;
  /** Loads what edits the text of a file. Without it, edits use the layout `sops`. */
  loadEditor?(): Promise<Editor>;
  /**
   * Renders a list or a single value that is not a string, as `sops decrypt --extract` writes it (`EmitValue` of the
   * stores of sops).
   *
   * @throws {SopsError} `unsupported`. If the method is missing, all such values are.
   */
  renderValue?(value: Node): string;
}

/** A place in the source that repeats a value from elsewhere. */
export interface Alias extends Place {
  /** The node in the tree for the alias. */
  readonly node: Node;
  /** The node that it repeats, which has the same shape. */
  readonly original: Node;
}

/** A change to the first document of a file. */
export interface Change {
  readonly kind: "replace" | "insert" | "remove";
  /** The collections from the top of the document down to the changed one. */
  readonly parents: readonly (Mapping | Sequence)[];
  /**
   * For each of `parents`, the index in its `items` of the next one, or of what is replaced or removed. Insertions are
   * at the end, so the last collection has no index then.
   */
  readonly indices: readonly number[];
  /** The key of an entry inserted into a mapping. */
  readonly key: string | undefined;
  /** The new value. */
  readonly value: Node | undefined;
  /** The range of items to remove from the last collection, including comments. */
  readonly removed: { readonly from: number; readonly to: number } | undefined;
}

/** A source text with a change. */
export interface EditedText {
  readonly text: string;
  /** The places of new values and comments. They are plain, whatever they look like. */
  readonly fresh: readonly Place[];
}

/** How a store edits the text of a file. */
export interface Editor {
  /**
   * Converts a new value to what the format can hold.
   *
   * @throws {SopsError} `unsupported` if the format cannot hold it.
   */
  adapt?(value: Node, path: readonly (string | number)[]): Node;
  /** The range to remove with the item at `index`. Default: the item, and the comments after it on its line. */
  removes?(collection: Mapping | Sequence, index: number): { from: number; to: number };
  /**
   * Candidate texts for a change, the preferred one first. A candidate may turn out to be wrong: each is parsed and
   * compared with the wanted tree. The contents of new leaves do not matter, because they are set afterwards. Not
   * called for replacing a leaf with a leaf.
   */
  texts(document: Document, change: Change): Iterable<EditedText>;
  /** The text for replacing this leaf with another. Default: the source. */
  inPlace?(document: Document, leaf: Place): EditedText;
}

/** Parses and renders plain files of arbitrary bytes. */
export interface PlainSide {
  /** Parses a plain file. */
  parse(bytes: Uint8Array): Document;
  /**
   * Renders a plain file.
   *
   * @throws {SopsError} `unsupported` if the document does not have the right shape.
   */
  render(document: Document): Uint8Array;
}
