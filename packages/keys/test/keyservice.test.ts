/** Key services: `sops keyservice` asked by ours, and ours asked by `sops --keyservice`, with keys of all types. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { KeyKind, MasterKey } from "@isosops/core";
import { awsKmsKind } from "@isosops/keys/aws";
import { azureKeyVaultKind } from "@isosops/keys/azure";
import { gcpKmsKind } from "@isosops/keys/gcp";
import { huaweiKmsKind } from "@isosops/keys/huawei";
import { inTurn, type KeyRequest, type KeyServer, keyServiceKinds, serveKeys } from "@isosops/keys/keyservice";
import { pgpKind } from "@isosops/keys/pgp";
import { vaultTransitKind } from "@isosops/keys/vault";
import { decrypt, encrypt, generateIdentity, SopsError } from "isosops";
import { ageKind } from "isosops/age";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { findSops } from "../../../test-vectors/tools.js";
import { type Account, noAccount, openAccount } from "./aws-account.js";
import { accessToken, type CloudKms, keyName, startCloudKms } from "./cloud-kms.js";
import { type GnupgHome, gnupg, makeHome, noGnupg } from "./gnupg-home.js";
import { whyNoCertificate } from "./https-hosts.js";
import { accessKey, type HuaweiCloud, keyId, secretKey, startHuaweiCloud } from "./huawei-cloud.js";
import {
  clientId,
  clientSecret,
  createToken,
  type KeyVault,
  keyVersions,
  startKeyVault,
  tenantId,
  vaultUrl,
} from "./key-vault.js";
import { type SopsKeyService, startSopsKeyService } from "./sops-keyservice.js";
import { noVault, openVault, type VaultServer } from "./vault-server.js";

const versions = findSops();
const noCertificate = whyNoCertificate();
if (versions.length === 0) console.warn("Key services are not compared with sops: sops was not found. Set SOPS_BIN.");

const folder = mkdtempSync(join(tmpdir(), "isosops-keyservice-"));
const { identity, recipient } = await generateIdentity();
const plain = "a: hello\nb: 42\n";

let account: Account | undefined;
let vault: VaultServer | undefined;
let cloud: CloudKms | undefined;
let azure: KeyVault | undefined;
let huawei: HuaweiCloud | undefined;
let home: GnupgHome | undefined;
let fingerprint = "";
beforeAll(async () => {
  if (noVault === undefined) {
    vault = await openVault();
    await vault.admin("POST", "sops/keys/k", { type: "aes256-gcm96" });
  }
  if (noAccount === undefined) account = await openAccount();
  if (noGnupg === undefined) {
    home = makeHome(gnupg!);
    fingerprint = home.makeKey("service", "rsa2048", { usage: "cert,encr" });
  }
  if (noCertificate === undefined) {
    [cloud, azure, huawei] = await Promise.all([startCloudKms(), startKeyVault(), startHuaweiCloud()]);
  }
}, 180_000);
afterAll(async () => {
  await Promise.all([account?.stop(), vault?.stop(), cloud?.stop(), azure?.stop(), huawei?.stop()]);
  home?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** A program that has no keys at all. */
const bare = { PATH: process.env.PATH ?? "", HOME: folder, XDG_CONFIG_HOME: folder, GNUPGHOME: folder };

/** What sops needs to use the keys of a type: one proxy leads to the stand-ins of one cloud. */
function credentials(type = ""): Record<string, string> {
  if (type === "azure_kv") {
    return {
      ...bare,
      HTTPS_PROXY: azure!.proxy,
      SSL_CERT_FILE: azure!.certificateFile,
      AZURE_TENANT_ID: tenantId,
      AZURE_CLIENT_ID: clientId,
      AZURE_CLIENT_SECRET: clientSecret,
    };
  }
  return {
    ...bare,
    SOPS_AGE_KEY: identity,
    ...(home === undefined ? {} : { GNUPGHOME: home.folder }),
    ...(vault === undefined ? {} : { VAULT_TOKEN: vault.token }),
    ...(account === undefined
      ? {}
      : {
          AWS_ENDPOINT_URL: account.url,
          AWS_ACCESS_KEY_ID: account.user.accessKeyId,
          AWS_SECRET_ACCESS_KEY: account.user.secretAccessKey,
          AWS_EC2_METADATA_DISABLED: "true",
        }),
    ...(huawei === undefined
      ? {}
      : {
          HUAWEICLOUD_SDK_REGION_KMS_CN_NORTH_4: huawei.url,
          HUAWEICLOUD_SDK_AK: accessKey,
          HUAWEICLOUD_SDK_SK: secretKey,
          HUAWEICLOUD_SDK_PROJECT_ID: "project",
        }),
    ...(cloud === undefined
      ? {}
      : {
          HTTPS_PROXY: cloud.proxy,
          SSL_CERT_FILE: cloud.certificateFile,
          GOOGLE_CREDENTIALS: JSON.stringify(cloud.serviceAccount),
        }),
  };
}

