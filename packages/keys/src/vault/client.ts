import { type KeyOptions, SopsError } from "@isosops/core";
import { base64 } from "@scure/base";
import { platform } from "#native";
import { noAnswer, readBytes, readObject } from "../http/answer.js";
import { failure, type HttpOptions, send } from "../http/send.js";
import { type Allowlist, readAllowlist } from "./allowlist.js";
import type { Defaults } from "./defaults/defaults.js";
import { explainFailure } from "./failure.js";
import { checkTransitKey, type TransitKey, urlOf } from "./transit-key.js";

/** How Vault is asked. */
export interface VaultOptions extends HttpOptions {
  /**
   * The token, or a function that finds it for a server. On Node, Deno and Bun it may be left out: `VAULT_TOKEN` and
   * `~/.vault-token` are read, as sops reads them.
   */
  readonly token?: string | VaultTokenFunction | undefined;
  /** The namespace, in place of `VAULT_NAMESPACE`. */
  readonly namespace?: string | undefined;
  /**
   * The servers that may be asked, in place of `SOPS_HC_VAULT_ALLOWLIST`: `all`, `none`, or addresses such as
   * `https://vault.example.com:8200`. Where the server is named by a file, a token that is given as a string needs it, since
   * it is sent there.
   */
  readonly allowlist?: string | readonly string[] | undefined;
}

/** What a token is asked for. */
export interface VaultTokenRequest {
  /** The server that gets it, as the file names it: `https://vault.example.com:8200`. */
  readonly address: string;
  readonly namespace: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Finds a token. It may throw where `address` is not to have one. */
export type VaultTokenFunction = (request: VaultTokenRequest) => string | Promise<string>;

/** Asks transit engines. */
export interface TransitClient {
  /** What was encrypted, as it stands in a file: `vault:v1:...`. */
  encrypt(key: TransitKey, plaintext: Uint8Array, options?: KeyOptions): Promise<string>;
  decrypt(key: TransitKey, ciphertext: string, options?: KeyOptions): Promise<Uint8Array>;
}

type Operation = "encrypt" | "decrypt";

const service = "Vault";

/** @param own the server that the caller has named, which needs no list to get a token that is a string */
export function createTransitClient(options: VaultOptions, own?: string): TransitClient {
  const { token: givenToken, namespace: givenNamespace, allowlist: givenAllowlist, ...givenHttp } = options;
  let defaults: Promise<Defaults | undefined> | undefined;

  /** What the machine has of settings. */
  function loadDefaults(): Promise<Defaults | undefined> {
    defaults ??= readDefaults();
    return defaults;
  }

  async function checkAllowed(address: string): Promise<void> {
    let allows: Allowlist;
    let name = "`allowlist`";
    const set = givenAllowlist ?? (await loadDefaults())?.allowlist();
    if (set !== undefined) {
      if (givenAllowlist === undefined) name = "SOPS_HC_VAULT_ALLOWLIST";
      allows = readAllowlist(set, name);
    } else {
      // Sops has no such case: its tokens are those of the machine.
      allows = (named) => named === own || typeof givenToken !== "string";
    }
    if (allows(address)) return;
    throw failure(
      "permission",
      `${name} does not allow the server ${address} to have the token, and nothing was sent to it`,
      `If you trust it, add its address to ${name}`,
    );
  }

  /** Undefined if there is none: an agent may have its own. */
  async function findToken(request: VaultTokenRequest): Promise<{ token: string; source: string } | undefined> {
    if (givenToken !== undefined) {
      const token = typeof givenToken === "function" ? await givenToken(request) : givenToken;
      return { token: checkToken(token, "`token`"), source: "`token`" };
    }
    const machine = await loadDefaults();
    if (machine === undefined) {
      throw new SopsError(
        "credentials",
        "no Vault token was given, and this runtime has none of its own. Give `token`, a string or a function.",
      );
    }
    const found = await machine.token();
    if (found !== undefined) checkToken(found.token, found.source);
    return found;
  }

  async function call(
    operation: Operation,
    key: TransitKey,
    request: Readonly<Record<string, string>>,
    { signal }: KeyOptions,
  ): Promise<Record<string, unknown>> {
    const { address } = checkTransitKey(key);
    await checkAllowed(address);
    const machine = await loadDefaults();
    const namespace = givenNamespace ?? machine?.namespace();
    checkNamespace(namespace, givenNamespace === undefined ? "VAULT_NAMESPACE" : "`namespace`");
    const found = await findToken({ address, namespace, signal });
    const url = urlOf(key, operation, machine?.agentAddress());
    const headers = {
      ...machine?.headers(),
      "content-type": "application/json",
      ...(found === undefined ? {} : { "x-vault-token": found.token }),
      ...(namespace ? { "x-vault-namespace": namespace } : {}),
    };
    const body = JSON.stringify(request);
    const http = { ...givenHttp, fetch: givenHttp.fetch ?? (await machine?.fetch()) };
    const answer = await send(() => ({ method: "PUT", url, headers, body }), {
      ...http,
      signal,
      service,
      // A standby has not yet seen what the active node has.
      isBusy: ({ status }) => status === 412,
    });
    if (answer.status !== 200) {
      throw explainFailure(answer, { operation, key, source: found?.source }, [found?.token, request.plaintext]);
    }
    const data = readObject(answer.text)?.data;
    if (typeof data !== "object" || data === null) throw noAnswer(service);
    return data as Record<string, unknown>;
  }

  return {
    async encrypt(key, plaintext, keyOptions = {}) {
      const { ciphertext } = await call("encrypt", key, { plaintext: base64.encode(plaintext) }, keyOptions);
      if (typeof ciphertext !== "string" || !/^[\x21-\x7e]+$/.test(ciphertext)) throw noAnswer(service);
      return ciphertext;
    },
    async decrypt(key, ciphertext, keyOptions = {}) {
      if (ciphertext === "") {
        throw new SopsError(
          "data_key",
          "its entry has no `enc`: the wrapped data key is missing. Restore it from version control.",
        );
      }
      const plaintext = readBytes((await call("decrypt", key, { ciphertext }, keyOptions)).plaintext);
      if (plaintext === undefined) throw noAnswer(service);
      return plaintext;
    },
  };
}

/**
 * A token, if a header can have it.
 *
 * @throws {SopsError} `credentials`
 */
function checkToken(token: unknown, source: string): string {
  if (typeof token === "string" && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new SopsError("credentials", `${source} has no Vault token, or what is none. Is a variable unset?`);
}

/** Checks that a header can have it. */
function checkNamespace(namespace: string | undefined, source: string): void {
  if (namespace === undefined || /^[\x20-\x7e]*$/.test(namespace)) return;
  throw new SopsError("invalid_option", `${source} is not a namespace of Vault. Give its path, such as admin/team.`);
}

/** Not there in browsers and Workers. */
async function readDefaults(): Promise<Defaults | undefined> {
  if (platform === undefined) return undefined;
  return (await import("./defaults/defaults.js")).createDefaults(platform);
}
