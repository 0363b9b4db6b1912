/** What goes wrong with HuaweiCloud KMS, made to happen: each error says which key, what was said, and what to do, and no secret. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MasterKey, SopsError } from "@isosops/core";
import { type HuaweiOptions, huaweiKms, huaweiKmsSource } from "@isosops/keys/huawei";
import { age, decrypt, encrypt, generateIdentity } from "isosops";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { errorOf as errorWithout } from "./error-of.js";
import { type FakeService, json, type Request, serve } from "./fake-service.js";
import { type ServiceUnderTest, testServiceFaults, testWrongCredentials } from "./service-faults.js";

const id = "cn-north-4:0d0466b0-e727-4d9c-b35d-f84bb474a37f";
const credentials = {
  accessKey: "AKEXAMPLE",
  secretKey: "SeCrEtKeY1",
  securityToken: "SeCuRiTyToKeN2",
  projectId: "project",
  source: "a test",
};
const dataKey = new Uint8Array(32).fill(0xa5);
const dataKeyText = Buffer.from(dataKey).toString("base64");
const wrapped = "AgDoAG7EsEc2OHpQxz4gDFDH";
const folder = mkdtempSync(join(tmpdir(), "isosops-huawei-failures-"));

let service: FakeService | undefined;
afterEach(async () => {
  vi.unstubAllEnvs();
  await service?.stop();
  service = undefined;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function withService(
  answer: (request: Request, response: ServerResponse, count: number) => void,
  options: HuaweiOptions = {},
): Promise<HuaweiOptions> {
  service = await serve(answer);
  return { credentials, endpoint: service.url, timeout: 1000, attempts: 2, ...options };
}

function masterKey(fields: Record<string, string> = {}): MasterKey {
  return { type: "hckms", fields: new Map(Object.entries({ key_id: id, enc: wrapped, ...fields })) };
}

const ownSecrets = [credentials.secretKey, credentials.securityToken, dataKeyText];
const errorOf = (promise: Promise<unknown>, secrets: readonly string[] = []) =>
  errorWithout(promise, [...ownSecrets, ...secrets]);

/** Of both directions. */
async function errorsOf(options: HuaweiOptions): Promise<SopsError[]> {
  return [
    await errorOf(huaweiKms(id, options).wrap(dataKey)),
    await errorOf(huaweiKmsSource(options).unwrap(masterKey())),
  ];
}

/** As the API gateway writes errors. */
const refuse = (response: ServerResponse, status: number, code: string, message: string, headers = {}) =>
  json(response, status, { error_msg: message, error_code: code, request_id: "1" }, headers);

const subject: ServiceUnderTest<HuaweiOptions> = {
  name: "HuaweiCloud KMS",
  start: withService,
  service: () => service!,
  errorsOf,
  wrap: (options, keyOptions) => huaweiKms(id, options).wrap(dataKey, keyOptions),
  unwrap: (options) => huaweiKmsSource(options).unwrap(masterKey()),
  dataKey,
  decrypted: { plain_text: dataKeyText },
  malformed: { plain_text: "%", cipher_text: "" },
  path: /^\/v1\.0\/project\/kms\//,
};

