/** Azure Key Vault, by a stand-in that sops asks too: what sops writes is opened here, and what is written here by sops. */
import { execFile } from "node:child_process";
import { createPrivateKey, randomUUID } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { referenceOf } from "@isosops/core/key-reference";
import { type AzureOptions, azureKeyVault, azureKeyVaultKind, azureKeyVaultSource } from "@isosops/keys/azure";
import { decrypt, encrypt, findCreationRule, generateIdentity, keyGroupsOf, parseConfig } from "isosops";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { findSops } from "../../../test-vectors/tools.js";
import { whyNoCertificate } from "./https-hosts.js";
import {
  chinaVaultUrl,
  clientId,
  clientSecret,
  createToken,
  federatedToken,
  foreignVaultUrl,
  identityHeader,
  type KeyVault,
  keyVersions,
  startKeyVault,
  tenantId,
  vaultUrl,
} from "./key-vault.js";
import { entriesOf, plain, testBesideAge, testFormats } from "./sops-round-trips.js";

const versions = findSops();
const current = versions.find(({ version }) => version !== "3.9.4");
if (versions.length === 0) console.warn("Azure Key Vault is not held against sops: there is none. Set SOPS_BIN.");
const noServer = whyNoCertificate();
if (noServer !== undefined) console.warn(`Tests with Azure Key Vault are skipped: ${noServer}.`);

