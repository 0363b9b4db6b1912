/** What signs requests to AWS. The credentials of the AWS SDK for JavaScript have this form, too. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** When they end; undefined if they do not. */
  readonly expiration?: Date | undefined;
  /** Where they are from, for messages: `environment variables`. */
  readonly source?: string | undefined;
}

/** What credentials are asked for. */
export interface AwsCredentialsRequest {
  /** The profile that the key or the file names. */
  readonly profile?: string | undefined;
  /** The region of the key. */
  readonly region: string;
  readonly signal?: AbortSignal | undefined;
}

/** Finds credentials, such as `fromNodeProviderChain()` of `@aws-sdk/credential-providers`. */
export type AwsCredentialsFunction = (request: AwsCredentialsRequest) => AwsCredentials | Promise<AwsCredentials>;

/** Milliseconds before their end at which credentials are no longer used. */
const margin = 60_000;

/** Milliseconds for which credentials without an end are kept: files and variables may change. */
const longest = 300_000;

/** Keeps what was found for a name until it ends. */
export interface CredentialsCache {
  /**
   * The credentials of a name, found once by all that ask at the same time.
   *
   * @param signal of the caller: another's does not end the search for this one
   */
  get(name: string, find: () => Promise<AwsCredentials>, signal: AbortSignal | undefined): Promise<AwsCredentials>;
}

export function createCredentialsCache(): CredentialsCache {
  const kept = new Map<string, { found: Promise<AwsCredentials>; until: number; signal: AbortSignal | undefined }>();
  const cache: CredentialsCache = {
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
