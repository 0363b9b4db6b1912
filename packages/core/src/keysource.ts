/**
 * A master key of a file: an entry in one of the lists of its `sops` block (`age`, `pgp`, `kms`, ...). sops:
 * keys/keys.go, `MasterKey`.
 */
export interface MasterKey {
  /** The name of the list it stands in: `age`. */
  readonly type: string;
  /** The entry's fields as they stand in the file, `enc` (the wrapped data key) among them. */
  readonly fields: ReadonlyMap<string, MetadataValue>;
}

/** A value inside the `sops` block, for the parts of it that core only carries. */
export type MetadataValue = string | number | boolean | null | MetadataValue[] | Map<string, MetadataValue>;

/** Keys that all wrap the same data key, or the same Shamir share of it. */
export type KeyGroup = readonly MasterKey[];

/** What goes with each request for a key. */
export interface KeyOptions {
  /** Ends what is under way: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Wraps data keys for master keys of one type. */
export interface KeyWrapper {
  /** The name of the list its master keys stand in. */
  readonly type: string;
  /**
   * Wrap `dataKey` (32 bytes, or the 33 of a share of it) for each of the recipients it stands for, one master key each.
   *
   * @throws {SopsError} which names the key and says why
   */
  wrap(dataKey: Uint8Array, options?: KeyOptions): Promise<MasterKey[]>;
}

/** Unwraps data keys from master keys of one type. */
export interface KeySource {
  /** The name of the list its master keys stand in. */
  readonly type: string;
  /**
   * The data key (or share) that `key` wraps, or undefined if none of this source's identities fits.
   *
   * @throws {SopsError} if `key` is for this source and does not open: `data_key` if the wrapped data key is damaged, else
   *   what a key service said. The next key is tried then, and the message is shown if none opens.
   */
  unwrap(key: MasterKey, options?: KeyOptions): Promise<Uint8Array | undefined>;
  /** Said to the user when nothing fits: what was tried, without secrets ("1 identity: age1..."). */
  describe(): string;
}

/** How the data key of a file is recovered. */
export interface RecoverOptions extends KeyOptions {
  /** Asked in this order for each key of their type. */
  readonly keySources: readonly KeySource[];
  /**
   * Types of keys in the order in which those of a group are tried, as `SOPS_DECRYPTION_ORDER` has them; the types that are
   * not named come after. `age`, then `pgp` when left out.
   */
  readonly decryptionOrder?: readonly string[] | undefined;
}
