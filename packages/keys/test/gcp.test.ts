/** GCP KMS, by a stand-in that sops asks too: what sops writes is opened here, and what is written here by sops. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type GcpOptions, gcpKms, gcpKmsSource, gcpServiceAccount } from "@isosops/keys/gcp";
import { decrypt, encrypt, generateIdentity } from "isosops";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { findSops } from "../../../test-vectors/tools.js";
import { accessToken, type CloudKms, keyName, startCloudKms } from "./cloud-kms.js";
import { type FakeService, json, type Request, serve } from "./fake-service.js";
import { whyNoCertificate } from "./https-hosts.js";
import { entriesOf, plain, testBesideAge, testFormats } from "./sops-round-trips.js";

const versions = findSops();
if (versions.length === 0) console.warn("GCP KMS is not held against sops: there is none. Set SOPS_BIN.");
const noServer = whyNoCertificate();
if (noServer !== undefined) console.warn(`Tests with GCP KMS are skipped: ${noServer}.`);

const folder = mkdtempSync(join(tmpdir(), "isosops-gcp-"));
const { identity, recipient } = await generateIdentity();
let kms: CloudKms;
beforeAll(async () => {
  if (noServer === undefined) kms = await startCloudKms();
});
afterAll(async () => {
  await kms?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function sops(path: string, args: string[], format: string, text: string, env: Record<string, string>) {
  const name = join(folder, `input.${format === "dotenv" ? "env" : format}`);
  writeFileSync(name, text);
  const base = { PATH: process.env.PATH ?? "", HOME: folder, SOPS_AGE_KEY: identity };
  const options = { encoding: "utf8", env: { ...base, ...env }, cwd: folder, timeout: 30_000 } as const;
  return (await promisify(execFile)(path, [...args, name], options)).stdout;
}

/** How sops comes to the stand-in in every version: by gRPC, through a proxy, with the key of a service account. */
function byProxy(): Record<string, string> {
  return {
    HTTPS_PROXY: kms.proxy,
    SSL_CERT_FILE: kms.certificateFile,
    GOOGLE_CREDENTIALS: JSON.stringify(kms.serviceAccount),
  };
}

const options = (): GcpOptions => ({ credentials: { accessToken }, endpoint: kms.url });

/** The entries of a YAML file's keys, without what is another each time. */
function entries(text: string): unknown[] {
  return entriesOf(text, "gcp_kms", /^[\w+/]+=*$/);
}

