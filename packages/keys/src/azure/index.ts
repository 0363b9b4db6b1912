import { fieldMap, type KeyKind, type KeySource, type KeyWrapper, SopsError } from "@isosops/core";
import { withoutUser } from "@isosops/core/key-reference";
import { base64urlnopad } from "@scure/base";
import { about, aboutNow, createdNow, textField } from "../about.js";
import { checkWrapped } from "../wrapped.js";
import { type AzureOptions, createKeyVaultClient, type KeyVaultClient, readBase64Url } from "./client.js";
import { type AzureKey, parseKeyUrl } from "./key-url.js";

export type { HttpOptions } from "../http/send.js";
export type { AzureOptions } from "./client.js";
export type { AzureCredentials, AzureCredentialsFunction, AzureCredentialsRequest } from "./credentials.js";

const type = "azure_kv";

/**
 * A key of Azure Key Vault to encrypt for: `encrypt(source, { keys: [azureKeyVault("https://...")] })`. Its data key is sent to the
 * vault, over HTTPS, and comes back encrypted by RSA-OAEP-256 (azkv/keysource.go). Without a version, the newest is looked up,
 * which the file then names.
 *
 * @param url `https://VAULT.vault.azure.net/keys/NAME/VERSION`, or without the version
 * @throws {SopsError} `invalid_key` if it is no such URL
 */
export function azureKeyVault(url: string, options: AzureOptions = {}): KeyWrapper {
  return wrapperFor(url, createKeyVaultClient(options));
}

function wrapperFor(url: string, client: KeyVaultClient): KeyWrapper {
  if (typeof url !== "string") {
    throw new SopsError("invalid_key", "The URL of a key of Azure Key Vault must be a string; is a variable unset?");
  }
  const key = parseKeyUrl(url);
  aboutNow(`Azure Key Vault key ${withoutUser(url)}`, () => client.check(key));
  return {
    type,
    wrap: (dataKey, keyOptions) =>
      about(nameOf(key), async () => {
        const version = await client.version(key, keyOptions);
        const wrapped = await client.encrypt({ ...key, version }, dataKey, keyOptions);
        const enc = checkWrapped(base64urlnopad.encode(wrapped), dataKey, "Azure Key Vault");
        // As sops writes it (stores/stores.go, `azkvkey`).
        const fields = fieldMap([
          ["vault_url", key.vaultUrl],
          ["name", key.name],
          ["version", version],
          ["created_at", createdNow()],
          ["enc", enc],
        ]);
        return [{ type, fields }];
      }),
  };
}

/**
 * Opens files that have a key of Azure Key Vault: `decrypt(source, { keySources: [azureKeyVaultSource()] })`. The vault is that of
 * the file; what it sends there is the encrypted data key.
 *
 * @throws {SopsError} on unwrapping: `credentials`, `permission`, `key_not_found`, `key_disabled`, `data_key`, `network`,
 *   `unavailable`, `service`, `invalid_key`
 */
export function azureKeyVaultSource(options: AzureOptions = {}): KeySource {
  return sourceOf(createKeyVaultClient(options));
}

function sourceOf(client: KeyVaultClient): KeySource {
  return {
    type,
    unwrap({ fields }, keyOptions) {
      const [vaultUrl, name, version] = ["vault_url", "name", "version"].map((field) => textField(fields, field));
      const key = { vaultUrl: vaultUrl!, name: name!, version: version! };
      return about(nameOf(key), async () => {
        const enc = readBase64Url(fields.get("enc"));
        if (enc !== undefined) return client.decrypt(key, enc, keyOptions);
        throw new SopsError(
          "data_key",
          "its entry has no `enc`, or one that is not base64url: the wrapped data key is missing or damaged. Restore it from version control.",
        );
      });
    },
    describe: () => "Azure Key Vault",
  };
}

/**
 * Azure Key Vault as one of several kinds of keys: for the keys of a rule in `.sops.yaml`, and for the keys of a file that are to be
 * wrapped again, with the version that the file names. All its keys share the credentials that are found.
 *
 * @throws {SopsError} Its `wrapper` throws `invalid_key` if the ID is not the URL of a key.
 */
export function azureKeyVaultKind(options: AzureOptions = {}): KeyKind {
  const client = createKeyVaultClient(options);
  return {
    type,
    wrapper: ({ id }) => wrapperFor(id, client),
    async withVersion({ id }, keyOptions) {
      const key = parseKeyUrl(id);
      const version = await about(nameOf(key), () => client.version(key, keyOptions));
      return { type, id: `${key.vaultUrl}/keys/${key.name}/${version}` };
    },
    source: () => sourceOf(client),
  };
}

function nameOf({ vaultUrl, name, version }: AzureKey): string {
  return `Azure Key Vault key ${withoutUser(vaultUrl)}/keys/${name}${version === "" ? "" : `/${version}`}`;
}
