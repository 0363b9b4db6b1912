import type { KeyReference, Rule, SopsError } from "@isosops/core";

/** A parsed `.sops.yaml` (sops: config/config.go). */
export interface SopsConfig {
  /**
   * In file order, in which they are tried. Undefined if the file has no `creation_rules`: to sops, such a file does
   * not configure encryption, while an empty list rejects every file.
   */
  readonly creationRules: readonly CreationRule[] | undefined;
  readonly destinationRules: readonly DestinationRule[];
  readonly stores: StoresConfig;
}

/** How to encrypt a new file: its keys, and which of its values are encrypted (at most one property of `Rule`). */
export interface CreationRule extends Rule {
  /** RE2, matched against the file's path relative to the folder of the configuration. Undefined matches every file. */
  readonly pathRegex: string | undefined;
  /** One group if the rule lists keys without `key_groups`. */
  readonly keyGroups: readonly (readonly ConfigKey[])[];
  /** Whether the rule has `key_groups`, where keys of AWS KMS have their own encryption context. */
  readonly hasKeyGroups: boolean;
  /** The number of groups whose shares recover the data key. Undefined for the default of sops, all of them. */
  readonly shamirThreshold: number | undefined;
  readonly macOnlyEncrypted: boolean;
  /** 1-based line of the configuration on which the rule starts. */
  readonly line: number;
  /** What is wrong with the rule. Thrown for files that the rule applies to. */
  readonly problem: SopsError | undefined;
}

/** The lists of master keys in the metadata of a file. */
export type KeyType = "age" | "pgp" | "kms" | "gcp_kms" | "azure_kv" | "hc_vault" | "hckms";

/** A master key in a rule. */
export interface ConfigKey extends KeyReference {
  readonly type: KeyType;
}

/** Where `sops publish` puts files, and how it re-encrypts them. */
export interface DestinationRule {
  readonly pathRegex: string | undefined;
  /** The other fields, by their name in the file: `s3_bucket`, `vault_path`, `omit_extensions`, ... */
  readonly fields: ReadonlyMap<string, string>;
  readonly recreationRule: CreationRule | undefined;
}

/** Indent width, by format. Undefined for the format's default. */
export interface StoresConfig {
  readonly yaml: number | undefined;
  readonly json: number | undefined;
  readonly binary: number | undefined;
}
