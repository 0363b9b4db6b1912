/** Short texts for values, equal for equal values, from which nobody can learn a value. */
import { createHmac, randomBytes } from "node:crypto";

/** How many hexadecimal digits a fingerprint has, unless two values share them. */
const shortest = 8;

/**
 * Fingerprints under a key that is made here and kept nowhere: nobody can try guesses on them later, and they cannot be compared
 * with those of another run.
 *
 * They are comparable within a scope only. Whoever can add values to what is compared could otherwise add guesses, and see
 * which one gets the fingerprint of a secret.
 *
 * @returns a function of the scope and the value
 */
export function createFingerprints(): (scope: string, value: string | Uint8Array) => string {
  const key = randomBytes(32);
  const owners = new Map<string, string>();
  return (scope, value) => {
    const digest = createHmac("sha256", key)
      .update(`${Buffer.byteLength(scope)}:${scope}`)
      .update(value)
      .digest("hex");
    for (let length = shortest; ; length++) {
      const short = digest.slice(0, length);
      const owner = owners.get(short) ?? digest;
      if (owner !== digest) continue;
      owners.set(short, digest);
      return short;
    }
  };
}