describe("an error that HuaweiCloud KMS answers", () => {
  const iam = "Incorrect IAM authentication information";
  // Codes and texts as the API reference of Data Encryption Workshop and the guide to request signing of Huawei Cloud have them, and
  // issues about its SDKs.
  const cases: [number, string, string, string, RegExp][] = [
    [
      401,
      "APIGW.0301",
      `${iam}: ak AKEXAMPLE not exist`,
      "credentials",
      /rejected the credentials \(from a test\) .*Check the access key and the secret key/,
    ],
    [401, "APIGW.0301", `${iam}: decrypt token fail`, "credentials", /the security token if they are temporary/],
    [
      401,
      "APIGW.0301",
      `${iam}: AK access failed to reach the limit,forbidden`,
      "credentials",
      /locked for five minutes/,
    ],
    [
      403,
      "KMS.0303",
      "You have no permission to perform this operation.",
      "permission",
      /does not allow the caller to (en|de)crypt with this key .*`kms:cmk:crypto`.*\(from a test\)/,
    ],
    [400, "KMS.0205", "Invalid key ID.", "key_not_found", /has no such key .*the region, the project and the UUID/],
    [
      404,
      "APIGW.0101",
      "The API does not exist or has not been published in the environment.",
      "key_not_found",
      /region/,
    ],
    [400, "KMS.0209", "The key has been disabled.", "key_disabled", /cannot be used now .*Enable the key/],
    [
      400,
      "KMS.0210",
      "The key is in Scheduled deletion state and cannot be used.",
      "key_disabled",
      /cancel its deletion/,
    ],
    [
      429,
      "APIGW.0308",
      "The throttling threshold has been reached",
      "unavailable",
      /busy or unavailable at every attempt.*Try again/,
    ],
    [500, "KMS.0101", "KMS error.", "unavailable", /Try again/],
    [400, "KMS.0204", "Parameters missing in the request message.", "service", /rejected the request/],
  ];

  test.each(cases)("%i %s: %s", async (status, name, message, code, expected) => {
    const options = await withService((_, response) => refuse(response, status, name, message));
    for (const error of await errorsOf(options)) {
      expect(error).toMatchObject({ name: "SopsError", code, message: expect.stringMatching(expected) });
      expect(error.message.startsWith(`HuaweiCloud KMS key ${id}: `)).toBe(true);
      expect(error.message).toContain(`${name}: ${message.replace(/\.$/, "")}`);
    }
  });

  test("in the form of KMS itself", async () => {
    const body = { error: { error_code: "KMS.0209", error_msg: "The key has been disabled." } };
    const options = await withService((_, response) => json(response, 400, body));
    for (const error of await errorsOf(options)) expect(error).toMatchObject({ code: "key_disabled" });
  });

  test("of a damaged data key", async () => {
    const options = await withService((_, response) => refuse(response, 400, "KMS.0414", "Invalid cipher_text."));
    const [wrapping, unwrapping] = await errorsOf(options);
    expect(wrapping).toMatchObject({ code: "service" });
    expect(unwrapping).toMatchObject({
      code: "data_key",
      message: expect.stringMatching(/was wrapped by another key/),
    });
  });

  test("that repeats the request is cut, and masked", async () => {
    const options = await withService(({ headers, body }, response) => {
      const canonical = `POST|/v1.0/|x-security-token:${headers["x-security-token"]}|${body}`;
      refuse(response, 401, "APIGW.0301", `${iam}: ${body}, verify aksk signature fail, canonicalRequest:${canonical}`);
    });
    const [error] = await errorsOf(options);
    expect(error!.message).toContain('"plain_text":"***"');
    expect(error!.message).toContain("verify aksk signature fail)");
  });

  test.each([
    ["is off, once more by the time of the service", new Date(Date.now() + 3_600_000).toUTCString(), 4],
    ["is right, and not again", new Date().toUTCString(), 2],
  ])("whose clock %s", async (_, date, requests) => {
    const text = `${iam}: calc aksk signature fail:signature expired, signature time:20211217T064303Z,server time:20211217T065804Z`;
    const options = await withService((_request, response) => refuse(response, 401, "APIGW.0301", text, { date }));
    for (const error of await errorsOf(options)) {
      expect(error).toMatchObject({ code: "clock", message: expect.stringMatching(/Set the clock of this machine/) });
    }
    expect(service!.requests).toHaveLength(requests);
  });
});

describe("a service that", () => {
  testServiceFaults(subject);
});

describe("the project", () => {
  const { projectId: _, ...own } = credentials;
  test.each<[string, number, unknown, string, RegExp]>([
    ["that there is not", 200, { projects: [] }, "credentials", /no project in the region cn-north-4.*PROJECT_ID/],
    ["of several", 200, { projects: [{ id: "1" }, { id: "2" }] }, "credentials", /has 2 projects in the region/],
    [
      "that may not be looked up",
      403,
      { error: { code: 403, message: "Forbidden", title: "Forbidden" } },
      "permission",
      /IAM of HuaweiCloud does not allow the caller to list the projects .*iam:projects:listProjects.*HUAWEICLOUD_SDK_PROJECT_ID/,
    ],
    ["of garbage", 200, { projects: {} }, "service", /IAM of HuaweiCloud sent a response that does not fit/],
    ["with a path as its ID", 200, { projects: [{ id: "../../x" }] }, "invalid_option", /project ID .* is not one/],
  ])("%s is told", async (_name, status, body, code, message) => {
    const options = await withService((_request, response) => json(response, status, body), { credentials: own });
    for (const error of await errorsOf(options)) {
      expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    }
    expect(service!.requests.every(({ path }) => path === "/v3/projects?name=cn-north-4")).toBe(true);
  });
});

