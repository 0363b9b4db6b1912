import { SopsError } from "../errors.js";
import type { Document, EditedText, Store } from "../store.js";
import { type Leaf, leavesOf, type Mapping, type Node, type Place } from "../tree.js";
import { changedCollection } from "./change.js";
import type { Path } from "./parse-path.js";
import { follow } from "./path.js";
import { changedTexts, changeTo, checkPath, takeValue, writable } from "./put.js";
import { sameData, sameLeaf, sameText, sameTree } from "./same-tree.js";

/** Options of {@link setPlainValue} and {@link setPlainValues}. */
export interface PlainEditOptions {
  readonly store: Store;
  /** Used in error messages. */
  readonly filename?: string | undefined;
}

/** The result of {@link setPlainValue} and {@link setPlainValues}. */
export interface PlainEdited {
  readonly text: string;
  /** False if the value was already there. `text` is then the source. */
  readonly changed: boolean;
}

/**
 * Sets the value at a path of a plain file. Every other byte stays as it is. Paths work as in `editValues`.
 *
 * @throws {SopsError} `already_encrypted`, `invalid_path`, `path_not_found`, `unwritable` if the value cannot be set
 * without reformatting other parts of the file, and the errors of {@link Store.parse}.
 */
export async function setPlainValue(
  source: string,
  path: Path,
  value: Node,
  { store, filename }: PlainEditOptions,
): Promise<PlainEdited> {
  checkPath(path);
  const document = store.parse(source, { forEdits: true, filename });
  if (document.metadata !== undefined) {
    throw new SopsError(
      "already_encrypted",
      "The file is encrypted. Set the value with a key that decrypts it (`set`).",
    );
  }
  const editor = await store.loadEditor?.();
  return writable(() => {
    const adapted = editor?.adapt?.(value, path) ?? value;
    const place = follow(document.branches[0]!, path);
    if (place.found === path.length && sameData(place.node, adapted)) return { text: source, changed: false };
    const change = changeTo(path, place, adapted);
    const branches = [changedCollection(change) as Mapping, ...document.branches.slice(1)];
    const fresh = new Set(leavesOf([adapted]));
    for (const text of changedTexts(document, change, editor)) {
      const found = tryText(text, branches, fresh, store);
      if (found !== undefined) return { text: found, changed: true };
    }
    throw new SopsError(
      "unwritable",
      "The value cannot be set without reformatting other parts of the file. Edit the file by hand.",
      { path: path.filter((part) => typeof part === "string") },
    );
  });
}

/** Replaces the placeholders of a text with the new values. Returns undefined if the result has a different meaning. */
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
    // Try the next text.
    if (!(error instanceof SopsError)) throw error;
    return undefined;
  }
}

/** Whether the text around the places is unchanged. A store may have to reformat the whole file. */
function keepsRest(text: string, places: readonly Place[], written: string): boolean {
  let end = 0;
  let at = 0;
  for (const place of [...places].sort((one, other) => one.start - other.start)) {
    const kept = text.slice(end, place.start);
    const found = end === 0 ? (written.startsWith(kept) ? 0 : -1) : written.indexOf(kept, at);
    if (found === -1) return false;
    at = found + kept.length;
    end = place.end;
  }
  const rest = text.slice(end);
  return written.length >= at + rest.length && written.endsWith(rest);
}

/** A value to set, and its path. */
export interface PlainAssignment {
  readonly path: Path;
  readonly value: Node;
}

/**
 * Sets several values of a plain file, like {@link setPlainValue} for each in turn. Single values that replace single
 * values are written in one pass.
 */
export async function setPlainValues(
  source: string,
  assignments: readonly PlainAssignment[],
  options: PlainEditOptions,
): Promise<PlainEdited> {
  const adapts = (await options.store.loadEditor?.())?.adapt !== undefined;
  const together = assignments.length > 1 && !adapts ? replaceLeaves(source, assignments, options) : undefined;
  if (together !== undefined) return { text: together, changed: together !== source };
  let text = source;
  for (const { path, value } of assignments) text = (await setPlainValue(text, path, value, options)).text;
  return { text, changed: text !== source };
}

/** Replaces single values in one pass. Returns undefined if that is not possible. */
function replaceLeaves(
  source: string,
  assignments: readonly PlainAssignment[],
  { store, filename }: PlainEditOptions,
): string | undefined {
  const document = store.parse(source, filename === undefined ? {} : { filename });
  if (document.metadata !== undefined) return undefined;
  const replaced = new Map<Leaf, Place>();
  for (const { path, value } of assignments) {
    const { node, found } = follow(document.branches[0]!, path);
    if (found < path.length || path.length === 0 || node.kind !== "leaf" || value.kind !== "leaf") return undefined;
    if (node.start < 0) return undefined;
    replaced.set(node, { start: node.start, end: node.end });
    if (!sameLeaf(node, value)) takeValue(value, node);
  }
  try {
    const written = store.render(document, { layout: "preserve" });
    if (!keepsRest(source, [...replaced.values()], written)) return undefined;
    const free = new Set(replaced.keys());
    const isRight = sameTree(document.branches, store.parse(written).branches, {
      free,
      onFree: sameText,
      commentsMove: true,
    });
    return isRight ? written : undefined;
  } catch (error) {
    // Setting them one by one reports which value is wrong.
    if (!(error instanceof SopsError)) throw error;
    return undefined;
  }
}
