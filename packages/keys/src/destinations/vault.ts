import { SopsError } from "@isosops/core";
import { platform } from "#native";
import { readObject } from "../http/answer.js";
import { busy, rejected } from "../http/explain.js";
import { quoted, said } from "../http/said.js";
import { failure, type HttpAnswer, type HttpOptions, send } from "../http/send.js";
import { readAllowlist } from "../vault/allowlist.js";
import { createDefaults } from "../vault/defaults/defaults.js";
import { checkTransitKey } from "../vault/transit-key.js";
import { type Destination, encodePath } from "./object-name.js";

/** A secret of a kv engine, as a rule names it. */
export interface VaultDestinationOptions extends HttpOptions {
  /** `https://vault.example.com:8200`; `VAULT_ADDR` if left out. */
  readonly address?: string | undefined;
  /** Of the engine, `secret` if left out. */
  readonly mount?: string | undefined;
  /** Of the kv engine. */
  readonly version: 1 | 2;
  /** Called if the secret cannot be read before, so that an unchanged one becomes a new version. */
  readonly onUnreadable?: (() => void) | undefined;
}

const service = "Vault";

/** What no message may show. */
type Secrets = readonly (string | undefined)[];

/**
 * A secret in a kv engine of Vault, written with the token of this machine (publish/vault.go). It is not written if it has
 * these values.
 *
 * @param path - Below the engine.
 * @throws {SopsError} `invalid_option` if address or path are not usable
 */
export function vaultDestination(path: string, options: VaultDestinationOptions): Destination {
  const { mount = "secret", version, onUnreadable, ...http } = options;
  const machine = platform === undefined ? undefined : createDefaults(platform);
  const address = (options.address || platform?.env("VAULT_ADDR") || "https://127.0.0.1:8200").replace(/\/+$/, "");
  const engine = mount.replace(/\/+$/, "");
  checkServer(address);
  const whole = version === 1 ? `${engine}/${path}` : `${engine}/data/${path}`;
  const encoded = encodePath(whole, encodeURIComponent);
  const url = `${address}/v1/${encoded}`;

  async function ask(method: "GET" | "PUT", body?: string): Promise<HttpAnswer> {
    const { headers, token } = await prepare();
    const request = () => ({ method, url, headers, body }) as const;
    const answer = await send(request, {
      timeout: 60_000,
      ...http,
      fetch: http.fetch ?? (await machine?.fetch()),
      service,
    });
    const isGood = answer.status === 200 || answer.status === 204 || (method === "GET" && answer.status === 404);
    if (isGood) return answer;
    // The body has plain text, which an answer may repeat.
    throw explain(answer, whole, [token, ...textsOf(body)]);
  }

  async function prepare() {
    if (machine === undefined) throw new SopsError("unsupported", "Files are published on Node, Deno and Bun.");
    const list = machine.allowlist();
    if (list !== undefined && !readAllowlist(list, "SOPS_HC_VAULT_ALLOWLIST")(address)) {
      throw failure(
        "permission",
        `SOPS_HC_VAULT_ALLOWLIST does not allow the server ${address} to have the token, and nothing was sent to it`,
        "If you trust it, add its address to the variable",
      );
    }
    const found = await machine.token();
    const namespace = machine.namespace();
    const headers = {
      ...machine.headers(),
      "content-type": "application/json",
      ...(found === undefined ? {} : { "x-vault-token": found.token }),
      ...(namespace === undefined ? {} : { "x-vault-namespace": namespace }),
    };
    return { headers, token: found?.token };
  }

  /** Undefined if there is none, or it cannot be read. */
  async function read(): Promise<unknown> {
    try {
      const data = readObject((await ask("GET")).text)?.data as { data?: unknown } | undefined;
      return version === 1 ? data : data?.data;
    } catch (error) {
      if (!(error instanceof SopsError) || error.code !== "permission") throw error;
      onUnreadable?.();
      return undefined;
    }
  }

  return {
    url,
    async put(json) {
      // Long numbers would be equal to others.
      const isExact = !/\d{16}/.test(json);
      if (isExact && isSame(await read(), JSON.parse(json))) return;
      await ask("PUT", version === 1 ? json : `{"data":${json}}`);
    },
  };
}

function checkServer(address: string): void {
  try {
    checkTransitKey({ address, enginePath: "secret", keyName: "name" });
  } catch (cause) {
    throw new SopsError(
      "invalid_option",
      "`vault_address` is not that of a Vault server. Give one such as https://vault.example.com:8200.",
      { cause },
    );
  }
}

/** The texts in a body that are long enough to be secrets. */
function textsOf(body: string | undefined): string[] {
  const texts: string[] = [];
  if (body !== undefined) {
    JSON.parse(body, (_, value: unknown) => {
      if (typeof value === "string" && value !== "") texts.push(value);
      return value;
    });
  }
  return texts;
}

function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return one === other;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [first, second] = [Object.entries(one), new Map(Object.entries(other))];
  return (
    first.length === second.size && first.every(([key, value]) => second.has(key) && isSame(value, second.get(key)))
  );
}

function explain({ status, text }: HttpAnswer, path: string, secrets: Secrets): SopsError {
  const { errors } = (readObject(text) ?? {}) as { errors?: unknown };
  const told = quoted(`HTTP status ${status}`, said(Array.isArray(errors) ? errors.join("; ") : "", secrets));
  if (status === 403) {
    return failure(
      "permission",
      `Vault does not allow the token of this machine at ${path} (${told})`,
      "Use `vault login`, or allow `create` and `update` there in a policy",
    );
  }
  if (status === 404) {
    return failure("key_not_found", `Vault has no kv engine at ${path} (${told})`, "Check `vault_kv_mount_name`");
  }
  if (/sealed/i.test(told)) return failure("unavailable", `Vault is sealed (${told})`, "Unseal it, and try again");
  return status === 429 || status >= 500 ? busy(service, told) : rejected(service, told);
}
