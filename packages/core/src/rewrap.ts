import { createValueCipher } from "./cipher/value.js";
import { generateDataKey, unwrapDataKey, unwrapShare, wrapDataKey, wrapForAll } from "./data-key.js";
import { SopsError } from "./errors.js";
import type { KeyGroup, KeyWrapper, MasterKey, RecoverOptions } from "./keysource.js";
import { type Metadata, readBlock, writeMetadata } from "./metadata.js";
import { notRecovered, sayUnsupported } from "./not-recovered.js";
import { type OpenOptions, open } from "./reseal.js";
import { sealTree, stamp } from "./seal.js";
import { writeSealed } from "./stray-text.js";
import { toText } from "./text.js";
import { createWarnings, type Warning } from "./warning.js";
import { write } from "./write.js";

/** What is to become of the keys of one key group. */
export interface GroupChange {
  /** Those that stay as they are, wrapped data key and all. */
  readonly keep: readonly MasterKey[];
  /** Wrap the data key, or the group's share of it, for those that come. */
  readonly add: readonly KeyWrapper[];
}

export interface RewrapOptions extends Omit<OpenOptions, "ignoreMac"> {
  /** What becomes of each of the file's key groups, in their order. */
  readonly change: (groups: readonly KeyGroup[]) => readonly GroupChange[];
}

export interface Rewrapped {
  readonly text: string;
  readonly metadata: Metadata;
  /** Whether any key came or went. */
  readonly changed: boolean;
  /** What to know of the file as it was. */
  readonly warnings: readonly Warning[];
}

/**
 * Change who can open a file, as `sops updatekeys` does: the data key, all ciphertexts, the MAC and `lastmodified`
 * stay, and so does every key that is kept.
 *
 * Whoever could open the file before may know its data key: see `renewDataKey`.
 *
 * @throws {SopsError} on any error; nothing is given out if a group would be left without keys.
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
  // The one group of a file wraps the data key, and each of several a share that only its own keys give.
  const share =
    metadata.keyGroups.length === 1
      ? await unwrapDataKey(metadata, options)
      : await unwrapShare(group, options, failures);
  if (share === undefined) {
    if (failures.size > 0) throw notRecovered({ keyGroups: [group], keySources, failures, found: 0, needed: 1 });
    throw new SopsError(
      "no_matching_identity",
      `None of the identities given opens the key group that is to be wrapped anew. Give a private key of that group.${sayUnsupported(group, keySources)}`,
    );
  }
  return wrapForAll(share, add, { signal });
}

export interface RenewOptions extends OpenOptions {
  /** Wrap the new data key for the readers of each key group. */
  readonly wrappers: (groups: readonly KeyGroup[]) => readonly (readonly KeyWrapper[])[];
}

/**
 * Encrypt all values of a file again under a new data key, as `sops rotate` does, so that who has kept the old one can
 * read nothing that is written from now on.
 *
 * @throws {SopsError}
 */
export async function renewDataKey(source: string | Uint8Array, options: RenewOptions): Promise<Rewrapped> {
  const { store, wrappers, signal } = options;
  const { document, metadata, rule, warnings } = await open(source, options);
  const { macOnlyEncrypted, shamirThreshold } = metadata;
  const dataKey = generateDataKey();
  const keyGroups = await wrapDataKey(dataKey, wrappers(metadata.keyGroups), shamirThreshold, { signal });
  const cipher = createValueCipher(dataKey);
  const { mac } = sealTree(document, { cipher, rule, macOnlyEncrypted, layout: "preserve" });
  const renewed = { ...metadata, ...stamp(cipher, mac), keyGroups };
  document.metadata = writeMetadata(renewed);
  const text = writeSealed(store, document, { layout: "preserve", macOverAll: !macOnlyEncrypted });
  return { text, metadata: renewed, changed: true, warnings };
}

function notEncrypted(): SopsError {
  return new SopsError(
    "not_encrypted",
    "The file has no `sops` block, so there are no readers of it to change. Encrypt it first.",
  );
}

function nobodyLeft(): SopsError {
  return new SopsError(
    "no_recipients",
    "No reader would be left in a key group of the file, and nobody could open it any more. Add one, or keep one.",
  );
}
