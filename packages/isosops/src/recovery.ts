import type { KeyKind, KeySource, MasterKey, RecoverOptions } from "@isosops/core";
import { type AgeIdentity, ageSource } from "./age.js";
import {
  areKinds,
  isAnything,
  isFunction,
  isList,
  isOfKeys,
  isSignal,
  isText,
  type OptionChecks,
  refuse,
} from "./options.js";

/** Options for decrypting the data key of a file: one or more of `identities`, `keySources` and `kinds`. */
export interface OpeningOptions {
  /**
   * age identities: private keys (`AGE-SECRET-KEY-1...`), contents of identity files, ... The file is decrypted with
   * the first one that matches.
   */
  identities?: readonly AgeIdentity[] | undefined;
  /** Sources for keys of other types, such as AWS KMS: `keySources: [awsKmsSource()]` with `@isosops/keys/aws`. */
  keySources?: readonly KeySource[] | undefined;
  /** Kinds of keys, such as `awsKmsKind()` of `@isosops/keys/aws`: each decrypts like its key source. */
  kinds?: readonly KeyKind[] | undefined;
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
  /** Aborts waiting for keys: requests to key services, plugins and passphrases. The call rejects with its reason. */
  signal?: AbortSignal | undefined;
}

export const openingChecks: OptionChecks<OpeningOptions> = {
  // Checked by `ageSource`.
  identities: isAnything,
  keySources: [
    (value) => isList(value, (item) => isOfKeys(item, ["unwrap"])),
    "a list of key sources, such as `[awsKmsSource()]` with `@isosops/keys/aws`",
  ],
  kinds: areKinds,
  decryptionOrder: [(value) => isList(value, isText), 'a list of types of keys, such as `["age", "pgp", "kms"]`'],
  onRecovered: isFunction,
  signal: isSignal,
};

/**
 * Combines the options into a list of key sources.
 *
 * @throws {SopsError} `invalid_identity`; `invalid_option` if there is nothing to decrypt a file with.
 */
export function recovery({ identities, keySources, kinds, ...options }: OpeningOptions): RecoverOptions {
  const { decryptionOrder, onRecovered, signal } = options;
  if (identities === undefined && keySources === undefined && kinds === undefined) {
    throw refuse("`identities` must be a list, such as `identities: [key]`; or give `keySources` or `kinds`.");
  }
  const ageSources = identities === undefined ? [] : [ageSource(identities)];
  const ofKinds = (kinds ?? []).map((kind) => kind.source());
  return { keySources: [...ageSources, ...(keySources ?? []), ...ofKinds], decryptionOrder, onRecovered, signal };
}
