/** The differences between two versions of an encrypted file, without a value that is secret. */
import type { Comment, Leaf, MasterKey, Metadata, Node, Rule } from "@isosops/core";
import { keyName, referenceOf } from "@isosops/core/key-reference";
import { compareTrees, type Difference } from "./compare.js";
import { createFingerprints } from "./fingerprint.js";
import { type Keys, keySourcesOf, type Opening, openVersion, readClosed, type Version } from "./version.js";

/** One side of a {@link Change}. */
export interface Side {
  /** The value, if the file has it in plain text by its rule. */
  readonly text?: string | undefined;
  /** Of a secret: equal for equal values under one data key within a run, and of no use outside of it. */
  readonly fingerprint?: string | undefined;
}

/** A difference between two versions. */
export interface Change {
  /**
   * `unknown`: the ciphertexts differ, and no key tells whether the values do. `reordered`: the keys of a mapping that both
   * versions have are in another order.
   */
  readonly kind: "added" | "removed" | "changed" | "unknown" | "reordered";
  /** `text` is text beside a value that sops ignores (INI). */
  readonly what: "value" | "comment" | "text";
  /**
   * Keys and 0-based list indices; in a file with several documents, the index of the document comes first. Of a comment, those
   * of the collection that it is in.
   */
  readonly path: readonly (string | number)[];
  /** Undefined if it was added. */
  readonly before: Side | undefined;
  /** Undefined if it was removed. */
  readonly after: Side | undefined;
  /** Whether it was encrypted, and is in plain text now. */
  readonly exposed: boolean;
}

/** What differs between two versions of a file. */
export interface VersionDiff {
  /** Whether values were compared, or only ciphertexts, because no key opens both versions. */
  readonly compared: "values" | "ciphertexts";
  /** Whether each version is encrypted; undefined for one that does not exist. */
  readonly encrypted: { readonly before: boolean | undefined; readonly after: boolean | undefined };
  /** Versions whose MAC is wrong or missing. Known only where values were compared. */
  readonly brokenMac: readonly ("before" | "after")[];
  /** In the order of the newer version; what was removed comes after it. */
  readonly changes: readonly Change[];
  /** Keys that open the file, as `.sops.yaml` names them. */
  readonly readers: { readonly added: readonly string[]; readonly removed: readonly string[] };
  /** Whether a reader was removed, and the data key that it knows is still in use. Known only where values were compared. */
  readonly keepsDataKey: boolean;
  /** Settings of the file that differ: its rule, `mac_only_encrypted`, the threshold of its key groups. */
  readonly settings: readonly { readonly name: string; readonly before: string; readonly after: string }[];
}

/** Compares versions of files. One for each run: its fingerprints can be compared with each other only. */
export interface Differ {
  /**
   * Compares two versions of a file. Undefined stands for one that does not exist.
   *
   * @param names the path of each version, which tells its format
   * @throws {SopsError} `syntax`, `unsupported` or `metadata` if a version cannot be read; `malformed_value` or
   * `value_authentication` if it was changed; the errors of key services.
   */
  diff(
    before: Uint8Array | undefined,
    after: Uint8Array | undefined,
    names: { readonly before: string; readonly after: string },
  ): Promise<VersionDiff>;
}

/**
 * Compares versions of encrypted files. Secrets are shown as fingerprints under a key of this run alone. Without a key,
 * ciphertexts are compared: equal ones at one place are equal values, others may be.
 */
export function createDiffer(keys: Keys = {}): Differ {
  const { decryptionOrder, onRecovered } = keys;
  const opening = { keySources: keySourcesOf(keys), decryptionOrder, onRecovered };
  const fingerprint = createFingerprints();
  return {
    async diff(before, after, names) {
      const versions = await readBoth(before, after, names, opening);
      return compare(versions, names.after, fingerprint);
    },
  };
}

interface Versions {
  readonly old: Version | undefined;
  readonly current: Version | undefined;
}

async function readBoth(
  before: Uint8Array | undefined,
  after: Uint8Array | undefined,
  names: { readonly before: string; readonly after: string },
  opening: Opening,
): Promise<Versions> {
  const sides = [
    { content: before, name: names.before },
    { content: after, name: names.after },
  ].map(({ content, name }) => ({ content: content && Buffer.from(content), name }));
  const closed: (Version | undefined)[] = [];
  for (const { content, name } of sides) closed.push(content && (await readClosed(content, name)));
  const opened: (Version | undefined)[] = [];
  for (const [index, { content, name }] of sides.entries()) {
    const isEncrypted = closed[index]?.metadata !== undefined;
    const version = isEncrypted ? await openVersion(content!, name, opening) : closed[index];
    if (content !== undefined && version === undefined) return { old: closed[0], current: closed[1] };
    opened.push(version);
  }
  return { old: opened[0], current: opened[1] };
}

