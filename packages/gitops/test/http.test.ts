/** The handler of the HTTP API, held against its own OpenAPI document. */
import { createRequire } from "node:module";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, test } from "vitest";
import { encrypt as encryptAge } from "../../age/dist/index.js";
import { encrypt, generateIdentity, SopsError } from "../../isosops/dist/index.js";
import {
  cancel,
  confirm,
  type Files,
  type HttpLimits,
  httpHandler,
  initialize,
  memoryStorage,
  type OrganisationOptions,
  openApiDocument,
  rotate,
  setEnabled,
  unprotected,
} from "../dist/index.js";

const token = "0123456789abcdef0123456789abcdef";

/** Plain values that must not be in an error. */
const secrets = ["hunter2", "s3cret"];

type Schema = Record<string, unknown>;

const document = openApiDocument() as {
  paths: Record<string, Record<string, { responses: Record<string, { $ref?: string }> }>>;
};

/** Through `require`, since it has no ESM. */
const Ajv = createRequire(import.meta.url)("ajv/dist/2020").default;
const ajv = new Ajv({ strict: false });
ajv.addSchema(document, "api");

/** What the document says against an answer. */
function mismatch(method: string, path: string, status: number, value: unknown): unknown {
  const responses = document.paths[path]![method.toLowerCase()]!.responses;
  const response = responses[status];
  if (response === undefined) return `${status} is not in the document`;
  const place = response.$ref ?? `#/paths/${path.replaceAll("/", "~1")}/${method.toLowerCase()}/responses/${status}`;
  const schema: Schema = { $ref: `api${place}/content/application~1json/schema` };
  const validate = ajv.compile(schema);
  return validate(value) ? undefined : validate.errors;
}

async function organisation(): Promise<OrganisationOptions> {
  const options = { storage: memoryStorage(), protector: unprotected, actor: "test" };
  await initialize(options);
  return options;
}

interface Answer {
  status: number;
  headers: Headers;
  value: Record<string, unknown>;
}

function client(
  options: OrganisationOptions,
  limits?: Partial<HttpLimits>,
  hosts?: string[],
  onNotice?: (notice: string) => void,
) {
  const errors: unknown[] = [];
  const handle = httpHandler({
    organisation: async () => options,
    token,
    limits,
    hosts,
    onError: (error) => errors.push(error),
    onNotice,
  });
  const call = async (method: string, path: string, init: RequestInit = {}): Promise<Answer> => {
    const headers = { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string>) };
    const response = await handle(new Request(`http://server${path}`, { method, ...init, headers }));
    const value = (await response.json()) as Record<string, unknown>;
    if (document.paths[path]?.[method.toLowerCase()] !== undefined) {
      expect(mismatch(method, path, response.status, value)).toBeUndefined();
    }
    if (response.status !== 200) for (const secret of secrets) expect(JSON.stringify(value)).not.toContain(secret);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(errors).toEqual([]);
    return { status: response.status, headers: response.headers, value };
  };
  const post = (name: string, body: unknown): Promise<Answer> =>
    call("POST", `/api/v1/org/sops/${name}`, {
      body: typeof body === "string" ? body : JSON.stringify(body),
      headers: { "content-type": "application/json" },
    });
  return { call, post, config: () => call("GET", "/api/v1/org/sops/config"), errors };
}

test("the document is OpenAPI 3.1, and served", async () => {
  const validator = new Validator();
  expect(await validator.validate(structuredClone(document))).toMatchObject({ valid: true });
  expect(validator.version).toBe("3.1");
  const broken = { ...structuredClone(document), paths: { "/a": { get: { responses: 1 } } } };
  expect((await validator.validate(broken)).valid).toBe(false);
  const { call } = client(await organisation());
  const served = await call("GET", "/openapi.json", { headers: { authorization: "" } });
  expect(served).toMatchObject({ status: 200, value: openApiDocument({ pages: false }) });
});

