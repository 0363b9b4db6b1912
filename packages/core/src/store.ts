import type { Mapping, Node, Place, Sequence } from "./tree.js";
import type { Warning } from "./warning.js";

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
  /** The `sops` block of each branch, in formats with several documents to a file; `metadata` is the first. */
  readonly blocks?: readonly (Mapping | undefined)[];
  /** What there is to say of the source although it was read. */
  readonly warnings?: readonly Warning[];
  /** What the store that read the document wants to remember for `preserve`; nobody else looks into it. */
  readonly memo: unknown;
}

export interface ParseOptions {
  /** Named in error messages. */
  filename?: string | undefined;
  /** What it is read for; `preserve` when left out. For `sops`, comments that sops does not read are left out. */
  layout?: Layout | undefined;
}

export interface RenderOptions {
  layout: Layout;
  /**
   * Spaces per level for what the store writes itself (everything in layout `sops`, the `sops` block in `preserve`).
   * The store's own default (YAML 4 spaces, JSON a tab) where undefined.
   */
  indent?: number | undefined;
  /**
   * Told where the text was made by putting new parts into the source: which parts of the source these stand for, as
   * starts and ends by turns, in file order. Not called where all of the text is new.
   */
  onSplice?: ((replaced: readonly number[]) => void) | undefined;
}

/**
 * A file format: text to tree and back (sops calls it a store). `parse` is the only code that reads a format's text,
 * `render` the only code that writes it, and both are synchronous.
 *
 * `parse` takes plain and encrypted files alike, splits the `sops` block off into `metadata`, and throws `SopsError`
 * (`syntax` with line and column, `unsupported`, `empty`).
 *
 * `render` writes `document.branches` with `document.metadata` as the `sops` block (of every branch), or with none when
 * that is undefined. With `preserve` and a document that the same store has read, every byte stays but changed leaves,
 * changed comments and the `sops` block, which stays too but for changed leaves where it is the one that was read
 * (further documents' copies of it get the same `lastmodified` and `mac`); in all other cases it writes the `sops`
 * layout.
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
  /**
   * A key may stand more than once in a mapping, each value at its place (XML). Whoever gets the tree without its text,
   * another store or `data`, gets a list instead.
   */
  readonly repeatsKeys?: boolean;
  /** A format that sops does not have: its files may be of other tools, and nothing is asked of them that only sops asks. */
  readonly isExtension?: boolean;
  /** The plain side, where it is not text (BINARY); `parse` and `render` are for encrypted files alone then. */
  readonly plain?: PlainSide;
  /** Whether an entry of that name at the top is metadata; the name `sops` alone where this is left out. */
  isReserved?(key: string): boolean;
  parse(source: string, options?: ParseOptions): Document;
  /**
   * The parts of a document's source that belong to nothing, in file order: they are in no key, leaf or comment of the
   * tree and not in the `sops` block, and they are more than structure (white space, punctuation, markers, directives,
   * tags, anchors, aliases). sops drops such text as its parsers do; layout `preserve` would keep it, readable.
   *
   * It is found in the text, not in what `parse` believes of it: the places of the nodes are cut out of the source, and
   * what is left over must be structure. `document` is one that this store has read, without nodes added to it.
   *
   * With `replaced`, as `RenderOptions.onSplice` is told it, the question is what of the source is still there: these
   * parts are cut out for the leaves and comments that have changed, so that what was left over of one of them is
   * found.
   */
  strayText?(document: Document, replaced?: readonly number[]): readonly Place[];
  /** The aliases of a document (YAML), in file order; a format without aliases leaves it out. */
  aliases?(document: Document): Iterable<Alias>;
  render(document: Document, options: RenderOptions): string;
  /** Changes to an encrypted file that keep its layout; without it, a change gives the `sops` layout. */
  readonly editor?: Editor;
  /**
   * The text of a list or a single value that is no string, as `sops decrypt --extract` writes it (`EmitValue` of
   * sops's stores).
   *
   * @throws {SopsError} `unsupported`; so is every such value if this is left out.
   */
  renderValue?(value: Node): string;
}

/** A place in the source where a value that stands elsewhere is repeated. */
export interface Alias extends Place {
  /** What stands in the tree for the alias. */
  readonly node: Node;
  /** The node that it repeats, of the same shape. */
  readonly original: Node;
}

/** One change to the first document of a file. */
export interface Change {
  readonly kind: "replace" | "insert" | "remove";
  /** The collections from the top of the document down to the one in which something changes. */
  readonly parents: readonly (Mapping | Sequence)[];
  /**
   * For each of `parents`, where in its `items` the next one is, or what is replaced or removed. What is inserted goes
   * to the end, so that the last collection has none.
   */
  readonly indices: readonly number[];
  /** The key of what is inserted into a mapping. */
  readonly key: string | undefined;
  /** What is put in. */
  readonly value: Node | undefined;
  /** Of the last collection's items, those that are taken out, comments included. */
  readonly removed: { readonly from: number; readonly to: number } | undefined;
}

/** A text in which something was put in for the file's own. */
export interface EditedText {
  readonly text: string;
  /** Where in it the new values and comments stand: they are plain, whatever they look like. */
  readonly fresh: readonly Place[];
}

/** How a store changes the text of a file. */
export interface Editor {
  /**
   * Converts a new value to what the format can hold.
   *
   * @throws {SopsError} `unsupported` if the format cannot hold it.
   */
  adapt?(value: Node, path: readonly (string | number)[]): Node;
  /** What goes with the item at `index` when it is removed; the comments behind it on its line where this is left out. */
  removes?(collection: Mapping | Sequence, index: number): { from: number; to: number };
  /**
   * Texts with the change made, the one to be preferred first. All but one may turn out to say something else: each is
   * read again and compared with the tree that is wanted. What the new leaves hold does not matter, they are set
   * afterwards. A leaf in place of a leaf is not asked for.
   */
  texts(document: Document, change: Change): Iterable<EditedText>;
  /** The text to which a leaf in place of this one goes; the source as it is where this is left out. */
  inPlace?(document: Document, leaf: Place): EditedText;
}

/** Plain files of any bytes. */
export interface PlainSide {
  parse(bytes: Uint8Array): Document;
  /** @throws {SopsError} `unsupported` if the document does not hold what such a file is made of. */
  render(document: Document): Uint8Array;
}
