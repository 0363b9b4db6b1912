import { SopsError } from "./errors.js";
import type { KeyGroup, KeySource, KeyWrapper, MasterKey } from "./keysource.js";
import type { Metadata } from "./metadata.js";
import { combineShares, splitSecret } from "./shamir.js";

/** Bytes of a data key, an AES-256 key. */
export const dataKeyLength = 32;

/** A new data key from the platform's generator. */
export function generateDataKey(): Uint8Array {
  return globalThis.crypto.getRandomValues(new Uint8Array(dataKeyLength));
}

/**
 * Wrap a data key for key groups: of one, each key wraps the data key itself; of more, each group's keys wrap the group's
 * Shamir share (sops.go, `UpdateMasterKeysWithKeyServices`). The threshold is the number of groups when left out.
 */
export async function wrapDataKey(
  dataKey: Uint8Array,
  groups: readonly (readonly KeyWrapper[])[],
  threshold?: number,
): Promise<KeyGroup[]> {
  const shares = groups.length > 1 ? splitSecret(dataKey, groups.length, threshold ?? groups.length) : [dataKey];
  return Promise.all(shares.map((share, index) => wrapShare(share, groups[index] ?? [])));
}

async function wrapShare(share: Uint8Array, wrappers: readonly KeyWrapper[]): Promise<KeyGroup> {
  const keys = (await Promise.all(wrappers.map((wrapper) => wrapper.wrap(share)))).flat();
  if (keys.length === 0) {
    throw new SopsError(
      "no_recipients",
      "No recipient to encrypt for. Give at least one, such as an age public key (age1...).",
    );
  }
  return keys;
}

/**
 * Recover a file's data key: from its one key group, or from as many groups' shares as the threshold asks for
 * (sops.go, `GetDataKeyWithKeyServices`). Sources are asked in their order.
 */
export async function unwrapDataKey(metadata: Metadata, sources: readonly KeySource[]): Promise<Uint8Array> {
  const { keyGroups } = metadata;
  const needed = keyGroups.length === 1 ? 1 : (metadata.shamirThreshold ?? keyGroups.length);
  const shares: Uint8Array[] = [];
  for (const group of keyGroups) {
    const share = await unwrapShare(group, sources);
    if (share !== undefined) shares.push(share);
    if (shares.length === needed) break;
  }
  if (shares.length < needed) throw notRecovered(metadata, sources, shares.length, needed);
  const dataKey = keyGroups.length === 1 ? shares[0]! : combineShares(shares);
  if (dataKey.length !== dataKeyLength) {
    throw new SopsError(
      "data_key",
      `The file's data key is ${dataKey.length} bytes long and should be ${dataKeyLength}: it was not wrapped by sops.`,
    );
  }
  return dataKey;
}

/** The data key or share that the keys of a group wrap; undefined where no source has one that fits. */
export async function unwrapShare(group: KeyGroup, sources: readonly KeySource[]): Promise<Uint8Array | undefined> {
  let damage: unknown;
  for (const source of sources) {
    for (const key of group) {
      if (key.type !== source.type) continue;
      try {
        const share = await source.unwrap(key);
        if (share !== undefined) return share;
      } catch (error) {
        // Another key of the group may be whole.
        damage ??= error;
      }
    }
  }
  if (damage !== undefined) throw damage;
  return undefined;
}

/** Of the keys of a file. */
const mostShown = 20;

function notRecovered(metadata: Metadata, sources: readonly KeySource[], found: number, needed: number): SopsError {
  const keys = metadata.keyGroups.flat();
  const names = [...new Set(keys.map(showKey))];
  const more = names.length > mostShown ? ` and ${names.length - mostShown} more` : "";
  const wanted = `The file can be opened by: ${names.slice(0, mostShown).join(", ")}${more}.`;
  const shares =
    metadata.keyGroups.length === 1
      ? ""
      : ` It needs ${needed} of its ${metadata.keyGroups.length} key groups, and ${found} ${found === 1 ? "was" : "were"} opened.`;
  const unsupported = sayUnsupported(keys, sources);
  const canBeOpened = metadata.keyGroups.filter((group) => group.some((key) => isSupported(key, sources))).length;
  if (canBeOpened < needed) return new SopsError("unsupported_key_type", `${wanted}${shares}${unsupported}`);
  const tried = sources.map((source) => source.describe()).filter((text) => text !== "");
  if (tried.length === 0) {
    return new SopsError(
      "no_identities",
      `No identity was given to decrypt with. ${wanted}${shares}${unsupported} Give the matching private key.`,
    );
  }
  return new SopsError(
    "no_matching_identity",
    `None of the identities given opens the file. ${wanted}${shares}${unsupported} Tried: ${tried.join("; ")}.`,
  );
}

function isSupported({ type }: MasterKey, sources: readonly KeySource[]): boolean {
  return sources.some((source) => source.type === type);
}

/** Which types of keys no source is for, and what to do, with a space in front; "" where there is a source for all. */
export function sayUnsupported(keys: readonly MasterKey[], sources: readonly KeySource[]): string {
  const types = [...new Set(keys.filter((key) => !isSupported(key, sources)).map(({ type }) => type))];
  if (types.length === 0) return "";
  const named = types.length === 1 ? `the type ${types[0]}` : `the types ${types.join(", ")}`;
  const taken = [...new Set(sources.map(({ type }) => type))].join(", ");
  const here = `Keys of ${named} are not supported here${taken === "" ? "" : `, those of ${taken} are`}.`;
  const add =
    taken === "age" ? ", or add an age recipient with it: `sops rotate --in-place --add-age age1... FILE`" : "";
  return ` ${here} Open the file with sops${add}.`;
}

/** A master key by what names it in public: its recipient, fingerprint, ARN, ... */
function showKey({ type, fields }: MasterKey): string {
  const field = (name: string): string => String(fields.get(name) ?? "");
  for (const name of ["recipient", "fp", "arn", "resource_id", "key_id"]) {
    if (typeof fields.get(name) === "string") return type === "age" ? field(name) : `${type} ${field(name)}`;
  }
  if (fields.has("vault_url")) return `${type} ${field("vault_url")}/keys/${field("name")}`;
  if (fields.has("vault_address")) {
    return `${type} ${field("vault_address")}/v1/${field("engine_path")}/keys/${field("key_name")}`;
  }
  return `a key of type ${type}`;
}