type Fingerprint = ReturnType<typeof createFingerprints>;

function compare({ old, current }: Versions, file: string, fingerprint: Fingerprint): VersionDiff {
  const isClosed = [old, current].some((version) => version?.metadata !== undefined && !version.isOpen);
  const broken = (["before", "after"] as const).filter((_, index) => [old, current][index]?.hasMac === false);
  // Who can make a right MAC under a data key knows what is encrypted with it, and can learn nothing from a fingerprint.
  const scopeOf = (version: Version, path: Difference["path"]): string =>
    JSON.stringify(version.hasMac === true ? [file, version.dataKey] : [file, path]);
  const isSecret = (version: Version | undefined, item: Node | Comment | undefined): boolean =>
    item !== undefined && version?.secrets.has(item as Leaf | Comment) === true;
  const sideOf = (
    version: Version | undefined,
    item: Node | Comment | undefined,
    path: Difference["path"],
    isMasked: boolean,
  ): Side | undefined => {
    if (item === undefined || version === undefined) return undefined;
    if (item.kind === "mapping") return { text: "{}" };
    if (item.kind === "sequence") return { text: "[]" };
    if (!isMasked) return { text: shown(item) };
    if (isClosed) return {};
    const type = item.kind === "leaf" ? item.type : "comment";
    return {
      fingerprint: fingerprint(scopeOf(version, path), Buffer.concat([Buffer.from(`${type} `), bytesOf(item)])),
    };
  };
  const changes = compareTrees(old, current).map(({ kind, what, path, before, after }): Change => {
    const [wasSecret, isNow] = [isSecret(old, before), isSecret(current, after)];
    const isMasked = wasSecret || isNow;
    const isUnknown = isClosed && kind === "changed" && isMasked;
    return {
      kind: isUnknown ? "unknown" : kind,
      what,
      path,
      before: sideOf(old, before, path, isMasked),
      after: sideOf(current, after, path, isMasked),
      exposed: old?.metadata !== undefined && wasSecret && after !== undefined && isInPlain(current!, after),
    };
  });
  const readers = compareReaders(old?.metadata, current?.metadata);
  return {
    compared: isClosed ? "ciphertexts" : "values",
    encrypted: { before: old && old.metadata !== undefined, after: current && current.metadata !== undefined },
    brokenMac: broken,
    changes,
    readers,
    keepsDataKey: readers.removed.length > 0 && old?.dataKey !== undefined && old.dataKey === current?.dataKey,
    settings: compareSettings(old?.metadata, current?.metadata),
  };
}

function isInPlain(version: Version, item: Node | Comment): boolean {
  if (item.kind !== "leaf" && item.kind !== "comment") return false;
  // "" and null are never encrypted.
  if (item.text.length === 0 || (item.kind === "leaf" && item.type === "null")) return false;
  return version.metadata === undefined || !version.secrets.has(item);
}

function shown({ text }: Leaf | Comment): string {
  return typeof text === "string" ? text : `0x${Buffer.from(text).toString("hex")}`;
}

function bytesOf({ text }: Leaf | Comment): Uint8Array {
  return typeof text === "string" ? Buffer.from(text) : text;
}

function compareReaders(before: Metadata | undefined, after: Metadata | undefined): VersionDiff["readers"] {
  if (before === undefined || after === undefined) return { added: [], removed: [] };
  const [old, current] = [before, after].map(({ keyGroups }) => new Set(keyGroups.flat().map(readerName)));
  return {
    added: [...current!].filter((name) => !old!.has(name)),
    removed: [...old!].filter((name) => !current!.has(name)),
  };
}

/** A private key may have been given by mistake. */
export function readerName(key: MasterKey): string {
  const name = keyName(referenceOf(key)).split("\n", 1)[0]!;
  if (key.type === "age") return /^(?:age1|ssh-)/.test(name) ? name : "an invalid recipient";
  return `${key.type} ${name}`;
}

function compareSettings(before: Metadata | undefined, after: Metadata | undefined): VersionDiff["settings"] {
  if (before === undefined || after === undefined) return [];
  const settings: { name: string; before: string; after: string }[] = [];
  const add = (name: string, one: string, other: string): void => {
    if (one !== other) settings.push({ name, before: one, after: other });
  };
  add("rule", ruleText(before.rule), ruleText(after.rule));
  add("mac_only_encrypted", String(before.macOnlyEncrypted), String(after.macOnlyEncrypted));
  const groups = ({ keyGroups, shamirThreshold }: Metadata): string =>
    keyGroups.length < 2 ? "one group" : `${shamirThreshold} of ${keyGroups.length} groups`;
  add("key groups", groups(before), groups(after));
  return settings;
}

function ruleText(rule: Rule): string {
  const [only] = Object.entries(rule).filter(([, value]) => value !== undefined && value !== "");
  return only === undefined ? "none" : `${only[0]}: ${only[1]}`;
}
