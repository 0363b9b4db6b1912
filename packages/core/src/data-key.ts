import { SopsError } from "./errors.js";
import type { KeyGroup, KeySource, KeyWrapper } from "./keysource.js";
import type { Metadata } from "./metadata.js";

/** Bytes of a data key, an AES-256 key. */
export const dataKeyLength = 32;

/** A new data key from the platform's generator. */
export function generateDataKey(): Uint8Array {
  return globalThis.crypto.getRandomValues(new Uint8Array(dataKeyLength));
}

/**
 * Wrap a data key for key groups: of one, each key wraps the data key itself; of more, each group's keys wrap the
 * group's Shamir share (sops.go, `UpdateMasterKeysWithKeyServices`). The threshold is the number of groups when left
 * out.
 */
export async function wrapDataKey(
  dataKey: Uint8Array,
  groups: readonly (readonly KeyWrapper[])[],
  threshold?: number,
): Promise<KeyGroup[]> {
  if (threshold !== undefined && !(Number.isInteger(threshold) && threshold > 0)) {
    throw new SopsError(
      "invalid_option",
      "The threshold (`shamirThreshold`) must be a number of key groups, such as 2.",
    );
  }
  // Shamir is loaded on demand: few files have several key groups.
  const shares =
    groups.length > 1
      ? await (await import("./shamir.js")).splitSecret(dataKey, groups.length, threshold ?? groups.length)
      : [dataKey];
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
 * Recover a file's data key: from its one key group, or from as many groups' shares as the threshold asks for (sops.go,
 * `GetDataKeyWithKeyServices`). Sources are asked in their order.
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
  if (shares.length < needed) {
    throw (await import("./not-recovered.js")).notRecovered(metadata, sources, shares.length, needed);
  }
  const dataKey = keyGroups.length === 1 ? shares[0]! : await (await import("./shamir.js")).combineShares(shares);
  if (dataKey.length !== dataKeyLength) {
    throw new SopsError(
      "data_key",
      `The file's data key is ${dataKey.length} bytes long and should be ${dataKeyLength}: it was not wrapped by sops.`,
    );
  }
  return dataKey;
}

/** The data key or share that the keys of a group wrap; undefined if no source has one that fits. */
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
