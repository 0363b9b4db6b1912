/** What goes wrong with Vault, made to happen: each error says which key, what was said, and what to do, and no secret. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { request as requestHttps } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MasterKey, SopsError } from "@isosops/core";
import { type VaultOptions, vaultTransit, vaultTransitSource } from "@isosops/keys/vault";
import { age, decrypt, encrypt, generateIdentity } from "isosops";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { findSops } from "../../../test-vectors/tools.js";
import { errorOf as errorWithout } from "./error-of.js";
import { type FakeService, json, type Request, serve } from "./fake-service.js";
import { whyNoCertificate } from "./https-hosts.js";
import { type ServiceUnderTest, testServiceFaults, testWrongCredentials } from "./service-faults.js";
import { noVault, openVault, type VaultServer } from "./vault-server.js";

const token = "hvs.SeCrEtToKeN1";
const dataKey = new Uint8Array(32).fill(0xa5);
const dataKeyText = Buffer.from(dataKey).toString("base64");
const folder = mkdtempSync(join(tmpdir(), "isosops-vault-failures-"));

let service: FakeService | undefined;
afterEach(async () => {
  vi.unstubAllEnvs();
  await service?.stop();
  service = undefined;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Case {
  readonly address: string;
  readonly options: VaultOptions;
}

async function withService(
  answer: (request: Request, response: ServerResponse, count: number) => void,
  options: VaultOptions = {},
): Promise<Case> {
  service = await serve(answer);
  return { address: service.url, options: { token, allowlist: "all", timeout: 1000, attempts: 2, ...options } };
}

function masterKey(address: string, fields: Record<string, string> = {}): MasterKey {
  const all = { vault_address: address, engine_path: "sops", key_name: "k", enc: "vault:v1:AAAA", ...fields };
  return { type: "hc_vault", fields: new Map(Object.entries(all)) };
}

const errorOf = (promise: Promise<unknown>, secrets: readonly string[] = []) =>
  errorWithout(promise, [token, dataKeyText, ...secrets]);

/** Of both directions. */
async function errorsOf({ address, options }: Case, secrets: readonly string[] = []): Promise<SopsError[]> {
  return [
    await errorOf(vaultTransit(`${address}/v1/sops/keys/k`, options).wrap(dataKey), secrets),
    await errorOf(vaultTransitSource(options).unwrap(masterKey(address)), secrets),
  ];
}

const refuse = (response: ServerResponse, status: number, ...errors: string[]) => json(response, status, { errors });

