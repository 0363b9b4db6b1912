/** Credentials are not used in the last milliseconds before they expire. */
const margin = 60_000;

/** Milliseconds for which credentials that do not expire are kept: files and variables may change. */
const longest = 300_000;

/** The part of credentials that the cache reads. */
interface Ending {
  /** When they expire. Undefined if they do not. */
  readonly expiration?: Date | undefined;
}

/** Keeps credentials by name until they expire. */
interface CredentialsCache<Credentials extends Ending> {
  /**
   * Returns the credentials of a name. Concurrent calls share one search.
   *
   * @param signal - Of the caller. If another caller aborts the search, it is started again.
   */
  get(name: string, find: () => Promise<Credentials>, signal: AbortSignal | undefined): Promise<Credentials>;
}

/** Creates a cache for the credentials of one client. */
export function createCredentialsCache<Credentials extends Ending>(): CredentialsCache<Credentials> {
  const kept = new Map<string, { found: Promise<Credentials>; until: number; signal: AbortSignal | undefined }>();
  const cache: CredentialsCache<Credentials> = {
    async get(name, find, signal) {
      const known = kept.get(name);
      if (known !== undefined && Date.now() < known.until) {
        try {
          return await known.found;
        } catch (error) {
          signal?.throwIfAborted();
          if (known.signal?.aborted !== true || known.signal === signal) throw error;
          return cache.get(name, find, signal);
        }
      }
      const entry = { found: find(), until: Date.now() + longest, signal };
      kept.set(name, entry);
      entry.found.then(
        ({ expiration }) => {
          if (expiration !== undefined) entry.until = expiration.getTime() - margin;
        },
        () => {
          if (kept.get(name) === entry) kept.delete(name);
        },
      );
      return entry.found;
    },
  };
  return cache;
}
