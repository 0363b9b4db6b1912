import { type KeyOptions, SopsError } from "@isosops/core";
import { base64urlnopad } from "@scure/base";
import { platform } from "#native";
import { checkAccessToken } from "../access-token.js";
import { createCredentialsCache } from "../credentials-cache.js";
import { noAnswer, readObject } from "../http/answer.js";
import { type HttpAnswer, type HttpOptions, type HttpRequest, send } from "../http/send.js";
import type { AzureCredentials, AzureCredentialsFunction, AzureCredentialsRequest } from "./credentials.js";
import { explainFailure, type Operation } from "./failure.js";
import { type AzureKey, resourceOf } from "./key-url.js";

/** How Azure Key Vault is asked. */
export interface AzureOptions extends HttpOptions {
  /**
   * The access token, or a function that finds it. On Node, Deno and Bun it may be left out: the variables, files, services and
   * programs are asked that sops asks, too.
   */
  readonly credentials?: AzureCredentials | AzureCredentialsFunction | undefined;
  /** What tokens are for, where the vaults are of another cloud than those of Azure: `https://vault.example.com`. */
  readonly resource?: string | undefined;
}

/** Asks Azure Key Vault. */
export interface KeyVaultClient {
  /** @throws {SopsError} `invalid_key` if the key may not be asked for; `invalid_option` if `resource` is none */
  check(key: AzureKey): void;
  /** The version of a key, the newest if it has none. */
  version(key: AzureKey, options?: KeyOptions): Promise<string>;
  encrypt(key: AzureKey, plaintext: Uint8Array, options?: KeyOptions): Promise<Uint8Array>;
  decrypt(key: AzureKey, ciphertext: Uint8Array, options?: KeyOptions): Promise<Uint8Array>;
}

const service = "Azure Key Vault";
const apiVersion = "7.4";

/** A client that keeps the credentials it finds until they end. */
export function createKeyVaultClient(options: AzureOptions): KeyVaultClient {
  const { credentials: given, resource: givenResource, ...http } = options;
  const cache = createCredentialsCache<AzureCredentials>();
  /** By the URL of a vault, the tenant that it has named. */
  const tenants = new Map<string, string>();

  async function credentialsOf(request: AzureCredentialsRequest): Promise<AzureCredentials> {
    if (typeof given === "object") return checkAccessToken(given);
    if (typeof given === "function") return checkAccessToken(await given(request));
    if (platform === undefined) {
      throw new SopsError(
        "credentials",
        "no Azure credentials were given, and this runtime has none of its own. Give `credentials`, such as `{ accessToken }`.",
      );
    }
    const machine = platform;
    const { findCredentials } = await import("./defaults/chain.js");
    const find = async () => checkAccessToken(await findCredentials({ ...request, platform: machine, http }));
    return cache.get(`${request.resource} ${request.tenantId}`, find, request.signal);
  }

  /** Ask once, with a token of the tenant. */
  async function ask(operation: Operation, key: AzureKey, body: string | undefined, request: AzureCredentialsRequest) {
    const { accessToken, source } = await credentialsOf(request);
    const path = [key.name, key.version, operation === "get" ? "" : operation].filter(Boolean).join("/");
    const sent: HttpRequest = {
      method: operation === "get" ? "GET" : "POST",
      url: `${key.vaultUrl.replace(/\/$/, "")}/keys/${path}?api-version=${apiVersion}`,
      headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" },
      body,
    };
    const answer = await send(() => sent, { ...http, signal: request.signal, service });
    return { answer, accessToken, source };
  }

  async function call(operation: Operation, key: AzureKey, value: Uint8Array | undefined, { signal }: KeyOptions) {
    const resource = resourceOf(key, givenResource);
    const encoded = value === undefined ? undefined : base64urlnopad.encode(value);
    const body = encoded === undefined ? undefined : JSON.stringify({ alg: "RSA-OAEP-256", value: encoded });
    const request = { resource, scope: `${resource}/.default`, signal };
    const known = tenants.get(key.vaultUrl);
    let asked = await ask(operation, key, body, { ...request, tenantId: known });
    const named = asked.answer.status === 401 ? tenantOf(asked.answer) : undefined;
    // Somebody who is in several tenants has a token of the first, until the vault says of which it must be.
    if (named !== undefined && named !== known && typeof given !== "object") {
      tenants.set(key.vaultUrl, named);
      asked = await ask(operation, key, body, { ...request, tenantId: named });
    }
    const { answer, accessToken, source } = asked;
    if (answer.status !== 200) throw explainFailure(answer, operation, source, [accessToken, encoded]);
    return readObject(answer.text) ?? {};
  }

  async function convert(operation: "encrypt" | "decrypt", key: AzureKey, value: Uint8Array, keyOptions: KeyOptions) {
    const answer = await call(operation, key, value, keyOptions);
    const converted = readBase64Url(answer.value);
    if (converted === undefined) throw noAnswer(service);
    return converted;
  }

  return {
    check: (key) => void resourceOf(key, givenResource),
    async version(key, keyOptions = {}) {
      if (key.version !== "") return key.version;
      const answer = await call("get", key, undefined, keyOptions);
      const { kid } = Object(answer.key) as Record<string, unknown>;
      const [, version] = /\/keys\/[^/]+\/([A-Za-z0-9]+)$/.exec(typeof kid === "string" ? kid : "") ?? [];
      if (version === undefined) throw noAnswer(service);
      return version;
    },
    encrypt: (key, plaintext, keyOptions = {}) => convert("encrypt", key, plaintext, keyOptions),
    decrypt: (key, ciphertext, keyOptions = {}) => convert("decrypt", key, ciphertext, keyOptions),
  };
}

/**
 * The tenant of the challenge by which a vault refuses a request; undefined if it names none:
 * `Bearer authorization="https://login.microsoftonline.com/TENANT", resource="https://vault.azure.net"`.
 */
function tenantOf({ headers }: HttpAnswer): string | undefined {
  const challenge = headers.get("www-authenticate") ?? "";
  return /authorization="https:\/\/[^/"]+\/([A-Za-z0-9.-]+)"/.exec(challenge)?.[1];
}

/** The bytes of a field in base64url without padding; undefined if it has none. */
export function readBase64Url(value: unknown): Uint8Array | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  try {
    return base64urlnopad.decode(value);
  } catch {
    return undefined;
  }
}
