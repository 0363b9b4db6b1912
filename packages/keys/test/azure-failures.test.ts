/** What goes wrong with Azure Key Vault, made to happen: each error says which key, what was said, and what to do, and no secret. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MasterKey, SopsError } from "@isosops/core";
import { type AzureOptions, azureKeyVault, azureKeyVaultSource } from "@isosops/keys/azure";
import { age, decrypt, encrypt, generateIdentity } from "isosops";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { errorOf as errorWithout } from "./error-of.js";
import { type FakeService, json, type Request, serve } from "./fake-service.js";
import { type ServiceUnderTest, testServiceFaults, testWrongCredentials } from "./service-faults.js";

const vaultUrl = "https://myvault.vault.azure.net";
const version = "0123456789abcdef0123456789abcdef";
const url = `${vaultUrl}/keys/sops/${version}`;
const credentials = { accessToken: "eyJ.SeCrEtToKeN.1", source: "a test" };
const dataKey = new Uint8Array(32).fill(0xa5);
const dataKeyText = Buffer.from(dataKey).toString("base64url");
const wrapped = "d3JhcHBlZA";
const folder = mkdtempSync(join(tmpdir(), "isosops-azure-failures-"));

let service: FakeService | undefined;
afterEach(async () => {
  vi.unstubAllEnvs();
  await service?.stop();
  service = undefined;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Asks the service on this machine in place of every host, which is the first part of the path there. */
const redirect: typeof fetch = (asked, init) => {
  const { host, pathname, search } = new URL(String(asked));
  return fetch(`${service!.url}/${host}${pathname}${search}`, init);
};

async function withService(
  answer: (request: Request, response: ServerResponse, count: number) => void,
  options: AzureOptions = {},
): Promise<AzureOptions> {
  service = await serve(answer);
  return { credentials, fetch: redirect, timeout: 1000, attempts: 2, ...options };
}

function masterKey(fields: Record<string, string> = {}): MasterKey {
  const own = { vault_url: vaultUrl, name: "sops", version, enc: wrapped };
  return { type: "azure_kv", fields: new Map(Object.entries({ ...own, ...fields })) };
}

const ownSecrets = [credentials.accessToken, dataKeyText, Buffer.from(dataKey).toString("base64")];
const errorOf = (promise: Promise<unknown>, secrets: readonly string[] = []) =>
  errorWithout(promise, [...ownSecrets, ...secrets]);

/** Of both directions. */
async function errorsOf(options: AzureOptions): Promise<SopsError[]> {
  return [
    await errorOf(azureKeyVault(url, options).wrap(dataKey)),
    await errorOf(azureKeyVaultSource(options).unwrap(masterKey())),
  ];
}

const refuse = (response: ServerResponse, status: number, code: string, message: string, inner?: object) =>
  json(response, status, { error: { code, message, ...inner } });

const subject: ServiceUnderTest<AzureOptions> = {
  name: "Azure Key Vault",
  start: withService,
  service: () => service!,
  errorsOf,
  wrap: (options, keyOptions) => azureKeyVault(url, options).wrap(dataKey, keyOptions),
  unwrap: (options) => azureKeyVaultSource(options).unwrap(masterKey()),
  dataKey,
  decrypted: { value: dataKeyText },
  malformed: { value: "%" },
  path: /^\/myvault\.vault\.azure\.net\/keys\/sops\//,
};

