import type { Rule, SopsError } from "@isosops/core";

/** A `.sops.yaml` (sops: config/config.go). Read by `parseConfig`. */
export interface SopsConfig {
  /**
   * In file order, which is the order they are tried in. Undefined if the file has no `creation_rules`: to sops such a
   * file says nothing about encryption, while an empty list refuses every file.
   */
  readonly creationRules: readonly CreationRule[] | undefined;
  readonly destinationRules: readonly DestinationRule[];
  readonly stores: StoresConfig;
}

/** How a file that is newly encrypted is to be: its keys and which of its values are encrypted, at most one `Rule`. */
export interface CreationRule extends Rule {
  /** RE2, matched against the file's path relative to the folder of the configuration; undefined matches every file. */
  readonly pathRegex: string | undefined;
  /** One group where the file lists keys without `key_groups`. */
  readonly keyGroups: readonly (readonly ConfigKey[])[];
  /** How many groups' shares make the data key; undefined for sops's default, all of them. */
  readonly shamirThreshold: number | undefined;
  readonly macOnlyEncrypted: boolean;
  /** 1-based line of the configuration that the rule starts on. */
  readonly line: number;
  /** What is wrong with the rule. It matters to no file but those that the rule is for, and is thrown for them. */
  readonly problem: SopsError | undefined;
}

/** The lists of master keys in the metadata of a file. */
export type KeyType = "age" | "pgp" | "kms" | "gcp_kms" | "azure_kv" | "hc_vault" | "hckms";

export interface ConfigKey {
  readonly type: KeyType;
  /**
   * age: the recipient; pgp: the fingerprint; kms: the ARN, behind a `+` the role; gcp_kms: the resource; azure_kv: the
   * URL of the key, with or without version; hc_vault: the URI of the transit key; hckms: the key.
   */
  readonly id: string;
  /** kms: the encryption context, which the key service asks for again to decrypt. */
  readonly context?: Readonly<Record<string, string>>;
  /** kms: the profile whose credentials are used. */
  readonly awsProfile?: string;
}

/** Where `sops publish` puts files, and how it encrypts them anew. Read and carried, not used. */
export interface DestinationRule {
  readonly pathRegex: string | undefined;
  /** The other fields by their names in the file: `s3_bucket`, `vault_path`, `omit_extensions`, ... */
  readonly fields: ReadonlyMap<string, string>;
  readonly recreationRule: CreationRule | undefined;
}

/** Spaces a level, by format; undefined for the format's own default. */
export interface StoresConfig {
  readonly yaml: number | undefined;
  readonly json: number | undefined;
  readonly binary: number | undefined;
}
