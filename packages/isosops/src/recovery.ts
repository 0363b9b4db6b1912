import { type KeySource, type RecoverOptions, SopsError } from "@isosops/core";
import { type AgeIdentity, ageSource } from "./age.js";

/** What opens a file: `identities`, `keySources`, or both. */
export interface OpeningOptions {
  /** age private keys (`AGE-SECRET-KEY-1...`) or texts of identity files; one that fits is enough. */
  identities?: readonly AgeIdentity[] | undefined;
  /** Open keys of other types, such as those of AWS KMS: `keySources: [awsKmsSource()]` with `@isosops/keys/aws`. */
  keySources?: readonly KeySource[] | undefined;
  /**
   * Types of keys, by the names of their lists in a file, in the order in which they are tried: `["kms", "age"]`. Those that
   * are not named come after. `age`, then `pgp` when left out.
   */
  decryptionOrder?: readonly string[] | undefined;
  /** Ends requests to key services: the call rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Throws `SopsError`: `invalid_identity`, and `invalid_option` where there is nothing to open a file with. */
export function recovery({ identities, keySources, decryptionOrder, signal }: OpeningOptions): RecoverOptions {
  if (identities === undefined && keySources === undefined) {
    throw new SopsError(
      "invalid_option",
      "`identities` must be a list, such as `identities: [key]`; or give `keySources`.",
    );
  }
  const ageSources = identities === undefined ? [] : [ageSource(identities)];
  return { keySources: [...ageSources, ...(keySources ?? [])], decryptionOrder, signal };
}