describe("credentials", () => {
  testWrongCredentials(subject, [
    ["that are not set", { credentials: { accessKey: undefined, secretKey: "x" } as never }],
    ["that a function does not give", { credentials: () => undefined as never }],
    ["that no header can have", { credentials: { ...credentials, securityToken: "a\nb" } }],
  ]);

  /** The error of the default credentials with these variables. */
  async function errorWith(
    variables: Record<string, string>,
    answer: (request: Request, response: ServerResponse) => void,
    secrets: readonly string[] = [],
  ) {
    for (const name of Object.keys(process.env)) {
      if (/^(?:HUAWEICLOUD_SDK|HC_CONTAINER)_/.test(name)) vi.stubEnv(name, undefined);
    }
    for (const [name, value] of Object.entries({ HOME: folder, ...variables })) vi.stubEnv(name, value);
    service = await serve(answer);
    const redirect: typeof fetch = (url, init) => {
      const { pathname, search } = new URL(String(url));
      return fetch(`${service!.url}${pathname}${search}`, init);
    };
    return errorOf(huaweiKmsSource({ fetch: redirect, attempts: 1 }).unwrap(masterKey()), secrets);
  }

  function file(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  }

  test("that are nowhere are told, with all the places", async () => {
    const error = await errorWith({}, (_, response) => json(response, 404, {}));
    expect(error.code).toBe("credentials");
    for (const place of [
      "HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK are not set",
      `there is no ${join(folder, ".huaweicloud", "credentials")}`,
      "the metadata server gives no access key",
      "there is no pod identity",
    ]) {
      expect(error.message).toContain(place);
    }
  });

  test.each<[string, () => Record<string, string>, RegExp]>([
    [
      "a file without a key",
      () => ({ HUAWEICLOUD_SDK_CREDENTIALS_FILE: file("global", "[global]\nak = a\nsk = SeCrEt3\n") }),
      /global has no `ak` and `sk`/,
    ],
    [
      "no token of a provider",
      () => ({ HUAWEICLOUD_SDK_IDP_ID: "p", HUAWEICLOUD_SDK_ID_TOKEN_FILE: "/no/such/file" }),
      /no token can be read from \/no\/such\/file/,
    ],
    [
      "no token of a container",
      () => ({ HC_CONTAINER_CREDENTIALS_FULL_URI: "http://x", HC_CONTAINER_AUTHORIZATION_TOKEN_FILE: "/no/such/file" }),
      /HC_CONTAINER_AUTHORIZATION_TOKEN_FILE cannot be read/,
    ],
  ])("%s is told", async (_, variables, message) => {
    const error = await errorWith(variables(), (_request, response) => json(response, 404, {}), ["SeCrEt3"]);
    expect(error).toMatchObject({ code: "credentials", message: expect.stringMatching(message) });
  });

  test.each<[string, () => Record<string, string>, number, object, string, RegExp]>([
    [
      "a token of a provider that is not taken",
      () => ({ HUAWEICLOUD_SDK_IDP_ID: "p", HUAWEICLOUD_SDK_ID_TOKEN_FILE: file("token", "SeCrEt3\n") }),
      401,
      { error_code: "IAM.0001", error_msg: "The token SeCrEt3 is invalid." },
      "credentials",
      /IAM of HuaweiCloud rejected the credentials \(from the token of \S+token\) \(IAM\.0001: The token \*\*\* is invalid\)/,
    ],
    [
      "a token of a provider for which there is none",
      () => ({ HUAWEICLOUD_SDK_IDP_ID: "p", HUAWEICLOUD_SDK_ID_TOKEN_FILE: file("token", "SeCrEt3\n") }),
      201,
      {},
      "service",
      /IAM of HuaweiCloud sent a response that does not fit/,
    ],
    [
      "a regions file that is no YAML",
      () => ({
        HUAWEICLOUD_SDK_AK: "a",
        HUAWEICLOUD_SDK_SK: "SeCrEt3",
        HUAWEICLOUD_SDK_PROJECT_ID: "p",
        HUAWEICLOUD_SDK_REGIONS_FILE: file("regions.yaml", "KMS: ["),
      }),
      404,
      {},
      "invalid_option",
      /the regions file \S+regions.yaml is not YAML/,
    ],
  ])("%s is told", async (_, variables, status, said, code, message) => {
    const error = await errorWith(variables(), (_request, response) => json(response, status, said), ["SeCrEt3"]);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test.each<[number, object, string, RegExp]>([
    [403, { error_code: "1", error_msg: "No SeCrEt3" }, "permission", /gives no credentials \(1: No \*\*\*\)/],
    [400, { error_code: "1", error_msg: "No" }, "credentials", /no credentials for the pod identity of this container/],
    [429, {}, "unavailable", /the pod identity service was busy or unavailable/],
    [200, { credentials: { accessKeyId: "a" } }, "service", /does not fit the request/],
  ])("a pod identity that answers %i %j is told", async (status, said, code, message) => {
    const variables = {
      HC_CONTAINER_CREDENTIALS_FULL_URI: "http://127.0.0.1/pod",
      HC_CONTAINER_AUTHORIZATION_TOKEN_FILE: file("pod", "SeCrEt3"),
    };
    const answer = ({ path }: Request, response: ServerResponse) =>
      path === "/pod" ? json(response, status, said) : json(response, 404, {});
    const error = await errorWith(variables, answer, ["SeCrEt3"]);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

test.each([
  ["without a region", "0d0466b0-e727-4d9c-b35d-f84bb474a37f"],
  ["without a key", "cn-north-4:"],
  ["with a host as its region", "evil.example/x-y:k"],
  ["with a host behind a hash", "a-b.evil.example#-1:k"],
  ["with a space", "cn-north-4:a b"],
  ["with a line feed", "cn-north-4:a\nb"],
])("a key %s is refused before anything is asked", async (_, name) => {
  expect(() => huaweiKms(name)).toThrow(expect.objectContaining({ code: "invalid_key" }));
  const source = huaweiKmsSource({ credentials, fetch: () => expect.unreachable("something was asked") });
  await expect(source.unwrap(masterKey({ key_id: name }))).rejects.toMatchObject({ code: "invalid_key" });
});

test("an ID that is none, and an endpoint that is none", async () => {
  expect(() => huaweiKms(undefined as never)).toThrow(expect.objectContaining({ code: "invalid_key" }));
  const fetch = () => expect.unreachable("something was asked");
  for (const error of await errorsOf({ credentials, fetch, endpoint: "kms" })) {
    expect(error).toMatchObject({ code: "invalid_option" });
  }
});

test("the hosts are those of the region", async () => {
  const asked: string[] = [];
  const fetch: typeof globalThis.fetch = async (url) => {
    const { host, pathname } = new URL(String(url));
    asked.push(host);
    return Response.json(pathname === "/v3/projects" ? { projects: [{ id: "p" }] } : { cipher_text: wrapped });
  };
  const given = { accessKey: "a", secretKey: "b" };
  for (const region of ["cn-north-4", "eu-west-101", "xx-new-9"]) {
    await huaweiKms(`${region}:k`, { credentials: given, fetch, endpoint: () => undefined }).wrap(dataKey);
  }
  expect(asked).toEqual([
    ...["iam.cn-north-4.myhuaweicloud.com", "kms.cn-north-4.myhuaweicloud.com"],
    ...["iam.myhuaweicloud.com", "kms.eu-west-101.myhuaweicloud.eu"],
    ...["iam.myhuaweicloud.com", "kms.xx-new-9.myhuaweicloud.com"],
  ]);
});

test.each(["", "a b", "\u0000"])("an entry with the wrapped data key %j is damaged", async (enc) => {
  const source = huaweiKmsSource({ credentials, fetch: () => expect.unreachable("something was asked") });
  await expect(source.unwrap(masterKey({ enc }))).rejects.toMatchObject({ code: "data_key" });
});

test("encryption fails whole, and decryption names the key once among those that were tried", async () => {
  const { identity, recipient } = await generateIdentity();
  const stranger = await generateIdentity();
  const denied = await withService((_, response, count) =>
    count === 1 ? json(response, 200, { cipher_text: wrapped }) : refuse(response, 403, "KMS.0303", "No."),
  );
  const keys = [huaweiKms(id, denied), age(recipient)];
  const { text } = await encrypt("a: b\n", { format: "yaml", keys });
  await expect(encrypt("a: b\n", { format: "yaml", keys })).rejects.toMatchObject({ code: "permission" });
  const keySources = [huaweiKmsSource(denied)];
  const error = await errorOf(decrypt(text, { format: "yaml", keySources, identities: [stranger.identity] }));
  expect(error.code).toBe("not_recovered");
  expect(error.message.split("\n").slice(1)).toEqual([
    `  ${recipient}: not decrypted by ${stranger.recipient}.`,
    expect.stringMatching(
      /^ {2}HuaweiCloud KMS key \S+: HuaweiCloud KMS does not allow the caller to decrypt with this key/,
    ),
  ]);
  const opened = await decrypt(text, { format: "yaml", keySources, identities: [identity] });
  expect(opened.data).toEqual({ a: "b" });
});
