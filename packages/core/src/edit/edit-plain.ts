import { SopsError } from "../errors.js";
import type { Document, EditedText, Store } from "../store.js";
import type { Leaf, Mapping, Node } from "../tree.js";
import { changedCollection } from "./change.js";
import type { Path } from "./parse-path.js";
import { follow } from "./path.js";
import { changedTexts, changeTo, checkPath, leavesOf, takeValue, writable } from "./put.js";
import { sameData, sameText, sameTree } from "./same-tree.js";

export interface PlainEditOptions {
  readonly store: Store;
  /** Named in error messages. */
  readonly filename?: string | undefined;
}

export interface PlainEdited {
  readonly text: string;
  /** False where the value was there already, and `text` is the source. */
  readonly changed: boolean;
}

/**
 * Set the value at a path of a plain file, of which every other byte stays. Paths and what is made on the way are as with
 * `setValue`. Throws `SopsError`: as the store's `parse` does, `already_encrypted`, `invalid_path`, `path_not_found`, and
 * `unwritable` where the value cannot be put in without writing more of the file anew.
 */
export async function setPlainValue(
  source: string,
  path: Path,
  value: Node,
  { store, filename }: PlainEditOptions,
): Promise<PlainEdited> {
  checkPath(path);
  const document = store.parse(source, filename === undefined ? {} : { filename });
  if (document.metadata !== undefined) {
    throw new SopsError("already_encrypted", "The file is encrypted. Set the value with a key that opens it (`set`).");
  }
  return writable(() => {
    const adapted = store.editor?.adapt?.(value, path) ?? value;
    const place = follow(document.branches[0]!, path);
    if (place.found === path.length && sameData(place.node, adapted)) return { text: source, changed: false };
    const change = changeTo(path, place, adapted);
    const branches = [changedCollection(change) as Mapping, ...document.branches.slice(1)];
    const fresh = new Set(leavesOf(adapted));
    for (const text of changedTexts(document, change, store)) {
      const found = tryText(text, branches, fresh, store);
      if (found !== undefined) return { text: found, changed: true };
    }
    throw new SopsError(
      "unwritable",
      "The value cannot be put in without writing other parts of the file anew. Put it in by hand.",
      { path: path.filter((part) => typeof part === "string") },
    );
  });
}

/** The text with the new values in the place of its placeholders; undefined where it says something else than is wanted. */
function tryText(
  { text, fresh: places }: EditedText,
  branches: readonly Mapping[],
  fresh: ReadonlySet<Leaf>,
  store: Store,
): string | undefined {
  const says = (document: Document, onFree: (wanted: Leaf, found: Leaf) => boolean) =>
    sameTree(branches, document.branches, { free: fresh, onFree, commentsMove: true });
  try {
    const document = store.parse(text);
    if (!says(document, takeValue)) return undefined;
    const written = store.render(document, { layout: "preserve" });
    return keepsRest(text, places, written) && says(store.parse(written), sameText) ? written : undefined;
  } catch (error) {
    // The next text may do.
    if (!(error instanceof SopsError)) throw error;
    return undefined;
  }
}

/** Whether what stands before and behind all places is what it was: a store writes a whole text anew where it has to. */
function keepsRest(text: string, places: EditedText["fresh"], written: string): boolean {
  const start = Math.min(...places.map((place) => place.start));
  const end = Math.max(...places.map((place) => place.end));
  return written.startsWith(text.slice(0, start)) && written.endsWith(text.slice(end));
}