describe("an error that Azure Key Vault answers", () => {
  // Codes and texts as the documentation of Azure Key Vault (general/rest-error-codes) and issues about its libraries have them.
  const innerError = (code: string) => ({ innererror: { code } });
  const cases: [number, string, string, object | undefined, string, RegExp][] = [
    [
      401,
      "Unauthorized",
      "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/1/, found https://sts.windows.net/2/.",
      undefined,
      "credentials",
      /rejected the token \(from a test\) \(Unauthorized: AKV10032.*\)\. Get a new one.*az login --tenant/,
    ],
    [
      401,
      "Unauthorized",
      "[TokenExpired] Error validating token: 'S2S12086'.",
      undefined,
      "credentials",
      /TokenExpired/,
    ],
    [
      403,
      "Forbidden",
      "The user, group or application 'appid=1;oid=2;iss=https://sts.windows.net/3/' does not have keys decrypt permission on key vault 'myvault;location=westeurope'.",
      innerError("AccessDenied"),
      "permission",
      /does not allow the caller to (en|de)crypt with this key \(Forbidden, AccessDenied: .*Key Vault Crypto User.*`(en|de)crypt` on keys in the vault's access policy.*\(from a test\)/,
    ],
    [
      403,
      "Forbidden",
      "Caller is not authorized to perform action on resource.",
      innerError("ForbiddenByRbac"),
      "permission",
      /Key Vault Crypto User/,
    ],
    [
      403,
      "Forbidden",
      "Client address is not authorized and caller is not a trusted service.",
      innerError("ForbiddenByFirewall"),
      "permission",
      /Allow this machine in the vault's firewall/,
    ],
    [
      403,
      "Forbidden",
      "Operation decrypt is not allowed on a disabled key.",
      { innerError: { code: "KeyDisabled" } },
      "key_disabled",
      /cannot be used now .*az keyvault key set-attributes/,
    ],
    [403, "Forbidden", "The key is expired.", innerError("KeyExpired"), "key_disabled", /give it another time/],
    [
      403,
      "Forbidden",
      "Operation decrypt is not permitted on this key.",
      innerError("KeyOperationForbidden"),
      "key_disabled",
      /is not for this use .*--ops encrypt decrypt/,
    ],
    [
      404,
      "KeyNotFound",
      "A key with (name/id) sops was not found in this key vault. If you recently deleted this key you may be able to recover it using the correct recovery command.",
      undefined,
      "key_not_found",
      /has no such key .*az keyvault key recover/,
    ],
    [
      429,
      "Throttled",
      "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached",
      undefined,
      "unavailable",
      /at every attempt.*Try again/,
    ],
    [503, "ServiceUnavailable", "The service is unavailable.", undefined, "unavailable", /Try again/],
    [409, "Conflict", "No", undefined, "service", /rejected the request/],
  ];

  test.each(cases)("%i %s: %s", async (status, name, message, inner, code, expected) => {
    const options = await withService((_, response) => refuse(response, status, name, message, inner));
    for (const error of await errorsOf(options)) {
      expect(error).toMatchObject({ name: "SopsError", code, message: expect.stringMatching(expected) });
      expect(error.message.startsWith(`Azure Key Vault key ${url}: `)).toBe(true);
      expect(error.message).toContain(message.replace(/\.$/, ""));
    }
  });

  test("BadParameter, of a damaged data key", async () => {
    const options = await withService((_, response) =>
      refuse(response, 400, "BadParameter", "The parameter is incorrect.\r\n"),
    );
    const [wrapping, unwrapping] = await errorsOf(options);
    expect(wrapping).toMatchObject({ code: "service" });
    expect(unwrapping).toMatchObject({
      code: "data_key",
      message: expect.stringMatching(/\(BadParameter: The parameter is incorrect\)\. It is damaged, or was wrapped/),
    });
  });

  test("that repeats the request is masked", async () => {
    const options = await withService(({ headers, body }, response) =>
      refuse(response, 409, "Conflict", `${headers.authorization} ${body}`),
    );
    for (const error of await errorsOf(options)) expect(error.message).toContain("Bearer ***");
  });

  test("where the version is looked up", async () => {
    const options = await withService((_, response) =>
      refuse(response, 403, "Forbidden", "No", innerError("AccessDenied")),
    );
    const error = await errorOf(azureKeyVault(`${vaultUrl}/keys/sops`, options).wrap(dataKey));
    expect(error).toMatchObject({
      code: "permission",
      message: expect.stringMatching(/read the key.*allow `get` on keys/),
    });
    expect(error.message.startsWith(`Azure Key Vault key ${vaultUrl}/keys/sops: `)).toBe(true);
  });

  test("a token that is refused is asked for once more, of the tenant that the vault names", async () => {
    const challenge =
      'Bearer authorization="https://login.microsoftonline.com/tenant-1", resource="https://evil.example"';
    const options = await withService((_, response) => json(response, 401, {}, { "www-authenticate": challenge }));
    const asked: unknown[] = [];
    const given: AzureOptions["credentials"] = ({ resource, tenantId }) => {
      asked.push([resource, tenantId]);
      return credentials;
    };
    const error = await errorOf(azureKeyVault(url, { ...options, credentials: given }).wrap(dataKey));
    expect(error).toMatchObject({ code: "credentials" });
    expect(asked).toEqual([
      ["https://vault.azure.net", undefined],
      ["https://vault.azure.net", "tenant-1"],
    ]);
  });
});

describe("a service that", () => {
  testServiceFaults(subject);

  test.each(["https://myvault.vault.azure.net/keys/sops/../../x", undefined, "x"])("gives %j as a key", async (kid) => {
    const options = await withService((_, response) => json(response, 200, { key: { kid } }));
    const error = await errorOf(azureKeyVault(`${vaultUrl}/keys/sops`, options).wrap(dataKey));
    expect(error).toMatchObject({ code: "service", message: expect.stringMatching(/does not fit the request/) });
    expect(service!.requests).toHaveLength(1);
  });
});

describe("credentials", () => {
  testWrongCredentials(subject, [
    ["that are not set", { credentials: { accessToken: undefined } as never }],
    ["that a function does not give", { credentials: () => undefined as never }],
    ["that no header can have", { credentials: { accessToken: "a\nb" } }],
  ]);

  /** The error of the default credentials with these variables. */
  async function errorWith(
    variables: Record<string, string>,
    answer: (request: Request, response: ServerResponse) => void,
    secrets: readonly string[] = [],
  ) {
    for (const name of Object.keys(process.env)) {
      if (/^(?:AZURE|IDENTITY|MSI|IMDS)_/.test(name)) vi.stubEnv(name, undefined);
    }
    for (const [name, value] of Object.entries({ PATH: folder, ...variables })) vi.stubEnv(name, value);
    service = await serve(answer);
    return errorOf(azureKeyVaultSource({ fetch: redirect, attempts: 1 }).unwrap(masterKey()), secrets);
  }

  const application = { AZURE_TENANT_ID: "t", AZURE_CLIENT_ID: "c" };

  test("that are nowhere are told, with all the places", async () => {
    const error = await errorWith({}, (_, response) => json(response, 404, {}));
    expect(error.code).toBe("credentials");
    for (const place of [
      "AZURE_TENANT_ID is not set",
      "AZURE_FEDERATED_TOKEN_FILE is not set",
      "the managed identity service gives no token for the managed identity of this machine (HTTP status 404)",
      "the Azure CLI is not there or not logged in",
      "the Azure Developer CLI is not there",
      "Use `az login`",
    ]) {
      expect(error.message).toContain(place);
    }
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ["no client", { AZURE_TENANT_ID: "t" }, /AZURE_CLIENT_ID is not set/],
    ["no secret", application, /neither AZURE_CLIENT_SECRET nor AZURE_CLIENT_CERTIFICATE_PATH is set/],
    ["a tenant that is a path", { ...application, AZURE_TENANT_ID: "t/../SeCrEt" }, /AZURE_TENANT_ID is not the ID/],
    [
      "no TLS",
      { ...application, AZURE_CLIENT_SECRET: "SeCrEt", AZURE_AUTHORITY_HOST: "http://x" },
      /AZURE_AUTHORITY_HOST has no https/,
    ],
    [
      "no file",
      { ...application, AZURE_CLIENT_CERTIFICATE_PATH: "/no/such/file" },
      /has no certificate with its RSA key/,
    ],
    [
      "no token file",
      { ...application, AZURE_FEDERATED_TOKEN_FILE: "/no/such/file" },
      /FEDERATED_TOKEN_FILE cannot be/,
    ],
    [
      "Service Fabric",
      { IDENTITY_ENDPOINT: "x", IDENTITY_HEADER: "SeCrEt", IDENTITY_SERVER_THUMBPRINT: "x" },
      /Service Fabric/,
    ],
    ["Azure Arc", { IDENTITY_ENDPOINT: "x", IMDS_ENDPOINT: "x" }, /Azure Arc/],
  ])("%s is told", async (_, variables, message) => {
    const error = await errorWith(variables, (_request, response) => json(response, 404, {}), ["SeCrEt"]);
    expect(error).toMatchObject({ code: "credentials", message: expect.stringMatching(message) });
  });

  test("a file with the key of another certificate is told, and none of it", async () => {
    const path = join(folder, "certificate.pem");
    const secret = "MIIEvSeCrEt";
    writeFileSync(path, `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`);
    const variables = { ...application, AZURE_CLIENT_CERTIFICATE_PATH: path };
    const error = await errorWith(variables, (_, response) => json(response, 404, {}), [secret]);
    expect(error).toMatchObject({ code: "credentials", message: expect.stringMatching(/has no certificate/) });
  });

  test("a way that there is not is told", async () => {
    const error = await errorWith({ AZURE_TOKEN_CREDENTIALS: "SeCrEt" }, (_, response) => json(response, 404, {}), [
      "SeCrEt",
    ]);
    expect(error).toMatchObject({
      code: "invalid_option",
      message: expect.stringMatching(/is none of dev, prod, Env/),
    });
  });

  // As Microsoft Entra ID answers (identity-platform/reference-error-codes).
  const entra = (message: string) => ({
    error: "invalid_client",
    error_description: `${message} Trace ID: 0 Correlation ID: 1 Timestamp: 2026-01-01 00:00:00Z`,
  });
  const bySecret = { ...application, AZURE_CLIENT_SECRET: "SeCrEt1" };
  test.each<[string, Record<string, string>, number, object, string, RegExp]>([
    [
      "a wrong secret",
      bySecret,
      401,
      entra("AADSTS7000215: Invalid client secret provided. Ensure the secret SeCrEt1 being sent is the value."),
      "credentials",
      /Microsoft Entra ID gives no token for the client secret of AZURE_CLIENT_SECRET \(invalid_client: AADSTS7000215[^)]*value\)\. Set it to the value of a secret/,
    ],
    [
      "a clock that is off",
      bySecret,
      401,
      entra("AADSTS700024: Client assertion is not within its valid time range."),
      "clock",
      /Set the clock/,
    ],
    ["too many requests", bySecret, 429, {}, "unavailable", /Microsoft Entra ID was busy or unavailable/],
    [
      "no token",
      bySecret,
      200,
      { token_type: "Bearer" },
      "service",
      /Microsoft Entra ID sent a response that does not fit/,
    ],
    [
      "a managed identity that there is not",
      { IDENTITY_ENDPOINT: "https://localhost/msi", IDENTITY_HEADER: "SeCrEt1" },
      400,
      { error: "invalid_request", error_description: "Identity not found SeCrEt1" },
      "credentials",
      /\(invalid_request: Identity not found \*\*\*\)\. Give the machine an identity, and set AZURE_CLIENT_ID/,
    ],
  ])("%s is told", async (_, variables, status, said, code, message) => {
    const error = await errorWith(variables, (_request, response) => json(response, status, said), ["SeCrEt1"]);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    // The Azure CLI is not tried after what was refused.
    expect(error.message).not.toContain("Azure CLI");
  });

  test("a federated token that is not taken is told, and not shown", async () => {
    const path = join(folder, "token");
    writeFileSync(path, "SeCrEt2\n");
    const variables = { ...application, AZURE_FEDERATED_TOKEN_FILE: path };
    const answer = entra("AADSTS700213: No matching federated identity record found for SeCrEt2.");
    const error = await errorWith(variables, (_, response) => json(response, 401, answer), ["SeCrEt2"]);
    expect(error).toMatchObject({
      code: "credentials",
      message: expect.stringMatching(
        /the token of AZURE_FEDERATED_TOKEN_FILE .*AADSTS700213.*Check the federated credential/,
      ),
    });
  });
});

