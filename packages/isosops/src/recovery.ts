import { type KeySource, type MasterKey, type RecoverOptions, SopsError } from "@isosops/core";
import { type AgeIdentity, ageSource } from "./age.js";

/** Options for decrypting the data key of a file: `identities`, `keySources`, or both. */
export interface OpeningOptions {
  /**
   * age identities: private keys (`AGE-SECRET-KEY-1...`), contents of identity files, ... The file is decrypted with
   * the first one that matches.
   */
  identities?: readonly AgeIdentity[] | undefined;
  /** Sources for keys of other types, such as AWS KMS: `keySources: [awsKmsSource()]` with `@isosops/keys/aws`. */
  keySources?: readonly KeySource[] | undefined;
  /**
   * Key types, by the name of their list in a file, in the order in which they are tried: `["kms", "age"]`. Other types
   * come after them. Default: `age`, `pgp`.
   */
  decryptionOrder?: readonly string[] | undefined;
  /**
   * Called when the data key has been recovered, before values are decrypted, with the keys of the file it came from:
   * one, or one of each key group that was needed.
   */
  onRecovered?: ((keys: readonly MasterKey[]) => void) | undefined;
  /** Aborts requests to key services. The call rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/**
 * Combines the options into a list of key sources.
 *
 * @throws {SopsError} `invalid_identity`; `invalid_option` if there is nothing to decrypt a file with.
 */
export function recovery({ identities, keySources, ...options }: OpeningOptions): RecoverOptions {
  const { decryptionOrder, onRecovered, signal } = options;
  if (identities === undefined && keySources === undefined) {
    throw new SopsError(
      "invalid_option",
      "`identities` must be a list, such as `identities: [key]`; or give `keySources`.",
    );
  }
  const ageSources = identities === undefined ? [] : [ageSource(identities)];
  return { keySources: [...ageSources, ...(keySources ?? [])], decryptionOrder, onRecovered, signal };
}
