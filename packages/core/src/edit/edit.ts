import { SopsError } from "../errors.js";
import { textBytes } from "../json-form.js";
import type { Metadata } from "../metadata.js";
import { type OpenOptions, open, reopenDocument, reopenEdited, reseal } from "../reseal.js";
import type { CompiledRule } from "../rule.js";
import type { Change, EditedText, Editor, Layout, Store } from "../store.js";
import {
  type Comment,
  type Entry,
  type Leaf,
  leavesOf,
  lookup,
  type Mapping,
  type Node,
  type Sequence,
} from "../tree.js";
import type { Unsealed } from "../unseal.js";
import type { Warning } from "../warning.js";
import type { WrittenText } from "../written-text.js";
import { changedCollection } from "./change.js";
import type { Path } from "./parse-path.js";
import { follow, isKey, notFound } from "./path.js";
import { changedTexts, changeTo, checkPath, takeValue, writable } from "./put.js";
import { sameData, sameLeaf, sameText, sameTree } from "./same-tree.js";

/** A change to an encrypted file: a value to set, or to remove. */
export type ValueEdit =
  | { readonly kind: "set"; readonly path: Path; readonly value: Node }
  | { readonly kind: "unset"; readonly path: Path };

/** Options of {@link editValues}. */
export interface EditOptions extends OpenOptions {
  /** Writes the result, in the layout `sops` if it is not the store that read the source. Default: the same store. */
  readonly outputStore?: Store | undefined;
  /** Default: `preserve`. */
  readonly layout?: Layout | undefined;
  /** Indent width of generated text. Default: that of the format. */
  readonly indent?: number | undefined;
  /** As in `encrypt`. */
  readonly allowLoss?: boolean | undefined;
  /**
   * Return the source unchanged if `set` finds the value already there, or `unset` finds nothing. Without it, `set`
   * updates `lastmodified` and the MAC, and `unset` throws.
   */
  readonly idempotent?: boolean | undefined;
}

/** An edited file, encrypted. */
export interface Edited {
  /** The encrypted file. */
  readonly text: string;
  /** The text in UTF-8. Computed on first access. */
  readonly bytes: Uint8Array;
  readonly metadata: Metadata;
  /** Whether a value changed. */
  readonly changed: boolean;
  /** Warnings about the file before the edit. */
  readonly warnings: readonly Warning[];
}

/**
 * Changes values of an encrypted file, like `sops set` and `sops unset` (sops.go, `set`, `unset`), one change after the
 * other: all of them, or none. The file is opened once.
 *
 * `set` creates missing parents, a list index after the end appends an item, and a single value on the path is replaced
 * with a mapping or list. The new value is encrypted if the file's rule says so. `unset` removes a value with the comment
 * after it on its line. All other values keep their ciphertexts, and with the layout `preserve`, only the changed values
 * and the `sops` block change.
 *
 * Paths refer to the first document, and to the first of equal keys. Comments do not count as list items.
 *
 * @throws {SopsError} `invalid_path`; `path_not_found`, also if there is nothing to remove and `idempotent` is not set;
 * `unwritable`, `already_encrypted` (for the key `sops`), and the errors of `decrypt`.
 */
export async function editValues(
  source: string | Uint8Array,
  changes: readonly ValueEdit[],
  options: EditOptions,
): Promise<Edited> {
  const { store, outputStore = store } = options;
  for (const change of changes) checkChange(change, store);
  const opened = await open(source, { ...options, forEdits: true });
  let state: State = { file: opened, store, written: undefined, metadata: opened.metadata };
  let changed = false;
  for (let at = 0; at < changes.length; ) {
    const together = await replaceLeaves(state, changes, at, options);
    const next = together ?? (await applyOne(state, changes[at]!, options));
    at += together?.count ?? 1;
    changed ||= next.changed;
    if (next.written === undefined) continue;
    const { written, metadata } = next;
    const file = at < changes.length ? (next.check ?? reopenDocument(opened, written.read(), [])) : opened;
    state = { file: { ...file, metadata }, store: outputStore, written, metadata };
  }
  const { written, metadata } = state;
  const text =
    written?.text ??
    (typeof source === "string" ? source : new TextDecoder("utf-8", { ignoreBOM: true }).decode(source));
  return edited(text, { metadata, warnings: opened.warnings }, changed);
}

