import { SopsError } from "@isosops/core";

/** A key of Azure Key Vault. */
export interface AzureKey {
  /** `https://NAME.vault.azure.net`. */
  readonly vaultUrl: string;
  readonly name: string;
  /** "" for the newest. */
  readonly version: string;
}

/** The domains of vaults and managed HSMs, each that of the resource that tokens are for (azure-sdk-for-go, `azkeys`). */
const domains = [
  "vault.azure.net",
  "managedhsm.azure.net",
  "vault.azure.cn",
  "managedhsm.azure.cn",
  "vault.usgovcloudapi.net",
  "managedhsm.usgovcloudapi.net",
];

/**
 * Read the URL of a key (azkv/keysource.go, `NewMasterKeyFromURL`). A vault's URL in `.sops.yaml`, and from there in a file, may end
 * with a slash.
 *
 * @throws {SopsError} `invalid_key`
 */
export function parseKeyUrl(url: string): AzureKey {
  const [, vaultUrl = "", name = "", version = ""] =
    /^(https:\/\/[^/]+\/?)\/keys\/([^/]+)(?:\/([^/]*))?$/.exec(url.trim()) ?? [];
  return { vaultUrl, name, version };
}

/**
 * Check the parts of a key, which become the host and the path that are asked, and give the resource that a token must be for.
 *
 * sops has any host tell it the resource, and refuses only that of another domain (azure-sdk-for-go, `challenge_policy.go`). Here,
 * no host of a file's own gets a token.
 *
 * @param resource of other vaults than those of Azure's clouds
 * @throws {SopsError} `invalid_key`; `invalid_option` if `resource` is none
 */
export function resourceOf({ vaultUrl, name, version }: AzureKey, resource: string | undefined): string {
  const [, host = ""] = /^https:\/\/([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)(?::\d{1,5})?\/?$/.exec(vaultUrl) ?? [];
  if (host === "" || !/^[A-Za-z0-9-]{1,127}$/.test(name) || !/^[A-Za-z0-9]{0,64}$/.test(version)) {
    throw new SopsError(
      "invalid_key",
      "it is not the URL of a key of Azure Key Vault. Give one such as https://VAULT.vault.azure.net/keys/NAME/VERSION.",
    );
  }
  const known = resource === undefined ? domains : [domainOf(resource)];
  const domain = known.find((end) => host.toLowerCase().endsWith(`.${end}`));
  if (domain !== undefined) return `https://${domain}`;
  throw new SopsError(
    "invalid_key",
    `its host ${host} is not in ${known.join(", ")}, and is given no token. If it is yours, set \`resource\` (in the command: ISOSOPS_AZURE_RESOURCE) to https:// and the domain of its vaults.`,
  );
}

function domainOf(resource: string): string {
  const [, domain] = /^https:\/\/([a-z0-9-]+(?:\.[a-z0-9-]+)+)\/?$/.exec(resource.toLowerCase()) ?? [];
  if (domain !== undefined) return domain;
  throw new SopsError(
    "invalid_option",
    "the `resource` that is set for Azure Key Vault is none. Give https:// and the domain of the vaults, such as https://vault.azure.net.",
  );
}
