import { createValueCipher } from "./cipher/value.js";
import { generateDataKey, unwrapDataKey, unwrapShare, wrapDataKey, wrapForAll } from "./data-key.js";
import { SopsError } from "./errors.js";
import type { KeyGroup, KeyWrapper, MasterKey, RecoverOptions } from "./keysource.js";
import { type Metadata, writeMetadata } from "./metadata.js";
import { notRecovered, sayUnsupported } from "./not-recovered.js";
import { readBlock } from "./read-block.js";
import { type OpenOptions, open } from "./reseal.js";
import { sealTree, stamp } from "./seal.js";
import { writeSealed } from "./stray-text.js";
import { toText } from "./text.js";
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
  /** Returns a change for each of the file's key groups, in order. */
  readonly change: (groups: readonly KeyGroup[]) => readonly GroupChange[];
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
 * Changes the keys that decrypt a file, like `sops updatekeys`. The data key, all ciphertexts, the MAC and
 * `lastmodified` stay, and so do the entries of keys that are kept.
 *
 * Anyone who could decrypt the file before may know its data key: see {@link renewDataKey}.
 *
 * @throws {SopsError} `not_encrypted`, `metadata`; `no_recipients` if a group would be left without keys;
 * `no_identities`, `no_matching_identity` or `data_key` if the data key is needed and cannot be unwrapped.
 */
export async function rewrap(source: string | Uint8Array, options: RewrapOptions): Promise<Rewrapped> {
  const { store, change, filename } = options;
  const text = toText(source, filename);
  const document = store.parse(text, filename === undefined ? {} : { filename });
  if (document.metadata === undefined) throw notEncrypted();
  const warnings = createWarnings(text, document.warnings);
  const metadata = readBlock(document, { store, filename, warnings });
  let changed = false;
  const keyGroups: KeyGroup[] = [];
  const changes = change(metadata.keyGroups);
  for (const [index, group] of metadata.keyGroups.entries()) {
    const wanted = changes[index]!;
    const added = await wrapAgain(metadata, group, wanted, options);
    keyGroups.push([...wanted.keep, ...added]);
    if (keyGroups.at(-1)!.length === 0) throw nobodyLeft();
    changed ||= added.length > 0 || wanted.keep.length < group.length;
  }
  if (!changed) return { text, metadata, changed, warnings: warnings.list };
  const rewrapped = { ...metadata, keyGroups };
  document.metadata = writeMetadata(rewrapped);
  const written = write(store, document, { layout: "preserve" }) as string;
  return { text: written, metadata: rewrapped, changed, warnings: warnings.list };
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

/** Options of {@link renewDataKey}. */
export interface RenewOptions extends OpenOptions {
  /** Returns the wrappers for the new data key, for each key group. */
  readonly wrappers: (groups: readonly KeyGroup[]) => readonly (readonly KeyWrapper[])[];
}

/**
 * Encrypts all values of a file again under a new data key, like `sops rotate`, so that those who know the old one
 * cannot read anything written from now on.
 *
 * @throws {SopsError} `no_recipients`, `mac_mismatch`, `mac_missing`, and the other errors of `decrypt` and `encrypt`.
 */
export async function renewDataKey(source: string | Uint8Array, options: RenewOptions): Promise<Rewrapped> {
  const { store, wrappers, signal } = options;
  const { document, metadata, rule, warnings } = await open(source, options);
  const { macOnlyEncrypted, shamirThreshold } = metadata;
  const dataKey = generateDataKey();
  const keyGroups = await wrapDataKey(dataKey, wrappers(metadata.keyGroups), shamirThreshold, { signal });
  const cipher = createValueCipher(dataKey);
  const { mac } = sealTree(document, { cipher, rule, macOnlyEncrypted, layout: "preserve" });
  const renewed = { ...metadata, ...stamp(cipher, await mac.digest()), keyGroups };
  document.metadata = writeMetadata(renewed);
  const { text } = writeSealed(store, document, { layout: "preserve", macOverAll: !macOnlyEncrypted });
  return { text, metadata: renewed, changed: true, warnings };
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