const fetchNothing = () => expect.unreachable("something was asked");

test.each([
  ["of HTTP", "http://myvault.vault.azure.net", "sops", version],
  ["of another host", "https://vault.azure.net.evil.example", "sops", version],
  ["of the domain itself", "https://vault.azure.net", "sops", version],
  ["with a user", "https://a@myvault.vault.azure.net", "sops", version],
  ["with a host behind a backslash", "https://evil.example\\.vault.azure.net", "sops", version],
  ["with a host behind a hash", "https://evil.example#.vault.azure.net", "sops", version],
  ["with a path", "https://myvault.vault.azure.net/x", "sops", version],
  ["with another path as its name", vaultUrl, "sops/../../secrets/x", version],
  ["with an escape", vaultUrl, "sops%2f", version],
  ["with a query as its version", vaultUrl, "sops", `${version}?x=`],
  ["with a line feed", vaultUrl, "sops", `${version}\n`],
])("a key %s is refused before anything is asked", async (_, vault, name, ownVersion) => {
  const options = { credentials, fetch: fetchNothing };
  const source = azureKeyVaultSource(options);
  const entry = masterKey({ vault_url: vault, name, version: ownVersion });
  await expect(source.unwrap(entry)).rejects.toMatchObject({ code: "invalid_key" });
});

