import type { KeyType } from "isosops";

/** The flags that name keys to encrypt for, as options of a command. */
export type KeyFlag = "age" | "pgp" | "kms" | "gcpKms" | "azureKv" | "hcVaultTransit" | "hckms";

/** A flag that names keys of one type, and the variable that is read if the flag is not given. */
export interface KeyFlagDefinition {
  readonly option: KeyFlag;
  readonly flag: string;
  readonly short?: string;
  readonly argument: string;
  readonly type: KeyType;
  readonly variable: string;
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
    variable: "SOPS_AGE_RECIPIENTS",
    description: "age or SSH public keys, separated by commas; repeatable, as all of these",
  },
  {
    option: "pgp",
    flag: "--pgp",
    short: "-p",
    argument: "fingerprints",
    type: "pgp",
    variable: "SOPS_PGP_FP",
    description: "fingerprints of PGP keys that gpg has",
  },
  {
    option: "kms",
    flag: "--kms",
    short: "-k",
    argument: "arns",
    type: "kms",
    variable: "SOPS_KMS_ARN",
    description: "ARNs of AWS KMS keys; of ARN+ROLE, the role is assumed",
  },
  {
    option: "gcpKms",
    flag: "--gcp-kms",
    argument: "ids",
    type: "gcp_kms",
    variable: "SOPS_GCP_KMS_IDS",
    description: "resource IDs of GCP KMS keys, projects/.../cryptoKeys/...",
  },
  {
    option: "azureKv",
    flag: "--azure-kv",
    argument: "urls",
    type: "azure_kv",
    variable: "SOPS_AZURE_KEYVAULT_URLS",
    description: "URLs of Azure Key Vault keys, with or without version",
  },
  {
    option: "hcVaultTransit",
    flag: "--hc-vault-transit",
    argument: "uris",
    type: "hc_vault",
    variable: "SOPS_VAULT_URIS",
    description: "URIs of HashiCorp Vault transit keys",
  },
  {
    option: "hckms",
    flag: "--hckms",
    argument: "ids",
    type: "hckms",
    variable: "SOPS_HUAWEICLOUD_KMS_IDS",
    description: "HuaweiCloud KMS keys, REGION:KEY",
  },
];