/** A file between two changes. */
interface State {
  readonly file: Unsealed;
  /** The store that has read it. */
  readonly store: Store;
  /** Undefined if it is the source. */
  readonly written: WrittenText | undefined;
  readonly metadata: Metadata;
}

/** What a change has made of a file. */
interface Step {
  readonly changed: boolean;
  /** Undefined if the text stays as it is. */
  readonly written: WrittenText | undefined;
  readonly metadata: Metadata;
  /** The written text, decrypted. */
  readonly check?: Unsealed | undefined;
}

function checkChange({ kind, path }: ValueEdit, store: Store): void {
  checkPath(path);
  const reserved = path[0]!;
  if (kind === "set" && isKey(reserved) && (store.isReserved?.(reserved) ?? reserved === "sops")) {
    throw new SopsError(
      "already_encrypted",
      `The top-level key ${JSON.stringify(reserved)} holds the file's metadata. Use another key.`,
    );
  }
}

function applyOne(state: State, change: ValueEdit, options: EditOptions): Promise<Step> {
  return change.kind === "set"
    ? setOne(state, change.path, change.value, options)
    : unsetOne(state, change.path, options);
}

async function setOne(state: State, path: Path, value: Node, options: EditOptions): Promise<Step> {
  const editor = await state.store.loadEditor?.();
  return writable(async () => {
    const adapted = editor?.adapt?.(value, path) ?? value;
    const place = follow(state.file.document.branches[0]!, path);
    if (place.found === path.length && sameData(place.node, adapted)) return unchanged(state, options);
    return apply(state, [changeTo(path, place, adapted)], options);
  });
}

async function unsetOne(state: State, path: Path, options: EditOptions): Promise<Step> {
  const { file, store } = state;
  const place = follow(file.document.branches[0]!, path);
  if (place.found < path.length) {
    // sops does not look into a single value, idempotent or not.
    if (options.idempotent === true && place.node.kind !== "leaf") return unchanged(state, options);
    throw notFound(path, place);
  }
  if (store.singleValue === true) {
    throw new SopsError("unsupported", "The content of a file of this format cannot be removed. Remove the file.");
  }
  const { parents, indices } = place;
  const collection = parents.at(-1)!;
  const index = indices.at(-1)!;
  const change = { kind: "remove", parents, indices, key: undefined, value: undefined } as const;
  const own = ownRange(await store.loadEditor?.(), collection, index, file.rule);
  // If the comments above it would end up elsewhere, they are removed, too.
  const all = { ...own, from: firstComment(collection, own.from) };
  const ways = all.from === own.from ? [own] : [own, all];
  return writable(() =>
    apply(
      state,
      ways.map((removed) => ({ ...change, removed })),
      options,
    ),
  );
}

async function unchanged({ file, metadata }: State, options: EditOptions): Promise<Step> {
  if (options.idempotent === true) return { changed: false, written: undefined, metadata };
  const { store, outputStore = store } = options;
  const resealed = await reseal(file, { ...options, store: outputStore });
  return { changed: false, written: resealed.written, metadata: resealed.metadata };
}

function edited(
  text: string,
  { metadata, warnings }: Pick<Unsealed, "metadata" | "warnings">,
  changed: boolean,
): Edited {
  let bytes: Uint8Array | undefined;
  return {
    text,
    metadata,
    changed,
    warnings,
    get bytes() {
      bytes ??= textBytes(text);
      return bytes;
    },
  };
}

