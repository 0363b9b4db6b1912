/** What goes wrong with GCP KMS, made to happen: each error says which key, what was said, and what to do, and no secret. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MasterKey, SopsError } from "@isosops/core";
import { type GcpOptions, gcpKms, gcpKmsSource, gcpServiceAccount } from "@isosops/keys/gcp";
import { age, decrypt, encrypt, generateIdentity } from "isosops";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { errorOf as errorWithout } from "./error-of.js";
import { type FakeService, json, type Request, serve } from "./fake-service.js";
import { type ServiceUnderTest, testServiceFaults, testWrongCredentials } from "./service-faults.js";

const id = "projects/p/locations/global/keyRings/r/cryptoKeys/k";
const credentials = { accessToken: "ya29.SeCrEtToKeN/1", source: "a test" };
const dataKey = new Uint8Array(32).fill(0xa5);
const dataKeyText = Buffer.from(dataKey).toString("base64");
const wrapped = "d3JhcHBlZA==";
const folder = mkdtempSync(join(tmpdir(), "isosops-gcp-failures-"));

let service: FakeService | undefined;
afterEach(async () => {
  vi.unstubAllEnvs();
  await service?.stop();
  service = undefined;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function withService(
  answer: (request: Request, response: ServerResponse, count: number) => void,
  options: GcpOptions = {},
): Promise<GcpOptions> {
  service = await serve(answer);
  return { credentials, endpoint: service.url, timeout: 1000, attempts: 2, ...options };
}

function masterKey(fields: Record<string, string> = {}): MasterKey {
  return { type: "gcp_kms", fields: new Map(Object.entries({ resource_id: id, enc: wrapped, ...fields })) };
}

const ownSecrets = [credentials.accessToken, dataKeyText];
const errorOf = (promise: Promise<unknown>, secrets: readonly string[] = []) =>
  errorWithout(promise, [...ownSecrets, ...secrets]);

/** Of both directions. */
async function errorsOf(options: GcpOptions): Promise<SopsError[]> {
  return [await errorOf(gcpKms(id, options).wrap(dataKey)), await errorOf(gcpKmsSource(options).unwrap(masterKey()))];
}

const refuse = (response: ServerResponse, status: number, name: string, message: string, details?: unknown) =>
  json(response, status, { error: { code: status, message, status: name, ...(details ? { details } : {}) } });

const subject: ServiceUnderTest<GcpOptions> = {
  name: "Cloud KMS",
  start: withService,
  service: () => service!,
  errorsOf,
  wrap: (options, keyOptions) => gcpKms(id, options).wrap(dataKey, keyOptions),
  unwrap: (options) => gcpKmsSource(options).unwrap(masterKey()),
  dataKey,
  decrypted: { plaintext: dataKeyText },
  malformed: { plaintext: "%", ciphertext: "%" },
  path: /^\/v1\/projects\/p\/locations\/global\/keyRings\/r\/cryptoKeys\/k:/,
};