describe.skipIf(noServer !== undefined)("GCP KMS", () => {
  describe.each(versions)("and sops $version", ({ version, path }) => {
    const trips = {
      version,
      sops: (args: string[], format: string, text: string) => sops(path, args, format, text, byProxy()),
      flags: () => ["--gcp-kms", keyName],
      key: () => gcpKms(keyName, options()),
      source: () => gcpKmsSource(options()),
      entries,
    };
    testFormats(trips);

    testBesideAge(trips, { identity, recipient });

    // Variables that 3.9.4 has not.
    test.skipIf(version === "3.9.4")("the endpoint and the token of the environment", async () => {
      kms.callers.length = 0;
      const variables = {
        SOPS_GCP_KMS_ENDPOINT: kms.url,
        SOPS_GCP_KMS_CLIENT_TYPE: "rest",
        GOOGLE_OAUTH_ACCESS_TOKEN: accessToken,
      };
      const theirs = await sops(path, ["encrypt", "--gcp-kms", keyName], "yaml", plain.yaml, variables);
      const { text } = await withEnvironment(variables, () =>
        decrypt(theirs, { format: "yaml", keySources: [gcpKmsSource()] }),
      );
      expect(text).toBe(plain.yaml);
      expect(kms.callers.splice(0)).toEqual([accessToken, accessToken]);
    });

    test("the universe of the environment, which is not that of the credentials", async () => {
      const variables = { ...byProxy(), SOPS_GCP_KMS_CLIENT_TYPE: "rest", SOPS_GCP_KMS_UNIVERSE_DOMAIN: "s3nsapis.fr" };
      const ours = withEnvironment(variables, () => gcpKms(keyName).wrap(new Uint8Array(32)));
      await expect(ours).rejects.toMatchObject({
        code: "credentials",
        message: expect.stringMatching(/belong to the universe googleapis\.com, and the request goes to s3nsapis\.fr/),
      });
      if (version === "3.9.4") return;
      const theirs = sops(path, ["encrypt", "--gcp-kms", keyName], "yaml", plain.yaml, variables);
      await expect(theirs).rejects.toMatchObject({ stderr: expect.stringMatching(/universe domain/) });
    });
  });

  test("the key of a service account signs tokens", async () => {
    kms.callers.length = 0;
    for (const key of [kms.serviceAccount, JSON.stringify(kms.serviceAccount)]) {
      const wrapper = gcpKms(keyName, { endpoint: kms.url, credentials: gcpServiceAccount(key) });
      await wrapper.wrap(new Uint8Array(32));
    }
    const { client_email: email } = kms.serviceAccount;
    expect(kms.callers.splice(0)).toEqual([email, email]);
  });

  describe("the default credentials", () => {
    const account = () => JSON.stringify(kms.serviceAccount);
    const signed = () => kms.serviceAccount.client_email;
    test.each<[string, () => Record<string, string>, (() => string) | undefined, () => string]>([
      ["GOOGLE_CREDENTIALS, text", () => ({ GOOGLE_CREDENTIALS: account() }), undefined, signed],
      ["GOOGLE_CREDENTIALS, a file", () => ({ GOOGLE_CREDENTIALS: file("one.json", account()) }), undefined, signed],
      [
        "GOOGLE_CREDENTIALS before GOOGLE_OAUTH_ACCESS_TOKEN",
        () => ({ GOOGLE_CREDENTIALS: account(), GOOGLE_OAUTH_ACCESS_TOKEN: "no" }),
        undefined,
        signed,
      ],
      [
        "GOOGLE_OAUTH_ACCESS_TOKEN before GOOGLE_APPLICATION_CREDENTIALS",
        () => ({
          GOOGLE_OAUTH_ACCESS_TOKEN: accessToken,
          GOOGLE_APPLICATION_CREDENTIALS: file("one.json", account()),
        }),
        undefined,
        () => accessToken,
      ],
      [
        "GOOGLE_APPLICATION_CREDENTIALS",
        () => ({ GOOGLE_APPLICATION_CREDENTIALS: file("one.json", account()) }),
        undefined,
        signed,
      ],
      ["the file of gcloud", () => ({}), account, signed],
    ])("%s, as sops", async (_, variables, gcloud, caller) => {
      const home = mkdtempSync(join(folder, "home-"));
      if (gcloud !== undefined) {
        const path = join(home, ".config", "gcloud", "application_default_credentials.json");
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, gcloud());
      }
      const environment = {
        HOME: home,
        SOPS_GCP_KMS_ENDPOINT: kms.url,
        SOPS_GCP_KMS_CLIENT_TYPE: "rest",
        ...variables(),
      };
      kms.callers.length = 0;
      const ours = await withEnvironment(environment, () =>
        encrypt(plain.yaml, { format: "yaml", keys: [gcpKms(keyName)] }),
      );
      expect(kms.callers.splice(0)).toEqual([caller()]);
      const current = versions.find(({ version }) => version !== "3.9.4");
      if (current === undefined) return;
      expect(await sops(current.path, ["decrypt"], "yaml", ours.text, environment)).toBe(plain.yaml);
      expect(kms.callers.splice(0)).toEqual([caller()]);
    });
  });

  describe("a service that gives tokens", () => {
    let tokens: FakeService;
    afterEach(() => tokens?.stop());

    /** Whom Cloud KMS sees, and what the service was asked, with the credentials that `write` makes of its URL. */
    async function use(answer: (request: Request) => object | string, write: (url: string) => object | undefined) {
      tokens = await serve((request, response) => {
        const said = answer(request);
        if (typeof said === "object") json(response, 200, said, { "metadata-flavor": "Google" });
        else response.end(said);
      });
      const credentials = write(tokens.url);
      const environment = {
        HOME: mkdtempSync(join(folder, "home-")),
        SOPS_GCP_KMS_ENDPOINT: kms.url,
        ...(credentials === undefined
          ? { GCE_METADATA_HOST: tokens.url.slice("http://".length) }
          : { GOOGLE_CREDENTIALS: JSON.stringify(credentials) }),
      };
      kms.callers.length = 0;
      const key = gcpKms(keyName);
      await withEnvironment(environment, async () => {
        await key.wrap(new Uint8Array(32));
        await key.wrap(new Uint8Array(32));
      });
      // The second time, the token is there.
      expect(kms.callers.splice(0)).toEqual([accessToken, accessToken]);
      return tokens.requests;
    }

    const token = { access_token: accessToken, token_type: "Bearer", expires_in: 3600 };

    test("to a user", async () => {
      const requests = await use(
        () => token,
        (url) => ({
          type: "authorized_user",
          client_id: "id",
          client_secret: "secret",
          refresh_token: "refresh",
          token_uri: url,
        }),
      );
      expect(requests.map(({ body }) => Object.fromEntries(new URLSearchParams(body)))).toEqual([
        { grant_type: "refresh_token", client_id: "id", client_secret: "secret", refresh_token: "refresh" },
      ]);
    });

    test("to a user of workforce identity federation", async () => {
      const requests = await use(
        () => token,
        (url) => ({
          type: "external_account_authorized_user",
          client_id: "id",
          client_secret: "secret",
          refresh_token: "refresh",
          token_url: url,
        }),
      );
      expect(requests).toHaveLength(1);
      expect(requests[0]).toMatchObject({
        body: "grant_type=refresh_token&refresh_token=refresh",
        headers: { authorization: `Basic ${Buffer.from("id:secret").toString("base64")}` },
      });
    });

    const external = (url: string) => ({
      type: "external_account",
      audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      token_url: `${url}/sts`,
    });
    // The request of RFC 8693 as AIP-4117 has it.
    const exchange = {
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
      scope: "https://www.googleapis.com/auth/cloud-platform",
      requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
      subject_token: "subject",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    };

    test("for a token in a file", async () => {
      const path = file("subject", "subject\n");
      const requests = await use(
        () => token,
        (url) => ({ ...external(url), credential_source: { file: path } }),
      );
      expect(requests.map(({ body }) => Object.fromEntries(new URLSearchParams(body)))).toEqual([exchange]);
    });

    test("for a token of a URL, in JSON, and then to a service account", async () => {
      const requests = await use(
        ({ path }) =>
          path === "/subject"
            ? { value: "subject" }
            : path === "/sts"
              ? { ...token, access_token: "federated" }
              : { accessToken, expireTime: new Date(Date.now() + 3_600_000).toISOString() },
        (url) => ({
          ...external(url),
          service_account_impersonation_url: `${url}/v1/projects/-/serviceAccounts/a@b:generateAccessToken`,
          credential_source: {
            url: `${url}/subject`,
            headers: { authorization: "bearer ci" },
            format: { type: "json", subject_token_field_name: "value" },
          },
        }),
      );
      const [subject, sts, iam] = requests;
      expect(requests).toHaveLength(3);
      expect(subject).toMatchObject({ method: "GET", headers: { authorization: "bearer ci" } });
      expect(Object.fromEntries(new URLSearchParams(sts!.body))).toEqual(exchange);
      expect(iam).toMatchObject({ headers: { authorization: "Bearer federated" } });
      expect(JSON.parse(iam!.body)).toEqual({
        lifetime: "3600s",
        scope: ["https://www.googleapis.com/auth/cloud-platform"],
      });
    });

    test("to a service account that a user impersonates", async () => {
      const requests = await use(
        ({ path }) =>
          path === "/token" ? { ...token, access_token: "own" } : { accessToken, expireTime: "2100-01-01T00:00:00Z" },
        (url) => ({
          type: "impersonated_service_account",
          service_account_impersonation_url: `${url}/v1/projects/-/serviceAccounts/a@b:generateAccessToken`,
          delegates: ["projects/-/serviceAccounts/c"],
          source_credentials: {
            type: "authorized_user",
            client_id: "id",
            client_secret: "secret",
            refresh_token: "refresh",
            token_uri: `${url}/token`,
          },
        }),
      );
      expect(requests[1]).toMatchObject({ headers: { authorization: "Bearer own" } });
      expect(JSON.parse(requests[1]!.body)).toMatchObject({ delegates: ["projects/-/serviceAccounts/c"] });
    });

    test("to a machine of Google Cloud", async () => {
      const requests = await use(
        ({ path }) => (path.endsWith("universe-domain") ? "googleapis.com" : token),
        () => undefined,
      );
      expect(requests[0]).toMatchObject({
        path: expect.stringMatching(/^\/computeMetadata\/v1\/instance\/service-accounts\/default\/token\?scopes=/),
        headers: { "metadata-flavor": "Google" },
      });
    });
  });
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const variableNames = [
  "GOOGLE_CREDENTIALS",
  "GOOGLE_OAUTH_ACCESS_TOKEN",
  "GOOGLE_APPLICATION_CREDENTIALS",
  "GOOGLE_CLOUD_UNIVERSE_DOMAIN",
  "GOOGLE_CLOUD_QUOTA_PROJECT",
  "SOPS_GCP_KMS_ENDPOINT",
  "SOPS_GCP_KMS_CLIENT_TYPE",
  "SOPS_GCP_KMS_UNIVERSE_DOMAIN",
  "GCE_METADATA_HOST",
  "APPDATA",
];

/** Does something with these variables, and no other that the default credentials look at. */
async function withEnvironment<Result>(
  variables: Record<string, string>,
  work: () => Promise<Result>,
): Promise<Result> {
  for (const name of variableNames) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  try {
    return await work();
  } finally {
    vi.unstubAllEnvs();
  }
}