/**
 * Applies as many of the next changes as set single values in the place of others: each text that is written is read and
 * decrypted, so that one for all of them takes no longer than one for each. Undefined if that are fewer than two, or if
 * the result would be read differently.
 */
async function replaceLeaves(
  { file, store }: State,
  changes: readonly ValueEdit[],
  start: number,
  options: EditOptions,
): Promise<(Step & { readonly count: number }) | undefined> {
  const { outputStore = store, layout = "preserve" } = options;
  const { document } = file;
  if (layout !== "preserve" || outputStore !== store) return undefined;
  const editor = await store.loadEditor?.();
  if (editor?.adapt !== undefined) return undefined;
  const find = leafFinder(document.branches[0]!);
  const replaced = new Map<Leaf, Leaf>();
  let count = 0;
  for (; start + count < changes.length; count++) {
    const change = changes[start + count]!;
    if (change.kind !== "set" || change.value.kind !== "leaf") break;
    const old = find(change.path);
    if (old === undefined || old.start < 0 || replaced.has(old) || sameLeaf(old, change.value)) break;
    const inPlace = editor?.inPlace?.(document, old);
    if (inPlace !== undefined && inPlace.text !== document.source) break;
    // A value may be given twice, and each is another value of the tree.
    replaced.set(old, { ...change.value });
  }
  if (count < 2) return undefined;
  const branches = document.branches.map((branch, index) =>
    index === 0 ? (withLeaves(branch, replaced) as Mapping) : branch,
  );
  const fresh = Array.from(replaced.keys(), ({ start, end }) => ({ start, end }));
  const wanted = { branches, fresh: new Set(replaced.values()) };
  const step = await tryText(file, { text: document.source, fresh }, wanted, store, options.indent);
  return step === undefined ? undefined : { ...step, count };
}

/** Follows paths like `follow`, in a mapping by an index of its keys. */
function leafFinder(root: Mapping): (path: Path) => Leaf | undefined {
  const indexes = new Map<Mapping | Sequence, ReadonlyMap<string | number, Node>>();
  const indexOf = (collection: Mapping | Sequence) => {
    let index = indexes.get(collection);
    if (index === undefined) {
      const entries = new Map<string | number, Node>();
      for (const item of collection.items) {
        if (item.kind === "comment") continue;
        const key = item.kind === "entry" ? item.key : entries.size;
        // Of equal keys, the first one counts.
        if (!entries.has(key)) entries.set(key, item.kind === "entry" ? item.value : item);
      }
      index = entries;
      indexes.set(collection, index);
    }
    return index;
  };
  return (path) => {
    let node: Node | undefined = root;
    for (const part of path) {
      if (node === undefined || node.kind === "leaf") return undefined;
      node = indexOf(node).get(part);
    }
    return node?.kind === "leaf" ? node : undefined;
  };
}

function withLeaves(node: Node, replaced: ReadonlyMap<Leaf, Leaf>): Node {
  if (node.kind === "leaf") return replaced.get(node) ?? node;
  const items = (node.items as readonly (Entry | Comment | Node)[]).map((item) => {
    if (item.kind === "comment") return item;
    return item.kind === "entry" ? { ...item, value: withLeaves(item.value, replaced) } : withLeaves(item, replaced);
  });
  return { ...node, items } as Node;
}

/**
 * An item and the comments that belong to it. With a comment rule, sops attaches a comment that follows a key in the
 * tree to the next key, so it stays.
 */
function ownRange(editor: Editor | undefined, collection: Mapping | Sequence, index: number, rule: CompiledRule) {
  if (editor?.removes === undefined) return withMarks(collection, index, rule);
  return rule.tests === "comments" ? { from: index, to: index + 1 } : editor.removes(collection, index);
}

/**
 * An item with the comments that concern only it: those on its lines, and those that mark it for encryption or against
 * it.
 */
