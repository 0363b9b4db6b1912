/** HuaweiCloud KMS, by a stand-in that sops asks too: what sops writes is opened here, and what is written here by sops. */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { referenceOf } from "@isosops/core/key-reference";
import { type HuaweiOptions, huaweiKms, huaweiKmsKind, huaweiKmsSource } from "@isosops/keys/huawei";
import { decrypt, encrypt, findCreationRule, generateIdentity, keyGroupsOf, parseConfig } from "isosops";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { findSops } from "../../../test-vectors/tools.js";
import { sign } from "../dist/huawei/signature.js";
import { whyNoCertificate } from "./https-hosts.js";
import { accessKey, type HuaweiCloud, idToken, keyId, podToken, secretKey, startHuaweiCloud } from "./huawei-cloud.js";
import { entriesOf, plain, testBesideAge, testFormats } from "./sops-round-trips.js";

// Before 3.13, sops does not know the type.
const versions = findSops().filter(({ version }) => version !== "3.9.4");
if (versions.length === 0) console.warn("HuaweiCloud KMS is not held against sops: there is none that has it.");
const noServer = whyNoCertificate();
if (noServer !== undefined) console.warn(`Tests with HuaweiCloud KMS are skipped: ${noServer}.`);

const folder = mkdtempSync(join(tmpdir(), "isosops-huawei-"));
const { identity, recipient } = await generateIdentity();
let cloud: HuaweiCloud;
beforeAll(async () => {
  if (noServer === undefined) cloud = await startHuaweiCloud();
});
beforeEach(() => {
  cloud?.callers.splice(0);
  cloud?.asked.splice(0);
});
afterAll(async () => {
  await cloud?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Where the stand-in is. */
const places = () => ({
  HUAWEICLOUD_SDK_REGION_KMS_CN_NORTH_4: cloud.url,
  HUAWEICLOUD_SDK_IAM_ENDPOINT: cloud.iamUrl,
});

async function sops(path: string, args: string[], format: string, text: string, env: Record<string, string>) {
  const name = join(folder, `input.${format === "dotenv" ? "env" : format}`);
  writeFileSync(name, text);
  const base = {
    PATH: process.env.PATH ?? "",
    HOME: folder,
    SOPS_AGE_KEY: identity,
    HTTP_PROXY: cloud.proxy,
    SSL_CERT_FILE: cloud.certificateFile,
    ...places(),
  };
  const options = { encoding: "utf8", env: { ...base, ...env }, cwd: folder, timeout: 30_000 } as const;
  return (await promisify(execFile)(path, [...args, name], options)).stdout;
}

const byKey = {
  HUAWEICLOUD_SDK_AK: accessKey,
  HUAWEICLOUD_SDK_SK: secretKey,
  HUAWEICLOUD_SDK_PROJECT_ID: "project",
};
const options = (): HuaweiOptions => ({
  credentials: { accessKey, secretKey, projectId: "project" },
  endpoint: cloud.url,
});

/** The entries of a YAML file's keys, without what is another each time. */
function entries(text: string): unknown[] {
  return entriesOf(text, "hckms", /^[\w+/]+=*$/);
}

describe.skipIf(noServer !== undefined)("HuaweiCloud KMS", () => {
  describe.each(versions)("and sops $version", ({ version, path }) => {
    const trips = {
      version,
      sops: (args: string[], format: string, text: string) => sops(path, args, format, text, byKey),
      flags: () => ["--hckms", keyId],
      key: () => huaweiKms(keyId, options()),
      source: () => huaweiKmsSource(options()),
      entries,
    };
    testFormats(trips);

    testBesideAge(trips, { identity, recipient });

    test("a rule of .sops.yaml, and the keys of a file that are wrapped again", async () => {
      const config = `creation_rules:\n  - hckms: ["${keyId}", " cn-north-4 : b "]\n`;
      const theirs = await sops(path, ["--config", file(config), "--encrypt"], "yaml", plain.yaml, byKey);
      const kind = huaweiKmsKind(options());
      const rule = await findCreationRule(await parseConfig(config), "input.yaml");
      const keyGroups = await keyGroupsOf(rule!, [kind]);
      const ours = await encrypt(plain.yaml, { format: "yaml", keyGroups });
      expect(entries(ours.text)).toEqual(entries(theirs));
      expect(entries(ours.text)).toHaveLength(2);
      expect((await decrypt(theirs, { format: "yaml", keySources: [kind.source()] })).text).toBe(plain.yaml);
      const reference = referenceOf({ type: "hckms", fields: new Map([["key_id", keyId]]) });
      const [key] = await kind.wrapper(reference).wrap(new Uint8Array(32));
      expect(key!.fields.get("key_id")).toBe(keyId);
    });
  });

  describe("the default credentials", () => {
    const fileOf = (...lines: string[]) => `[basic]\n${lines.join("\n")}\n`;
    const named = (text: string) => ({ HUAWEICLOUD_SDK_CREDENTIALS_FILE: file(text) });
    const own = [`ak = ${accessKey}`, `sk = ${secretKey}`];
    const pod = () => ({
      HC_CONTAINER_CREDENTIALS_FULL_URI: `${cloud.url}/pod`,
      HC_CONTAINER_AUTHORIZATION_TOKEN_FILE: file(`${podToken}\n`),
    });
    const byProvider = () => ({
      HUAWEICLOUD_SDK_IDP_ID: "provider",
      HUAWEICLOUD_SDK_ID_TOKEN_FILE: file(`${idToken}\n`),
    });
    test.each<[string, () => Record<string, string>, string, string?]>([
      ["an access key", () => byKey, `${accessKey} in project`],
      [
        "an access key without a project",
        () => ({ ...byKey, HUAWEICLOUD_SDK_PROJECT_ID: "" }),
        `${accessKey} in found`,
      ],
      [
        "a temporary access key",
        () => ({
          HUAWEICLOUD_SDK_AK: "SERVERAK",
          HUAWEICLOUD_SDK_SK: "sErVeRsK",
          HUAWEICLOUD_SDK_SECURITY_TOKEN: "sErVeRtOkEn",
        }),
        "SERVERAK in found",
      ],
      ["a file", () => named(fileOf(...own, "project_id = mine")), `${accessKey} in mine`],
      [
        "a file with comments, quotes and colons",
        () =>
          named(`# x\n[global]\nak = x\n\n[basic] \nak: "${accessKey}" \n sk = '${secretKey}'\nproject_id = a ; b\n`),
        `${accessKey} in a`,
      ],
      ["the file of the home folder", () => ({}), `${accessKey} in home`, fileOf(...own, "project_id=home")],
      [
        "variables before a file",
        () => ({ ...byKey, ...named(fileOf("ak = a", "sk = b")) }),
        `${accessKey} in project`,
      ],
      ["a token of a provider", byProvider, "FEDERATEDAK in found"],
      ["a token of a provider before an access key", () => ({ ...byKey, ...byProvider() }), "FEDERATEDAK in project"],
      [
        "a token of a provider in a file",
        () =>
          named(
            fileOf(
              "idp_id = provider",
              `id_token_file = ${file(idToken)}`,
              `iam_endpoint = ${cloud.iamUrl}`,
              "project_id=p",
            ),
          ),
        "FEDERATEDAK in p",
      ],
      ["a server", () => named(fileOf("x = y")), "SERVERAK in found"],
      ["a server before a container", pod, "SERVERAK in found"],
    ])("%s, as sops", async (_, variables, caller, homeFile) => {
      const environment = { HOME: mkdtempSync(join(folder, "home-")), ...variables() };
      if (homeFile !== undefined) {
        const path = join(environment.HOME, ".huaweicloud", "credentials");
        mkdirSync(dirname(path));
        writeFileSync(path, homeFile);
      }
      const { text } = await withEnvironment({ ...places(), ...environment }, () =>
        encrypt(plain.yaml, { format: "yaml", keys: [huaweiKms(keyId, { fetch: cloud.fetch })] }),
      );
      expect(cloud.callers.splice(0)).toEqual([caller]);
      for (const { path } of versions) {
        expect(await sops(path, ["decrypt"], "yaml", text, environment)).toBe(plain.yaml);
        expect(cloud.callers.splice(0)).toEqual([caller]);
      }
    });

    test("a container that is no server, as sops", async () => {
      const environment = { HOME: mkdtempSync(join(folder, "home-")), ...pod() };
      const fetch: typeof globalThis.fetch = (url, init) =>
        String(url).startsWith("http://169.254.") ? Promise.reject(new TypeError("no")) : cloud.fetch(url, init);
      const { text } = await withEnvironment({ ...places(), ...environment }, () =>
        encrypt(plain.yaml, { format: "yaml", keys: [huaweiKms(keyId, { fetch })] }),
      );
      expect(cloud.callers.splice(0)).toEqual(["PODAK in found"]);
      for (const { path } of versions) {
        // A proxy that answers nothing.
        const decrypted = sops(path, ["decrypt"], "yaml", text, { ...environment, HTTP_PROXY: "http://127.0.0.1:1" });
        expect(await decrypted).toBe(plain.yaml);
        expect(cloud.callers.splice(0)).toEqual(["PODAK in found"]);
      }
    });

    test("and the project are asked for once", async () => {
      const key = huaweiKms(keyId, { fetch: cloud.fetch });
      const environment = { ...places(), HOME: folder, HUAWEICLOUD_SDK_CREDENTIALS_FILE: file(fileOf()) };
      await withEnvironment(environment, async () => {
        for (const _ of ["once", "twice"]) await key.wrap(new Uint8Array(32));
      });
      expect(cloud.asked).toEqual([
        "/meta-data/latest/api/token",
        "/openstack/latest/securitykey",
        "/v3/projects",
        "/v1.0/found/kms/encrypt-data",
        "/v1.0/found/kms/encrypt-data",
      ]);
    });

    test.each([
      "KMS:\n  - {id: cn-north-1, endpoint: 'https://no'}\n  - {id: cn-north-4, endpoint: URL}\n",
      "kms: [{id: cn-north-4, endpoints: ['URL', x]}]\n",
    ])("the endpoint of a regions file, as sops: %j", async (regions) => {
      const environment = {
        ...byKey,
        HOME: folder,
        HUAWEICLOUD_SDK_REGION_KMS_CN_NORTH_4: "",
        HUAWEICLOUD_SDK_REGIONS_FILE: file(regions.replaceAll("URL", cloud.url)),
      };
      const { text } = await withEnvironment(environment, () =>
        encrypt(plain.yaml, { format: "yaml", keys: [huaweiKms(keyId)] }),
      );
      for (const { path } of versions) {
        expect(await sops(path, ["decrypt"], "yaml", text, environment)).toBe(plain.yaml);
      }
      expect(cloud.callers).toHaveLength(1 + versions.length);
    });
  });

  test("a request whose time is refused is signed by the time of the service", async () => {
    vi.useFakeTimers({ now: Date.now() - 3_600_000, toFake: ["Date"] });
    try {
      // The stand-in has the same clock, which it tells rightly.
      const fetch: typeof globalThis.fetch = async (url, init) => {
        const fake = Date.now();
        vi.setSystemTime(fake + 3_600_000);
        try {
          return await globalThis.fetch(url, init);
        } finally {
          vi.setSystemTime(fake);
        }
      };
      await huaweiKms(keyId, { ...options(), fetch }).wrap(new Uint8Array(32));
    } finally {
      vi.useRealTimers();
    }
    expect(cloud.asked).toHaveLength(2);
    expect(cloud.callers).toEqual([`${accessKey} in project`]);
  });
});

test.each([
  // huaweicloud-sdk-go-v3, `core/auth/signer/signer_test.go`.
  [
    { method: "GET", url: "https://example.huaweicloud.com/path?limit=1", body: "" },
    "5a2ce64c865e0e6046321c6f3d5a77ba8413eeaf355c3166c03d58d02ac79624",
  ],
  [
    { method: "POST", url: "https://example.huaweicloud.com/path?key=value", body: '{"Name":"test","Id":1}\n' },
    "cecc2af119b18ab70b4d094c0750f3b42c02f254903179a0fc2cc72fc9db4f59",
  ],
])("signatures are those of HuaweiCloud", async (request, signature) => {
  const headers = { "X-Sdk-Date": "20060102T150405Z" };
  expect(await sign({ ...request, headers }, { accessKey: "AccessKey", secretKey: "SecretKey" })).toBe(
    `SDK-HMAC-SHA256 Access=AccessKey, SignedHeaders=x-sdk-date, Signature=${signature}`,
  );
});

function file(text: string): string {
  const path = join(folder, randomUUID());
  writeFileSync(path, text);
  return path;
}

/** Does something with these variables, and no other that the default credentials look at. */
async function withEnvironment<Result>(
  variables: Record<string, string>,
  work: () => Promise<Result>,
): Promise<Result> {
  for (const name of Object.keys(process.env)) {
    if (/^(?:HUAWEICLOUD_SDK|HC_CONTAINER)_/.test(name)) vi.stubEnv(name, undefined);
  }
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  try {
    return await work();
  } finally {
    vi.unstubAllEnvs();
  }
}
