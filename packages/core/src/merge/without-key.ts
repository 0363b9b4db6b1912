import { isEncryptedValue } from "../cipher/value.js";
import { isOfMerge } from "../conflict.js";
import { withPart } from "../edit/part.js";
import { sameContent, sameTree } from "../edit/same-tree.js";
import { SopsError } from "../errors.js";
import { needsMac } from "../merge-mark.js";
import { type Metadata, writeMetadata } from "../metadata.js";
import { compileRule } from "../rule.js";
import type { Store } from "../store.js";
import type { Mapping } from "../tree.js";
import { walk } from "../walk.js";
import { write } from "../write.js";
import { createNumbering } from "./identify.js";
import { unmerged } from "./markers.js";
import { type MergeSources, textOf } from "./merge.js";
import { type MergedMetadata, mergeMetadata, sharesDataKey } from "./metadata.js";
import { isSameBlock, withStamp } from "./seal-merged.js";
import { type EncryptedSide, openSide } from "./side.js";
import { type MergeConflict, mergeTrees, type TreeMergeOptions } from "./three-way.js";
import { toTree } from "./to-tree.js";
import { writeMerged } from "./write-merged.js";

/** Options of {@link mergeWithoutKey}. */
export interface KeylessOptions {
  readonly store: Store;
  /** Used in error messages. */
  readonly filename?: string | undefined;
  /** What tells the versions, to be found again when somebody with a key repairs the file: without line breaks. */
  readonly versions: string;
  /** As in `merge`. */
  readonly markerSize?: number | undefined;
}

/** A merge of ciphertexts. It has no MAC. */
export interface MergedWithoutKey {
  readonly text: string;
  readonly conflicts: readonly MergeConflict[];
}

/**
 * Merges two versions of an encrypted file by their ciphertexts. Nothing is decrypted, and no MAC verified. In place of the
 * MAC, the result has a mark that every version of sops refuses.
 *
 * @throws {SopsError} `no_identities` if the merge takes a key: the versions have different data keys, or the rule of one
 * encrypts what that of another does not; `not_encrypted`; the errors of a file's format.
 */
export async function mergeWithoutKey(sources: MergeSources, options: KeylessOptions): Promise<MergedWithoutKey> {
  const { store, filename } = options;
  const open = async (source: string | Uint8Array): Promise<EncryptedSide> => {
    const text = typeof source === "string" ? source : new TextDecoder().decode(source);
    if (isOfMerge(text)) throw takesKey("One of the versions has conflicts of an earlier merge");
    const side = await openSide(source, { store, filename, recovery: undefined }, []);
    if (side.metadata === undefined) throw takesKey("One of the versions is not encrypted");
    return side;
  };
  const ours = await open(sources.ours);
  const theirs = await open(sources.theirs);
  const base = sources.base === undefined || sources.base.length === 0 ? undefined : await open(sources.base);
  if (sameContent(sources.ours, sources.theirs)) return { text: textOf(sources.ours), conflicts: [] };
  if (sources.base !== undefined) {
    if (sameContent(sources.theirs, sources.base)) return { text: textOf(sources.ours), conflicts: [] };
    if (sameContent(sources.ours, sources.base)) return { text: textOf(sources.theirs), conflicts: [] };
  }
  const all = [ours, theirs, ...(base === undefined ? [] : [base])];
  if (!all.every((side) => sharesDataKey(side.metadata, ours.metadata)))
    throw takesKey("The versions have different data keys");
  const metadata = mergeMetadata(base?.metadata, ours.metadata, theirs.metadata, store.singleValue !== true);
  const plan = { ...options, ours, theirs, base, metadata };
  const merged = await mergeVersion("ours", plan);
  if (merged.conflicts.length === 0) return merged;
  const other = await mergeVersion("theirs", plan);
  return {
    text: unmerged(merged.text, other.text, options.markerSize),
    conflicts: merged.conflicts,
  };
}

interface Plan extends KeylessOptions {
  readonly base: EncryptedSide | undefined;
  readonly ours: EncryptedSide;
  readonly theirs: EncryptedSide;
  readonly metadata: MergedMetadata;
}

async function mergeVersion(
  favor: TreeMergeOptions["favor"],
  { store, base, ours, theirs, metadata, versions }: Plan,
): Promise<MergedWithoutKey> {
  const numbering = createNumbering();
  const before = base?.document.branches ?? [{ kind: "mapping", items: [], start: -1, end: -1 }];
  const { branches, conflicts } = mergeTrees(before, ours.document.branches, theirs.document.branches, {
    favor,
    numbering,
  });
  const wanted = branches.map((branch) => toTree(branch) as Mapping);
  const rule = metadata.rules[0]!;
  await checkRule(wanted, rule);
  const block: Metadata = {
    ...ours.metadata,
    rule,
    macOnlyEncrypted: metadata.macOnlyEncrypted,
    unknown: metadata.unknown,
    keyGroups: metadata.keyGroups.map((group) => [...group]),
    shamirThreshold: metadata.shamirThreshold,
    lastModified: later(ours.metadata.lastModified, theirs.metadata.lastModified),
    mac: needsMac(versions),
  };
  if (store.plain !== undefined) {
    const document = { ...ours.document, branches: wanted, metadata: writeMetadata(block), memo: undefined };
    return { text: write(store, document, { layout: "sops" }) as string, conflicts };
  }
  const { text } = writeMerged(branches, {
    store,
    numbering,
    commentsMove: ours.rule.tests !== "comments",
    base,
    ours,
    theirs,
  });
  const plain = store.parse(text as string);
  const placed = ours.part === undefined ? undefined : withPart(plain, ours.text as string, ours.part, store);
  const document = placed ?? plain;
  if (placed === undefined || !isSameBlock(block, ours.metadata)) document.metadata = writeMetadata(block);
  const written = write(store, document, { layout: "preserve" }) as string;
  const marked = withStamp(written, block, store);
  if (!sameTree(wanted, store.parse(marked).branches, { commentsMove: true })) {
    throw new SopsError("unwritable", "The file's format cannot hold the result of the merge. Merge the file by hand.");
  }
  return { text: marked, conflicts };
}

function later(one: string, other: string): string {
  return Date.parse(one) < Date.parse(other) ? other : one;
}

/** Checks that the rule of a merge encrypts exactly what is encrypted in it: no value can be encrypted or decrypted here. */
async function checkRule(branches: readonly Mapping[], rule: Metadata["rule"]): Promise<void> {
  const compiled = await compileRule(rule);
  let isRight = true;
  walk(branches, compiled, {
    leaf({ text }, encrypted) {
      if (text.length > 0 && encrypted !== (typeof text === "string" && isEncryptedValue(text))) isRight = false;
      return undefined;
    },
    comment({ text }, encrypted) {
      if (!encrypted && isEncryptedValue(text)) isRight = false;
    },
    carried({ leaf: { text } }, encrypted) {
      if (!encrypted && typeof text === "string" && isEncryptedValue(text)) isRight = false;
    },
  });
  if (!isRight) throw takesKey("The rule of one version encrypts what that of another does not");
}

function takesKey(why: string): SopsError {
  return new SopsError("no_identities", `${why}, so merging them takes a key that decrypts the file.`);
}
