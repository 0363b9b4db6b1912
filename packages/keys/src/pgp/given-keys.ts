/**
 * The keys that a caller gives. In a file of their own, because the types of openpgp, which the modules that use it refer to,
 * need those of a package that it does not depend on: no declaration that a caller imports may refer to them.
 */

/**
 * PGP keys: armored text, or the bytes of `gpg --export`, `gpg --export-secret-keys` or a keyring file. Each may contain
 * several keys.
 */
export type PgpKeys = string | Uint8Array | readonly (string | Uint8Array)[];

/** A private key that is protected by a passphrase. */
export interface LockedPgpKey {
  /** Fingerprint of its primary key, in upper-case hexadecimal digits. */
  readonly fingerprint: string;
  /** ID of the key to unlock, usually a subkey: 16 upper-case hexadecimal digits. */
  readonly keyId: string;
  /** User ID: `Alice <alice@example.com>`. */
  readonly userIds: readonly string[];
  /** Number of this attempt, from 1. */
  readonly attempt: number;
}

/**
 * Returns the passphrase of a private key; undefined to do without the key. It is called up to three times for a key, as in
 * sops (pgp/keysource.go, `passphrasePrompt`), and not again after it returns the same passphrase twice.
 */
export type AskPassphrase = (key: LockedPgpKey) => string | undefined | Promise<string | undefined>;