test.each(["sops", vaultUrl, `${vaultUrl}/secrets/sops`, "https://evil.example/keys/sops", undefined as never])(
  "%j is not the URL of a key",
  (text) => {
    expect(() => azureKeyVault(text)).toThrow(expect.objectContaining({ code: "invalid_key" }));
  },
);

test.each(["vault.azure.net", "https://net", "https://evil.example/#", "https://"])("%j is no resource", (resource) => {
  expect(() => azureKeyVault(url, { resource })).toThrow(expect.objectContaining({ code: "invalid_option" }));
});

test.each(["", "!", "a+b/"])("an entry with the wrapped data key %j is damaged", async (enc) => {
  const source = azureKeyVaultSource({ credentials, fetch: fetchNothing });
  await expect(source.unwrap(masterKey({ enc }))).rejects.toMatchObject({ code: "data_key" });
});

test("encryption fails whole, and decryption names the key once among those that were tried", async () => {
  const { identity, recipient } = await generateIdentity();
  const stranger = await generateIdentity();
  const denied = await withService((_, response, count) =>
    count === 1
      ? json(response, 200, { value: wrapped })
      : refuse(response, 403, "Forbidden", "No.", { innererror: { code: "AccessDenied" } }),
  );
  const keys = [azureKeyVault(url, denied), age(recipient)];
  const { text } = await encrypt("a: b\n", { format: "yaml", keys });
  await expect(encrypt("a: b\n", { format: "yaml", keys })).rejects.toMatchObject({ code: "permission" });
  const keySources = [azureKeyVaultSource(denied)];
  const error = await errorOf(decrypt(text, { format: "yaml", keySources, identities: [stranger.identity] }));
  expect(error.code).toBe("not_recovered");
  expect(error.message.split("\n").slice(1)).toEqual([
    `  ${recipient}: not decrypted by ${stranger.recipient}.`,
    expect.stringMatching(
      /^ {2}Azure Key Vault key \S+: Azure Key Vault does not allow the caller to decrypt with this key/,
    ),
  ]);
  const opened = await decrypt(text, { format: "yaml", keySources, identities: [identity] });
  expect(opened.data).toEqual({ a: "b" });
});
