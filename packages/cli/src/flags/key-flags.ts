import type { KeyType } from "isosops";

/** The flags that name keys to encrypt for, as options of a command. */
export type KeyFlag = "age" | "pgp" | "kms" | "gcpKms" | "azureKv" | "hcVaultTransit" | "hckms";

/** A flag that names keys of one type. If it is not given, the variable of the type is read. */
export interface KeyFlagDefinition {
  readonly option: KeyFlag;
  readonly flag: string;
  readonly short?: string;
  readonly argument: string;
  readonly type: KeyType;
  readonly description: string;
}

/** In the order of the help. */
export const keyFlags: readonly KeyFlagDefinition[] = [
  {
    option: "age",
    flag: "--age",
    short: "-a",
    argument: "recipients",
    type: "age",
    description: "age or SSH public keys, separated by commas; repeatable, as all of these",
  },
  {
    option: "pgp",
    flag: "--pgp",
    short: "-p",
    argument: "fingerprints",
    type: "pgp",
    description: "fingerprints of PGP keys that gpg has",
  },
  {
    option: "kms",
    flag: "--kms",
    short: "-k",
    argument: "arns",
    type: "kms",
    description: "ARNs of AWS KMS keys; of ARN+ROLE, the role is assumed",
  },
  {
    option: "gcpKms",
    flag: "--gcp-kms",
    argument: "ids",
    type: "gcp_kms",
    description: "resource IDs of GCP KMS keys, projects/.../cryptoKeys/...",
  },
  {
    option: "azureKv",
    flag: "--azure-kv",
    argument: "urls",
    type: "azure_kv",
    description: "URLs of Azure Key Vault keys, with or without version",
  },
  {
    option: "hcVaultTransit",
    flag: "--hc-vault-transit",
    argument: "uris",
    type: "hc_vault",
    description: "URIs of HashiCorp Vault transit keys",
  },
  {
    option: "hckms",
    flag: "--hckms",
    argument: "ids",
    type: "hckms",
    description: "HuaweiCloud KMS keys, REGION:KEY",
  },
];

/** The flag of `rotate` that adds or removes keys of a type: `--add-age`. */
export function changeFlag(change: "add" | "rm", { flag }: KeyFlagDefinition): string {
  return `--${change}-${flag.slice(2)}`;
}
