import type { KeyGroup, KeyOptions, KeyWrapper, MasterKey, RecoverOptions } from "./keysource.js";
import type { Metadata } from "./metadata.js";
import { settleAll } from "./settle-all.js";

/** Length of a data key, an AES-256 key, in bytes. */
const dataKeyLength = 32;

/** Generates a data key. */
export function generateDataKey(): Uint8Array {
  return globalThis.crypto.getRandomValues(new Uint8Array(dataKeyLength));
}

/**
 * Wraps a data key for key groups. With one group, each key wraps the data key itself; with several, the keys of each
 * group wrap its Shamir share (sops.go, `UpdateMasterKeysWithKeyServices`). The threshold defaults to the number of
 * groups.
 *
 * @throws {SopsError} `invalid_option`, `no_recipients`, and the errors of the wrappers: that of the only one that failed,
 * or one that names all, with the code of the first.
 */
export async function wrapDataKey(
  dataKey: Uint8Array,
  groups: readonly (readonly KeyWrapper[])[],
  threshold?: number,
  options: KeyOptions = {},
): Promise<KeyGroup[]> {
  if (threshold !== undefined && !(Number.isInteger(threshold) && threshold > 0)) {
    throw (await import("./on-demand.js")).invalidThreshold();
  }
  // Shamir is loaded on demand: few files have several key groups.
  const shares =
    groups.length > 1
      ? await (await import("./on-demand.js")).splitSecret(dataKey, groups.length, threshold ?? groups.length)
      : [dataKey];
  const jobs = shares.flatMap((share, group) => (groups[group] ?? []).map((wrapper) => ({ share, wrapper, group })));
  const keyGroups: MasterKey[][] = shares.map(() => []);
  for (const [index, keys] of (await wrapAll(jobs, options)).entries()) keyGroups[jobs[index]!.group]!.push(...keys);
  if (keyGroups.some((keys) => keys.length === 0)) {
    throw (await import("./on-demand.js")).noRecipients();
  }
  return keyGroups;
}

/** Wraps a data key, or a share of it, for all wrappers. Fails like {@link wrapDataKey}. */
export async function wrapForAll(
  share: Uint8Array,
  wrappers: readonly KeyWrapper[],
  options: KeyOptions,
): Promise<MasterKey[]> {
  const jobs = wrappers.map((wrapper) => ({ share, wrapper }));
  return (await wrapAll(jobs, options)).flat();
}

/**
 * Waits for all requests, so that the error names every key that failed.
 *
 * @throws What a single wrapper threw. If several failed, a `SopsError` that names all errors, with the code of the
 * first.
 */
async function wrapAll(
  jobs: readonly { readonly share: Uint8Array; readonly wrapper: KeyWrapper }[],
  options: KeyOptions,
): Promise<MasterKey[][]> {
  const results = await settleAll(jobs, async ({ share, wrapper }) => {
    options.signal?.throwIfAborted();
    return untilAborted(wrapper.wrap(share, options), options.signal);
  });
  options.signal?.throwIfAborted();
  const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  if (failures.length > 1) throw (await import("./on-demand.js")).notWrapped(failures);
  if (failures.length === 1) throw failures[0];
  return results.map((result) => (result as PromiseFulfilledResult<MasterKey[]>).value);
}

/** Rejects with the signal's reason when it is aborted: plugins, passphrases and custom keys may not heed it. */
async function untilAborted<Result>(result: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return result;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** The number of key groups whose shares make the data key. */
export function groupsNeeded({ keyGroups, shamirThreshold }: Pick<Metadata, "keyGroups" | "shamirThreshold">): number {
  return keyGroups.length === 1 ? 1 : (shamirThreshold ?? keyGroups.length);
}

/**
 * Recovers a file's data key: from its only key group, or from the shares of as many groups as the threshold requires
 * (sops.go, `GetDataKeyWithKeyServices`).
 *
 * @throws {SopsError} `no_identities`, `no_matching_identity`, `unsupported_key_type`, `data_key`, or the error of a
 * key service.
 */
export async function unwrapDataKey(metadata: Metadata, options: RecoverOptions): Promise<Uint8Array> {
  const { keyGroups } = metadata;
  const needed = groupsNeeded(metadata);
  const shares: Uint8Array[] = [];
  const failures = new Map<MasterKey, unknown>();
  const unwrapped: MasterKey[] = [];
  for (const group of keyGroups) {
    const share = await unwrapShare(group, options, failures, unwrapped);
    if (share !== undefined) shares.push(share);
    if (shares.length === needed) break;
  }
  if (shares.length < needed) {
    const { keySources } = options;
    throw await (await import("./on-demand.js")).notRecovered({
      keyGroups,
      keySources,
      failures,
      found: shares.length,
      needed,
    });
  }
  const dataKey = keyGroups.length === 1 ? shares[0]! : await (await import("./on-demand.js")).combineShares(shares);
  if (dataKey.length !== dataKeyLength) {
    throw (await import("./on-demand.js")).wrongLength(dataKey.length, dataKeyLength);
  }
  options.onRecovered?.(unwrapped);
  return dataKey;
}

/**
 * Unwraps the data key or share of a group. Returns undefined if no source has a matching key.
 *
 * @param failures Gets the error of each key that failed.
 * @param unwrapped Gets the key that the result came from.
 */
export async function unwrapShare(
  group: KeyGroup,
  { keySources, decryptionOrder, signal }: RecoverOptions,
  failures: Map<MasterKey, unknown>,
  unwrapped: MasterKey[] = [],
): Promise<Uint8Array | undefined> {
  for (const key of inOrder(group, decryptionOrder)) {
    for (const source of keySources) {
      if (key.type !== source.type) continue;
      signal?.throwIfAborted();
      try {
        const share = await untilAborted(source.unwrap(key, { signal }), signal);
        if (share === undefined) continue;
        unwrapped.push(key);
        return share;
      } catch (error) {
        signal?.throwIfAborted();
        // Another source or key of the group may work.
        if (!failures.has(key)) failures.set(key, error);
      }
    }
  }
  return undefined;
}

const defaultOrder: readonly string[] = ["age", "pgp"];

/** The default order of sops (stores/stores.go, `internalGroupFrom`). */
const orderWithin: readonly string[] = ["kms", "gcp_kms", "hckms", "azure_kv", "hc_vault", "pgp", "age"];

/** The keys of a group in the order in which they are tried (sops.go, `sortKeyGroupIndices`). */
function inOrder(group: KeyGroup, decryptionOrder: readonly string[] = defaultOrder): KeyGroup {
  const order = [...decryptionOrder, ...orderWithin];
  const rank = ({ type }: MasterKey) => (order.includes(type) ? order.indexOf(type) : order.length);
  return [...group].sort((one, other) => rank(one) - rank(other));
}
