import { createValueCipher } from "../cipher/value.js";
import { isOfMerge } from "../conflict.js";
import { generateDataKey, wrapDataKey, wrapForAll } from "../data-key.js";
import { sameContent } from "../edit/same-tree.js";
import { SopsError, showPath } from "../errors.js";
import { textBytes } from "../json-form.js";
import { referenceOf } from "../key-reference.js";
import type { KeyWrapper, MasterKey, RecoverOptions } from "../keysource.js";
import type { Metadata } from "../metadata.js";
import { type CompiledRule, compileRule, type Rule } from "../rule.js";
import type { Store } from "../store.js";
import type { Leaf, Mapping } from "../tree.js";
import type { Warning } from "../warning.js";
import { withConflicts } from "./conflicted-base.js";
import { exposes } from "./exposed.js";
import { createNumbering, type Numbering } from "./identify.js";
import { choose, markerSize, noMac, readMarkers, withMarkers } from "./markers.js";
import { findKey, type MergedMetadata, mergeMetadata } from "./metadata.js";
import { followMoves } from "./moves.js";
import { isSameBlock, joinKnown, knownOf, type SealedMerge, sealMerged, withStamp } from "./seal-merged.js";
import { mergeLines } from "./sequence.js";
import { type EncryptedSide, openSide, type Side, type SideOptions } from "./side.js";
import { type MergeConflict, type MergedTrees, mergeTrees, type TreeMergeOptions } from "./three-way.js";
import { toTree } from "./to-tree.js";
import { type WrittenMerge, writeMerged } from "./write-merged.js";

/** Three versions of a file. */
export interface MergeSources {
  /** The version that both sides come from. Undefined or empty if both added the file. */
  readonly base?: string | Uint8Array | undefined;
  readonly ours: string | Uint8Array;
  readonly theirs: string | Uint8Array;
}

/** Options of {@link merge}. */
export interface MergeOptions extends RecoverOptions {
  readonly store: Store;
  /** Used in error messages. */
  readonly filename?: string | undefined;
  /** Wraps a data key for a key of the file again. */
  readonly wrapperOf: (key: MasterKey) => KeyWrapper;
  /** Whether the data key may be wrapped for a key that only their side has added. */
  readonly isAllowed: (key: MasterKey) => boolean;
  /** The number of characters of conflict markers. Default: 7. */
  readonly markerSize?: number | undefined;
}

/** A merged file. */
export interface Merged {
  /** The encrypted file. With conflicts, it has conflict markers, and both versions of each are encrypted. */
  readonly text: string;
  /** The text in UTF-8. Computed on first access. */
  readonly bytes: Uint8Array;
  /** Where both sides changed the same in different ways. */
  readonly conflicts: readonly MergeConflict[];
  readonly metadata: Metadata;
  readonly warnings: readonly Warning[];
}

/**
 * Merges two versions of an encrypted file that come from a third. Its trees are merged, and not its lines: values,
 * comments, keys, lists, readers and the rule. The MAC of each version is checked first. The result has the layout of our
 * side; values that did not change keep their ciphertexts, and the MAC is right.
 *
 * Nothing is left in plain text that is encrypted on the side it comes from: the rule that encrypts more is taken. The
 * data key is new where a reader is removed that knows it, and where their side has another than the base.
 *
 * @throws {SopsError} `mac_mismatch`, `mac_missing` and the other errors of `decrypt`, naming the version;
 * `not_encrypted` if neither side is encrypted; `unknown_recipient` if the data key would be wrapped for a key that only
 * their side has, and that is not allowed; `metadata` if both sides changed the key groups; `unwritable`, and the errors
 * of `encrypt`.
 */
export async function merge(sources: MergeSources, options: MergeOptions): Promise<Merged> {
  const { store, filename } = options;
  const sideOptions: SideOptions = { store, filename, recovery: options };
  const ours = await openVersion("ours", sources.ours, sideOptions, []);
  const theirs = await openVersion("theirs", sources.theirs, sideOptions, [ours]);
  const base = await openBase(sources.base, sideOptions, [ours, theirs]);
  if (ours.metadata === undefined && theirs.metadata === undefined) throw neitherEncrypted();
  const unchanged = unchangedVersion(sources, base, ours, theirs);
  if (unchanged !== undefined) return unchanged;
  const first = (ours.metadata === undefined ? theirs : ours) as EncryptedSide;
  const second = (theirs.metadata === undefined ? ours : theirs) as EncryptedSide;
  const metadata = mergeMetadata(base?.side.metadata, first.metadata, second.metadata, store.singleValue !== true);
  const keys = await chooseKeys(metadata, { base: base?.side, ours: first, theirs: second }, options);
  const trees = mergeDocuments({ base, ours, theirs, store });
  const sides = { base: base?.side, ours, theirs };
  // One tree if there are no conflicts.
  const rule = await chooseRule(metadata.rules, [...new Set([trees.ours, trees.theirs])], sides);
  const plan = { ...options, ...sides, first, metadata, keys, rule, numbering: trees.numbering };
  const { conflicts } = trees.ours;
  const warnings = rule.source === metadata.rules[0] ? [] : [otherRule()];
  const merged = await sealVersion(trees.ours, plan, []);
  if (conflicts.length === 0) {
    if (merged.isReformatted) warnings.push(reformatted());
    return result(merged.text, merged.metadata, conflicts, warnings);
  }
  const { lastModified, mac } = merged.metadata;
  const other = await sealVersion(trees.theirs, plan, [await knownOf(merged.text, keys.cipher, store)]);
  if (merged.isReformatted || other.isReformatted) warnings.push(reformatted());
  const theirMac = keys.cipher.encrypt(other.mac, "str", lastModified);
  const stamped = withStamp(other.text, { lastModified, mac }, store);
  const text = withMarkers(merged.text, stamped, theirMac, options.markerSize ?? markerSize);
  return result(text, merged.metadata, conflicts, warnings);
}