/** The same in ours. */
function ownKinds(): KeyKind[] {
  return [
    ageKind([identity]),
    ...(home === undefined ? [] : [pgpKind({ gnupgHome: home.folder })]),
    ...(vault === undefined ? [] : [vaultTransitKind({ token: vault.token, allowlist: vault.url })]),
    ...(account === undefined ? [] : [awsKmsKind({ credentials: account.user, endpoint: account.url })]),
    ...(azure === undefined
      ? []
      : [azureKeyVaultKind({ credentials: { accessToken: createToken("ours") }, fetch: azure.fetch })]),
    ...(huawei === undefined
      ? []
      : [huaweiKmsKind({ credentials: { accessKey, secretKey, projectId: "project" }, endpoint: huawei.url })]),
    ...(cloud === undefined ? [] : [gcpKmsKind({ credentials: { accessToken }, endpoint: cloud.url })]),
  ];
}

interface KeyCase {
  readonly type: string;
  readonly id: string;
  readonly flags: readonly string[];
  readonly context?: Record<string, string>;
  readonly awsProfile?: string;
}

const allCases: [name: string, why: string | undefined, key: () => KeyCase][] = [
  ["age", undefined, () => ({ type: "age", id: recipient, flags: ["--age", recipient] })],
  ["pgp", noGnupg, () => ({ type: "pgp", id: fingerprint, flags: ["--pgp", fingerprint] })],
  ["kms", noAccount, () => ({ type: "kms", id: account!.key, flags: ["--kms", account!.key] })],
  [
    "kms with a role and a context",
    noAccount,
    () => {
      const id = `${account!.key}+${account!.role}`;
      const context = { Env: "prod", App: "x" };
      return { type: "kms", id, context, flags: ["--kms", id, "--encryption-context", "Env:prod,App:x"] };
    },
  ],
  ["gcp_kms", noCertificate, () => ({ type: "gcp_kms", id: keyName, flags: ["--gcp-kms", keyName] })],
  [
    "azure_kv",
    noCertificate,
    () => {
      const id = `${vaultUrl}/keys/sops/${keyVersions[0]}`;
      return { type: "azure_kv", id, flags: ["--azure-kv", id] };
    },
  ],
  ["hckms", noCertificate, () => ({ type: "hckms", id: keyId, flags: ["--hckms", keyId] })],
  [
    "hc_vault",
    noVault,
    () => ({ type: "hc_vault", id: vault!.keyUri("k"), flags: ["--hc-vault-transit", vault!.keyUri("k")] }),
  ],
];

const cases = allCases.flatMap(([name, why, key]): [string, () => KeyCase][] => {
  if (why === undefined) return [[name, key]];
  console.warn(`Key services are not tested with ${name}: ${why}.`);
  return [];
});

/** What a version of sops has: 3.9.4 does not know HuaweiCloud. */
function casesOf(version: string): typeof cases {
  return cases.filter(([name]) => name !== "hckms" || version !== "3.9.4");
}

async function sops(path: string, args: readonly string[], text: string, env: Record<string, string>): Promise<string> {
  const at = mkdtempSync(join(folder, "input-"));
  writeFileSync(join(at, "input.yaml"), text);
  const options = { encoding: "utf8", env, cwd: at, timeout: 30_000 } as const;
  return (await promisify(execFile)(path, [...args, "input.yaml"], options)).stdout;
}

/** The only key of a file, without what is another each time. */
function entryOf(text: string, type: string): unknown {
  const { sops } = parse(text) as { sops: Record<string, { enc: string; created_at?: string }[]> };
  const [{ enc, created_at, ...entry }] = sops[type] as [{ enc: string; created_at?: string }];
  expect(enc).not.toBe("");
  return { ...entry, isDated: created_at !== undefined };
}

