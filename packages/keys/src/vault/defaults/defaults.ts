import { SopsError } from "@isosops/core";
import { homePath } from "../../native/home-path.js";
import type { Platform } from "../../native/platform.js";
import { readTlsSettings } from "./tls.js";

/** What this machine is set to, as Vault's client library for Go reads it, which sops uses (vault/api, `client.go`). */
export interface Defaults {
  /** The token and where it is from; undefined if there is none. */
  token(): Promise<{ token: string; source: string } | undefined>;
  namespace(): string | undefined;
  /** What `SOPS_HC_VAULT_ALLOWLIST` holds; undefined if it is not set. */
  allowlist(): string | undefined;
  /** The Vault Agent or proxy that is asked in place of the servers; undefined if none is set. */
  agentAddress(): string | undefined;
  /** Sent with every request. */
  headers(): Record<string, string>;
  /** One that knows the certificates that are set; undefined if none are. */
  fetch(): Promise<typeof fetch | undefined>;
}

export function createDefaults(platform: Platform): Defaults {
  const { env } = platform;
  return {
    async token() {
      const set = env("VAULT_TOKEN");
      if (set) return { token: set, source: "VAULT_TOKEN" };
      const path = homePath(platform, ".vault-token");
      if (path === undefined) return undefined;
      const token = (await readTokenFile(platform, path))?.trim();
      return token ? { token, source: path } : undefined;
    },
    namespace: () => env("VAULT_NAMESPACE") || undefined,
    allowlist: () => env("SOPS_HC_VAULT_ALLOWLIST") || undefined,
    agentAddress() {
      const address = env("VAULT_AGENT_ADDR");
      if (!address) return undefined;
      if (/^https?:\/\//i.test(address) && URL.canParse(address)) return address;
      throw new SopsError(
        "invalid_option",
        "the variable VAULT_AGENT_ADDR is not a URL. Set it to one such as http://127.0.0.1:8100; Unix sockets cannot be asked here.",
      );
    },
    // By the first, an agent knows that no page has made the request; CORS of Vault does not allow it.
    headers: () => ({ "x-vault-request": "true", ...readHeaders(env("VAULT_HEADERS")) }),
    async fetch() {
      const settings = await readTlsSettings(platform);
      return settings === undefined ? undefined : (await import("#tls-fetch")).createTlsFetch?.(settings);
    },
  };
}

async function readTokenFile(platform: Platform, path: string): Promise<string | undefined> {
  try {
    return await platform.readFile(path);
  } catch {
    throw new SopsError("credentials", `the token in ${path} cannot be read. Check the permissions of the file.`);
  }
}

/** Further headers of the user's own, as JSON. They may hold secrets, which no message shows. */
function readHeaders(text: string | undefined): Record<string, string> {
  if (!text) return {};
  let headers: unknown;
  try {
    headers = JSON.parse(text);
  } catch {}
  const entries = Object.entries(Object(headers) as Record<string, unknown>);
  const isObject = typeof headers === "object" && headers !== null && !Array.isArray(headers);
  const isSendable = ([name, value]: [string, unknown]) =>
    /^[\w!#$%&'*+.^`|~-]+$/.test(name) &&
    !/^x-vault-/i.test(name) &&
    typeof value === "string" &&
    /^[\t\x20-\x7e]*$/.test(value);
  if (isObject && entries.every(isSendable)) return Object.fromEntries(entries) as Record<string, string>;
  throw new SopsError(
    "invalid_option",
    "the variable VAULT_HEADERS must be a JSON object of texts, with no name that starts with X-Vault-.",
  );
}
