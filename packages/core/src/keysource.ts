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

/** Wraps data keys for master keys of one type. */
export interface KeyWrapper {
  readonly type: string;
  /** Wrap `dataKey` (32 bytes, or a share of it) for each of the recipients it stands for, one master key each. */
  wrap(dataKey: Uint8Array): Promise<MasterKey[]>;
}

/** Unwraps data keys from master keys of one type. */
export interface KeySource {
  readonly type: string;
  /**
   * The data key (or share) that `key` wraps, or undefined if none of this source's identities fits.
   *
   * @throws {SopsError} `data_key` if one fits, but the wrapped key is damaged.
   */
  unwrap(key: MasterKey): Promise<Uint8Array | undefined>;
  /** Said to the user when nothing fits: what was tried, without secrets ("1 identity: age1..."). */
  describe(): string;
}