function kindOf(kinds: readonly KeyKind[], { type }: { type: string }): KeyKind {
  return kinds.find((kind) => kind.type === type)!;
}

const networks = process.platform === "win32" ? ["tcp"] : ["tcp", "unix"];

describe.each(versions)("sops $version", ({ version, path }) => {
  describe.each(networks)("serves keys by %s, and", (network) => {
    let service: SopsKeyService;
    let azureService: SopsKeyService | undefined;
    beforeAll(async () => {
      const socket = (name: string) => (network === "unix" ? join(folder, `${name}-${version}.sock`) : undefined);
      service = await startSopsKeyService(path, credentials(), socket("sops"));
      if (azure === undefined) return;
      azureService = await startSopsKeyService(path, credentials("azure_kv"), socket("azure"));
    });
    afterAll(async () => {
      await service?.stop();
      await azureService?.stop();
    });

    test.each(casesOf(version))("%s: a file is encrypted and decrypted", async (_, makeKey) => {
      const key = makeKey();
      const { address } = key.type === "azure_kv" ? azureService! : service;
      const kind = kindOf(keyServiceKinds(address), key);
      const ours = await encrypt(plain, { format: "yaml", keys: [kind.wrapper(key)] });
      // Sops opens it with keys of its own, and ours what sops has encrypted so.
      expect(await sops(path, ["decrypt"], ours.text, credentials(key.type))).toBe(plain);
      const theirs = await sops(path, ["encrypt", ...key.flags], plain, credentials(key.type));
      expect(entryOf(ours.text, key.type)).toEqual(entryOf(theirs, key.type));
      for (const text of [ours.text, theirs]) {
        expect((await decrypt(text, { format: "yaml", keySources: [kind.source()] })).text).toBe(plain);
      }
    });

    test("key groups of several types are", async () => {
      const kinds = keyServiceKinds(service.address);
      const own = casesOf(version).filter(([name]) => name !== "azure_kv");
      const keyGroups = own.map(([, makeKey]) => [kindOf(kinds, makeKey()).wrapper(makeKey())]);
      const { text } = await encrypt(plain, { format: "yaml", keyGroups });
      const keySources = kinds.map((kind) => kind.source());
      expect((await decrypt(text, { format: "yaml", keySources })).text).toBe(plain);
      expect(await sops(path, ["decrypt"], text, credentials())).toBe(plain);
    });

    test("without the key, it says why", async () => {
      const stranger = await generateIdentity();
      const { text } = await encrypt(plain, { format: "yaml", recipients: [stranger.recipient] });
      const keySources = keyServiceKinds(service.address).map((kind) => kind.source());
      await expect(decrypt(text, { format: "yaml", keySources })).rejects.toMatchObject({
        code: "service",
        message: expect.stringMatching(
          new RegExp(
            `^age key ${stranger.recipient}: the key service at ${service.address} says: failed to .*(no identity matched|did not match any of the recipients)`,
          ),
        ),
      });
    });

    test.skipIf(version !== "3.9.4")("a type that it does not know is told", async () => {
      const wrapper = kindOf(keyServiceKinds(service.address), { type: "hckms" }).wrapper({
        type: "hckms",
        id: "cn-north-4:abc",
      });
      await expect(wrapper.wrap(new Uint8Array(32))).rejects.toMatchObject({
        code: "unsupported_key_type",
        message: expect.stringMatching(/does not know keys of the type hckms \(Must provide a key\)/),
      });
    });
  });

  describe.each(networks)("asks ours, by %s, and", (network) => {
    let server: KeyServer;
    const requests: KeyRequest[] = [];
    beforeAll(async () => {
      const address = network === "unix" ? `unix://${join(folder, `ours-${version}.sock`)}` : "tcp://127.0.0.1:0";
      const confirm = (request: KeyRequest) => requests.push(request) > 0;
      server = await serveKeys(address, ownKinds(), { confirm });
    });
    afterAll(() => server?.stop());

    const ask = () => ["--enable-local-keyservice=false", "--keyservice", server.address];

    test.each(casesOf(version))("%s: a file is encrypted and decrypted", async (_, makeKey) => {
      const { flags, ...reference } = makeKey();
      requests.length = 0;
      const theirs = await sops(path, ["encrypt", ...ask(), ...flags], plain, bare);
      expect(await sops(path, ["decrypt", ...ask()], theirs, bare)).toBe(plain);
      expect(requests).toEqual([
        { operation: "encrypt", key: reference },
        { operation: "decrypt", key: reference },
      ]);
      const keySources = ownKinds().map((kind) => kind.source());
      const opened = await decrypt(theirs, { format: "yaml", keySources });
      expect(opened.text).toBe(plain);
      const ours = await encrypt(plain, { format: "yaml", keys: [kindOf(ownKinds(), reference).wrapper(reference)] });
      expect(await sops(path, ["decrypt", ...ask()], ours.text, bare)).toBe(plain);
    });

    test("gets its errors in words", async () => {
      const stranger = await generateIdentity();
      const { text } = await encrypt(plain, { format: "yaml", recipients: [stranger.recipient] });
      await expect(sops(path, ["decrypt", ...ask()], text, bare)).rejects.toMatchObject({
        stderr: expect.stringContaining("not decrypted by"),
      });
    });

    test("is refused by the user of the service", async () => {
      const refusing = await serveKeys("tcp://127.0.0.1:0", ownKinds(), { confirm: () => false });
      try {
        const flags = ["--enable-local-keyservice=false", "--keyservice", refusing.address, "--age", recipient];
        await expect(sops(path, ["encrypt", ...flags], plain, bare)).rejects.toMatchObject({
          stderr: expect.stringMatching(/PermissionDenied desc = Request rejected by user/),
        });
      } finally {
        await refusing.stop();
      }
    });
  });
});