describe("an error that Cloud KMS answers", () => {
  // Names as AIP-193 and texts as the documentation of Cloud KMS have them.
  const info = (reason: string) => [
    { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason, domain: "googleapis.com" },
  ];
  const cases: [string, number, string, unknown, string, RegExp][] = [
    [
      "UNAUTHENTICATED",
      401,
      "Request had invalid authentication credentials. Expected OAuth 2 access token.",
      info("ACCESS_TOKEN_EXPIRED"),
      "credentials",
      /rejected the token \(from a test\).*Get a new one/,
    ],
    [
      "PERMISSION_DENIED",
      403,
      `Permission 'cloudkms.cryptoKeyVersions.useToDecrypt' denied on resource '${id}' (or it may not exist).`,
      undefined,
      "permission",
      /does not allow the caller to (en|de)crypt with this key .*useTo(En|De)crypt` \(roles\/cloudkms\.cryptoKey(En|De)crypter\).*\(from a test\)/,
    ],
    [
      "PERMISSION_DENIED",
      403,
      "Cloud Key Management Service (KMS) API has not been used in project 1 before or it is disabled.",
      info("SERVICE_DISABLED"),
      "permission",
      /gcloud services enable cloudkms/,
    ],
    [
      "PERMISSION_DENIED",
      403,
      "Request had insufficient authentication scopes.",
      info("ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
      "permission",
      /with the scope https:\/\/www\.googleapis\.com\/auth\/cloudkms/,
    ],
    ["NOT_FOUND", 404, `CryptoKey ${id} not found.`, undefined, "key_not_found", /Check the project, the location/],
    [
      "FAILED_PRECONDITION",
      400,
      `${id}/cryptoKeyVersions/1 is not enabled, current state is: DISABLED.`,
      undefined,
      "key_disabled",
      /Enable its (primary )?version/,
    ],
    ["RESOURCE_EXHAUSTED", 429, "Quota exceeded", undefined, "unavailable", /at every attempt.*Try again/],
    ["UNAVAILABLE", 503, "The service is currently unavailable.", undefined, "unavailable", /Try again/],
    ["OUT_OF_RANGE", 400, "No", undefined, "service", /rejected the request/],
  ];

  test.each(cases)("%s, %i: %s", async (name, status, message, details, code, expected) => {
    const options = await withService((_, response) => refuse(response, status, name, message, details));
    for (const error of await errorsOf(options)) {
      expect(error).toMatchObject({ name: "SopsError", code, message: expect.stringMatching(expected) });
      expect(error.message.startsWith(`GCP KMS key ${id}: `)).toBe(true);
      expect(error.message).toContain(`${name}: ${message.replace(/\.$/, "")}`);
    }
  });

  test("INVALID_ARGUMENT, of a damaged data key", async () => {
    const message = "Decryption failed: verify that 'name' refers to the correct CryptoKey.";
    const options = await withService((_, response) => refuse(response, 400, "INVALID_ARGUMENT", message));
    const [wrapping, unwrapping] = await errorsOf(options);
    expect(wrapping).toMatchObject({ code: "service" });
    expect(unwrapping).toMatchObject({
      code: "data_key",
      message: expect.stringMatching(/was wrapped by another key/),
    });
  });

  test("that repeats the request is masked", async () => {
    const options = await withService(({ headers, body }, response) =>
      refuse(response, 400, "OUT_OF_RANGE", `${headers.authorization} ${body}`),
    );
    for (const error of await errorsOf(options)) expect(error.message).toContain("Bearer ***");
  });

  test("whose time shows that the clock is off", async () => {
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    const options = await withService((_, response) => json(response, 401, {}, { date }));
    for (const error of await errorsOf(options)) expect(error).toMatchObject({ code: "clock" });
  });
});

describe("a service that", () => {
  testServiceFaults(subject);
});

describe("credentials", () => {
  testWrongCredentials(subject, [
    ["that are not set", { credentials: { accessToken: undefined } as never }],
    ["that a function does not give", { credentials: () => undefined as never }],
    ["that no header can have", { credentials: { accessToken: "a\nb" } }],
  ]);

  test("count against the quota of their project", async () => {
    const options = await withService((_, response) => json(response, 200, { ciphertext: wrapped }));
    await gcpKms(id, { ...options, credentials: { ...credentials, quotaProject: "mine" } }).wrap(dataKey);
    expect(service!.requests[0]!.headers["x-goog-user-project"]).toBe("mine");
  });

  test("of a service account must have a key that can be read", async () => {
    expect(() => gcpServiceAccount("no JSON")).toThrow(expect.objectContaining({ code: "credentials" }));
    const secret = "MIIEvSeCrEt";
    const account = gcpServiceAccount({
      client_email: "a@b",
      private_key: `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`,
    });
    const error = await errorOf(gcpKms(id, { credentials: account }).wrap(dataKey), [secret]);
    expect(error).toMatchObject({
      code: "credentials",
      message: expect.stringMatching(/service account a@b cannot be read/),
    });
  });

  /** The error of the default credentials with these variables. */
  async function errorWith(variables: Record<string, string>, secrets: readonly string[] = []) {
    const unset = ["GOOGLE_CREDENTIALS", "GOOGLE_OAUTH_ACCESS_TOKEN", "GOOGLE_APPLICATION_CREDENTIALS", "APPDATA"];
    for (const name of unset) vi.stubEnv(name, undefined);
    for (const [name, value] of Object.entries({ HOME: folder, ...variables })) vi.stubEnv(name, value);
    return errorOf(gcpKmsSource({ attempts: 1 }).unwrap(masterKey()), secrets);
  }

  test("that are nowhere are told, with all the places", async () => {
    service = await serve((_, response) => json(response, 404, {}));
    const error = await errorWith({ GCE_METADATA_HOST: service.url.slice("http://".length) });
    expect(error.code).toBe("credentials");
    for (const place of [
      "GOOGLE_CREDENTIALS",
      "application_default_credentials.json",
      "metadata server",
      "gcloud auth",
    ]) {
      expect(error.message).toContain(place);
    }
  });

  test.each([
    ["a file that there is not", "GOOGLE_APPLICATION_CREDENTIALS", "/no/such/file", /names no file that can be read/],
    ["a secret in place of a path", "GOOGLE_CREDENTIALS", "SeCrEt", /names no file that can be read/],
    ["what is not JSON", "GOOGLE_CREDENTIALS", "{SeCrEt", /is not credentials in JSON/],
    ["another type", "GOOGLE_CREDENTIALS", '{"type": "x", "y": "SeCrEt"}', /an unsupported type, "x"/],
    ["no refresh token", "GOOGLE_CREDENTIALS", '{"type": "authorized_user"}', /has no `refresh_token`/],
    [
      "another source of a subject token",
      "GOOGLE_CREDENTIALS",
      '{"type": "external_account", "credential_source": {"environment_id": "aws1"}}',
      /one with `file` or `url` is/,
    ],
    [
      "no subject token",
      "GOOGLE_CREDENTIALS",
      '{"type": "external_account", "credential_source": {"file": "/no/such/file"}}',
      /cannot be read from \/no\/such\/file/,
    ],
  ])("%s is told", async (_, variable, value, message) => {
    const error = await errorWith({ [variable]: value }, ["SeCrEt"]);
    expect(error).toMatchObject({ code: "credentials", message: expect.stringMatching(message) });
  });

  const user = (url: string) =>
    JSON.stringify({
      type: "authorized_user",
      client_id: "id",
      client_secret: "SeCrEt1",
      refresh_token: "SeCrEt2",
      token_uri: url,
    });

  test.each<[string, (body: string) => [number, object, Record<string, string>?], string, RegExp]>([
    [
      "a login that has ended",
      (body) => [400, { error: "invalid_grant", error_description: `Token has been expired or revoked. ${body}` }],
      "credentials",
      /rejected the login in \S.*invalid_grant: Token has been expired.*gcloud auth application-default login/,
    ],
    [
      "a clock that is off",
      () => [400, { error: "invalid_grant" }, { date: new Date(Date.now() - 3_600_000).toUTCString() }],
      "clock",
      /Set the clock/,
    ],
    ["too many requests", () => [429, {}], "unavailable", /token service of Google was busy or unavailable/],
    ["no token", () => [200, { token_type: "Bearer" }], "service", /does not fit the request/],
  ])("%s is told", async (_, answer, code, message) => {
    service = await serve(({ body }, response) => {
      const [status, said, headers] = answer(new URLSearchParams(body).get("refresh_token")!);
      json(response, status, said, headers);
    });
    const path = join(folder, "user.json");
    writeFileSync(path, user(service.url));
    const error = await errorWith({ GOOGLE_APPLICATION_CREDENTIALS: path }, ["SeCrEt1", "SeCrEt2"]);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test("that may not impersonate are told", async () => {
    service = await serve(({ path }, response) =>
      path === "/token"
        ? json(response, 200, { access_token: "SeCrEt3" })
        : refuse(response, 403, "PERMISSION_DENIED", "Permission 'iam.serviceAccounts.getAccessToken' denied SeCrEt3"),
    );
    const account = {
      type: "impersonated_service_account",
      service_account_impersonation_url: `${service.url}/v1/projects/-/serviceAccounts/a@b:generateAccessToken`,
      source_credentials: JSON.parse(user(`${service.url}/token`)),
    };
    const error = await errorWith({ GOOGLE_CREDENTIALS: JSON.stringify(account) }, ["SeCrEt3"]);
    expect(error).toMatchObject({
      code: "permission",
      message: expect.stringMatching(
        /IAM does not allow the caller to impersonate .*roles\/iam\.serviceAccountTokenCreator/,
      ),
    });
  });
});

test.each([
  ["of an alias", "k"],
  ["with a version", `${id}/cryptoKeyVersions/1`],
  ["with a query", `${id}?x=`],
  ["with dots", "projects/../locations/global/keyRings/r/cryptoKeys/k"],
  ["with an escape", "projects/p%2f/locations/global/keyRings/r/cryptoKeys/k"],
  ["with a colon", `${id}:decrypt`],
  ["with a line feed", `${id}\n`],
])("a name %s is refused before anything is asked", async (_, name) => {
  expect(() => gcpKms(name)).toThrow(expect.objectContaining({ code: "invalid_key" }));
  const source = gcpKmsSource({ credentials, fetch: () => expect.unreachable("something was asked") });
  await expect(source.unwrap(masterKey({ resource_id: name }))).rejects.toMatchObject({ code: "invalid_key" });
});

test.each<[string, GcpOptions]>([
  ["an endpoint", { endpoint: "cloudkms" }],
  ["a universe", { universeDomain: "evil.example/#" }],
])("%s that is none is refused", async (_, options) => {
  const fetch = () => expect.unreachable("something was asked");
  for (const error of await errorsOf({ credentials, fetch, ...options })) {
    expect(error).toMatchObject({ code: "invalid_option" });
  }
});

test("the host is that of the universe", async () => {
  const asked: string[] = [];
  const fetch: typeof globalThis.fetch = async (url) => {
    asked.push(String(url));
    return Response.json({ ciphertext: wrapped });
  };
  for (const universeDomain of ["googleapis.com", "s3nsapis.fr"]) {
    await gcpKms(id, { credentials, fetch, universeDomain }).wrap(dataKey);
  }
  expect(asked).toEqual([
    `https://cloudkms.googleapis.com/v1/${id}:encrypt`,
    `https://cloudkms.s3nsapis.fr/v1/${id}:encrypt`,
  ]);
});

