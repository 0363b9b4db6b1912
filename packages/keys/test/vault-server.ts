/** A Vault for the tests: its core, with engines, keys and tokens. */
import { findVault, rootToken, startVault } from "../../../test-vectors/vault.js";

/** Why the tests with a server are skipped; undefined if they are not. */
export const noVault: string | undefined =
  findVault() === undefined ? "there is no Vault: run `node test-vectors/install.js`, which needs Go" : undefined;

if (noVault !== undefined) console.warn(`Tests with Vault are skipped: ${noVault}.`);

export interface VaultServer {
  readonly url: string;
  /** May do everything. */
  readonly token: string;
  /** Do something with the root token: what Vault answers. */
  admin(method: string, path: string, body?: object): Promise<Record<string, never>>;
  /** A new token that has only this policy. */
  createToken(policy: string): Promise<string>;
  /** The URI of a key in the engine `sops`. */
  keyUri(name: string): string;
  stop(): Promise<void>;
}

/** Starts one with a transit engine at `sops`, another at `teams/a/transit`, and a kv engine at `kv`. */
export async function openVault(tls?: { certificate: string; key: string }): Promise<VaultServer> {
  const { url, stop } = await startVault(findVault()!, tls);

  async function admin(method: string, path: string, body?: object) {
    const response = await fetch(`${url}/v1/${path}`, {
      method,
      headers: { "x-vault-token": rootToken },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${text}`);
    return text === "" ? {} : JSON.parse(text);
  }

  if (tls === undefined) {
    await admin("POST", "sys/mounts/sops", { type: "transit" });
    await admin("POST", "sys/mounts/teams/a/transit", { type: "transit" });
    await admin("POST", "sys/mounts/kv", { type: "kv", options: { version: "1" } });
  }
  let policies = 0;
  return {
    url,
    token: rootToken,
    admin,
    async createToken(policy) {
      const name = `policy-${++policies}`;
      await admin("PUT", `sys/policies/acl/${name}`, { policy });
      const { auth } = await admin("POST", "auth/token/create", { policies: [name] });
      return (auth as { client_token: string }).client_token;
    },
    keyUri: (name) => `${url}/v1/sops/keys/${name}`,
    stop,
  };
}
