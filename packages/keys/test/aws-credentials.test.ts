/**
 * Where credentials and endpoints are found on a machine: with the same variables and files, sops and we both have to get at the
 * key, or both not. moto checks the signatures, so that wrong credentials are seen.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { MasterKey } from "@isosops/core";
import { awsKms, awsKmsSource } from "@isosops/keys/aws";
import { decrypt } from "isosops";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { findSops } from "../../../test-vectors/tools.js";
import { type Account, noAccount, openAccount } from "./aws-account.js";
import { type FakeService, json, serve } from "./fake-service.js";

const sops = findSops().find(({ version }) => version.startsWith("3.13."));
const noSops = "no sops 3.13 (set SOPS_BIN, or run test-vectors/install.js)";
// The tests compare in the middle, and do the rest without sops. This tells of it in the report.
if (sops === undefined) test.skip(`sops finds the same credentials (skipped: ${noSops})`, () => {});

const home = mkdtempSync(join(tmpdir(), "isosops-aws-home-"));
const at = (name: string) => join(home, name);
let account: Account;
let service: FakeService | undefined;

beforeAll(async () => {
  if (noAccount === undefined) account = await openAccount();
}, 120_000);
afterAll(async () => {
  await account?.stop();
  rmSync(home, { recursive: true, force: true });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await service?.stop();
  service = undefined;
  rmSync(at(".aws"), { recursive: true, force: true });
});

interface Setting {
  /** Files below the home folder. */
  readonly files?: Record<string, string>;
  readonly env?: Record<string, string>;
  readonly profile?: string;
  /** Whether the key is got at. */
  readonly works: boolean;
  /** In the message, where it is not. */
  readonly message?: RegExp;
}

const keysOf = ({ accessKeyId, secretAccessKey }: Account["user"]) =>
  `aws_access_key_id = ${accessKeyId}\naws_secret_access_key=${secretAccessKey}\n`;
const wrong = "aws_access_key_id=AKIAUNKNOWN000000000\naws_secret_access_key=wrong\n";
const own = () => ({
  AWS_ACCESS_KEY_ID: account.user.accessKeyId,
  AWS_SECRET_ACCESS_KEY: account.user.secretAccessKey,
});
const endpoints = () => ({ AWS_ENDPOINT_URL_KMS: account.url, AWS_ENDPOINT_URL_STS: account.url });

