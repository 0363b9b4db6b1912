import { fieldMap, type KeyKind, type KeySource, type KeyWrapper, SopsError } from "@isosops/core";
import { withoutUser } from "@isosops/core/key-reference";
import { about, aboutNow, createdNow, textField } from "../about.js";
import { checkWrapped } from "../wrapped.js";
import { createTransitClient, type TransitClient, type VaultOptions } from "./client.js";
import { parseTransitUri, type TransitKey } from "./transit-key.js";

export type { HttpOptions } from "../http/send.js";
export type { VaultOptions, VaultTokenFunction, VaultTokenRequest } from "./client.js";

const type = "hc_vault";

/**
 * A key of the transit engine of HashiCorp Vault or OpenBao to encrypt for: `encrypt(source, { keys:
 * [vaultTransit("https://vault.example.com:8200/v1/transit/keys/KEY")] })`. The data key is sent to the server, and comes back
 * encrypted (hcvault/keysource.go). A key that does not exist is created by the server, if the token may.
 *
 * @param uri `https://HOST:PORT/v1/ENGINE/keys/KEY`; ENGINE may have slashes
 * @throws {SopsError} `invalid_key` if it is no such URI
 */
export function vaultTransit(uri: string, options: VaultOptions = {}): KeyWrapper {
  const key = readUri(uri);
  return wrapperFor(key, createTransitClient(options, key.address));
}

function readUri(uri: string): TransitKey {
  if (typeof uri !== "string") {
    throw new SopsError("invalid_key", "The URI of a Vault key must be a string; is a variable unset?");
  }
  return aboutNow(`Vault key ${withoutUser(uri)}`, () => parseTransitUri(uri));
}

function wrapperFor(key: TransitKey, client: TransitClient): KeyWrapper {
  return {
    type,
    wrap: (dataKey, keyOptions) =>
      about(nameOf(key), async () => {
        const enc = checkWrapped(await client.encrypt(key, dataKey, keyOptions), dataKey, "Vault");
        // As sops writes it (stores/stores.go, `vaultkey`).
        const fields = fieldMap([
          ["vault_address", key.address],
          ["engine_path", key.enginePath],
          ["key_name", key.keyName],
          ["created_at", createdNow()],
          ["enc", enc],
        ]);
        return [{ type, fields }];
      }),
  };
}

/**
 * Opens files that have a key of a transit engine: `decrypt(source, { keySources: [vaultTransitSource({ token, allowlist })] })`.
 * The server is that of the file, and gets the token and the encrypted data key: `allowlist` says which servers may.
 *
 * @throws {SopsError} on unwrapping: `credentials`, `permission`, `key_not_found`, `key_disabled`, `data_key`, `network`,
 *   `unavailable`, `service`, `invalid_key`, `invalid_option`
 */
export function vaultTransitSource(options: VaultOptions = {}): KeySource {
  return sourceOf(createTransitClient(options));
}

function sourceOf(client: TransitClient): KeySource {
  return {
    type,
    unwrap({ fields }, keyOptions) {
      const key = {
        address: textField(fields, "vault_address"),
        enginePath: textField(fields, "engine_path"),
        keyName: textField(fields, "key_name"),
      };
      return about(nameOf(key), () => client.decrypt(key, textField(fields, "enc"), keyOptions));
    },
    describe: () => "HashiCorp Vault",
  };
}

/**
 * Vault as one of several kinds of keys: for the keys of a rule in `.sops.yaml`, and for the keys of a file that are to be
 * wrapped again. `allowlist` counts for both directions, since both name servers that get the token.
 *
 * @throws {SopsError} Its `wrapper` throws `invalid_key` if the ID is no URI of a key.
 */
export function vaultTransitKind(options: VaultOptions = {}): KeyKind {
  const client = createTransitClient(options);
  return { type, wrapper: ({ id }) => wrapperFor(readUri(id), client), source: () => sourceOf(client) };
}

/** As sops names it (hcvault/keysource.go, `ToString`). */
function nameOf({ address, enginePath, keyName }: TransitKey): string {
  return `Vault key ${withoutUser(address)}/v1/${enginePath}/keys/${keyName}`;
}