test.each(["", "!"])("an entry with the wrapped data key %j is damaged", async (enc) => {
  const source = gcpKmsSource({ credentials, fetch: () => expect.unreachable("something was asked") });
  await expect(source.unwrap(masterKey({ enc }))).rejects.toMatchObject({ code: "data_key" });
});

test("encryption fails whole, and decryption names the key once among those that were tried", async () => {
  const { identity, recipient } = await generateIdentity();
  const stranger = await generateIdentity();
  const denied = await withService((_, response, count) =>
    count === 1
      ? json(response, 200, { ciphertext: wrapped })
      : refuse(response, 403, "PERMISSION_DENIED", "Permission denied."),
  );
  const keys = [gcpKms(id, denied), age(recipient)];
  const { text } = await encrypt("a: b\n", { format: "yaml", keys });
  await expect(encrypt("a: b\n", { format: "yaml", keys })).rejects.toMatchObject({ code: "permission" });
  const keySources = [gcpKmsSource(denied)];
  const error = await errorOf(decrypt(text, { format: "yaml", keySources, identities: [stranger.identity] }));
  expect(error.code).toBe("not_recovered");
  expect(error.message.split("\n").slice(1)).toEqual([
    `  ${recipient}: not decrypted by ${stranger.recipient}.`,
    expect.stringMatching(/^ {2}GCP KMS key \S+: Cloud KMS does not allow the caller to decrypt with this key/),
  ]);
  const opened = await decrypt(text, { format: "yaml", keySources, identities: [identity] });
  expect(opened.data).toEqual({ a: "b" });
});
