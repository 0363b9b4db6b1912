/** HashiCorp Vault, by its core: what sops writes is opened here, and what is written here by sops. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type VaultOptions, vaultTransit, vaultTransitKind, vaultTransitSource } from "@isosops/keys/vault";
import { decrypt, encrypt, findCreationRule, generateIdentity, keyGroupsOf, parseConfig } from "isosops";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { findSops } from "../../../test-vectors/tools.js";
import { json, serve } from "./fake-service.js";
import { entriesOf, plain, testBesideAge, testFormats } from "./sops-round-trips.js";
import { noVault, openVault, type VaultServer } from "./vault-server.js";

const versions = findSops();
if (versions.length === 0) console.warn("Vault is not compared with sops: sops was not found. Set SOPS_BIN.");

const folder = mkdtempSync(join(tmpdir(), "isosops-vault-"));
const { identity, recipient } = await generateIdentity();
let vault: VaultServer;
beforeAll(async () => {
  if (noVault !== undefined) return;
  vault = await openVault();
  for (const type of ["rsa-4096", "rsa-2048", "chacha20-poly1305", "aes256-gcm96"]) {
    await vault.admin("POST", `sops/keys/${type}`, { type });
  }
}, 60_000);
afterEach(() => vi.unstubAllEnvs());
afterAll(async () => {
  await vault?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const promised = promisify(execFile);

async function sops(path: string, args: string[], format: string, text: string, env: Record<string, string> = {}) {
  const name = join(folder, `input.${format === "dotenv" ? "env" : format}`);
  writeFileSync(name, text);
  const base = { PATH: process.env.PATH ?? "", HOME: folder, SOPS_AGE_KEY: identity, VAULT_TOKEN: vault.token };
  const options = { encoding: "utf8", env: { ...base, ...env }, cwd: folder, timeout: 30_000 } as const;
  return (await promised(path, [...args, name], options)).stdout;
}

/** Ours, by a token that is given. */
function options(): VaultOptions {
  return { token: vault.token, allowlist: vault.url };
}

/** The entries of a YAML file's keys, without what is another each time. */
function entries(text: string): unknown[] {
  return entriesOf(text, "hc_vault", /^vault:v\d+:[\w+/]+=*$/);
}

/** Of the first entry. */
function wrapped(text: string): string {
  return (parse(text) as { sops: { hc_vault: { enc: string }[] } }).sops.hc_vault[0]!.enc;
}