test("config, before and after there is a key", async () => {
  const options = { storage: memoryStorage(), protector: unprotected, actor: "test" };
  const { config, post } = client(options);
  const none = { organisation_id: null, age_public_key: null, enabled: false, initialized: false };
  expect(await config()).toMatchObject({ status: 200, value: none });
  expect(await post("encrypt", { yaml_content: "a: b\n", encrypted_paths: ["a"] })).toMatchObject({ status: 409 });
  const { recipient, organisationId } = await initialize(options);
  expect((await config()).value).toEqual({
    organisation_id: organisationId,
    age_public_key: recipient,
    previous_age_public_key: null,
    enabled: true,
    initialized: true,
  });
});

const plain = "# shop\nuser: ann\npassword: hunter2\napi_token: s3cret\n";

describe("encrypt and decrypt", () => {
  test("names, and more names of the same document", async () => {
    const { post } = client(await organisation());
    const once = await post("encrypt", { yaml_content: plain, encrypted_paths: ["password"] });
    expect(once.value).toMatchObject({ success: true });
    const text = once.value.encrypted_yaml as string;
    expect(text).toContain("encrypted_regex: ^(password)$");
    expect(text).toContain("# shop\nuser: ann\npassword: ENC[");
    expect(text).toContain("api_token: s3cret\n");
    const twice = await post("encrypt", { yaml_content: text, encrypted_paths: ["api_token"] });
    const both = twice.value.encrypted_yaml as string;
    expect(both).toMatch(/encrypted_regex: \^\((password\|api_token|api_token\|password)\)\$/);
    expect(/^password: .*$/m.exec(both)![0]).toBe(/^password: .*$/m.exec(text)![0]);
    expect(both).not.toContain("s3cret");
    const opened = await post("decrypt", { encrypted_yaml: both });
    expect(opened.value).toEqual({ decrypted_content: plain, is_encrypted: true });
  });

  test("a name with a leading dot", async () => {
    const { post } = client(await organisation());
    const source = "data:\n  .dockerconfigjson: hunter2\n  dockerconfigjson: open\n";
    const { value } = await post("encrypt", { yaml_content: source, encrypted_paths: [".dockerconfigjson"] });
    expect(value.encrypted_yaml).toContain("encrypted_regex: ^(\\.dockerconfigjson)$");
    expect(value.encrypted_yaml).toContain("dockerconfigjson: open\n");
  });

  test("a document that is plain", async () => {
    const { post } = client(await organisation());
    const { value } = await post("decrypt", { encrypted_yaml: plain });
    expect(value).toEqual({ decrypted_content: plain, is_encrypted: false });
  });

  test("while encryption is disabled", async () => {
    const options = await organisation();
    const { post, config } = client(options);
    const before = (await post("encrypt", { yaml_content: plain, encrypted_paths: ["password"] })).value.encrypted_yaml;
    await setEnabled(options, false);
    expect((await config()).value.enabled).toBe(false);
    const { value } = await post("encrypt", { yaml_content: plain, encrypted_paths: ["password"] });
    expect(value).toMatchObject({ encrypted_yaml: plain, success: true });
    expect(value.warning).toContain("plain text");
    expect((await post("decrypt", { encrypted_yaml: before })).value.decrypted_content).toBe(plain);
  });

  test("during a rotation: for the new key, and by both", async () => {
    const options = await organisation();
    const { post, config } = client(options);
    const old = (await post("encrypt", { yaml_content: plain, encrypted_paths: ["password"] })).value.encrypted_yaml;
    const before = (await config()).value.age_public_key;
    await rotate(options);
    expect((await config()).value.previous_age_public_key).toBe(before);
    const recipient = (await config()).value.age_public_key as string;
    const next = (await post("encrypt", { yaml_content: plain, encrypted_paths: ["password"] })).value.encrypted_yaml;
    expect(next).toContain(recipient);
    for (const encrypted_yaml of [old, next]) {
      expect((await post("decrypt", { encrypted_yaml })).value.decrypted_content).toBe(plain);
    }
  });

  test("with the data key alone, which opens the values elsewhere", async () => {
    const options = await organisation();
    const { post, config } = client(options);
    const { age_public_key } = (await config()).value as { age_public_key: string };
    const { text, metadata } = await encrypt(plain, { format: "yaml", recipients: [age_public_key] });
    const enc = metadata.keyGroups[0]![0]!.fields.get("enc") as string;
    await rotate(options);
    const { status, value } = await post("unwrap", { enc });
    expect(status).toBe(200);
    const dataKey = Buffer.from(value.data_key as string, "base64");
    // Opened by Web Crypto: the tag fits no other key.
    const [, data, iv, tag] = /^password: ENC\[AES256_GCM,data:(.*),iv:(.*),tag:(.*),type:str\]$/m.exec(text)!;
    const [bytes, nonce, end] = [data, iv, tag].map((part) => Buffer.from(part!, "base64"));
    const key = await crypto.subtle.importKey("raw", dataKey, "AES-GCM", false, ["decrypt"]);
    const gcm = { name: "AES-GCM", iv: nonce!, additionalData: Buffer.from("password:") };
    const opened = await crypto.subtle.decrypt(gcm, key, Buffer.concat([bytes!, end!]));
    expect(Buffer.from(opened).toString()).toBe("hunter2");
  });

  test("no data key of somebody else, and nothing that is no data key", async () => {
    const { post, config } = client(await organisation());
    const { age_public_key } = (await config()).value as { age_public_key: string };
    const other = (await generateIdentity()).recipient;
    const { metadata } = await encrypt(plain, { format: "yaml", recipients: [other] });
    const enc = metadata.keyGroups[0]![0]!.fields.get("enc");
    expect(await post("unwrap", { enc })).toMatchObject({ status: 422 });
    const key = new TextEncoder().encode("AGE-SECRET-KEY-1hunter2");
    const secret = await encryptAge(key, [age_public_key], { armor: true });
    const kept = await post("unwrap", { enc: secret });
    expect(kept).toMatchObject({ status: 422, value: { detail: expect.stringContaining("not a data key") } });
    expect(await post("unwrap", { enc: "hunter2" })).toMatchObject({ status: 422 });
    expect(await post("unwrap", { enc: "x".repeat(20_000) })).toMatchObject({ status: 413 });
    expect(await post("unwrap", {})).toMatchObject({ status: 422 });
  });

  test("no data key by a damaged header or a forged one", async () => {
    const options = await organisation();
    const errors: unknown[] = [];
    const handle = httpHandler({ organisation: async () => options, token, onError: (error) => errors.push(error) });
    const { age_public_key: recipient } = (await client(options).config()).value as { age_public_key: string };
    const key = new Uint8Array(32).fill(7);
    const sealed = await encryptAge(key, [recipient], { armor: true });
    const raw = Buffer.from(sealed.replace(/-----.*-----|\n/g, ""), "base64");
    const armored = (bytes: Uint8Array) =>
      `-----BEGIN AGE ENCRYPTED FILE-----\n${Buffer.from(bytes).toString("base64").replace(/.{64}/g, "$&\n")}\n-----END AGE ENCRYPTED FILE-----\n`;
    const changedAt = (at: number) => armored(raw.map((byte, index) => (index === at ? byte ^ 1 : byte)));
    const header = raw.toString("latin1");
    const stanza = (share: Uint8Array) =>
      armored(
        Buffer.from(
          header.replace(/X25519 \S+/, `X25519 ${Buffer.from(share).toString("base64").replace(/=/g, "")}`),
          "latin1",
        ),
      );
    const two = new Uint8Array(33).fill(1);
    const ask = async (enc: unknown) => {
      const response = await handle(
        new Request("http://localhost/api/v1/org/sops/unwrap", {
          method: "POST",
          headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
          body: JSON.stringify({ enc }),
        }),
      );
      return { status: response.status, text: await response.text() };
    };
    // As it is, it opens; so what is refused below is refused for what was changed.
    expect((await ask(sealed)).status).toBe(200);
    // A share of a data key.
    expect((await ask(await encryptAge(two, [recipient], { armor: true }))).status).toBe(200);
    const wrong: unknown[] = [
      "",
      sealed.slice(0, 100),
      armored(raw.subarray(0, raw.length - 1)),
      changedAt(raw.length - 1),
      changedAt(header.indexOf("--- ") + 6),
      // Points of small order give a shared secret that anybody knows.
      stanza(new Uint8Array(32)),
      stanza(Uint8Array.of(1, ...new Uint8Array(31))),
      // A passphrase, which the server would have to try for a long time.
      armored(Buffer.from(header.replace(/-> X25519 \S+/, "-> scrypt AAAAAAAAAAAAAAAAAAAAAA 30"), "latin1")),
      armored(Buffer.from(header.replace(/(-> X25519 .*\n.*\n)/, "$1".repeat(60)), "latin1")),
      ...[0, 16, 31, 34, 64].map((length) => encryptAge(new Uint8Array(length).fill(9), [recipient], { armor: true })),
      7,
      null,
      ["x"],
      { toString: "x" },
    ];
    for (const [index, enc] of wrong.entries()) {
      const { status, text } = await ask(await enc);
      expect({ index, status }).toEqual({ index, status: 422 });
      expect(text).not.toMatch(/AGE-SECRET|"data_key":/);
    }
    expect(errors).toEqual([]);
  });

  test("the key of a document that was given out stays for an hour", async () => {
    const options = await organisation();
    const { post } = client(options);
    await post("encrypt", { yaml_content: plain, encrypted_paths: ["password"] });
    await rotate(options);
    const none: Files = {
      async *list() {},
      read: async () => undefined,
      replace: async () => false,
    };
    await expect(confirm(options, none, [])).rejects.toMatchObject({ code: "in_use" });
    await expect(confirm(options, none, [])).rejects.toThrow(/given out by a server may still be saved, until \d{4}/);
    await post("encrypt", { yaml_content: plain, encrypted_paths: ["password"] });
    await expect(cancel(options, none, [])).rejects.toMatchObject({ code: "in_use" });
    expect((await options.storage.read())!.leases).toHaveLength(2);
  });
});