const settings: [name: string, setting: () => Setting][] = [
  ["variables", () => ({ env: { ...own(), ...endpoints() }, works: true })],
  ["variables with AWS_ENDPOINT_URL", () => ({ env: { ...own(), AWS_ENDPOINT_URL: account.url }, works: true })],
  [
    "the older names of variables",
    () => ({
      env: { AWS_ACCESS_KEY: account.user.accessKeyId, AWS_SECRET_KEY: account.user.secretAccessKey, ...endpoints() },
      works: true,
    }),
  ],
  [
    "the default profile of the credentials file",
    () => ({ files: { ".aws/credentials": `[default]\n${keysOf(account.user)}` }, env: endpoints(), works: true }),
  ],
  [
    "the config file, with comments",
    () => ({
      files: { ".aws/config": `# mine\n[default] ; it is\n${keysOf(account.user)}; end\n` },
      env: endpoints(),
      works: true,
    }),
  ],
  [
    "AWS_PROFILE",
    () => ({
      files: { ".aws/credentials": `[default]\n${wrong}[dev]\n${keysOf(account.user)}` },
      env: { AWS_PROFILE: "dev", ...endpoints() },
      works: true,
    }),
  ],
  [
    "a named profile before the variables",
    () => ({
      files: { ".aws/credentials": `[dev]\n${keysOf(account.user)}` },
      env: { AWS_ACCESS_KEY_ID: "AKIAUNKNOWN000000000", AWS_SECRET_ACCESS_KEY: "wrong", ...endpoints() },
      profile: "dev",
      works: true,
    }),
  ],
  [
    "variables before AWS_PROFILE",
    () => ({
      files: { ".aws/credentials": `[dev]\n${wrong}` },
      env: { ...own(), AWS_PROFILE: "dev", ...endpoints() },
      works: true,
    }),
  ],
  [
    "the credentials file before the config file",
    () => ({
      files: {
        ".aws/credentials": `[dev]\n${keysOf(account.user)}`,
        ".aws/config": `[profile dev]\n${wrong}`,
      },
      env: endpoints(),
      profile: "dev",
      works: true,
    }),
  ],
  [
    "a profile without the word in the config file",
    () => ({
      files: { ".aws/config": `[dev]\n${keysOf(account.user)}` },
      env: endpoints(),
      profile: "dev",
      works: false,
      message: /there is no profile "dev"/,
    }),
  ],
  [
    "other places of the files",
    () => ({
      files: { "c.txt": `[prof]\n${keysOf(account.user)}`, "f.txt": "[profile prof]\n" },
      env: { AWS_SHARED_CREDENTIALS_FILE: at("c.txt"), AWS_CONFIG_FILE: at("f.txt"), ...endpoints() },
      profile: "prof",
      works: true,
    }),
  ],
  [
    "a role by another profile",
    () => ({
      files: {
        ".aws/credentials": `[base]\n${keysOf(account.user)}`,
        ".aws/config": `[profile assume]\nrole_arn = ${account.role}\nsource_profile = base\n`,
      },
      env: endpoints(),
      profile: "assume",
      works: true,
    }),
  ],
  [
    "a role by the keys beside it",
    () => ({
      files: {
        ".aws/credentials": `[self]\n${keysOf(account.user)}`,
        ".aws/config": `[profile self]\nrole_arn=${account.role}\nsource_profile=self\n`,
      },
      env: endpoints(),
      profile: "self",
      works: true,
    }),
  ],
  [
    "a role by a role",
    () => ({
      files: {
        ".aws/config": `[profile base]\n${keysOf(account.user)}[profile one]\nrole_arn=${account.role}\nsource_profile=base\n[profile two]\nrole_arn=${account.role}\nsource_profile=one\n`,
      },
      env: endpoints(),
      profile: "two",
      works: true,
    }),
  ],
  [
    "roles in a circle",
    () => ({
      files: {
        ".aws/config": `[profile one]\nrole_arn=${account.role}\nsource_profile=two\n[profile two]\nrole_arn=${account.role}\nsource_profile=one\n`,
      },
      env: endpoints(),
      profile: "one",
      works: false,
      message: /refers back to itself/,
    }),
  ],
  [
    "a role by a profile that there is not",
    () => ({
      files: { ".aws/config": `[profile one]\nrole_arn=${account.role}\nsource_profile=none\n` },
      env: endpoints(),
      profile: "one",
      works: false,
      message: /a `source_profile` that does not exist: none/,
    }),
  ],
  [
    "a role by the variables",
    () => ({
      files: { ".aws/config": `[profile r]\nrole_arn=${account.role}\ncredential_source=Environment\n` },
      env: { ...own(), ...endpoints() },
      profile: "r",
      works: true,
    }),
  ],
  [
    "a role that wants a one-time password",
    () => ({
      files: {
        ".aws/config": `[profile base]\n${keysOf(account.user)}[profile r]\nrole_arn=${account.role}\nsource_profile=base\nmfa_serial=arn:aws:iam::1:mfa/u\n`,
      },
      env: endpoints(),
      profile: "r",
      works: false,
      message: /one-time password/,
    }),
  ],
  [
    "credential_process",
    () => ({
      files: {
        "keys.json": JSON.stringify({
          Version: 1,
          AccessKeyId: account.user.accessKeyId,
          SecretAccessKey: account.user.secretAccessKey,
        }),
        ".aws/config": `[profile proc]\ncredential_process = cat "${at("keys.json")}"\n`,
      },
      env: endpoints(),
      profile: "proc",
      works: true,
    }),
  ],
  [
    "credential_process that fails",
    () => ({
      files: { ".aws/config": "[profile proc]\ncredential_process = echo no-secret-of-mine >&2; exit 3\n" },
      env: endpoints(),
      profile: "proc",
      works: false,
      message: /`credential_process` of the profile proc failed: .* exit code 3\. Run it by hand/,
    }),
  ],
  [
    "endpoint_url of a profile",
    () => ({
      files: { ".aws/config": `[profile p]\n${keysOf(account.user)}endpoint_url = ${account.url}\n` },
      profile: "p",
      works: true,
    }),
  ],
  [
    "endpoint_url of a service before that of all",
    () => ({
      files: {
        ".aws/config": `[profile p]\n${keysOf(account.user)}services = mine\nendpoint_url = http://127.0.0.1:1\n[services mine]\nsts =\n  endpoint_url = http://127.0.0.1:1\nkms =\n  endpoint_url = ${account.url}\n`,
      },
      profile: "p",
      works: true,
    }),
  ],
  [
    "AWS_ENDPOINT_URL before endpoint_url of a service",
    () => ({
      files: {
        ".aws/config": `[profile p]\n${keysOf(account.user)}services = mine\n[services mine]\nkms =\n  endpoint_url = http://127.0.0.1:1\n`,
      },
      env: { AWS_ENDPOINT_URL: account.url },
      profile: "p",
      works: true,
    }),
  ],
  [
    "a web identity token without a role",
    () => ({
      files: { token: "a token" },
      env: { AWS_WEB_IDENTITY_TOKEN_FILE: at("token"), ...endpoints() },
      works: false,
      message: /there is no role for it \(`AWS_ROLE_ARN`/,
    }),
  ],
  [
    "a web identity token that is not there",
    () => ({
      env: { AWS_WEB_IDENTITY_TOKEN_FILE: at("none"), AWS_ROLE_ARN: account.role, ...endpoints() },
      works: false,
      message: /its file \S+none cannot be read/,
    }),
  ],
  [
    "a container service elsewhere without TLS",
    () => ({
      env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://192.0.2.1/creds", ...endpoints() },
      works: false,
      message: /must be an https URL/,
    }),
  ],
  [
    "nothing",
    () => ({ env: endpoints(), works: false, message: /no AWS credentials were found: not in the variables/ }),
  ],
  [
    "a profile that there is not",
    () => ({
      env: { ...own(), ...endpoints() },
      profile: "none",
      works: false,
      message: /there is no profile "none" in/,
    }),
  ],
];

/** Settings in which another service has part: it gives the credentials of the user. */
const served: [name: string, setting: (url: string) => Setting, seen: (service: FakeService) => void][] = [
  [
    "a container",
    (url) => ({
      env: {
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/ecs`,
        AWS_CONTAINER_AUTHORIZATION_TOKEN: "tok",
        ...endpoints(),
      },
      works: true,
    }),
    ({ requests }) => {
      for (const { path, headers } of requests) expect([path, headers.authorization]).toEqual(["/ecs", "tok"]);
    },
  ],
  [
    "a container with its token in a file",
    (url) => ({
      files: { token: "tok" },
      env: {
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/ecs`,
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: at("token"),
        ...endpoints(),
      },
      works: true,
    }),
    ({ requests }) => {
      expect(requests.at(-1)!.headers.authorization).toBe("tok");
    },
  ],
  [
    "a web identity token",
    (url) => ({
      files: { token: "header.claims.signature" },
      env: {
        AWS_WEB_IDENTITY_TOKEN_FILE: at("token"),
        AWS_ROLE_ARN: account.role,
        AWS_ROLE_SESSION_NAME: "session",
        ...endpoints(),
        AWS_ENDPOINT_URL_STS: url,
      },
      works: true,
    }),
    ({ requests }) => {
      for (const { method, body, headers } of requests) {
        expect(method).toBe("POST");
        // The token stands for itself: the request has no signature.
        expect(headers.authorization).toBeUndefined();
        expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
          Action: "AssumeRoleWithWebIdentity",
          Version: "2011-06-15",
          RoleArn: account.role,
          RoleSessionName: "session",
          WebIdentityToken: "header.claims.signature",
        });
      }
    },
  ],
  [
    "an EC2 instance",
    (url) => ({
      env: { AWS_EC2_METADATA_DISABLED: "", AWS_EC2_METADATA_SERVICE_ENDPOINT: url, ...endpoints() },
      works: true,
    }),
    ({ requests }) => {
      const ours = requests.slice(-3).map(({ method, path }) => `${method} ${path}`);
      expect(ours).toEqual([
        "PUT /latest/api/token",
        "GET /latest/meta-data/iam/security-credentials/",
        "GET /latest/meta-data/iam/security-credentials/role",
      ]);
      expect(requests.at(-1)!.headers["x-aws-ec2-metadata-token"]).toBe("imdstoken");
    },
  ],
  [
    "a login to SSO",
    (url) => ({
      files: { ".aws/config": ssoConfig, [ssoCache("corp")]: token({ expiresAt: soon(3600) }) },
      env: { AWS_ENDPOINT_URL_SSO: url, ...endpoints() },
      profile: "sso",
      works: true,
    }),
    ({ requests }) => {
      for (const { path, headers } of requests) {
        const { pathname, searchParams } = new URL(path, "http://sso");
        expect(pathname).toBe("/federation/credentials");
        expect(Object.fromEntries(searchParams)).toEqual({ account_id: "111122223333", role_name: "dev" });
        expect(headers["x-amz-sso_bearer_token"]).toBe("sso-token");
      }
    },
  ],
  [
    "a login to SSO of the older form",
    (url) => ({
      files: {
        ".aws/config":
          "[profile sso]\nsso_start_url=https://corp.awsapps.com/start\nsso_region=eu-west-1\nsso_account_id=111122223333\nsso_role_name=dev\n",
        [ssoCache("https://corp.awsapps.com/start")]: token({ expiresAt: soon(3600) }),
      },
      env: { AWS_ENDPOINT_URL_SSO: url, ...endpoints() },
      profile: "sso",
      works: true,
    }),
    () => {},
  ],
  [
    "a login to SSO that has ended",
    (url) => ({
      files: { ".aws/config": ssoConfig, [ssoCache("corp")]: token({ expiresAt: soon(-60) }) },
      env: { AWS_ENDPOINT_URL_SSO: url, ...endpoints() },
      profile: "sso",
      works: false,
      message: /no valid SSO login\. Run `aws sso login --profile sso`/,
    }),
    ({ requests }) => expect(requests).toEqual([]),
  ],
  [
    "a login to SSO that is refreshed",
    (url) => ({
      files: { ".aws/config": ssoConfig, [ssoCache("corp")]: token({ expiresAt: soon(-60), ...refreshable }) },
      env: { AWS_ENDPOINT_URL_SSO: url, AWS_ENDPOINT_URL_SSO_OIDC: url, ...endpoints() },
      profile: "sso",
      works: true,
    }),
    ({ requests }) => {
      expect(requests.at(-1)!.headers["x-amz-sso_bearer_token"]).toBe("next-token");
      const kept = JSON.parse(readFileSync(at(ssoCache("corp")), "utf8"));
      expect(kept).toMatchObject({ accessToken: "next-token", refreshToken: "next-refresh", clientId: "client" });
      expect(Date.parse(kept.expiresAt)).toBeGreaterThan(Date.now());
    },
  ],
];