/** A cipher that is none. */
function fakeKind(type: string): KeyKind {
  const turn = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 0xff);
  return {
    type,
    wrapper: () => ({
      type,
      wrap: async (dataKey) => [{ type, fields: new Map([["enc", Buffer.from(turn(dataKey)).toString("base64")]]) }],
    }),
    source: () => ({
      type,
      unwrap: async ({ fields }: MasterKey) => turn(Buffer.from(String(fields.get("enc")), "base64")),
      describe: () => "a test",
    }),
  };
}

test.skipIf(process.platform === "win32")("a socket is for its user, and goes with its service", async () => {
  const socket = join(folder, "mode.sock");
  const server = await serveKeys(`unix://${socket}`, []);
  expect(server.address).toBe(`unix://${socket}`);
  expect(statSync(socket).mode & 0o777).toBe(0o600);
  await expect(serveKeys(`unix://${socket}`, [])).rejects.toMatchObject({
    code: "invalid_option",
    message: expect.stringMatching(/Nothing can listen at unix:.*another program does, or has left its socket/),
  });
  await server.stop();
  expect(existsSync(socket)).toBe(false);
  await expect(serveKeys(`unix://${join(folder, "none/mode.sock")}`, [])).rejects.toMatchObject({
    code: "invalid_option",
    message: expect.stringMatching(
      /Nothing can listen at unix:.*the folder of the socket does not exist\. Make it first/,
    ),
  });
});

describe("kinds in turn", () => {
  const failing = (code: "network" | "permission", message: string): KeyKind => {
    const fail = async () => {
      throw new SopsError(code, message);
    };
    return {
      type: "age",
      wrapper: () => ({ type: "age", wrap: fail }),
      source: () => ({ type: "age", unwrap: fail, describe: () => message }),
    };
  };
  const reference = { type: "age", id: recipient };

  test("are tried until one works", async () => {
    const kinds = inTurn([
      failing("network", "one"),
      fakeKind("hckms"),
      ageKind([identity]),
      failing("network", "three"),
    ]);
    expect(kinds.map(({ type }) => type)).toEqual(["age", "hckms"]);
    const { text } = await encrypt(plain, { format: "yaml", keys: [kinds[0]!.wrapper(reference)] });
    expect((await decrypt(text, { format: "yaml", keySources: [kinds[0]!.source()] })).text).toBe(plain);
    const without = inTurn([ageKind([]), ageKind([identity])])[0]!.source();
    expect((await decrypt(text, { format: "yaml", keySources: [without] })).text).toBe(plain);
  });

  test("tell of all that has failed", async () => {
    const [kind] = inTurn([failing("permission", "One."), failing("network", "Two.")]);
    for (const failed of [
      kind!.wrapper(reference).wrap(new Uint8Array(32)),
      kind!.source().unwrap({ type: "age", fields: new Map() }),
    ]) {
      await expect(failed).rejects.toMatchObject({ code: "permission", message: "One. Then: Two." });
    }
    expect(kind!.source().describe()).toBe("One., then Two.");
  });
});
