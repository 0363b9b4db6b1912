/** Services, programs and settings that are broken or hostile: nothing is written in plain text, nothing hangs, no secret is shown. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { awsKms } from "@isosops/keys/aws";
import { azureKeyVault, azureKeyVaultSource } from "@isosops/keys/azure";
import { gcpKms } from "@isosops/keys/gcp";
import { huaweiKms } from "@isosops/keys/huawei";
import { keyServiceKinds, serveKeys } from "@isosops/keys/keyservice";
import { pgp, pgpSource } from "@isosops/keys/pgp";
import { vaultTransit, vaultTransitSource } from "@isosops/keys/vault";
import { encrypt, type KeyWrapper } from "isosops";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { errorOf } from "./error-of.js";
import { serve } from "./fake-service.js";

const folder = mkdtempSync(join(tmpdir(), "isosops-hostile-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

const dataKey = Uint8Array.from({ length: 32 }, (_, index) => index * 7 + 3);
const forms = ["base64", "base64url", "hex"].map((form) => Buffer.from(dataKey).toString(form as BufferEncoding));
const arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const aws = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
const vaultUri = "https://vault.example.com/v1/transit/keys/k";
const fingerprint = "FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4";
const masterKey = (type: string, fields: Record<string, string>) => ({ type, fields: new Map(Object.entries(fields)) });

/** A `fetch` that answers with what it was sent. */
const echo = (answer: (sent: Record<string, string>) => unknown) =>
  (async (_url: unknown, init?: RequestInit) =>
    new Response(JSON.stringify(answer(JSON.parse(String(init?.body)))))) as typeof fetch;

function program(name: string, ...lines: string[]): string {
  const path = join(folder, name);
  writeFileSync(path, ["#!/bin/sh", ...lines, ""].join("\n"));
  chmodSync(path, 0o755);
  return path;
}

describe("a data key that comes back as it was sent is not written to a file", () => {
  const services: [name: string, wrapper: () => KeyWrapper][] = [
    [
      "AWS KMS",
      () => awsKms(arn, { credentials: aws, fetch: echo(({ Plaintext }) => ({ CiphertextBlob: Plaintext })) }),
    ],
    [
      "Cloud KMS",
      () =>
        gcpKms("projects/p/locations/global/keyRings/r/cryptoKeys/k", {
          credentials: { accessToken: "t" },
          fetch: echo(({ plaintext }) => ({ ciphertext: plaintext })),
        }),
    ],
    [
      "Azure Key Vault",
      () =>
        azureKeyVault("https://v.vault.azure.net/keys/k/1", {
          credentials: { accessToken: "t" },
          fetch: echo(({ value }) => ({ value })),
        }),
    ],
    [
      "Vault",
      () => vaultTransit(vaultUri, { token: "t", fetch: echo((data) => ({ data: { ciphertext: data.plaintext } })) }),
    ],
    [
      "Vault, with a prefix",
      () =>
        vaultTransit(vaultUri, {
          token: "t",
          fetch: echo((data) => ({ data: { ciphertext: `vault:v1:${data.plaintext}` } })),
        }),
    ],
    [
      "Vault, in hex",
      () =>
        vaultTransit(vaultUri, {
          token: "t",
          fetch: echo((data) => ({
            data: { ciphertext: Buffer.from(data.plaintext!, "base64").toString("hex").toUpperCase() },
          })),
        }),
    ],
    [
      "HuaweiCloud KMS",
      () =>
        huaweiKms("cn-north-4:0d0466b0-e727-4d9c-b35d-f84bb474a37f", {
          credentials: { accessKey: "a", secretKey: "s", projectId: "p" },
          fetch: echo((sent) => ({ cipher_text: sent.plain_text })),
        }),
    ],
    [
      "gpg",
      () =>
        pgp(fingerprint, { gpg: program("armored", "echo '-----BEGIN PGP MESSAGE-----'", "base64"), keyrings: false }),
    ],
    ["gpg, without an armor", () => pgp(fingerprint, { gpg: program("cat", "exec cat"), keyrings: false })],
  ];
  test.each(services)("%s", async (_, wrapper) => {
    const error = await errorOf(wrapper().wrap(dataKey), forms);
    expect(error).toMatchObject({ name: "SopsError", code: "service" });
    expect(error.message).toMatch(/nothing was written\./);
    await expect(encrypt("a: b\n", { format: "yaml", keys: [wrapper()] })).rejects.toMatchObject({ code: "service" });
  });

  test("a key service", async () => {
    const plainKind = {
      type: "pgp",
      wrapper: () => ({
        type: "pgp",
        wrap: async (key: Uint8Array) => [
          { type: "pgp", fields: new Map([["enc", Buffer.from(key).toString("base64")]]) },
        ],
      }),
      source: () => expect.unreachable(),
    };
    const server = await serveKeys("tcp://127.0.0.1:0", [plainKind]);
    try {
      const kind = keyServiceKinds(server.address).find(({ type }) => type === "pgp")!;
      const error = await errorOf(kind.wrapper({ type: "pgp", id: fingerprint }).wrap(dataKey), forms);
      expect(error).toMatchObject({ code: "service", message: expect.stringMatching(/returned the data key itself/) });
    } finally {
      await server.stop();
    }
  });
});