const folder = mkdtempSync(join(tmpdir(), "isosops-azure-"));
const { identity, recipient } = await generateIdentity();
let vault: KeyVault;
beforeAll(async () => {
  if (noServer === undefined) vault = await startKeyVault();
});
beforeEach(() => {
  vault?.callers.splice(0);
  vault?.asked.splice(0);
});
afterAll(async () => {
  await vault?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const keyUrl = `${vaultUrl}/keys/sops`;
const [newest, older] = keyVersions;

async function sops(path: string, args: string[], format: string, text: string, env: Record<string, string>) {
  const name = join(folder, `input.${format === "dotenv" ? "env" : format}`);
  writeFileSync(name, text);
  const base = {
    PATH: process.env.PATH ?? "",
    HOME: folder,
    SOPS_AGE_KEY: identity,
    HTTPS_PROXY: vault.proxy,
    HTTP_PROXY: vault.proxy,
    SSL_CERT_FILE: vault.certificateFile,
  };
  const options = { encoding: "utf8", env: { ...base, ...env }, cwd: folder, timeout: 30_000 } as const;
  return (await promisify(execFile)(path, [...args, name], options)).stdout;
}

const application = { AZURE_TENANT_ID: tenantId, AZURE_CLIENT_ID: clientId };
const bySecret = { ...application, AZURE_CLIENT_SECRET: clientSecret };
const options = (): AzureOptions => ({ credentials: { accessToken: createToken("test") }, fetch: vault.fetch });

/** The entries of a YAML file's keys, without what is another each time. */
function entries(text: string): unknown[] {
  return entriesOf(text, "azure_kv", /^[\w-]{342}$/);
}

describe.skipIf(noServer !== undefined)("Azure Key Vault", () => {
  describe.each(versions)("and sops $version", ({ version, path }) => {
    const trips = {
      version,
      sops: (args: string[], format: string, text: string) => sops(path, args, format, text, bySecret),
      flags: () => ["--azure-kv", `${keyUrl}/${older}`],
      key: () => azureKeyVault(`${keyUrl}/${older}`, options()),
      source: () => azureKeyVaultSource(options()),
      entries,
    };
    testFormats(trips);

    testBesideAge({ ...trips, key: () => azureKeyVault(keyUrl, options()) }, { identity, recipient });

    // 3.9.4 has no such URL.
    test.skipIf(version === "3.9.4").each([keyUrl, `${keyUrl}/`, ` ${keyUrl} `])(
      "%j, of the newest version",
      async (url) => {
        const theirs = await sops(path, ["encrypt", "--azure-kv", url], "yaml", plain.yaml, bySecret);
        const ours = await encrypt(plain.yaml, { format: "yaml", keys: [azureKeyVault(url, options())] });
        expect(entries(ours.text)).toEqual(entries(theirs));
        expect(entries(ours.text)).toEqual([{ name: "sops", vault_url: vaultUrl, version: newest }]);
        const named = await azureKeyVaultKind(options()).withVersion!({ type: "azure_kv", id: url });
        expect(named).toEqual({ type: "azure_kv", id: `${keyUrl}/${newest}` });
      },
    );

    test("a rule of .sops.yaml, and the keys of a file that are wrapped again", async () => {
      const named = (vault: string, key: string) => `{vaultUrl: ${vault}, key: sops, version: ${key}}`;
      // 3.9.4 does not look up versions.
      const other = version === "3.9.4" ? newest : '""';
      const config = `creation_rules:
  - key_groups:
      - azure_keyvault: [${named(vaultUrl, older)}, ${named(`${vaultUrl}/`, other)}]
`;
      const configPath = file(config);
      const theirs = await sops(path, ["--config", configPath, "--encrypt"], "yaml", plain.yaml, bySecret);
      const kind = azureKeyVaultKind(options());
      const rule = await findCreationRule(await parseConfig(config), "input.yaml");
      const keyGroups = await keyGroupsOf(rule!, [kind]);
      const ours = await encrypt(plain.yaml, { format: "yaml", keyGroups });
      expect(entries(ours.text)).toEqual(entries(theirs));
      expect(entries(ours.text)).toHaveLength(2);
      const opened = await decrypt(theirs, { format: "yaml", keySources: [kind.source()] });
      expect(opened.text).toBe(plain.yaml);
      for (const url of [vaultUrl, `${vaultUrl}/`]) {
        const fields = new Map(Object.entries({ vault_url: url, name: "sops", version: older }));
        const [key] = await kind.wrapper(referenceOf({ type: "azure_kv", fields })).wrap(new Uint8Array(32));
        expect(Object.fromEntries(key!.fields)).toMatchObject(Object.fromEntries(fields));
      }
    });

    test("a host that asks for a token of Azure's own", async () => {
      const { text } = await encrypt(plain.yaml, { format: "yaml", keys: [azureKeyVault(keyUrl, options())] });
      const forged = text.replace(vaultUrl, foreignVaultUrl);
      vault.asked.splice(0);
      const theirs = sops(path, ["decrypt"], "yaml", forged, bySecret);
      await expect(theirs).rejects.toMatchObject({
        stderr: expect.stringMatching(/challenge resource .* doesn't match/),
      });
      expect(vault.asked.splice(0)).toEqual(["myvault.example.com"]);
      const ours = decrypt(forged, { format: "yaml", keySources: [azureKeyVaultSource(options())] });
      await expect(ours).rejects.toMatchObject({ message: expect.stringMatching(/is given no token/) });
      expect(vault.asked).toEqual([]);
    });

    test("the vaults of China", async () => {
      const variables = { ...bySecret, AZURE_AUTHORITY_HOST: "https://login.partner.microsoftonline.cn/" };
      const url = `${chinaVaultUrl}/keys/sops/${newest}`;
      const ours = await withEnvironment(variables, () =>
        encrypt(plain.yaml, { format: "yaml", keys: [azureKeyVault(url, { fetch: vault.fetch })] }),
      );
      expect(vault.asked).toEqual(["login.partner.microsoftonline.cn", "myvault.vault.azure.cn"]);
      expect(await sops(path, ["decrypt"], "yaml", ours.text, variables)).toBe(plain.yaml);
    });
  });

  describe("the default credentials", () => {
    const pem = () => vault.application;
    const certificate = (text: string) => ({ ...application, AZURE_CLIENT_CERTIFICATE_PATH: file(text) });
    const workload = () => ({ ...application, AZURE_FEDERATED_TOKEN_FILE: file(federatedToken) });
    const service = (path: string) => `${vault.identityUrl}${path}`;
    const appService = () => ({ IDENTITY_ENDPOINT: service("/appservice"), IDENTITY_HEADER: identityHeader });
    const pkcs1 = () => createPrivateKey(pem().key).export({ type: "pkcs1", format: "pem" }).toString();
    const other = () => readFileSync(vault.certificateFile, "utf8");
    // Those of 3.13.3 alone are of the newer libraries that it has.
    test.each<[string, () => Record<string, string>, string, string?]>([
      ["a client secret", () => bySecret, "secret"],
      ["a certificate", () => certificate(pem().certificate + pem().key), "certificate"],
      ["a certificate with a key in PKCS #1", () => certificate(pem().certificate + pkcs1()), "certificate"],
      [
        "a certificate behind its key and another",
        () => certificate(pem().key + other() + pem().certificate),
        "certificate",
      ],
      [
        "a certificate with its chain",
        () => ({ ...certificate(pem().certificate + pem().key), AZURE_CLIENT_SEND_CERTIFICATE_CHAIN: "1" }),
        "certificate",
      ],
      ["a secret before a certificate", () => ({ ...certificate("no"), ...bySecret }), "secret"],
      ["workload identity", workload, "federated"],
      ["a secret before workload identity", () => ({ ...workload(), ...bySecret }), "secret"],
      [
        "workload identity where the certificate cannot be read",
        () => ({ ...certificate("no"), ...workload() }),
        "federated",
      ],
      ["workload identity before App Service", () => ({ ...appService(), ...workload() }), "federated"],
      ["App Service", appService, "appservice own"],
      ["App Service, of a client", () => ({ ...appService(), AZURE_CLIENT_ID: "1" }), "appservice 1"],
      [
        "Azure Machine Learning",
        () => ({ MSI_ENDPOINT: service("/ml"), MSI_SECRET: identityHeader, DEFAULT_IDENTITY_CLIENT_ID: "2" }),
        "ml 2",
      ],
      ["Cloud Shell", () => ({ MSI_ENDPOINT: service("/shell") }), "shell own"],
      ["a virtual machine", () => ({}), "metadata own"],
      [
        "the one that is chosen",
        () => ({ ...appService(), ...bySecret, AZURE_TOKEN_CREDENTIALS: "managedidentitycredential" }),
        `appservice ${clientId}`,
        "3.13",
      ],
      ["those of production", () => ({ ...appService(), AZURE_TOKEN_CREDENTIALS: "prod" }), "appservice own", "3.13"],
      [
        "the Azure CLI, not the machine",
        () => ({ AZURE_TOKEN_CREDENTIALS: "dev", ...program("az", azPrints()) }),
        "az",
        "3.13",
      ],
      [
        "the Azure Developer CLI",
        () => ({
          AZURE_TOKEN_CREDENTIALS: "AzureDeveloperCLICredential",
          ...program("azd", { token: createToken("azd"), expiresOn: "2100-01-01T00:00:00Z" }),
        }),
        "azd",
        "3.13",
      ],
    ])("%s, as sops", async (_, variables, caller, only) => {
      const environment = variables();
      const key = () => azureKeyVault(`${keyUrl}/${newest}`, { fetch: vault.fetch });
      const { text } = await withEnvironment(environment, () => encrypt(plain.yaml, { format: "yaml", keys: [key()] }));
      expect(vault.callers.splice(0)).toEqual([caller]);
      for (const { path, version } of versions) {
        if (only === "3.13" && version === "3.9.4") continue;
        expect(await sops(path, ["decrypt"], "yaml", text, environment)).toBe(plain.yaml);
        expect(vault.callers.splice(0)).toEqual([caller]);
      }
    });

    const azPrints = (tenant = tenantId) => ({ accessToken: createToken("az", { tenant }), expires_on: 4102444800 });

    test("the Azure CLI, of somebody with several tenants, as sops", async () => {
      const environment = {
        AZURE_TOKEN_CREDENTIALS: "AzureCLICredential",
        ...program("az", azPrints("another"), { parameters: `--tenant ${tenantId}`, printed: azPrints() }),
      };
      const keySources = [azureKeyVaultSource({ fetch: vault.fetch })];
      const { text } = await encrypt(plain.yaml, { format: "yaml", keys: [azureKeyVault(keyUrl, options())] });
      vault.asked.splice(0);
      await withEnvironment(environment, async () => {
        for (const _ of ["once", "twice"]) await decrypt(text, { format: "yaml", keySources });
      });
      expect(vault.callers.splice(0).slice(-2)).toEqual(["az", "az"]);
      // The second time, the tenant is known.
      expect(vault.asked).toHaveLength(3);
      if (current !== undefined)
        expect(await sops(current.path, ["decrypt"], "yaml", text, environment)).toBe(plain.yaml);
    });

    test("are asked for once", async () => {
      const key = azureKeyVault(`${keyUrl}/${newest}`, { fetch: vault.fetch });
      await withEnvironment(bySecret, async () => {
        for (const _ of ["once", "twice"]) await key.wrap(new Uint8Array(32));
      });
      expect(vault.asked).toEqual(["login.microsoftonline.com", "myvault.vault.azure.net", "myvault.vault.azure.net"]);
    });
  });

  test("a function is told the resource, and the tenant that the vault has named", async () => {
    const requests: unknown[] = [];
    const key = azureKeyVault(`${keyUrl}/${newest}`, {
      fetch: vault.fetch,
      credentials({ resource, scope, tenantId: tenant }) {
        requests.push({ resource, scope, tenant });
        return { accessToken: createToken("function", { resource, tenant: tenant ?? "another" }) };
      },
    });
    await key.wrap(new Uint8Array(32));
    const request = { resource: "https://vault.azure.net", scope: "https://vault.azure.net/.default" };
    expect(requests).toEqual([
      { ...request, tenant: undefined },
      { ...request, tenant: tenantId },
    ]);
    expect(vault.callers).toEqual(["function"]);
  });

  test("vaults of another domain, where the user has set it", async () => {
    const accessToken = createToken("test");
    const key = azureKeyVault(`${foreignVaultUrl}/keys/sops/${newest}`, {
      ...options(),
      credentials: { accessToken },
      resource: "https://example.com/",
    });
    await key.wrap(new Uint8Array(32));
    expect(vault.asked).toEqual(["myvault.example.com"]);
  });
});

function file(text: string): string {
  const path = join(folder, randomUUID());
  writeFileSync(path, text);
  return path;
}

/** Variables with which a program of this name prints an object, or another one for some parameters. */
function program(
  name: string,
  printed: object,
  exception?: { parameters: string; printed: object },
): Record<string, string> {
  const bin = join(folder, randomUUID());
  mkdirSync(bin);
  const exceptional = `case "$*" in *"${exception?.parameters ?? "never"}"*) echo '${JSON.stringify(exception?.printed)}'; exit;; esac`;
  writeFileSync(join(bin, name), `#!/bin/sh\n${exceptional}\necho '${JSON.stringify(printed)}'\n`);
  chmodSync(join(bin, name), 0o755);
  return { PATH: `${bin}:${process.env.PATH}` };
}

const variableNames = [
  ...["TENANT_ID", "CLIENT_ID", "CLIENT_SECRET", "CLIENT_CERTIFICATE_PATH", "CLIENT_SEND_CERTIFICATE_CHAIN"],
  ...["FEDERATED_TOKEN_FILE", "AUTHORITY_HOST", "TOKEN_CREDENTIALS"],
].map((name) => `AZURE_${name}`);
const identityNames = ["IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IDENTITY_SERVER_THUMBPRINT", "IMDS_ENDPOINT"];
const oldIdentityNames = ["MSI_ENDPOINT", "MSI_SECRET", "DEFAULT_IDENTITY_CLIENT_ID"];

/** Does something with these variables, and no other that the default credentials look at. */
async function withEnvironment<Result>(
  variables: Record<string, string>,
  work: () => Promise<Result>,
): Promise<Result> {
  for (const name of [...variableNames, ...identityNames, ...oldIdentityNames]) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  try {
    return await work();
  } finally {
    vi.unstubAllEnvs();
  }
}
