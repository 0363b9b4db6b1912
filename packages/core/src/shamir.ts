import { combine, split } from "shamir-secret-sharing";
import { SopsError } from "./errors.js";

/**
 * Shamir's secret sharing over GF(256), as sops splits a data key over key groups (shamir/, after HashiCorp Vault): a
 * share is one y for each byte of the secret, then the share's x. The library follows Vault too.
 */

/**
 * The secret of which these are shares: any `threshold` of those it was split into. Too few give another secret, not an
 * error.
 *
 * @throws {SopsError} `data_key` for fewer than 2 shares, and for shares of several lengths or with the same x.
 */
export async function combineShares(shares: readonly Uint8Array[]): Promise<Uint8Array> {
  try {
    return await combine(shares.map(asPlainArray));
  } catch (error) {
    throw new SopsError("data_key", "The shares of the data key that the key groups hold do not fit together.", {
      cause: error,
    });
  }
}

/**
 * Split a secret into as many shares as `parts`, any `threshold` of which give it (shamir/shamir.go, `Split`).
 *
 * @throws {SopsError} `invalid_option` for fewer than 2 of either, more than 255, or a threshold above the number of
 * parts.
 */
export async function splitSecret(secret: Uint8Array, parts: number, threshold: number): Promise<Uint8Array[]> {
  if (!Number.isInteger(threshold) || threshold < 2 || threshold > parts || parts > 255) {
    throw new SopsError(
      "invalid_option",
      `A data key that is split over ${parts} key groups cannot ask for ${threshold} of them. Give a threshold (shamir_threshold) from 2 to the number of groups, of which there are at most 255.`,
    );
  }
  return split(asPlainArray(secret), parts, threshold);
}

/** The library takes no subclass of `Uint8Array`, such as the Buffer that another key source may give. */
function asPlainArray(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
