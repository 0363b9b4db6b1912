/** Milliseconds before their end at which credentials are no longer used. */
const margin = 60_000;

/** Milliseconds for which credentials without an end are kept: files and variables may change. */
const longest = 300_000;

/** What a cache needs to know of credentials. */
interface Ending {
  /** When they end; undefined if they do not. */
  readonly expiration?: Date | undefined;
}

/** Keeps what was found for a name until it ends. */
interface CredentialsCache<Credentials extends Ending> {
  /**
   * The credentials of a name, found once by all that ask at the same time.
   *
   * @param signal of the caller: another's does not end the search for this one
   */
  get(name: string, find: () => Promise<Credentials>, signal: AbortSignal | undefined): Promise<Credentials>;
}

/** A cache for the credentials of one client. */
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