/** Opens a version of the file; an error says which. */
async function openVersion(
  name: string,
  source: string | Uint8Array,
  options: SideOptions,
  opened: readonly Side[],
): Promise<Side> {
  try {
    return await openSide(source, options, opened);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    const { code, message, path, line, column } = error;
    throw new SopsError(code, `The version \`${name}\`: ${message}`, { path, line, column, cause: error });
  }
}

interface Base {
  readonly side: Side;
  /** The documents, in which what an earlier merge has left in conflict is like no version. */
  readonly branches: readonly Mapping[];
}

/** A base that Git has merged itself, as of two bases, may have conflicts. */
async function openBase(
  source: MergeSources["base"],
  options: SideOptions,
  opened: readonly Side[],
): Promise<Base | undefined> {
  if (source === undefined || source.length === 0) return undefined;
  const text = typeof source === "string" ? source : new TextDecoder().decode(source);
  if (!isOfMerge(text)) {
    const side = await openVersion("base", source, options, opened);
    return { side, branches: side.document.branches };
  }
  const conflicted = readMarkers(text);
  if (conflicted.theirMac === noMac) {
    throw new SopsError(
      "syntax",
      "The version `base` is itself a merge of versions that could not be merged, so nothing tells what each side changed. Take one side, and repeat the changes of the other.",
    );
  }
  const ours = choose(conflicted, () => "ours");
  const side = await openVersion("base", ours, options, opened);
  const theirs = withTheirMac(
    choose(conflicted, () => "theirs"),
    conflicted.theirMac,
    options.store,
  );
  const other = await openVersion("base", theirs, options, [side, ...opened]);
  return { side, branches: withConflicts(side.document.branches, other.document.branches) };
}

/** The version with all their values of a file with conflicts. Its MAC is bound to the time in the block. */
export function withTheirMac(text: string, mac: string, store: Store): string {
  const document = store.parse(text);
  const time = document.metadata?.items.find((item) => item.kind === "entry" && item.key === "lastmodified");
  const lastModified =
    time?.kind === "entry" && time.value.kind === "leaf" ? (time.value.spelling ?? time.value.text) : "";
  return withStamp(text, { lastModified: String(lastModified), mac }, store);
}

function neitherEncrypted(): SopsError {
  return new SopsError(
    "not_encrypted",
    "Neither version of the file is encrypted, so there is nothing here to merge that Git cannot merge.",
  );
}

function result(
  text: string,
  metadata: Metadata,
  conflicts: readonly MergeConflict[],
  warnings: readonly Warning[],
): Merged {
  let bytes: Uint8Array | undefined;
  return {
    text,
    metadata,
    conflicts,
    warnings,
    get bytes() {
      bytes ??= textBytes(text);
      return bytes;
    },
  };
}

/** The version that is the result as it is: the other one did not change the file, or both have the same. */
function unchangedVersion(sources: MergeSources, base: Base | undefined, ours: Side, theirs: Side): Merged | undefined {
  const asIs = (source: string | Uint8Array, side: Side) =>
    side.metadata === undefined ? undefined : result(textOf(source), side.metadata, [], []);
  if (sameContent(sources.ours, sources.theirs)) return asIs(sources.ours, ours);
  if (base === undefined || sources.base === undefined) return undefined;
  if (sameContent(sources.theirs, sources.base) || isSameFile(theirs, base)) return asIs(sources.ours, ours);
  if (sameContent(sources.ours, sources.base)) return asIs(sources.theirs, theirs);
  return undefined;
}

/** A source as text, with its byte order mark. */
export function textOf(source: string | Uint8Array): string {
  return typeof source === "string" ? source : new TextDecoder("utf-8", { ignoreBOM: true }).decode(source);
}