describe.skipIf(noVault !== undefined)("what Vault itself answers", () => {
  let vault: VaultServer;
  let wrapped: string;
  beforeAll(async () => {
    vault = await openVault();
    await vault.admin("POST", "sops/keys/k", { type: "aes256-gcm96" });
    await vault.admin("POST", "sops/keys/rsa", { type: "rsa-2048" });
    await vault.admin("POST", "sops/keys/signing", { type: "ed25519" });
    await vault.admin("POST", "sops/keys/derived", { derived: true });
    await vault.admin("POST", "sys/mounts/kv2", { type: "kv", options: { version: "2" } });
    wrapped = await wrap("k");
  }, 60_000);
  afterAll(() => vault?.stop());

  /** The wrapped data key of a key in the engine `sops`. */
  async function wrap(name: string): Promise<string> {
    const [key] = await vaultTransit(vault.keyUri(name), { token: vault.token }).wrap(dataKey);
    return key!.fields.get("enc") as string;
  }

  const given = (): VaultOptions => ({ token: vault.token, allowlist: vault.url, attempts: 1 });
  const wrapError = (path: string, options: VaultOptions = {}) =>
    errorOf(vaultTransit(`${vault.url}/v1/${path}`, { ...given(), ...options }).wrap(dataKey));
  const unwrapError = (fields: Record<string, string>, options: VaultOptions = {}) =>
    errorOf(vaultTransitSource({ ...given(), ...options }).unwrap(masterKey(vault.url, { enc: wrapped, ...fields })));

  test("to a token that it does not know", async () => {
    for (const error of [await wrapError("sops/keys/k", { token }), await unwrapError({}, { token })]) {
      expect(error).toMatchObject({
        code: "credentials",
        message: `Vault key ${vault.url}/v1/sops/keys/k: Vault rejected the token from \`token\` (HTTP status 403: permission denied, invalid token). It has ended, was revoked, or is of another server or namespace. Get a new one with \`vault login\`.`,
      });
    }
  });

  test("to a token that may not", async () => {
    const encrypter = await vault.createToken('path "sops/encrypt/k" { capabilities = ["update"] }');
    expect(await wrap("k")).toMatch(/^vault:v1:/);
    const error = await unwrapError({}, { token: encrypter });
    expect(error).toMatchObject({
      code: "permission",
      message: expect.stringMatching(
        /does not allow the token from `token` to decrypt with this key \(HTTP status 403: permission denied\)\. Allow `update` on sops\/decrypt\/k in a policy/,
      ),
    });
    // With update and not create, Vault does not make a key.
    const stranger = await vault.createToken('path "sops/decrypt/*" { capabilities = ["update"] }');
    expect(await wrapError("sops/keys/k", { token: stranger })).toMatchObject({
      code: "permission",
      message: expect.stringMatching(/Allow `update` on sops\/encrypt\/k/),
    });
    for (const secret of [encrypter, stranger]) expect(error.message).not.toContain(secret);
  });

  test("to no token", async () => {
    for (const [name, value] of [
      ["HOME", folder],
      ["VAULT_TOKEN", undefined],
    ] as const)
      vi.stubEnv(name, value);
    expect(await unwrapError({}, { token: undefined })).toMatchObject({
      code: "credentials",
      message: expect.stringMatching(
        /no Vault token was found, neither in VAULT_TOKEN nor in ~\/\.vault-token.*vault login/,
      ),
    });
  });

  test.each<[string, Record<string, string>, string, RegExp]>([
    [
      "a key that there is not",
      { key_name: "no" },
      "key_not_found",
      /has no key no in the engine sops .*encryption key not found.*backup/,
    ],
    [
      "an engine that there is not",
      { engine_path: "no" },
      "key_not_found",
      /no transit engine at no .*no handler for route.*VAULT_NAMESPACE/,
    ],
    ["an engine of another type", { engine_path: "kv2" }, "key_not_found", /no transit engine at kv2 .*versioned K\/V/],
    [
      "an engine that stores",
      { engine_path: "kv" },
      "service",
      /at kv is no transit engine.*Check the path of the engine\.$/,
    ],
    [
      "a damaged data key",
      { enc: "vault:v1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
      "data_key",
      /cipher: message authentication failed.*version control/,
    ],
    ["a short data key", { enc: "vault:v1:AAAA" }, "data_key", /invalid ciphertext length/],
    ["another data key", { enc: "AAAA" }, "data_key", /invalid ciphertext: no prefix/],
    ["a data key of a later version", { enc: "vault:v9:AAAA" }, "data_key", /version is too new/],
    ["a data key of an RSA key", { key_name: "rsa" }, "data_key", /RSA decrypt the ciphertext/],
    [
      "a key for signatures",
      { key_name: "signing" },
      "key_disabled",
      /decryption not supported for key type ed25519.*aes256-gcm96/,
    ],
    ["a derived key", { key_name: "derived" }, "key_disabled", /missing 'context' for key derivation/],
  ])("about %s", async (_, fields, code, message) => {
    expect(await unwrapError(fields)).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test.each([
    ["no/keys/k", "key_not_found", /no transit engine at no/],
    ["sops/keys/signing", "key_disabled", /encryption not supported for key type ed25519/],
    ["sops/keys/derived", "key_disabled", /not derived/],
    ["kv/keys/k", "service", /at kv is no transit engine.*delete kv\/encrypt\/k, where the data key may now be stored/],
    ["kv2/keys/k", "key_not_found", /no transit engine at kv2/],
  ])("to an encryption with %s", async (path, code, message) => {
    expect(await wrapError(path)).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test("to too many requests", async () => {
    await vault.admin("POST", "sys/quotas/rate-limit/q", { path: "sops/", rate: 1 });
    try {
      const requests = Array.from({ length: 5 }, () => vaultTransit(vault.keyUri("k"), given()).wrap(dataKey));
      const failed = (await Promise.allSettled(requests)).filter(({ status }) => status === "rejected");
      expect(failed.length).toBeGreaterThan(0);
      expect((failed[0] as PromiseRejectedResult).reason).toMatchObject({
        code: "unavailable",
        message: expect.stringMatching(
          /busy or unavailable at every attempt \(HTTP status 429: .*rate limit quota exceeded\)/,
        ),
      });
    } finally {
      await vault.admin("DELETE", "sys/quotas/rate-limit/q");
    }
  });

  // The last one, since it does not open again.
  test("when it is sealed", async () => {
    await vault.admin("PUT", "sys/seal");
    for (const error of [await wrapError("sops/keys/k"), await unwrapError({})]) {
      expect(error).toMatchObject({
        code: "unavailable",
        message: expect.stringMatching(
          /Vault is sealed \(HTTP status 503: Vault is sealed\)\. Unseal it with `vault operator unseal`/,
        ),
      });
    }
  });
});

const subject: ServiceUnderTest<VaultOptions, Case> = {
  name: "Vault",
  start: withService,
  service: () => service!,
  errorsOf,
  wrap: ({ address, options }, keyOptions) =>
    vaultTransit(`${address}/v1/sops/keys/k`, options).wrap(dataKey, keyOptions),
  unwrap: ({ address, options }) => vaultTransitSource(options).unwrap(masterKey(address)),
  dataKey,
  decrypted: { data: { plaintext: dataKeyText } },
  malformed: { data: { plaintext: "%", ciphertext: "a b\n" } },
  path: /^\/v1\/sops\//,
};

describe("an error that Vault answers", () => {
  test.each<[number, string, string, RegExp]>([
    [403, "permission denied", "permission", /a token that has ended has the same answer/],
    [400, "missing client token", "service", /rejected the request/],
    [412, "required index state not present", "unavailable", /busy or unavailable at every attempt/],
    [500, "internal error", "unavailable", /Try again/],
    [502, "bad gateway", "unavailable", /Try again/],
    [405, "unsupported operation", "service", /documentation/],
  ])("%i: %s", async (status, text, code, message) => {
    const asked = await withService((_, response) => refuse(response, status, text));
    for (const error of await errorsOf(asked)) {
      expect(error).toMatchObject({ name: "SopsError", code, message: expect.stringMatching(message) });
      expect(error.message.startsWith(`Vault key ${asked.address}/v1/sops/keys/k: `)).toBe(true);
      expect(error.message).toContain(`HTTP status ${status}: ${text}`);
    }
  });

  test("in plain text is shown", async () => {
    const asked = await withService((_, response) =>
      response.writeHead(400).end("Client sent an HTTP request to an HTTPS server.\n"),
    );
    for (const error of await errorsOf(asked)) expect(error.message).toContain("(HTTP status 400: Client sent");
  });

  test("that repeats the request is masked", async () => {
    const asked = await withService(({ headers, body }, response) =>
      refuse(response, 400, `${headers["x-vault-token"]} ${body}`, "\u001b[31mred"),
    );
    for (const error of await errorsOf(asked)) {
      expect(error.message).toContain("(HTTP status 400: ***");
      expect(error.message).not.toContain("\u001b");
    }
  });
});

describe("a server that", () => {
  testServiceFaults(subject);

  test.each<[string, (response: ServerResponse) => void, string, RegExp]>([
    ["answers no data", (response) => json(response, 200, { data: null }), "service", /does not fit the request/],
    [
      "answers other data",
      (response) => json(response, 200, { data: { a: 1 } }),
      "service",
      /does not fit the request/,
    ],
    [
      "redirects, as a standby",
      (response) => response.writeHead(307, { location: "http://127.0.0.1:9/v1/sops/encrypt/k" }).end(),
      "service",
      /refers to another server \(HTTP status 307\), which is not followed with a token.*active server/,
    ],
  ])("%s", async (_, answer, code, message) => {
    const asked = await withService((_request, response) => answer(response), { timeout: 200 });
    for (const error of await errorsOf(asked)) {
      expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    }
  });

  test("speaks no TLS", async () => {
    const asked = await withService((_, response) => json(response, 200, {}));
    const address = asked.address.replace("http:", "https:");
    for (const skip of [undefined, "1"]) {
      vi.stubEnv("VAULT_SKIP_VERIFY", skip);
      for (const error of await errorsOf({ ...asked, address })) {
        expect(error).toMatchObject({
          code: "network",
          message: expect.stringMatching(/does not speak TLS there.*http:/),
        });
      }
    }
  });

  test.each<[string, (response: ServerResponse) => void, string, RegExp]>([
    ["is slow", () => {}, "network", /did not answer within 0.2 s/],
    ["cuts the connection", (response) => response.socket!.destroy(), "network", /the connection was closed/],
    [
      "cuts its answer",
      (response) => response.writeHead(200, { "content-length": "1000" }).write("{", () => response.socket!.destroy()),
      "network",
      /could not be reached/,
    ],
    [
      "ends its answer late",
      (response) => response.writeHead(200).write("{"),
      "network",
      /did not answer within 0.2 s/,
    ],
    ["answers nothing", (response) => response.writeHead(204).end(), "service", /is no transit engine/],
    [
      "redirects",
      (response) => response.writeHead(307, { location: "/x" }).end(),
      "service",
      /refers to another server/,
    ],
  ])("%s, to a client with certificates of its own", async (_, answer, code, message) => {
    vi.stubEnv("VAULT_SKIP_VERIFY", "1");
    const asked = await withService((_request, response) => answer(response), { timeout: 200, attempts: 1 });
    for (const error of await errorsOf(asked)) {
      expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    }
  });

  test("has not yet seen what the active node has is asked again", async () => {
    const asked = await withService((_, response, count) =>
      count === 1 ? refuse(response, 412) : json(response, 200, subject.decrypted),
    );
    expect(await subject.unwrap(asked)).toEqual(dataKey);
    expect(service!.requests).toHaveLength(2);
  });
});

describe("a token", () => {
  testWrongCredentials(subject, [
    ["that is empty", { token: "" }],
    ["that a function does not give", { token: () => undefined as never }],
    ["that no header can have", { token: `${token}\nx` }],
  ]);

  test("of the environment that no header can have is told", async () => {
    const asked = await withService(() => {});
    vi.stubEnv("VAULT_TOKEN", `${token}\n`);
    for (const error of await errorsOf({ ...asked, options: { ...asked.options, token: undefined } })) {
      expect(error).toMatchObject({
        code: "credentials",
        message: expect.stringMatching(/VAULT_TOKEN has no Vault token/),
      });
    }
  });

  test("in a file that cannot be read is told", async () => {
    const home = mkdtempSync(join(folder, "home-"));
    mkdirSync(join(home, ".vault-token"));
    const asked = await withService(() => {});
    for (const [name, value] of [
      ["HOME", home],
      ["VAULT_TOKEN", undefined],
    ] as const)
      vi.stubEnv(name, value);
    for (const error of await errorsOf({ ...asked, options: { ...asked.options, token: undefined } })) {
      expect(error).toMatchObject({ code: "credentials", message: expect.stringMatching(/cannot be read/) });
    }
  });

  test("of a function that throws is the error of the function", async () => {
    const asked = await withService(() => {});
    const options = { ...asked.options, token: () => Promise.reject(new RangeError("not for this server")) };
    await expect(vaultTransitSource(options).unwrap(masterKey(asked.address))).rejects.toThrow("not for this server");
  });
});

test.each<[string, Record<string, string>, RegExp]>([
  ["VAULT_NAMESPACE", { VAULT_NAMESPACE: "a\nSeCrEt" }, /VAULT_NAMESPACE is not a namespace/],
  ["VAULT_AGENT_ADDR", { VAULT_AGENT_ADDR: "unix:///run/agent.sock" }, /VAULT_AGENT_ADDR is not a URL/],
  ["VAULT_HEADERS, no JSON", { VAULT_HEADERS: "{SeCrEt" }, /VAULT_HEADERS must be a JSON object/],
  ["VAULT_HEADERS of a token", { VAULT_HEADERS: '{"X-Vault-Token": "SeCrEt"}' }, /starts with X-Vault-/],
  ["VAULT_HEADERS of no text", { VAULT_HEADERS: '{"a": 1}' }, /VAULT_HEADERS must be/],
  ["VAULT_HEADERS with a line feed", { VAULT_HEADERS: '{"a": "b\\nSeCrEt"}' }, /VAULT_HEADERS must be/],
  ["VAULT_CACERT, no file", { VAULT_CACERT: "/no/such/file" }, /VAULT_CACERT names no PEM file/],
  ["VAULT_CLIENT_CERT, no PEM", { VAULT_CLIENT_CERT: "/dev/null" }, /VAULT_CLIENT_CERT names no PEM file/],
  ["VAULT_CAPATH", { VAULT_CAPATH: "/etc/ssl" }, /VAULT_CAPATH is not read here/],
  ["VAULT_SKIP_VERIFY", { VAULT_SKIP_VERIFY: "yes" }, /VAULT_SKIP_VERIFY must be true or false/],
])("%s that is wrong is told, and nothing is asked", async (_, variables, message) => {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  const asked = await withService(() => {});
  for (const error of await errorsOf(asked, ["SeCrEt"])) {
    expect(error).toMatchObject({ code: "invalid_option", message: expect.stringMatching(message) });
  }
  expect(service!.requests).toEqual([]);
});

test.each<[string, Record<string, string>]>([
  ["no address", { vault_address: "" }],
  ["a Unix socket", { vault_address: "unix:///run/vault.sock" }],
  ["another scheme", { vault_address: "ftp://127.0.0.1" }],
  ["a user name", { vault_address: "http://user:SeCrEt@127.0.0.1" }],
  ["a query", { vault_address: "http://127.0.0.1/?x=" }],
  ["a fragment", { vault_address: "http://127.0.0.1#" }],
  ["a backslash", { vault_address: "http://127.0.0.1\\@evil.example" }],
  ["a tab", { vault_address: "http://127.0.\t0.1" }],
  ["an escape", { vault_address: "http://127.0.0.1/%2e%2e" }],
  ["dots in its address", { vault_address: "http://127.0.0.1/a/.." }],
  ["dots in its engine", { engine_path: "sops/../sys" }],
  ["an empty part in its engine", { engine_path: "sops//x" }],
  ["no engine", { engine_path: "" }],
  ["a query in its engine", { engine_path: "sops?x" }],
  ["a slash in its name", { key_name: "a/b" }],
  ["dots for a name", { key_name: ".." }],
  ["escaped dots for a name", { key_name: "%2e%2E" }],
  ["a line feed in its name", { key_name: "k\n" }],
  ["no name", { key_name: "" }],
])("a key with %s is refused before anything is asked", async (_, fields) => {
  const source = vaultTransitSource({
    token,
    allowlist: "all",
    fetch: () => expect.unreachable("something was asked"),
  });
  expect(await errorOf(source.unwrap(masterKey("http://127.0.0.1", fields)), ["SeCrEt"])).toMatchObject({
    code: "invalid_key",
  });
});

test("a URI that is none is refused, without its password", () => {
  expect(() => vaultTransit(undefined as never)).toThrow(expect.objectContaining({ code: "invalid_key" }));
  expect(() => vaultTransit("https://user:SeCrEt@vault/v1/sops/keys/k")).toThrow(
    expect.objectContaining({ code: "invalid_key", message: expect.not.stringContaining("SeCrEt") }),
  );
});

test("an address with a path is that of a proxy", async () => {
  const asked = await withService((_, response) => json(response, 200, { data: { plaintext: dataKeyText } }));
  const source = vaultTransitSource(asked.options);
  expect(await source.unwrap(masterKey(`${asked.address}/vault/`, { engine_path: "a%/c" }))).toEqual(dataKey);
  expect(service!.requests.map(({ path }) => path)).toEqual(["/vault/v1/a%25/c/decrypt/k"]);
});

test("an agent is asked in place of the server, for the servers that are allowed", async () => {
  const asked = await withService((_, response) => json(response, 200, { data: { plaintext: dataKeyText } }));
  vi.stubEnv("VAULT_AGENT_ADDR", `${asked.address}/`);
  const source = vaultTransitSource({ ...asked.options, allowlist: ["https://vault.example"] });
  expect(await source.unwrap(masterKey("https://vault.example"))).toEqual(dataKey);
  await expect(source.unwrap(masterKey("https://vault.example.evil"))).rejects.toMatchObject({ code: "permission" });
  expect(service!.requests.map(({ path }) => path)).toEqual(["/v1/sops/decrypt/k"]);
});

test("an entry without a wrapped data key is damaged", async () => {
  const source = vaultTransitSource({
    token,
    allowlist: "all",
    fetch: () => expect.unreachable("something was asked"),
  });
  await expect(source.unwrap(masterKey("http://127.0.0.1", { enc: "" }))).rejects.toMatchObject({ code: "data_key" });
});

test("encryption fails whole, and decryption names the key once among those that were tried", async () => {
  const { identity, recipient } = await generateIdentity();
  const stranger = await generateIdentity();
  const denied = await withService((_, response, count) =>
    count === 1
      ? json(response, 200, { data: { ciphertext: "vault:v1:AAAA" } })
      : refuse(response, 403, "permission denied"),
  );
  const keys = [vaultTransit(`${denied.address}/v1/sops/keys/k`, denied.options), age(recipient)];
  const { text } = await encrypt("a: b\n", { format: "yaml", keys });
  await expect(encrypt("a: b\n", { format: "yaml", keys })).rejects.toMatchObject({ code: "permission" });
  const keySources = [vaultTransitSource(denied.options)];
  const error = await errorOf(decrypt(text, { format: "yaml", keySources, identities: [stranger.identity] }));
  expect(error.code).toBe("not_recovered");
  expect(error.message.split("\n").slice(1)).toEqual([
    `  ${recipient}: not decrypted by ${stranger.recipient}.`,
    expect.stringMatching(
      /^ {2}Vault key \S+\/v1\/sops\/keys\/k: Vault does not allow the token from `token` to decrypt with this key/,
    ),
  ]);
  const opened = await decrypt(text, { format: "yaml", keySources, identities: [identity] });
  expect(opened.data).toEqual({ a: "b" });
});

const noTls = noVault ?? whyNoCertificate();
if (noTls !== undefined) console.warn(`Tests of Vault with TLS are skipped: ${noTls}.`);

describe.skipIf(noTls !== undefined)("Vault with TLS, of an authority of its own", () => {
  const at = (name: string) => join(folder, name);
  let vault: VaultServer;
  let other: string;
  beforeAll(async () => {
    const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
    writeFileSync(at("names"), "subjectAltName = DNS:vault.example, DNS:localhost\n");
    for (const name of ["ca", "other-ca"]) {
      openssl(
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        `/CN=${name}`,
        "-keyout",
        `${name}.key`,
        "-out",
        `${name}.pem`,
      );
    }
    openssl(
      "req",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-subj",
      "/CN=vault.example",
      "-keyout",
      "server.key",
      "-out",
      "server.csr",
    );
    openssl(
      "x509",
      "-req",
      "-days",
      "2",
      "-in",
      "server.csr",
      "-CA",
      "ca.pem",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
      "-extfile",
      "names",
      "-out",
      "server.pem",
    );
    vault = await openVault({ certificate: at("server.pem"), key: at("server.key") });
    other = vault.url.replace("127.0.0.1", "localhost");
    const mounted = await tlsFetch(at("ca.pem"), `${other}/v1/sys/mounts/sops`, JSON.stringify({ type: "transit" }));
    expect(mounted).toBe(204);
  }, 60_000);
  afterAll(() => vault?.stop());

  const ca = () => readFileSync(at("ca.pem"), "utf8");
  test.each<[string, () => Record<string, string>, boolean, boolean?]>([
    ["nothing", () => ({}), false],
    ["VAULT_CACERT", () => ({ VAULT_CACERT: at("ca.pem") }), true],
    ["VAULT_CACERT_BYTES", () => ({ VAULT_CACERT_BYTES: ca() }), true],
    [
      "VAULT_CACERT, before VAULT_CACERT_BYTES",
      () => ({ VAULT_CACERT: at("other-ca.pem"), VAULT_CACERT_BYTES: ca() }),
      false,
    ],
    ["another name", () => ({ VAULT_CACERT: at("ca.pem") }), false, true],
    [
      "VAULT_TLS_SERVER_NAME",
      () => ({ VAULT_CACERT: at("ca.pem"), VAULT_TLS_SERVER_NAME: "vault.example" }),
      true,
      true,
    ],
    ["VAULT_SKIP_VERIFY", () => ({ VAULT_SKIP_VERIFY: "true" }), true, true],
    ["VAULT_SKIP_VERIFY, false", () => ({ VAULT_SKIP_VERIFY: "F" }), false],
    [
      "VAULT_CLIENT_CERT and VAULT_CLIENT_KEY",
      () => ({ VAULT_CACERT: at("ca.pem"), VAULT_CLIENT_CERT: at("server.pem"), VAULT_CLIENT_KEY: at("server.key") }),
      true,
    ],
  ])("%s, as sops", async (_, variables, opens, byAddress = false) => {
    const uri = `${byAddress ? vault.url : other}/v1/sops/keys/k`;
    const environment = { HOME: folder, VAULT_TOKEN: vault.token, ...variables() };
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const [outcome] = await Promise.allSettled([vaultTransit(uri, { attempts: 1 }).wrap(dataKey)]);
    if (outcome.status === "rejected") {
      expect(outcome.reason).toMatchObject({
        code: "network",
        message: expect.stringMatching(/certificate is not trusted/),
      });
    }
    expect(outcome.status === "fulfilled").toBe(opens);
    for (const { path } of findSops()) {
      writeFileSync(at("plain.yaml"), "a: b\n");
      const run = () =>
        execFileSync(path, ["encrypt", "--hc-vault-transit", uri, at("plain.yaml")], {
          env: { PATH: process.env.PATH ?? "", VAULT_MAX_RETRIES: "0", ...environment },
          stdio: "pipe",
        });
      if (opens) run();
      else expect(run).toThrow(/certificate/);
    }
  });

  test("a client certificate without its key is told", async () => {
    vi.stubEnv("VAULT_CLIENT_CERT", at("server.pem"));
    await expect(vaultTransit(`${other}/v1/sops/keys/k`).wrap(dataKey)).rejects.toMatchObject({
      code: "invalid_option",
      message: expect.stringMatching(/must be set together/),
    });
  });
});

/** The status of a request as root, with an authority that is trusted. */
function tlsFetch(authority: string, url: string, body: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { method: "PUT", ca: readFileSync(authority), headers: { "x-vault-token": "root" } };
    const request = requestHttps(url, options, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.once("error", reject);
    request.end(body);
  });
}
