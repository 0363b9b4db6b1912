import { createValueCipher } from "./cipher/value.js";
import { generateDataKey, unwrapDataKey, unwrapShare, wrapDataKey, wrapForAll } from "./data-key.js";
import { SopsError } from "./errors.js";
import type { KeyGroup, KeyOptions, KeyWrapper, MasterKey, RecoverOptions } from "./keysource.js";
import { type Metadata, writeMetadata } from "./metadata.js";
import { notRecovered, sayUnsupported } from "./not-recovered.js";
import { readBlock } from "./read-block.js";
import { mergeRepeatedKeys } from "./repeated-keys.js";
import { type OpenOptions, open, reseal } from "./reseal.js";
import type { Layout, Store } from "./store.js";
import { toText } from "./text.js";
import type { Unsealed } from "./unseal.js";
import { createWarnings, type Warning } from "./warning.js";
import { write } from "./write.js";

/** A change to the keys of one key group. */
export interface GroupChange {
  /** Keys that stay, with their wrapped data key. */
  readonly keep: readonly MasterKey[];
  /** Wrap the data key, or the group's share of it, for new keys. */
  readonly add: readonly KeyWrapper[];
}

/** Options of {@link rewrap}. */
export interface RewrapOptions extends Omit<OpenOptions, "ignoreMac"> {
  /** Returns a change for each of the file's key groups, in order; or with `wrappers`, the groups that it is to have. */
  readonly change: (groups: readonly KeyGroup[]) => readonly GroupChange[];
  /**
   * Returns the wrappers for all keys of all groups that the file is to have. If given, they wrap new shares of the data key
   * where there are several groups, and where their number or the threshold changes.
   */
  readonly wrappers?: NewKeys["wrappers"] | undefined;
  readonly shamirThreshold?: number | undefined;
}

/** A file with changed keys. */
export interface Rewrapped {
  readonly text: string;
  readonly metadata: Metadata;
  /** Whether any key was added or removed. */
  readonly changed: boolean;
  /** Warnings about the file before the change. */
  readonly warnings: readonly Warning[];
}

/**
 * Changes the keys that decrypt a file, like `sops updatekeys` and `sops groups`. The data key, all ciphertexts, the MAC and
 * `lastmodified` stay, and so do the entries of keys that are kept.
 *
 * Anyone who could decrypt the file before may know its data key: see {@link renewDataKey}.
 *
 * @throws {SopsError} `not_encrypted`, `metadata`; `no_recipients` if a group would be left without keys;
 * `no_identities`, `no_matching_identity` or `data_key` if the data key is needed and cannot be unwrapped.
 */
export async function rewrap(source: string | Uint8Array, options: RewrapOptions): Promise<Rewrapped> {
  const { store, change, wrappers, filename } = options;
  const text = toText(source, filename);
  const document = store.parse(text, filename === undefined ? {} : { filename });
  if (document.metadata === undefined) throw notEncrypted();
  const warnings = createWarnings(text, document.warnings);
  const metadata = await readBlock(document, { store, filename, warnings });
  const changes = change(metadata.keyGroups);
  if (wrappers !== undefined && needsNewShares(metadata, changes, options)) {
    const dataKey = await unwrapDataKey(metadata, options);
    return rewritten({ ...metadata, ...(await wrapNew(dataKey, metadata, { ...options, wrappers })) });
  }
  let changed = false;
  const keyGroups: KeyGroup[] = [];
  for (const [index, group] of metadata.keyGroups.entries()) {
    const wanted = changes[index]!;
    const added = await wrapAgain(metadata, group, wanted, options);
    keyGroups.push([...wanted.keep, ...added]);
    if (keyGroups.at(-1)!.length === 0) throw nobodyLeft();
    changed ||= added.length > 0 || wanted.keep.length < group.length;
  }
  if (!changed) return { text, metadata, changed, warnings: warnings.list };
  return rewritten({ ...metadata, keyGroups });

  function rewritten(rewrapped: Metadata): Rewrapped {
    document.metadata = writeMetadata(rewrapped);
    const written = write(store, document, { layout: "preserve" }) as string;
    return { text: written, metadata: rewrapped, changed: true, warnings: warnings.list };
  }
}