describe("credentials that no header can have are not shown", () => {
  test.each(["hunter2\nxyzzy", "hunter2\u201cxyzzy", "hunter2 xyzzy"])("%j of AWS", async (sessionToken) => {
    const given = awsKms(arn, { credentials: { ...aws, sessionToken }, attempts: 1 });
    const error = await errorOf(given.wrap(dataKey), ["hunter2", "xyzzy"]);
    expect(error).toMatchObject({
      code: "credentials",
      message: expect.stringMatching(/line breaks.*Copy them again\.$/),
    });
    vi.stubEnv("AWS_ACCESS_KEY_ID", "AKID");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "x");
    vi.stubEnv("AWS_SESSION_TOKEN", sessionToken);
    const found = await errorOf(awsKms(arn, { attempts: 1 }).wrap(dataKey), ["hunter2", "xyzzy"]);
    expect(found).toMatchObject({
      code: "credentials",
      message: expect.stringMatching(/from the variables AWS_ACCESS_KEY_ID/),
    });
  });

  test("a header of a service that gives them", async () => {
    for (const name of ["AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"])
      vi.stubEnv(name, "");
    for (const name of ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"]) vi.stubEnv(name, join(folder, "none"));
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/credentials");
    vi.stubEnv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "hunter2\nxyzzy");
    const error = await errorOf(awsKms(arn, { attempts: 1 }).wrap(dataKey), ["hunter2", "xyzzy"]);
    expect(error).toMatchObject({
      code: "credentials",
      message: expect.stringMatching(/container's credential service was not asked/),
    });
  });
});

test.each(["http://user:hunter2@127.0.0.1:9", "https://:hunter2@localhost"])(
  "a password in the endpoint %s is an error that does not show it",
  async (endpoint) => {
    const error = await errorOf(awsKms(arn, { credentials: aws, endpoint }).wrap(dataKey), ["hunter2"]);
    expect(error).toMatchObject({ code: "invalid_option", message: expect.stringMatching(/has a user name/) });
  },
);

test("an address of a metadata server that is not one is an error in words", async () => {
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"])
    vi.stubEnv(name, "");
  for (const name of ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"]) vi.stubEnv(name, join(folder, "none"));
  vi.stubEnv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "metadata of mine");
  await expect(awsKms(arn, { attempts: 1 }).wrap(dataKey)).rejects.toMatchObject({
    name: "SopsError",
    code: "invalid_option",
    message: expect.stringMatching(/the address set for the metadata of the EC2 instance is not a URL/),
  });
});