/** Whether a version has the same values, comments, rule, readers and data key as the base, which has no conflicts. */
function isSameFile(one: Side, { side, branches }: Base): boolean {
  const { ofNode } = createNumbering();
  const [a, b] = [one.document.branches, branches];
  return (
    a.length === b.length &&
    a.every((branch, index) => ofNode(branch) === ofNode(b[index]!)) &&
    (one.metadata === undefined || side.metadata === undefined
      ? one.metadata === side.metadata
      : isSameBlock(one.metadata, side.metadata))
  );
}

interface Keys extends Pick<Metadata, "keyGroups" | "shamirThreshold"> {
  readonly cipher: ReturnType<typeof createValueCipher>;
  readonly dataKey: Uint8Array;
}

/**
 * The data key of the result, wrapped for its readers: ours, or a new one, if a reader is gone who knows ours, or if
 * their side renewed theirs. Their data key is never taken: whoever can write to a branch can make one up, and would be
 * able to read all that is encrypted with it.
 */
async function chooseKeys(
  { keyGroups, shamirThreshold }: MergedMetadata,
  { base, ours, theirs }: { base: Side | undefined; ours: EncryptedSide; theirs: EncryptedSide },
  { wrapperOf, isAllowed, signal, filename }: MergeOptions,
): Promise<Keys> {
  const { dataKey, cipher } = ours.key!;
  const dataKeyOf = (side: Side | undefined) => (side?.metadata === undefined ? undefined : side.key?.dataKey);
  const isOurs = (side: Side | undefined) => sameContent(dataKeyOf(side) ?? new Uint8Array(), dataKey);
  const stays = findKey(keyGroups.flat());
  const knewIt = [base, ours, theirs].filter(isOurs).flatMap((side) => side!.metadata!.keyGroups.flat());
  const isTheirsOld = sameContent(dataKeyOf(theirs)!, dataKeyOf(base) ?? new Uint8Array());
  const isNew = !((isOurs(theirs) || isTheirsOld) && knewIt.every(stays));
  const inOurs = findKey(ours.metadata.keyGroups.flat());
  const wrapper = (key: MasterKey): KeyWrapper => {
    if (!inOurs(key) && !isAllowed(key)) throw notAllowed(key, filename);
    return wrapperOf(key);
  };
  const threshold = keyGroups.length > 1 ? (shamirThreshold ?? keyGroups.length) : undefined;
  if (isNew) {
    const fresh = generateDataKey();
    const groups = await wrapDataKey(
      fresh,
      keyGroups.map((group) => group.map(wrapper)),
      threshold,
      { signal },
    );
    return { dataKey: fresh, cipher: createValueCipher(fresh), keyGroups: groups, shamirThreshold: threshold };
  }
  // Whose block has the shares, or the data key, as it is.
  const owners = [ours, theirs].filter(isOurs).map((side) => side.metadata);
  const whole = owners.find(
    (owner) =>
      owner.keyGroups.length === keyGroups.length &&
      owner.shamirThreshold === shamirThreshold &&
      owner.keyGroups.every(
        (group, index) => group.length === keyGroups[index]!.length && group.every(findKey(keyGroups[index]!)),
      ),
  );
  if (whole !== undefined) return { dataKey, cipher, keyGroups: whole.keyGroups, shamirThreshold: threshold };
  if (keyGroups.length > 1) {
    const groups = await wrapDataKey(
      dataKey,
      keyGroups.map((group) => group.map(wrapper)),
      threshold,
      { signal },
    );
    return { dataKey, cipher, keyGroups: groups, shamirThreshold: threshold };
  }
  const group: MasterKey[] = [];
  for (const key of keyGroups[0]!) {
    const has = findKey([key]);
    const wrapped = owners.flatMap((owner) => (owner.keyGroups.length === 1 ? owner.keyGroups[0]! : [])).find(has);
    if (wrapped !== undefined) group.push(wrapped);
    else group.push(...(await wrapForAll(dataKey, [wrapper(key)], { signal })));
  }
  return { dataKey, cipher, keyGroups: [group], shamirThreshold: undefined };
}

function notAllowed(key: MasterKey, filename: string | undefined): SopsError {
  const { type, id } = referenceOf(key);
  return new SopsError(
    "unknown_recipient",
    `${filename === undefined ? "" : `${filename}: `}their side has added the reader ${id} (${type}), for which the data key would have to be wrapped. Anyone who can write to a branch can insert one. If it is intended, add it to the file's rule in \`.sops.yaml\`, or allow it (\`allowedRecipients\`), and merge again.`,
  );
}

