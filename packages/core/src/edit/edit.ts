import { SopsError } from "../errors.js";
import type { Metadata } from "../metadata.js";
import { type OpenOptions, open, reopenEdited, reseal } from "../reseal.js";
import type { CompiledRule } from "../rule.js";
import type { Change, EditedText, Layout, Store } from "../store.js";
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
import { changedCollection } from "./change.js";
import type { Path } from "./parse-path.js";
import { follow, isKey, notFound } from "./path.js";
import { changedTexts, changeTo, checkPath, takeValue, writable } from "./put.js";
import { sameData, sameText, sameTree } from "./same-tree.js";

export interface EditOptions extends OpenOptions {
  /** Writes the result, in layout `sops` where it is not the store that read the source; the same store when left out. */
  readonly outputStore?: Store | undefined;
  /** `preserve` when left out. */
  readonly layout?: Layout | undefined;
  /** Spaces a level of what is written anew; the format's own default when left out. */
  readonly indent?: number | undefined;
  /** As in `encrypt`. */
  readonly allowLoss?: boolean | undefined;
  /**
   * Give the source back as it is where nothing changes: `set` finds the value there already, `unset` finds nothing.
   * Without it, `set` makes `lastmodified` and the MAC anew and `unset` throws.
   */
  readonly idempotent?: boolean | undefined;
}

export interface Edited {
  /** The encrypted file. */
  readonly text: string;
  /** The text in UTF-8; made when first asked for. */
  readonly bytes: Uint8Array;
  readonly metadata: Metadata;
  /** Whether a value was set that was not there before, or removed. */
  readonly changed: boolean;
  /** What to know of the file as it was. */
  readonly warnings: readonly Warning[];
}

/**
 * Set the value at a path of an encrypted file, as `sops set` does (sops.go, `set`): what is missing on the way is
 * made, a list takes an index behind its end for one more item, a single value on the way makes room for a mapping or a
 * list. A new value is encrypted where the file's rule says so; all others keep their ciphertexts, and with the layout
 * `preserve` every byte but the new values and the `sops` block stays.
 *
 * The first document of the file is meant, of equal keys the first one, and comments are no items of a list.
 *
 * @throws {SopsError} as `decrypt` does and with `invalid_path`, `path_not_found`, `unwritable`, `already_encrypted`
 * (for the key `sops`).
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
      `The key ${JSON.stringify(reserved)} at the top is where the file's metadata stands. Take another key.`,
    );
  }
  const file = await open(source, options);
  const root = file.document.branches[0]!;
  return writable(async () => {
    const adapted = store.editor?.adapt?.(value, path) ?? value;
    const place = follow(root, path);
    if (place.found === path.length && sameData(place.node, adapted)) return unchanged(source, file, options);
    return apply(file, [changeTo(path, place, adapted)], options);
  });
}

/**
 * Remove what is at a path of an encrypted file, as `sops unset` does (sops.go, `unset`), and the comment behind it on
 * its line. The rest is as with `setValue`.
 */
export async function unsetValue(source: string | Uint8Array, path: Path, options: EditOptions): Promise<Edited> {
  const { store } = options;
  checkPath(path);
  const file = await open(source, options);
  const root = file.document.branches[0]!;
  const place = follow(root, path);
  if (place.found < path.length) {
    // Through a single value sops does not look, idempotent or not.
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
  const own = ownRange(store, collection, index, file.rule);
  // Where the comments above it would come to stand elsewhere, they go with it.
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
 * An item with what goes with it. Where the rule goes by comments, one that stands behind its key in the tree is about
 * the next key to sops, and stays for that.
 */
function ownRange({ editor }: Store, collection: Mapping | Sequence, index: number, rule: CompiledRule) {
  if (editor?.removes === undefined) return withMarks(collection, index, rule);
  return rule.tests === "comments" ? { from: index, to: index + 1 } : editor.removes(collection, index);
}

/** An item with the comments that are about it alone: those on its lines, and those that ask for its encryption or for none. */
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

/** Make a change in the first of several ways that keeps the layout, else in the first one. */
async function apply(file: Unsealed, ways: readonly Change[], options: EditOptions): Promise<Edited> {
  const { store, outputStore = store, layout = "preserve", indent, allowLoss } = options;
  const { document } = file;
  const changed = (change: Change) => [changedCollection(change) as Mapping, ...document.branches.slice(1)];
  if (layout === "preserve" && outputStore === store) {
    for (const change of ways) {
      const wanted: Wanted = {
        branches: changed(change),
        fresh: new Set(leavesOf(change.value === undefined ? [] : [change.value])),
      };
      for (const text of changedTexts(file.document, change, store)) {
        const result = await tryText(file, text, wanted, options);
        if (result !== undefined) return result;
      }
    }
  }
  const branches = changed(ways[0]!);
  const whole: Unsealed = { ...file, document: { ...document, branches, memo: undefined } };
  const { text, metadata } = await reseal(whole, { store: outputStore, layout: "sops", indent, allowLoss });
  // What is written is looked at before anybody relies on it; the tree that was sealed holds the ciphertexts now.
  checkData(branches, readBack(outputStore, text));
  return edited(text, { metadata, warnings: file.warnings }, true);
}

interface Wanted {
  readonly branches: readonly Mapping[];
  /** The leaves that are new. */
  readonly fresh: ReadonlySet<Leaf>;
}

/**
 * Seal a text with the change in it; undefined if it, or what becomes of it, says something else than what is wanted.
 */
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
    const { text: sealed, metadata } = await reseal(reopened, { store, layout: "preserve", indent });
    const check = reopenEdited(file, { text: sealed, fresh: [] }, store).document;
    const isRight =
      textOf(check.metadata, "mac") === metadata.mac &&
      sameTree(branches, check.branches, { free: fresh, onFree: sameText, commentsMove });
    return isRight ? edited(sealed, { metadata, warnings: file.warnings }, true) : undefined;
  } catch (error) {
    // The next text may do, and what no text can say is said by the last way.
    if (!(error instanceof SopsError) || error.code === "stray_text") throw error;
    return undefined;
  }
}

function textOf(block: Mapping | undefined, key: string): unknown {
  const node = block === undefined ? undefined : lookup(block, key);
  return node?.kind === "leaf" ? node.text : undefined;
}

/** Nothing where the text cannot be read: sops writes a comment behind an empty mapping so that nobody can read the file. */
function readBack(store: Store, text: string): readonly Mapping[] {
  try {
    return store.parse(text).branches;
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return [];
  }
}

function checkData(wanted: readonly Mapping[], found: readonly Mapping[]): void {
  if (wanted.length === found.length && wanted.every((branch, index) => sameData(branch, found[index]!, sameText)))
    return;
  throw new SopsError(
    "unwritable",
    "The result cannot be written in the file's format so that it is read back the same.",
  );
}