describe("what is refused", () => {
  const good = { yaml_content: plain, encrypted_paths: ["password"] };

  test.each([
    ["nothing", ""],
    ["another token", "Bearer 0123456789abcdef0123456789abcdeF"],
    ["a beginning of it", `Bearer ${token.slice(0, -1)}`],
    ["more than it", `Bearer ${token}0`],
    ["another scheme", `Basic ${token}`],
  ])("%s for a token", async (_, authorization) => {
    const { call } = client(await organisation());
    for (const path of ["/api/v1/org/sops/config", "/elsewhere"]) {
      const answer = await call("GET", path, { headers: { authorization } });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer/);
      expect(JSON.stringify(answer.value)).not.toContain(token.slice(0, 8));
    }
  });

  test("other paths and methods", async () => {
    const { call } = client(await organisation());
    expect((await call("GET", "/api/v1/org/sops")).status).toBe(404);
    expect((await call("GET", "/toString")).status).toBe(404);
    const answer = await call("GET", "/api/v1/org/sops/encrypt");
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
    expect((await call("DELETE", "/api/v1/org/sops/config")).status).toBe(405);
  });

  test.each([
    ["no JSON", '{"yaml_content": "hunter2', 400],
    ["no object", "[]", 422],
    ["a member missing", { yaml_content: plain }, 422],
    ["a member of another type", { yaml_content: plain, encrypted_paths: "password" }, 422],
    ["an item of another type", { yaml_content: plain, encrypted_paths: [1] }, 422],
    ["a name of every object", '{"__proto__": {"yaml_content": "a: b"}, "encrypted_paths": ["a"]}', 422],
    ["what is nested deep", `{"yaml_content": "[[[", "b": ${"[".repeat(100)}${"]".repeat(100)}}`, 400],
    ["no name", { yaml_content: plain, encrypted_paths: [] }, 422],
    ["a name that is not there", { yaml_content: plain, encrypted_paths: ["Password"] }, 422],
    ["no YAML", { yaml_content: "password: [hunter2\nb", encrypted_paths: ["password"] }, 422],
    ["a list at the top", { yaml_content: "- hunter2\n", encrypted_paths: ["password"] }, 422],
  ])("%s", async (_, body, status) => {
    const { post } = client(await organisation());
    expect((await post("encrypt", body)).status).toBe(status);
  });

  test("bytes that are not UTF-8", async () => {
    const { call } = client(await organisation());
    const body = new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]);
    const answer = await call("POST", "/api/v1/org/sops/encrypt", {
      body,
      headers: { "content-type": "application/json; charset=utf-8" },
    });
    expect(answer.status).toBe(400);
  });

  test.each(["", "text/plain", "application/jsonp", "application/json; charset=latin1"])(
    "the type %j",
    async (type) => {
      const { call } = client(await organisation());
      const body = new TextEncoder().encode(JSON.stringify(good));
      const headers: Record<string, string> = type === "" ? {} : { "content-type": type };
      expect((await call("POST", "/api/v1/org/sops/encrypt", { body, headers })).status).toBe(415);
    },
  );

  test("more than the limit, said beforehand or not, of which little is read", async () => {
    const { call } = client(await organisation(), { body: 1000 });
    const send = (init: RequestInit) =>
      call("POST", "/api/v1/org/sops/encrypt", {
        ...init,
        headers: { "content-type": "application/json", ...(init.headers as Record<string, string>) },
      });
    expect((await send({ body: "x", headers: { "content-length": "1001" } })).status).toBe(413);
    let pulled = 0;
    const body = new ReadableStream({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(100));
      },
    });
    expect((await send({ body, duplex: "half" } as RequestInit)).status).toBe(413);
    expect(pulled).toBeLessThan(20);
    const exact = JSON.stringify({ encrypted_paths: ["a"], yaml_content: "a: hunter2\n" }).padEnd(1000);
    expect((await send({ body: exact })).status).toBe(200);
  });

  test("a document of another organisation, or that was changed", async () => {
    const options = await organisation();
    const { post, config } = client(options);
    const { recipient } = await generateIdentity();
    const { text } = await encrypt(plain, { format: "yaml", recipients: [recipient] });
    const foreign = await post("decrypt", { encrypted_yaml: text });
    expect(foreign.status).toBe(422);
    expect(foreign.value.detail).toContain(recipient);
    expect(foreign.value.detail).toContain((await config()).value.age_public_key);
    expect((await post("encrypt", { yaml_content: text, encrypted_paths: ["user"] })).status).toBe(422);
    const own = (await post("encrypt", good)).value.encrypted_yaml as string;
    const changed = await post("decrypt", { encrypted_yaml: own.replace("user: ann", "user: bob") });
    expect(changed.status).toBe(422);
    expect(changed.value.detail).toMatch(/MAC/);
  });

  test("and warned of: values that were added to an encrypted document", async () => {
    const options = await organisation();
    const notices: string[] = [];
    const { post } = client(options, undefined, undefined, (notice) => notices.push(notice));
    const sealed = (await post("encrypt", good)).value.encrypted_yaml as string;
    const changed = sealed.replace("user: ann", "other: ann\nuser: root");
    const { status, value } = await post("encrypt", { yaml_content: changed, encrypted_paths: ["user"] });
    expect(status).toBe(200);
    expect(value.warnings).toEqual([expect.stringMatching(/added since it was last sealed, .*: user\.$/)]);
    expect(value.warning).toBe((value.warnings as string[]).join(" "));
    // A log has nothing in it that a client could write into it.
    expect(notices).toEqual([expect.stringMatching(/^1 added since the document was last sealed/)]);
    const also = changed.replace("api_token: s3cret", "api_token: changed");
    expect((await post("encrypt", { yaml_content: also, encrypted_paths: ["user"] })).status).toBe(422);
  });

  test("nesting without end", async () => {
    const { post } = client(await organisation());
    expect((await post("encrypt", "[".repeat(1_000_000))).status).toBe(400);
    const deep = { yaml_content: `a: ${"[".repeat(200_000)}`, encrypted_paths: ["a"] };
    expect((await post("encrypt", deep)).status).toBe(422);
  });
});