describe.skipIf(noVault !== undefined)("Vault", () => {
  describe.each(versions)("and sops $version", ({ version, path }) => {
    const trips = {
      version,
      sops: (args: string[], format: string, text: string) => sops(path, args, format, text),
      flags: () => ["--hc-vault-transit", vault.keyUri("aes256-gcm96")],
      key: () => vaultTransit(vault.keyUri("aes256-gcm96"), options()),
      source: () => vaultTransitSource(options()),
      entries,
    };
    testFormats(trips);

    test.each([
      "VAULT/v1/sops/keys/rsa-4096",
      "VAULT/v1/sops/keys/rsa-2048",
      "VAULT/v1/sops/keys/chacha20-poly1305",
      "VAULT/v1/teams/a/transit/keys/new",
      "VAULT/v1/sops/keys/aes256-gcm96/",
      "VAULT/v2/sops/keys/new.one",
      "VAULT/v1/sops/other/new-two",
    ])("the key %s", async (template) => {
      const uri = template.replace("VAULT", vault.url);
      const theirs = await sops(path, ["encrypt", "--hc-vault-transit", uri], "yaml", plain.yaml);
      const opened = await decrypt(theirs, { format: "yaml", keySources: [vaultTransitSource(options())] });
      expect(opened.text).toBe(plain.yaml);
      const ours = await encrypt(plain.yaml, { format: "yaml", keys: [vaultTransit(uri, options())] });
      expect(await sops(path, ["decrypt"], "yaml", ours.text)).toBe(plain.yaml);
      // What sops says of the key is what we say of it.
      expect(entries(ours.text)).toEqual(entries(theirs));
    });

    test.each([
      ["a host in upper case", "HTTP://LOCALHOST:PORT/v1/sops/keys/aes256-gcm96"],
      ["slashes before the version", "http://localhost:PORT//v1/sops/keys/aes256-gcm96"],
    ])("%s in a URI", async (_, template) => {
      const uri = template.replace("PORT", new URL(vault.url).port);
      const theirs = await sops(path, ["encrypt", "--hc-vault-transit", uri], "yaml", plain.yaml);
      const given = { token: vault.token, allowlist: "all" };
      const ours = await encrypt(plain.yaml, { format: "yaml", keys: [vaultTransit(uri, given)] });
      expect(entries(ours.text)).toEqual(entries(theirs));
      expect((await decrypt(theirs, { format: "yaml", keySources: [vaultTransitSource(given)] })).text).toBe(
        plain.yaml,
      );
    });

    test.each([
      ["a prefix", "http://127.0.0.1:PORT/proxy/v1/sops/keys/k", /before the version/],
      ["a version in the engine", "http://127.0.0.1:PORT/v1/sops/v2/a/keys/k", /before the version/],
      ["no version", "http://127.0.0.1:PORT/sops/keys/k", /not that of a key/],
      ["too short a path", "http://127.0.0.1:PORT/v1/keys/k", /not that of a key/],
      ["no scheme", "127.0.0.1/v1/sops/keys/k", /no URI/],
    ])("a URI with %s is refused by both", async (_, template, message) => {
      const uri = template.replace("PORT", new URL(vault.url).port);
      await expect(sops(path, ["encrypt", "--hc-vault-transit", uri], "yaml", plain.yaml)).rejects.toThrow();
      expect(() => vaultTransit(uri)).toThrow(
        expect.objectContaining({ code: "invalid_key", message: expect.stringMatching(message) }),
      );
    });

    testBesideAge(trips, { identity, recipient });

    test("a rule of .sops.yaml", async () => {
      const config = `creation_rules:
  - hc_vault_transit_uri: ${vault.keyUri("aes256-gcm96")},${vault.keyUri("rsa-2048")}
`;
      writeFileSync(join(folder, "rules.yaml"), config);
      const theirs = await sops(path, ["--config", join(folder, "rules.yaml"), "--encrypt"], "yaml", plain.yaml);
      const rule = await findCreationRule(await parseConfig(config), "input.yaml");
      const keyGroups = await keyGroupsOf(rule!, [vaultTransitKind(options())]);
      const ours = await encrypt(plain.yaml, { format: "yaml", keyGroups });
      expect(entries(ours.text)).toEqual(entries(theirs));
      expect(entries(ours.text)).toHaveLength(2);
    });

    test("a key that is rotated, in Vault, opens what older versions wrapped until they are too old, and until it is deleted", async () => {
      const name = `rotated-${version}`;
      const uri = vault.keyUri(name);
      await vault.admin("POST", `sops/keys/${name}`, { type: "aes256-gcm96" });
      const keySources = [vaultTransitSource(options())];
      const write = async () => ({
        theirs: await sops(path, ["encrypt", "--hc-vault-transit", uri], "yaml", plain.yaml),
        ours: (await encrypt(plain.yaml, { format: "yaml", keys: [vaultTransit(uri, options())] })).text,
      });
      const first = await write();
      await vault.admin("POST", `sops/keys/${name}/rotate`);
      const second = await write();
      expect([first.theirs, first.ours, second.theirs, second.ours].map((text) => wrapped(text).slice(0, 9))).toEqual([
        "vault:v1:",
        "vault:v1:",
        "vault:v2:",
        "vault:v2:",
      ]);
      for (const text of [...Object.values(first), ...Object.values(second)]) {
        expect((await decrypt(text, { format: "yaml", keySources })).text).toBe(plain.yaml);
        expect(await sops(path, ["decrypt"], "yaml", text)).toBe(plain.yaml);
      }

      await vault.admin("POST", `sops/keys/${name}/config`, { min_decryption_version: 2 });
      for (const text of Object.values(first)) {
        await expect(decrypt(text, { format: "yaml", keySources })).rejects.toMatchObject({
          code: "key_disabled",
          message: expect.stringMatching(/too old.*Lower `min_decryption_version` of sops\/keys\/rotated/),
        });
        await expect(sops(path, ["decrypt"], "yaml", text)).rejects.toThrow(/too old/);
      }
      for (const text of Object.values(second)) {
        expect((await decrypt(text, { format: "yaml", keySources })).text).toBe(plain.yaml);
        expect(await sops(path, ["decrypt"], "yaml", text)).toBe(plain.yaml);
      }

      await vault.admin("POST", `sops/keys/${name}/config`, { deletion_allowed: true });
      await vault.admin("DELETE", `sops/keys/${name}`);
      await expect(decrypt(second.ours, { format: "yaml", keySources })).rejects.toMatchObject({
        code: "key_not_found",
        message: expect.stringMatching(/encryption key not found/),
      });
      await expect(sops(path, ["decrypt"], "yaml", second.ours)).rejects.toThrow(/encryption key not found/);
    });

    // A variable that 3.9.4 has not.
    describe.skipIf(version === "3.9.4")("SOPS_HC_VAULT_ALLOWLIST", () => {
      test.each([
        ["all", true],
        ["none", false],
        ["", true],
        ["URL", true],
        ["URL/", true],
        [" http://a , URL ", true],
        ["http://127.0.0.1", false],
        ["http://127.0.0.1:", false],
        ["http:", true],
        ["all,http://a", false],
        ["URL/path", false],
        ["URL,", "empty"],
        [",", "empty"],
        [" ", "empty"],
      ])("%j: %s", async (template, expected) => {
        const allowlist = template.replace("URL", vault.url);
        const uri = vault.keyUri("aes256-gcm96");
        const { text } = await encrypt(plain.yaml, { format: "yaml", keys: [vaultTransit(uri, options())] });
        const environment = { SOPS_HC_VAULT_ALLOWLIST: allowlist, VAULT_TOKEN: vault.token };
        const both = {
          sops: () => sops(path, ["decrypt"], "yaml", text, environment),
          decrypt: async () => (await decrypt(text, { format: "yaml", keySources: [vaultTransitSource()] })).text,
          sopsEncrypt: () => sops(path, ["encrypt", "--hc-vault-transit", uri], "yaml", plain.yaml, environment),
          encrypt: async () => (await encrypt(plain.yaml, { format: "yaml", keys: [vaultTransit(uri)] })).text,
        };
        for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
        const outcomes: PromiseSettledResult<string>[] = [];
        // One after the other, for the sake of the input file of sops.
        for (const run of Object.values(both)) outcomes.push(...(await Promise.allSettled([run()])));
        expect(outcomes.map(({ status }) => status === "fulfilled")).toEqual(outcomes.map(() => expected === true));
        for (const index of [1, 3]) {
          const outcome = outcomes[index]!;
          if (outcome.status === "fulfilled") continue;
          expect(outcome.reason).toMatchObject(
            expected === "empty"
              ? {
                  code: "invalid_option",
                  message: expect.stringMatching(/entry \d of SOPS_HC_VAULT_ALLOWLIST is empty/),
                }
              : { code: "permission", message: expect.stringMatching(/SOPS_HC_VAULT_ALLOWLIST does not allow/) },
          );
        }
      });
    });

    describe("the token", () => {
      test.each<[string, Record<string, string>, string | undefined, boolean]>([
        ["of VAULT_TOKEN", { VAULT_TOKEN: "root" }, undefined, true],
        ["of VAULT_TOKEN before ~/.vault-token", { VAULT_TOKEN: "root" }, "bad", true],
        ["of VAULT_TOKEN, which is wrong, before ~/.vault-token", { VAULT_TOKEN: "bad" }, "root", false],
        ["of ~/.vault-token", { VAULT_TOKEN: "" }, " root\n", true],
        ["of nowhere", { VAULT_TOKEN: "" }, undefined, false],
        ["of an empty ~/.vault-token", { VAULT_TOKEN: "" }, "\n", false],
        // Vault ignores a namespace without a license; the address is that of the file.
        [
          "with other variables",
          { VAULT_TOKEN: "root", VAULT_NAMESPACE: "a", VAULT_ADDR: "http://127.0.0.1:9" },
          undefined,
          true,
        ],
        [
          "with an agent that is not there",
          { VAULT_TOKEN: "root", VAULT_AGENT_ADDR: "http://127.0.0.1:9", VAULT_MAX_RETRIES: "0" },
          undefined,
          false,
        ],
      ])("%s, as sops", async (_, variables, file, opens) => {
        const home = mkdtempSync(join(folder, "home-"));
        if (file !== undefined) writeFileSync(join(home, ".vault-token"), file);
        const uri = vault.keyUri("aes256-gcm96");
        const { text } = await encrypt(plain.yaml, { format: "yaml", keys: [vaultTransit(uri, options())] });
        const environment = { HOME: home, ...variables };
        for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
        const ours = decrypt(text, { format: "yaml", keySources: [vaultTransitSource({ attempts: 1 })] });
        const theirs = sops(path, ["decrypt"], "yaml", text, environment);
        const outcomes = await Promise.allSettled([ours, theirs]);
        expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map(() => (opens ? "fulfilled" : "rejected")));
      });

      test("and headers of the environment, as sops sends them", async () => {
        const service = await serve((_, response) => json(response, 403, { errors: ["permission denied"] }));
        try {
          const environment = {
            HOME: folder,
            VAULT_TOKEN: "a-token",
            VAULT_NAMESPACE: "team/a",
            VAULT_HEADERS: '{"Proxy-Key": "a key"}',
          };
          for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
          const uri = `${service.url}/v1/engine/b%20c/keys/k.k`;
          await expect(vaultTransit(uri).wrap(new Uint8Array(32))).rejects.toThrow();
          await expect(
            sops(path, ["encrypt", "--hc-vault-transit", uri], "yaml", plain.yaml, environment),
          ).rejects.toThrow();
          const [ours, theirs] = service.requests.map(({ method, path, headers, body }) => ({
            method,
            path,
            fields: Object.keys(JSON.parse(body)),
            ...Object.fromEntries(
              ["x-vault-token", "x-vault-namespace", "x-vault-request", "proxy-key"].map((name) => [
                name,
                headers[name],
              ]),
            ),
          }));
          expect(ours).toEqual(theirs);
          expect(ours).toMatchObject({ "x-vault-token": "a-token", "x-vault-namespace": "team/a" });
          expect(service.requests).toHaveLength(2);
        } finally {
          await service.stop();
        }
      });
    });
  });

  test("the token is of a function, which is told the server", async () => {
    const asked: unknown[] = [];
    const given: VaultOptions = {
      namespace: "",
      token: async ({ address, namespace }) => {
        asked.push([address, namespace]);
        return vault.token;
      },
    };
    const { text } = await encrypt(plain.yaml, {
      format: "yaml",
      keys: [vaultTransit(vault.keyUri("aes256-gcm96"), given)],
    });
    await decrypt(text, { format: "yaml", keySources: [vaultTransitSource(given)] });
    expect(asked).toEqual([
      [vault.url, ""],
      [vault.url, ""],
    ]);
  });

  test("a token that is given is not sent to a server that only the file names", async () => {
    const uri = vault.keyUri("aes256-gcm96");
    const { text } = await encrypt(plain.yaml, { format: "yaml", keys: [vaultTransit(uri, { token: vault.token })] });
    const fetch = () => expect.unreachable("something was asked");
    const keySources = [vaultTransitSource({ token: vault.token, fetch })];
    await expect(decrypt(text, { format: "yaml", keySources })).rejects.toMatchObject({
      code: "permission",
      message: expect.stringContaining(`\`allowlist\` does not allow the server ${vault.url} to have the token`),
    });
    const kind = vaultTransitKind({ token: vault.token, fetch });
    for (const keyed of [
      kind.wrapper({ type: "hc_vault", id: uri }).wrap(new Uint8Array(32)),
      decrypt(text, { format: "yaml", keySources: [kind.source()] }),
    ]) {
      await expect(keyed).rejects.toMatchObject({ code: "permission" });
    }
  });
});
