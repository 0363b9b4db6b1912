/**
 * A master key of a file: an entry in one of the lists of its `sops` block, such as `age`, `pgp` or `kms`
 * (keys/keys.go, `MasterKey`).
 */
export interface MasterKey {
  /** The name of the list it stands in: `age`. */
  readonly type: string;
  /** The entry's fields as they stand in the file, `enc` (the wrapped data key) among them. */
  readonly fields: ReadonlyMap<string, MetadataValue>;
}

/** A value in the `sops` block that this package only passes on. */
export type MetadataValue = string | number | boolean | null | MetadataValue[] | Map<string, MetadataValue>;

/** Keys that all wrap the same data key, or the same Shamir share of it. */
export type KeyGroup = readonly MasterKey[];

/** Options of every request for a key. */
export interface KeyOptions {
  /** Aborts the request, which rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Wraps data keys for master keys of one type. */
export interface KeyWrapper {
  /** The name of the list its master keys stand in. */
  readonly type: string;
  /**
   * Wraps a data key for each of the keys it stands for.
   *
   * @param dataKey - The data key (32 bytes), or a Shamir share of it (33 bytes).
   * @returns One master key each.
   * @throws {SopsError} naming the key and the reason: `invalid_recipient` if it is invalid, or what the key service
   * reported.
   */
  wrap(dataKey: Uint8Array, options?: KeyOptions): Promise<MasterKey[]>;
}

/** Unwraps data keys from master keys of one type. */
export interface KeySource {
  /** The name of the list its master keys stand in. */
  readonly type: string;
  /**
   * Unwraps the data key (or a share of it).
   *
   * @returns Undefined if none of this source's identities matches.
   * @throws {SopsError} if `key` is for this source but does not decrypt: `data_key` if the wrapped data key is
   * damaged, otherwise what the key service reported. The next key is tried then, and the message is shown if none
   * decrypts.
   */
  unwrap(key: MasterKey, options?: KeyOptions): Promise<Uint8Array | undefined>;
  /** Describes what was tried, without secrets ("1 identity: age1..."). Shown if no key decrypts. */
  describe(): string | Promise<string>;
}

/** Names a master key, as a rule in `.sops.yaml` does. */
export interface KeyReference {
  /** The name of the list it stands in: `kms`. */
  readonly type: string;
  /**
   * age: the recipient; pgp: the fingerprint; kms: the ARN, behind a `+` the role; gcp_kms: the resource; azure_kv: the
   * URL of the key, with or without version; hc_vault: the URI of the transit key; hckms: the key.
   */
  readonly id: string;
  /** kms: the encryption context, which the key service requires for decryption. */
  readonly context?: Readonly<Record<string, string>>;
  /** kms: the profile whose credentials are used. */
  readonly awsProfile?: string;
}

/** All that is needed to encrypt for and decrypt with master keys of one type, such as `awsKmsKind()`. */
export interface KeyKind {
  /** The name of the list its master keys stand in. */
  readonly type: string;
  /**
   * Encrypts for a key that a rule or a file names. The file's fields are not authenticated: call it only for keys that
   * the caller knows.
   *
   * @throws {SopsError} `invalid_key` or `invalid_recipient` if the reference is malformed.
   */
  wrapper(reference: KeyReference): KeyWrapper;
  /**
   * Names the version of a key that `wrapper` encrypts for, where the reference leaves it out: the newest one, for which the key
   * service is asked. Only for key types whose versions a file names.
   *
   * @throws {SopsError} `invalid_key` if the reference is malformed; otherwise naming the key and what the key service reported.
   */
  withVersion?(reference: KeyReference, options?: KeyOptions): Promise<KeyReference>;
  /** Decrypts with the keys of any file. */
  source(): KeySource;
}

/** Options for recovering the data key of a file. */
export interface RecoverOptions extends KeyOptions {
  /** Tried in this order for each key of their type. */
  readonly keySources: readonly KeySource[];
  /**
   * Key types in the order in which the keys of a group are tried, like `SOPS_DECRYPTION_ORDER`. Other types come after
   * them. Default: `age`, `pgp`.
   */
  readonly decryptionOrder?: readonly string[] | undefined;
  /**
   * Called when the data key has been recovered, before values are decrypted.
   *
   * @param keys The master keys it came from: one, or one of each key group that was needed.
   */
  readonly onRecovered?: ((keys: readonly MasterKey[]) => void) | undefined;
}
