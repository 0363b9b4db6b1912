import type { KeySource, MasterKey } from "./keysource.js";

/** Options of {@link cachedSource}. */
export interface CacheOptions {
  /** The most data keys that are kept. The one that was not used for longest goes first. Default: 1000. */
  readonly maxEntries?: number | undefined;
  /** Milliseconds for which a data key is kept, even if the key service no longer allows it. Default: 300,000. */
  readonly maxAge?: number | undefined;
}

interface Entry {
  readonly dataKey: Promise<Uint8Array | undefined>;
  readonly signal: AbortSignal | undefined;
  until: number;
}

/** The longest entry that is kept, in UTF-16 code units. Those of sops have some thousand. */
const longestEntry = 16_384;

/**
 * A source that keeps the data keys it has unwrapped in memory, for programs that open many files with the same wrapped
 * data key, or the same file again and again. Files that were encrypted one by one have different data keys: there is
 * one request for each.
 *
 * An entry of a file matches if all its fields are the same: the wrapped data key, the ARN, the encryption context, ...
 * Requests for the same entry at the same time are one. Failures are not kept.
 *
 * @example
 * ```ts
 * const keySources = [cachedSource(awsKmsSource())];
 * ```
 */
export function cachedSource(source: KeySource, options: CacheOptions = {}): KeySource {
  const { maxEntries = 1000, maxAge = 300_000 } = options;
  /** In the order of their last use. */
  const kept = new Map<string, Entry>();

  function request(master: MasterKey, name: string, signal: AbortSignal | undefined): Entry {
    const entry = { dataKey: source.unwrap(master, { signal }), signal, until: Date.now() + maxAge };
    const forget = () => {
      if (kept.get(name) === entry) kept.delete(name);
    };
    entry.dataKey.then((dataKey) => {
      if (dataKey === undefined) forget();
    }, forget);
    if (name.length <= longestEntry) keep(name, entry);
    return entry;
  }

  function keep(name: string, entry: Entry): void {
    kept.delete(name);
    kept.set(name, entry);
    for (const oldest of kept.keys()) {
      if (kept.size <= maxEntries) break;
      kept.delete(oldest);
    }
  }

  return {
    type: source.type,
    describe: () => source.describe(),
    async unwrap(master, { signal } = {}) {
      const name = nameOf(master);
      for (;;) {
        signal?.throwIfAborted();
        const known = kept.get(name);
        if (known === undefined || Date.now() >= known.until) {
          return (await request(master, name, signal).dataKey)?.slice();
        }
        keep(name, known);
        try {
          // A caller may overwrite what it gets.
          return (await untilAborted(known.dataKey, signal))?.slice();
        } catch (error) {
          // Another caller has aborted the request that both waited for.
          if (known.signal?.aborted !== true || known.signal === signal) throw error;
        }
      }
    },
  };
}

async function untilAborted<Result>(promise: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return promise;
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop!);
  }
}

function nameOf({ type, fields }: MasterKey): string {
  const sorted = [...fields].sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([type, sorted], (_, value: unknown) => (value instanceof Map ? [...value] : value));
}
