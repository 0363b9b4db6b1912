import type { KeyKind } from "@isosops/core";
import { readFingerprint } from "./fingerprint.js";
import { findGpg } from "./gpg/gpg.js";
import { type PgpSourceOptions, pgpSource } from "./source.js";
import { type PgpOptions, pgp } from "./wrapper.js";

/** Options of {@link pgpKind}. */
export interface PgpKindOptions extends PgpOptions, PgpSourceOptions {}

/**
 * PGP as one of several kinds of keys: for the fingerprints of a rule in `.sops.yaml`, and for the keys of a file that
 * are to be wrapped again. Without private keys and without gpg, its source decrypts nothing.
 *
 * @throws {SopsError} Its `wrapper` throws `invalid_key` if the ID is no fingerprint.
 */
export function pgpKind(options: PgpKindOptions = {}): KeyKind {
  const { publicKeys, privateKeys, passphrase, ...gpg } = options;
  return {
    type: "pgp",
    wrapper: ({ id }) => pgp(readFingerprint(id), { publicKeys, ...gpg }),
    source: () =>
      privateKeys === undefined && findGpg(gpg) === undefined
        ? { type: "pgp", unwrap: async () => undefined, describe: () => "" }
        : pgpSource({ privateKeys, passphrase, ...gpg }),
  };
}
