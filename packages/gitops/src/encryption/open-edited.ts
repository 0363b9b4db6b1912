/** Encrypted documents to which plain values were added by hand. */
import {
  type Comment,
  type Document,
  type Entry,
  type KeySource,
  type Leaf,
  type Node,
  open,
  reopenEdited,
  SopsError,
  type Store,
  type Unsealed,
} from "@isosops/core";

export interface OpenEditedOptions {
  readonly store: Store;
  readonly keySources: readonly KeySource[];
  readonly ignoreMac: boolean | undefined;
  readonly filename: string | undefined;
  /** Returns the plain values of the document that are to be encrypted now. */
  readonly isAdded: (document: Document) => ReadonlySet<Leaf>;
}

/** The result of {@link openEdited}. */
export interface OpenedEdited {
  readonly file: Unsealed;
  /** The paths of values to be encrypted that the MAC does not cover. */
  readonly unsealed: readonly (readonly (string | number)[])[];
}

/**
 * Opens an encrypted document to which values may have been added by hand. If the MAC matches without all of them, no
 * other value was added, removed, changed or moved. A MAC covers values, not names, so it cannot tell who added them:
 * if `user: app` was renamed and another `user` was added, it looks the same.
 *
 * @throws {SopsError} like `decrypt`.
 */
export async function openEdited(source: string, options: OpenEditedOptions): Promise<OpenedEdited> {
  const { store, isAdded } = options;
  try {
    const file = await open(source, options);
    if (!file.metadata.macOnlyEncrypted) return { file, unsealed: [] };
    // Such a MAC does not cover plain values.
    const document = store.parse(source);
    return { file, unsealed: pathsOf(document, isAdded(document)) };
  } catch (error) {
    if (!(error instanceof SopsError) || !/^(?:mac_mismatch|malformed_value)$/.test(error.code)) throw error;
    const document = store.parse(source);
    const added = isAdded(document);
    if (added.size === 0) throw error;
    let before: Unsealed;
    try {
      before = await open(source, { ...options, store: without(store, isAdded) });
    } catch {
      // The first error is the one that the user can understand.
      throw error;
    }
    return {
      file: reopenEdited(before, { text: source, fresh: [...added] }, store),
      unsealed: pathsOf(document, added),
    };
  }
}

/** The paths of leaves, in file order. */
function pathsOf({ branches }: Document, leaves: ReadonlySet<Leaf>): (string | number)[][] {
  const found: (string | number)[][] = [];
  const visit = (node: Node, path: readonly (string | number)[]): void => {
    if (node.kind === "leaf") {
      if (leaves.has(node)) found.push([...path]);
    } else if (node.kind === "mapping") {
      for (const item of node.items) if (item.kind === "entry") visit(item.value, [...path, item.key]);
    } else {
      for (const [index, item] of node.items.filter((item) => item.kind !== "comment").entries())
        visit(item, [...path, index]);
    }
  };
  for (const branch of branches) visit(branch, []);
  return found;
}

/** A store that parses documents without these values. */
function without(store: Store, isAdded: (document: Document) => ReadonlySet<Leaf>): Store {
  return {
    ...store,
    parse(source, options) {
      const document = store.parse(source, options);
      const added = isAdded(document);
      for (const branch of document.branches) remove(branch, added);
      return document;
    },
  };
}

function remove(node: Node, added: ReadonlySet<Leaf>): void {
  if (node.kind === "leaf") return;
  const isKept = (item: Entry | Comment | Node): boolean => {
    const value = item.kind === "entry" ? item.value : item;
    return value.kind !== "leaf" || !added.has(value);
  };
  if (node.kind === "mapping") {
    node.items = node.items.filter(isKept);
    for (const item of node.items) if (item.kind === "entry") remove(item.value, added);
  } else {
    node.items = node.items.filter(isKept);
    for (const item of node.items) if (item.kind !== "comment") remove(item, added);
  }
}