const ssoConfig =
  "[profile sso]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = dev\n[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n";
const ssoCache = (name: string) => `.aws/sso/cache/${createHash("sha1").update(name).digest("hex")}.json`;
const soon = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+Z/, "Z");
const token = (fields: object) => JSON.stringify({ accessToken: "sso-token", region: "eu-west-1", ...fields });
const refreshable = {
  refreshToken: "a-refresh",
  clientId: "client",
  clientSecret: "hush",
  registrationExpiresAt: soon(9e5),
};

/** ECS, IMDS, SSO and its OIDC, and STS for tokens, in one. */
async function startGiver(): Promise<FakeService> {
  return serve((request, response) => {
    const { accessKeyId, secretAccessKey, sessionToken } = account.session;
    const expiration = new Date(Date.now() + 3_600_000);
    if (request.path === "/latest/api/token") {
      response.setHeader("x-aws-ec2-metadata-token-ttl-seconds", "21600");
      response.end("imdstoken");
    } else if (request.path.endsWith("/security-credentials/")) response.end("role");
    else if (request.body.includes("AssumeRoleWithWebIdentity")) {
      const fields = `<AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey><SessionToken>${sessionToken}</SessionToken><Expiration>${expiration.toISOString()}</Expiration>`;
      response.setHeader("content-type", "text/xml");
      response.end(
        `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials>${fields}</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
      );
    } else if (request.path === "/token") {
      json(response, 200, {
        accessToken: "next-token",
        expiresIn: 3600,
        refreshToken: "next-refresh",
        tokenType: "Bearer",
      });
    } else if (request.path.startsWith("/federation")) {
      const roleCredentials = { accessKeyId, secretAccessKey, sessionToken, expiration: expiration.getTime() };
      json(response, 200, { roleCredentials });
    } else {
      json(response, 200, {
        Code: "Success",
        Type: "AWS-HMAC",
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        Token: sessionToken,
        Expiration: expiration.toISOString(),
      });
    }
  });
}

function prepare({ files = {}, env = {} }: Setting): Record<string, string> {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(at(name), ".."), { recursive: true });
    writeFileSync(at(name), text);
  }
  const all = { HOME: home, AWS_EC2_METADATA_DISABLED: "true", ...env };
  for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value);
  return all;
}

/** Runs sops on a file that is there; the services are in this process, which must not wait for it. */
async function runSops(args: string[], env: Record<string, string>): Promise<string> {
  writeFileSync(at("input.yaml"), "a: b\n");
  const all = { PATH: process.env.PATH ?? "", ...env };
  const { stdout } = await promisify(execFile)(sops!.path, args, { env: all, cwd: home, timeout: 30_000 });
  return stdout;
}

async function sopsWorks({ profile }: Setting, env: Record<string, string>): Promise<boolean> {
  const flags = profile === undefined ? [] : ["--aws-profile", profile];
  try {
    await runSops(["encrypt", "--kms", account.key, ...flags, "input.yaml"], env);
    return true;
  } catch {
    return false;
  }
}

async function check(setting: Setting): Promise<void> {
  const env = prepare(setting);
  if (sops !== undefined) expect(await sopsWorks(setting, env), "whether sops gets at the key").toBe(setting.works);
  prepare(setting);
  const { profile, works, message } = setting;
  const wrapper = awsKms(account.key, { ...(profile === undefined ? {} : { profile }), attempts: 1, timeout: 3000 });
  const wrapped = await wrapper.wrap(new Uint8Array(32)).catch((error: unknown) => error);
  if (works) {
    const [{ type, fields }] = wrapped as [MasterKey];
    expect([type, fields.get("aws_profile")]).toEqual(["kms", profile ?? ""]);
  } else {
    expect(wrapped).toMatchObject({ name: "SopsError", code: "credentials", message: expect.stringMatching(message!) });
    expect((wrapped as Error).message).not.toMatch(/no-secret-of-mine|wrong/);
  }
}

describe.skipIf(noAccount !== undefined)("credentials and endpoints, as sops finds them", () => {
  test.each(settings)("%s", async (_, setting) => {
    await check(setting());
  });

  test.each(served)("%s", async (_, setting, seen) => {
    service = await startGiver();
    await check(setting(service.url));
    seen(service);
  });

  test("the profile of the file opens it", async ({ skip }) => {
    const env = prepare({
      files: { ".aws/credentials": `[dev]\n${keysOf(account.user)}` },
      env: endpoints(),
      works: true,
    });
    if (sops === undefined) return skip(noSops);
    const text = await runSops(["encrypt", "--kms", account.key, "--aws-profile", "dev", "input.yaml"], env);
    expect(text).toMatch(/aws_profile: dev/);
    expect((await decrypt(text, { format: "yaml", keySources: [awsKmsSource()] })).data).toEqual({ a: "b" });
    expect(existsSync(at(".aws/credentials"))).toBe(true);
  });
});