test("a token that a response has as in a form, or without its line break, is masked", async () => {
  const token = "hvs.a/b+c==";
  const service = await serve((_, response) => response.writeHead(400).end(`<p>${encodeURIComponent(token)} refused`));
  try {
    const key = vaultTransit(`${service.url}/v1/transit/keys/k`, { token });
    const error = await errorOf(key.wrap(dataKey), [token, encodeURIComponent(token)]);
    expect(error.message).toContain("<p>*** refused");
  } finally {
    await service.stop();
  }
});

test("a key of Azure whose name in a response is no text is an error in words", async () => {
  const answer = async () => new Response(JSON.stringify({ key: { kid: { toString: 1 } } }));
  const key = azureKeyVault("https://v.vault.azure.net/keys/k", { credentials: { accessToken: "t" }, fetch: answer });
  await expect(key.wrap(dataKey)).rejects.toMatchObject({ name: "SopsError", code: "service" });
});

describe("a status that is not one of HTTP, to a client with certificates of its own", () => {
  let server: Server | undefined;
  afterEach(() => server?.close());
  test.each([
    [999, "network"],
    [600, "network"],
    [101, "network"],
    [205, "service"],
  ])("%d", async (status, code) => {
    server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end(`HTTP/1.1 ${status} X\r\ncontent-length: 0\r\n\r\n`));
    });
    await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
    vi.stubEnv("VAULT_SKIP_VERIFY", "1");
    const uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/transit/keys/k`;
    const started = Date.now();
    // Thrown where nobody catches it, an error would end the process.
    await expect(vaultTransit(uri, { token: "t", attempts: 1 }).wrap(dataKey)).rejects.toMatchObject({
      name: "SopsError",
      code,
    });
    expect(Date.now() - started).toBeLessThan(5000);
  });
});

describe.skipIf(process.platform === "win32")("a gpg that has started a program which keeps its pipes open", () => {
  const master = masterKey("pgp", { fp: fingerprint, enc: "x" });

  test("ends with the signal", async () => {
    const source = pgpSource({ gpg: program("slow", "sleep 20", "true"), keyrings: false });
    const reason = new Error("enough");
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 200);
    await expect(source.unwrap(master, { signal: controller.signal })).rejects.toBe(reason);
  }, 5000);

  test("is stopped if it prints without end", async () => {
    const source = pgpSource({ gpg: program("flood", "(yes & sleep 20)", "true"), keyrings: false });
    await expect(source.unwrap(master)).rejects.toMatchObject({ code: "service" });
  }, 5000);
});

describe("a user name and a password in the URL of a key are not shown", () => {
  const urls = [
    "https://user:hunter2@vault.example.com",
    "https://user:hunt/hunter2@vault.example.com",
    "https:/user:hunter2@h",
  ];
  test.each(urls)("%s", async (url) => {
    const work: Promise<unknown>[] = [
      (async () => vaultTransit(`${url}/v1/transit/keys/k`, { token: "t" }).wrap(dataKey))(),
      (async () => azureKeyVault(`${url}/keys/k/1`).wrap(dataKey))(),
      vaultTransitSource({ token: "t", allowlist: "all" }).unwrap(
        masterKey("hc_vault", { vault_address: url, engine_path: "transit", key_name: "k", enc: "x" }),
      ),
      azureKeyVaultSource().unwrap(masterKey("azure_kv", { vault_url: url, name: "k", version: "1", enc: "AAAA" })),
      (async () =>
        keyServiceKinds("tcp://127.0.0.1:1")
          .find(({ type }) => type === "hc_vault")!
          .wrapper({ type: "hc_vault", id: `${url}/v1/transit/keys/k` })
          .wrap(dataKey))(),
    ];
    for (const one of work) {
      const error = await errorOf(one, ["hunter2"]);
      expect(error).toMatchObject({ code: "invalid_key", message: expect.stringContaining("***@") });
    }
  });
});