test("of an error that nobody foresaw, nothing is told", async () => {
  const errors: unknown[] = [];
  const handle = httpHandler({
    organisation: () => Promise.reject(new Error("hunter2")),
    token,
    onError: (error) => errors.push(error),
  });
  const response = await handle(
    new Request("http://server/api/v1/org/sops/config", { headers: { authorization: `bearer ${token}` } }),
  );
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain("hunter2");
  expect(errors).toHaveLength(1);
  expect(errors[0]).not.toBeInstanceOf(SopsError);
});

test("brackets within strings are no nesting", async () => {
  const { post } = client(await organisation());
  const yaml_content = `a: '\\"${"[{".repeat(1000)}'\n`;
  expect((await post("encrypt", { yaml_content, encrypted_paths: ["a"] })).status).toBe(200);
});

describe("what one request may ask for", () => {
  test.each([
    ["names", { names: 2 }, "a: b\n", ["a", "b", "c"], "`encrypted_paths` has 3 names, and this server takes 2."],
    ["documents", { documents: 3 }, "a: b\n---\n---\n...\n---\n---\n---\n", ["a"], "more than 3 YAML documents"],
    ["characters of the result", { output: 1000 }, "a: b\n", ["a"], "characters, and this server gives 1000."],
  ] as const)("%s", async (_, limits, yaml_content, encrypted_paths, detail) => {
    const { post } = client(await organisation(), limits);
    const answer = await post("encrypt", { yaml_content, encrypted_paths });
    expect(answer).toMatchObject({ status: 413, value: { detail: expect.stringContaining(detail) } });
    const { post: unlimited } = client(await organisation());
    expect((await unlimited("encrypt", { yaml_content, encrypted_paths: ["a"] })).status).toBe(200);
  });

  test("a thousand documents, each with its marker, and no more", async () => {
    const { post } = client(await organisation());
    const send = (count: number) =>
      post("encrypt", { yaml_content: "---\na: b\n".repeat(count), encrypted_paths: ["a"] });
    expect((await send(1000)).status).toBe(200);
    expect((await send(1002)).status).toBe(413);
  });
});

describe("the name that a request was sent to", () => {
  const ask = async (host: string, hosts?: string[]) => {
    const options = await organisation();
    const handle = httpHandler({ organisation: async () => options, token, hosts });
    const headers = { authorization: `Bearer ${token}` };
    const answers = ["/api/v1/org/sops/config", "/openapi.json"].map((path) =>
      handle(new Request(`http://${host}${path}`, { headers })),
    );
    return new Set((await Promise.all(answers)).map(({ status }) => status));
  };

  test.each([
    "localhost",
    "localhost:8740",
    "127.0.0.1:8740",
    "[::1]:8740",
    "10.1.2.3",
    "0x7f.1",
    "a.localhost",
    "Secrets.Example:443",
  ])("%s is taken", async (host) => expect(await ask(host, ["secrets.example"])).toEqual(new Set([200])));

  test.each(["attacker.example", "localhost.attacker.example", "127.0.0.1.attacker.example", "xlocalhost"])(
    "%s is not, but where any is",
    async (host) => {
      expect(await ask(host, ["secrets.example"])).toEqual(new Set([421]));
      expect(await ask(host)).toEqual(new Set([200]));
    },
  );
});