/** Merges the documents, with the version of each side where they conflict. */
function mergeDocuments({
  store,
  base,
  ours,
  theirs,
}: {
  store: Store;
  base: Base | undefined;
  ours: Side;
  theirs: Side;
}): Record<TreeMergeOptions["favor"], MergedTrees> & { readonly numbering: Numbering } {
  const numbering = createNumbering();
  const versions = followMoves(
    {
      base: base?.branches ?? theirs.document.branches.map(() => ({ kind: "mapping", items: [], start: -1, end: -1 })),
      ours: ours.document.branches,
      theirs: theirs.document.branches,
    },
    numbering,
  );
  const mergeValues = store.singleValue === true ? mergeTexts : undefined;
  const mergeFor = (favor: TreeMergeOptions["favor"]) =>
    mergeTrees(versions.base, versions.ours, versions.theirs, { favor, numbering, mergeValues });
  const merged = mergeFor("ours");
  return { ours: merged, theirs: merged.conflicts.length === 0 ? merged : mergeFor("theirs"), numbering };
}

interface ChosenRule {
  readonly source: Rule;
  readonly compiled: CompiledRule;
}

/**
 * The first rule that leaves nothing in plain text which has to be encrypted. With conflicts it is the same for the versions
 * of both sides: `resolve` mixes them.
 *
 * @throws {SopsError} `unwritable` if there is none.
 */
async function chooseRule(
  rules: readonly Rule[],
  versions: readonly MergedTrees[],
  sides: Parameters<typeof exposes>[2],
): Promise<ChosenRule> {
  for (const source of rules) {
    const compiled = await compileRule(source);
    if (!versions.some(({ branches }) => exposes(branches, compiled, sides))) return { source, compiled };
  }
  throw exposed();
}

interface Plan extends MergeOptions {
  readonly base: Side | undefined;
  readonly ours: Side;
  readonly theirs: Side;
  /** Ours if it is encrypted. */
  readonly first: EncryptedSide;
  readonly metadata: MergedMetadata;
  readonly keys: Keys;
  readonly rule: ChosenRule;
  readonly numbering: Numbering;
}

/** Writes and encrypts a merge. */
async function sealVersion(
  { branches }: MergedTrees,
  { store, base, ours, theirs, first, metadata, keys, rule, numbering }: Plan,
  known: readonly EncryptedSide["known"][],
): Promise<SealedMerge & Pick<WrittenMerge, "isReformatted">> {
  const written = writeMerged(branches, {
    store,
    numbering,
    commentsMove: rule.compiled.tests !== "comments",
    base,
    ours,
    theirs,
  });
  const withKey = [ours, theirs].filter(
    (side): side is EncryptedSide => side.metadata !== undefined && sameContent(side.key!.dataKey, keys.dataKey),
  );
  const sealed = await sealMerged(written, {
    store,
    cipher: keys.cipher,
    rule: rule.compiled,
    metadata: {
      ...first.metadata,
      rule: rule.source,
      macOnlyEncrypted: metadata.macOnlyEncrypted,
      unknown: metadata.unknown,
      keyGroups: [...keys.keyGroups],
      shamirThreshold: keys.shamirThreshold,
    },
    ours,
    known: joinKnown([...known, ...withKey.map((side) => side.known)]),
    wanted: branches.map((branch) => toTree(branch) as Mapping),
  });
  return { ...sealed, isReformatted: written.isReformatted };
}

/** Merges the text that is a whole file by its lines. */
function mergeTexts(base: Leaf, ours: Leaf, theirs: Leaf): Leaf | undefined {
  if (typeof base.text !== "string" || typeof ours.text !== "string" || typeof theirs.text !== "string")
    return undefined;
  const text = mergeLines(base.text, ours.text, theirs.text);
  return text === undefined ? undefined : { ...ours, text, changed: true };
}

function otherRule(): Warning {
  return {
    code: "rule",
    message:
      "With the rule that the sides would have together, a value that is encrypted on one of them would be in plain text, so a rule that encrypts more was kept. Look at the rule in the `sops` block (`isosops verify` compares it with `.sops.yaml`).",
  };
}

function reformatted(): Warning {
  return {
    code: "reformatted",
    message: "The changes of both sides have no place in the layout of ours, so the file was reformatted as by sops.",
  };
}

function exposed(): SopsError {
  return new SopsError(
    "unwritable",
    "No rule of the two sides encrypts everything that is encrypted on one of them, and a merge would leave it in plain text. Give both sides the same rule, and merge again.",
  );
}

/** The message about conflicts: their places, without any value. */
export function showConflicts(conflicts: readonly MergeConflict[]): string[] {
  const kinds: Readonly<Record<MergeConflict["kind"], string>> = {
    value: "both sides changed it",
    removed: "one side removed it, and the other changed it",
    comment: "both sides changed the comment",
    order: "both sides changed the order",
  };
  return conflicts.map(({ path, kind }) => `${showPath(path)}: ${kinds[kind]}`);
}
