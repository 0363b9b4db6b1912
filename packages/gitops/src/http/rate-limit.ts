import { HttpError } from "./http-error.js";

/** Counts what somebody does. */
export interface RateLimit {
  /** @throws {HttpError} 429 if there was too much of it, with the time to wait in `Retry-After`. */
  check(who: string): void;
  /** Counts one. */
  count(who: string): void;
}

/** Options of {@link rateLimit}. */
export interface RateLimitOptions {
  /** How much may be done at once, and within a minute. */
  readonly perMinute: number;
  /** What there is too much of, as the beginning of a sentence. */
  readonly what: string;
  /** The time, in milliseconds. */
  readonly now: () => number;
}

const minute = 60_000;

/** More are not remembered, so that nobody can fill the memory. Those that have waited longest are forgotten first. */
const mostRemembered = 10_000;

/** Creates a limit by a bucket for each: it leaks evenly, and what does not fit into it is refused. */
export function rateLimit({ perMinute, what, now }: RateLimitOptions): RateLimit {
  const buckets = new Map<string, { level: number; at: number }>();
  const levelOf = (who: string): number => {
    const bucket = buckets.get(who);
    if (bucket === undefined) return 0;
    return Math.max(0, bucket.level - ((now() - bucket.at) * perMinute) / minute);
  };
  return {
    check(who) {
      const excess = levelOf(who) + 1 - perMinute;
      if (excess <= 0) return;
      const seconds = Math.max(1, Math.ceil((excess * minute) / perMinute / 1000));
      throw new HttpError(429, `${what}. Wait ${seconds === 1 ? "a second" : `${seconds} seconds`}, and try again.`, {
        "retry-after": String(seconds),
      });
    },
    count(who) {
      const level = levelOf(who) + 1;
      // Moved to the end.
      buckets.delete(who);
      buckets.set(who, { level, at: now() });
      if (buckets.size > mostRemembered) buckets.delete(buckets.keys().next().value!);
    },
  };
}
