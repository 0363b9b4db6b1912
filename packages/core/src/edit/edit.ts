import { SopsError } from "../errors.js";
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
import { sameData, sameText, sameTree } from "./same-tree.js";

/** Options of {@link setValue} and {@link unsetValue}. */
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
 * Sets the value at a path of an encrypted file, like `sops set` (sops.go, `set`). Missing parents are created, a list
 * index after the end appends an item, and a single value on the path is replaced with a mapping or list. The new value
 * is encrypted if the file's rule says so. All other values keep their ciphertexts, and with the layout `preserve`,
 * only the new value and the `sops` block change.
 *
 * The path refers to the first document, and to the first of equal keys. Comments do not count as list items.
 *
 * @throws {SopsError} `invalid_path`, `path_not_found`, `unwritable`, `already_encrypted` (for the key `sops`), and the
 * errors of `decrypt`.
 */
export async function setValue(
  source: string | Uint8Array,
  path: Path,
  value: Node,
  options: EditOptions,
): Promise<Edited> {
  const { store } = options;
  checkPath(path);
  const reserved = path[0]!;
  if (isKey(reserved) && (store.isReserved?.(reserved) ?? reserved === "sops")) {
    throw new SopsError(
      "already_encrypted",
      `The top-level key ${JSON.stringify(reserved)} holds the file's metadata. Use another key.`,
    );
  }
  const file = await open(source, { ...options, forEdits: true });
  const editor = await store.loadEditor?.();
  const root = file.document.branches[0]!;
  return writable(async () => {
    const adapted = editor?.adapt?.(value, path) ?? value;
    const place = follow(root, path);
    if (place.found === path.length && sameData(place.node, adapted)) return unchanged(source, file, options);
    return apply(file, [changeTo(path, place, adapted)], options);
  });
}

/**
 * Removes the value at a path of an encrypted file, like `sops unset` (sops.go, `unset`), with the comment after it on
 * its line. Otherwise like {@link setValue}.
 *
 * @throws {SopsError} `path_not_found` if there is nothing and `idempotent` is not set; otherwise like {@link
 * setValue}.
 */
export async function unsetValue(source: string | Uint8Array, path: Path, options: EditOptions): Promise<Edited> {
  const { store } = options;
  checkPath(path);
  const file = await open(source, { ...options, forEdits: true });
  const root = file.document.branches[0]!;
  const place = follow(root, path);
  if (place.found < path.length) {
    // sops does not look into a single value, idempotent or not.
    if (options.idempotent === true && place.node.kind !== "leaf") return unchanged(source, file, options);
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
      file,
      ways.map((removed) => ({ ...change, removed })),
      options,
    ),
  );
}

async function unchanged(source: string | Uint8Array, file: Unsealed, options: EditOptions): Promise<Edited> {
  if (options.idempotent !== true) {
    const { store, outputStore = store } = options;
    const { text, metadata } = await reseal(file, { ...options, store: outputStore });
    return edited(text, { metadata, warnings: file.warnings }, false);
  }
  return edited(
    typeof source === "string" ? source : new TextDecoder("utf-8", { ignoreBOM: true }).decode(source),
    file,
    false,
  );
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
      bytes ??= new TextEncoder().encode(text);
      return bytes;
    },
  };
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
async function apply(file: Unsealed, ways: readonly Change[], options: EditOptions): Promise<Edited> {
  const { store, outputStore = store, layout = "preserve", indent, allowLoss } = options;
  const { document } = file;
  const editor = await store.loadEditor?.();
  const changed = (change: Change) => [changedCollection(change) as Mapping, ...document.branches.slice(1)];
  if (layout === "preserve" && outputStore === store) {
    for (const change of ways) {
      const wanted: Wanted = {
        branches: changed(change),
        fresh: new Set(leavesOf(change.value === undefined ? [] : [change.value])),
      };
      for (const text of changedTexts(file.document, change, editor)) {
        const result = await tryText(file, text, wanted, options);
        if (result !== undefined) return result;
      }
    }
  }
  const branches = changed(ways[0]!);
  const whole: Unsealed = { ...file, document: { ...document, branches, memo: undefined } };
  const { written, metadata } = await reseal(whole, { store: outputStore, layout: "sops", indent, allowLoss });
  // Check the written text. The sealed tree now holds ciphertexts.
  checkData(branches, readBack(written));
  return edited(written.text, { metadata, warnings: file.warnings }, true);
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
  { store, indent }: EditOptions,
): Promise<Edited | undefined> {
  const commentsMove = file.rule.tests !== "comments";
  try {
    const reopened = reopenEdited(file, text, store);
    if (!sameTree(branches, reopened.document.branches, { free: fresh, onFree: takeValue, commentsMove }))
      return undefined;
    const { text: sealed, written, metadata } = await reseal(reopened, { store, layout: "preserve", indent });
    const check = reopenDocument(file, written.read(), []).document;
    const isRight =
      textOf(check.metadata, "mac") === metadata.mac &&
      sameTree(branches, check.branches, { free: fresh, onFree: sameText, commentsMove });
    return isRight ? edited(sealed, { metadata, warnings: file.warnings }, true) : undefined;
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