function withMarks(collection: Mapping | Sequence, index: number, rule: CompiledRule): { from: number; to: number } {
  const { items }: { items: readonly (Entry | Comment | Node)[] } = collection;
  const { start } = items[index]!;
  let from = index;
  for (; from > 0; from--) {
    const item = items[from - 1]!;
    if (item.kind !== "comment") break;
    const isWithin = item.inline || (start >= 0 && item.start > start);
    if (!isWithin && !(rule.tests === "comments" && rule.matches(item.text))) break;
  }
  return { from, to: index + 1 };
}

function firstComment({ items }: Mapping | Sequence, from: number): number {
  let first = from;
  while (first > 0 && items[first - 1]!.kind === "comment") first--;
  return first;
}

/** Applies the first of several alternative changes that keeps the layout, or the first one if none does. */
async function apply({ file, store }: State, ways: readonly Change[], options: EditOptions): Promise<Step> {
  const { outputStore = options.store, layout = "preserve", indent, allowLoss } = options;
  const { document } = file;
  const editor = await store.loadEditor?.();
  const changed = (change: Change) => [changedCollection(change) as Mapping, ...document.branches.slice(1)];
  if (layout === "preserve" && outputStore === store) {
    for (const change of ways) {
      const wanted: Wanted = {
        branches: changed(change),
        fresh: new Set(leavesOf(change.value === undefined ? [] : [change.value])),
      };
      for (const text of changedTexts(document, change, editor)) {
        const result = await tryText(file, text, wanted, store, indent);
        if (result !== undefined) return result;
      }
    }
  }
  const branches = changed(ways[0]!);
  const whole: Unsealed = { ...file, document: { ...document, branches, memo: undefined } };
  const { written, metadata } = await reseal(whole, { store: outputStore, layout: "sops", indent, allowLoss });
  // Check the written text. The sealed tree now holds ciphertexts.
  checkData(branches, readBack(written));
  return { changed: true, written, metadata };
}

interface Wanted {
  readonly branches: readonly Mapping[];
  /** The leaves that are new. */
  readonly fresh: ReadonlySet<Leaf>;
}

/** Seals a changed text. Returns undefined if it does not have the expected contents, before or after. */
async function tryText(
  file: Unsealed,
  text: EditedText,
  { branches, fresh }: Wanted,
  store: Store,
  indent: number | undefined,
): Promise<Step | undefined> {
  const commentsMove = file.rule.tests !== "comments";
  try {
    const reopened = reopenEdited(file, text, store);
    if (!sameTree(branches, reopened.document.branches, { free: fresh, onFree: takeValue, commentsMove }))
      return undefined;
    const { written, metadata } = await reseal(reopened, { store, layout: "preserve", indent });
    const check = reopenDocument(file, written.read(), []);
    const isRight =
      textOf(check.document.metadata, "mac") === metadata.mac &&
      sameTree(branches, check.document.branches, { free: fresh, onFree: sameText, commentsMove });
    return isRight ? { changed: true, written, metadata, check } : undefined;
  } catch (error) {
    // Try the next text. The last alternative reports what cannot be written at all.
    if (!(error instanceof SopsError) || error.code === "stray_text") throw error;
    return undefined;
  }
}

function textOf(block: Mapping | undefined, key: string): unknown {
  const node = block === undefined ? undefined : lookup(block, key);
  return node?.kind === "leaf" ? node.text : undefined;
}

/** Returns nothing if the text cannot be read: sops writes a comment after an empty mapping in an unreadable way. */
function readBack(written: WrittenText): readonly Mapping[] {
  try {
    return written.read().branches;
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return [];
  }
}

function checkData(wanted: readonly Mapping[], found: readonly Mapping[]): void {
  if (wanted.length === found.length && wanted.every((branch, index) => sameData(branch, found[index]!, sameText)))
    return;
  throw new SopsError("unwritable", "The file's format cannot hold the result: it would be read back differently.");
}