/** Whether the shares of the data key cannot stay as they are. */
function needsNewShares(
  { keyGroups, shamirThreshold: before }: Metadata,
  changes: readonly GroupChange[],
  { shamirThreshold = before }: RewrapOptions,
): boolean {
  if (keyGroups.length !== changes.length) return true;
  if (keyGroups.length === 1) return false;
  const stays = changes.every(({ keep, add }, index) => add.length === 0 && keep.length === keyGroups[index]!.length);
  return !stays || shamirThreshold !== before;
}

async function wrapAgain(
  metadata: Metadata,
  group: KeyGroup,
  { add }: GroupChange,
  options: RecoverOptions,
): Promise<MasterKey[]> {
  if (add.length === 0) return [];
  const { keySources, signal } = options;
  const failures = new Map<MasterKey, unknown>();
  // A single group wraps the data key. Each of several groups wraps a share that only its own keys unwrap.
  const share =
    metadata.keyGroups.length === 1
      ? await unwrapDataKey(metadata, options)
      : await unwrapShare(group, options, failures);
  if (share === undefined) {
    if (failures.size > 0) throw await notRecovered({ keyGroups: [group], keySources, failures, found: 0, needed: 1 });
    throw new SopsError(
      "no_matching_identity",
      `None of the identities given decrypts the key group that is to be changed. Give a private key of that group.${sayUnsupported(group, keySources)}`,
    );
  }
  return wrapForAll(share, add, { signal });
}

/** New keys for a whole file. */
interface NewKeys {
  /** Returns the wrappers for the data key, for each key group that the file is to have. */
  readonly wrappers: (groups: readonly KeyGroup[]) => readonly (readonly KeyWrapper[])[];
  /** The number of key groups that decryption takes. Default: that of the file, or all if it has none. */
  readonly shamirThreshold?: number | undefined;
}

async function wrapNew(
  dataKey: Uint8Array,
  metadata: Metadata,
  { wrappers, shamirThreshold: given, signal }: NewKeys & KeyOptions,
): Promise<Pick<Metadata, "keyGroups" | "shamirThreshold">> {
  const groups = wrappers(metadata.keyGroups);
  const threshold = given ?? metadata.shamirThreshold ?? groups.length;
  const keyGroups = await wrapDataKey(dataKey, groups, threshold, { signal });
  return { keyGroups, shamirThreshold: groups.length > 1 ? threshold : undefined };
}

/** Options of {@link renewDataKey}. */
export interface RenewOptions extends OpenOptions, NewKeys {
  /** Writes the result, in the layout `sops` if it is not the store that read the source. Default: the same store. */
  readonly outputStore?: Store | undefined;
  /** Default: `preserve`. */
  readonly layout?: Layout | undefined;
  /** Indent width of generated text. Default: that of the format. */
  readonly indent?: number | undefined;
  /** As in `encrypt`. */
  readonly allowLoss?: boolean | undefined;
}

/**
 * Encrypts all values of a file again under a new data key, like `sops rotate`, so that those who know the old one
 * cannot read anything written from now on.
 *
 * @throws {SopsError} `no_recipients`, `mac_mismatch`, `mac_missing`, and the other errors of `decrypt` and `encrypt`.
 */
export async function renewDataKey(source: string | Uint8Array, options: RenewOptions): Promise<Rewrapped> {
  const { store, outputStore = store, indent, allowLoss } = options;
  const { document, metadata: before, rule, warnings } = await open(source, options);
  if (outputStore !== store && store.repeatsKeys === true) {
    for (const branch of document.branches) mergeRepeatedKeys(branch);
  }
  const dataKey = generateDataKey();
  const file: Unsealed = {
    // The block is written from the metadata.
    document: { ...document, metadata: undefined },
    metadata: { ...before, ...(await wrapNew(dataKey, before, options)) },
    cipher: createValueCipher(dataKey),
    rule,
    ciphertexts: new Map(),
    warnings,
  };
  const layout = outputStore === store ? options.layout : "sops";
  const { text, metadata } = await reseal(file, { store: outputStore, layout, indent, allowLoss });
  return { text, metadata, changed: true, warnings };
}

function notEncrypted(): SopsError {
  return new SopsError(
    "not_encrypted",
    "The file has no `sops` block, so it has no recipients to change. Encrypt it first.",
  );
}

function nobodyLeft(): SopsError {
  return new SopsError(
    "no_recipients",
    "A key group of the file would be left without recipients, and nobody could decrypt it. Add one, or keep one.",
  );
}
