/** Keys of a document, encrypted for an organisation. What is written is read by the real sops. */
import { describe, expect, test } from "vitest";
import { decrypt, encrypt, generateIdentity, inspect, updateRecipients } from "../../isosops/dist/index.js";
import { type AddedValues, type EncryptKeysOptions, encryptKeys, GitopsError } from "../dist/index.js";
import { expectSopsReads, expectSopsRefuses } from "./support.js";

const { identity, recipient } = await generateIdentity();
const previous = await generateIdentity();
const stranger = await generateIdentity();
const organisation = { recipient, identities: async () => [identity] };
const rotating = {
  recipient,
  previousRecipient: previous.recipient,
  identities: async () => [identity, previous.identity],
};

const secret = `# the web shop's database
apiVersion: v1
kind: Secret
metadata:
  name: shop   # not secret
type: Opaque

stringData:
    username: "shop"
    password: plain-secret-1   # rotate me
`;

const pull = `apiVersion: v1
kind: Secret
metadata: { name: pull }
type: kubernetes.io/dockerconfigjson
data:
  .dockerconfigjson: cGxhaW4tc2VjcmV0LTE=
  xdockerconfigjson: left alone
`;

const grafana = `# Grafana
adminUser: admin
adminPassword: plain-secret-1

grafana.ini:
  server:
    root_url: https://grafana.example.com
`;

const values = `auth:
  # of the database
  username: shop
  password: plain-secret-1
credentials:
  apiKey: 'plain-secret-2'
  region: eu
`;

const keep = (text: string) => text.replace(/^sops:\n(?: .*\n)*/gm, "").split("\n");

/** The lines of a text that are others in the encrypted one. */
function changedLines(source: string, text: string): string[] {
  const [before, after] = [source.split("\n"), keep(text)];
  expect(after.length).toBe(before.length);
  return before.filter((line, index) => line !== after[index]);
}

const rule = (text: string) => /^ +(?:un)?encrypted_\w+: (.*)$/m.exec(text)?.[1];

const failing = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(GitopsError);
  expect((error as GitopsError).message).not.toMatch(/plain-secret/);
  return error as GitopsError;
};

describe("keys of a plain document", () => {
  test.each<[string, string, string[], string, string[]]>([
    ["a Secret's password", secret, ["password"], "^(password)$", ["    password: plain-secret-1   # rotate me"]],
    [
      ".dockerconfigjson",
      pull,
      [".dockerconfigjson"],
      "^(\\.dockerconfigjson)$",
      ["  .dockerconfigjson: cGxhaW4tc2VjcmV0LTE="],
    ],
    ["Grafana's adminPassword", grafana, ["adminPassword"], "^(adminPassword)$", ["adminPassword: plain-secret-1"]],
    ["auth.password", values, ["auth.password"], "^(password)$", ["  password: plain-secret-1"]],
    ["credentials.apiKey", values, ["credentials.apiKey"], "^(apiKey)$", ["  apiKey: 'plain-secret-2'"]],
    [
      "two names",
      values,
      ["password", "apiKey"],
      "^(apiKey|password)$",
      ["  password: plain-secret-1", "  apiKey: 'plain-secret-2'"],
    ],
  ])("%s", async (_, source, keys, expected, lines) => {
    const result = await encryptKeys(source, { ...organisation, keys });
    expect(result).toMatchObject({ changed: true, keys, notices: [] });
    expect(rule(result.text)).toBe(expected);
    expect(changedLines(source, result.text)).toEqual(lines);
    await expectSopsReads(result.text, source, identity);
    const again = await encryptKeys(result.text, { ...organisation, keys });
    expect(again).toEqual({ text: result.text, changed: false, keys, notices: [], added: [] });
  });

  test("a path is matched exactly where another key has the same name", async () => {
    const source = `${values}other:\n  password: not secret\n`;
    const { text, keys, notices } = await encryptKeys(source, { ...organisation, keys: ["auth.password"] });
    expect({ keys, notices }).toEqual({ keys: ["auth.password"], notices: [] });
    expect(text).toContain("  password: not secret\n");
    expect(text).not.toContain("plain-secret-1");
    await expectSopsReads(text, source, identity);
  });

  test("a path that no rule of sops says is a name, with a notice", async () => {
    const source = "password: plain-secret-2\nauth: { user: a, password: plain-secret-1 }\n";
    const result = await encryptKeys(source, { ...organisation, keys: ["auth.password"] });
    expect(result.keys).toEqual(["password"]);
    expect(result.notices).toEqual([expect.stringMatching(/auth\.password.*every key named password/)]);
    expect(rule(result.text)).toBe("^(password)$");
    expect(result.text).not.toMatch(/plain-secret/);
    await expectSopsReads(result.text, source, identity);
  });

  test("what cannot be said otherwise is encrypted too, with a notice", async () => {
    const source = "top: { data: { a: plain-secret-1, b: plain-secret-2 }, a: { b: 1, data: 2 }, b: 3 }\n";
    const result = await encryptKeys(source, { ...organisation, keys: ["top.data.*"] });
    expect(result.notices).toEqual([expect.stringMatching(/^Also encrypted.*: top\.a\.data\.$/)]);
    expect(rule(result.text)).toBe("^(data)$");
    await expectSopsReads(result.text, source, identity);
  });

  test("a path that is not there is a name, with a notice", async () => {
    const result = await encryptKeys(secret, { ...organisation, keys: ["data.password"] });
    expect(result.keys).toEqual(["password"]);
    expect(result.notices).toEqual([expect.stringMatching(/data\.password.*no such path.*every key named password/)]);
  });

  test("a name may have dots and other signs in it", async () => {
    const source = "data:\n  tls.crt: a\n  tls.key: plain-secret-1\n  a*b[0]: plain-secret-2\n  crt: c\n";
    const keys = ["tls.key", "a*b[0]"];
    const result = await encryptKeys(source, { ...organisation, keys });
    expect(result).toMatchObject({ keys, notices: [] });
    expect(rule(result.text)).toBe("^(a\\*b\\[0\\]|tls\\.key)$");
    expect(changedLines(source, result.text)).toHaveLength(2);
    await expectSopsReads(result.text, source, identity);
  });

  test("several documents", async () => {
    const source = `---\n${secret}---\n# a second one\napiVersion: v1\nkind: ConfigMap\ndata:\n  url: x\n---\n${secret}`;
    const { text } = await encryptKeys(source, { ...organisation, keys: ["password"] });
    expect(changedLines(source, text)).toHaveLength(2);
    await expectSopsReads(text, source, identity);
  });

  test("JSON", async () => {
    const source = '{\n  "kind": "Secret",\n  "stringData": {"password": "plain-secret-1", "user": "a"}\n}\n';
    const { text } = await encryptKeys(source, { ...organisation, keys: ["password"], format: "json" });
    expect(text).toContain('"user": "a"');
    expect(text).toContain('"encrypted_regex": "^(password)$"');
    await expectSopsReads(text, source, identity, "json");
  });

  test.each([
    ["Password", /no key Password\. Did you mean password\? The case counts\./],
    ["stringData.Password", /Did you mean stringData\.password/],
    ["pasword", /Did you mean password\?/],
    ["nothing.like.it", /no key nothing\.like\.it\. Nothing was encrypted/],
  ])("%s is not there", async (key, says) => {
    const error = await failing(encryptKeys(secret, { ...organisation, keys: ["username", key], filename: "a.yaml" }));
    expect(error).toMatchObject({ code: "unmatched_key", message: expect.stringMatching(says) });
    expect(error.message).toMatch(/^a\.yaml: /);
  });

  test("a name that is part of what Kubernetes tells a manifest by", async () => {
    const { notices } = await encryptKeys("apiVersion: v1\nmetadata:\n  name: a\ndata:\n  name: b\n", {
      ...organisation,
      keys: ["name"],
    });
    expect(notices).toEqual([expect.stringMatching(/metadata\.name is encrypted too/)]);
  });

  test("an empty value is no value", async () => {
    const source = 'password: ""\ntoken: plain-secret-1\n';
    const result = await encryptKeys(source, { ...organisation, keys: ["password", "token"] });
    expect(result.notices).toEqual([expect.stringMatching(/^password: there is no value/)]);
    await expectSopsReads(result.text, source, identity);
  });
});

describe("keys of an encrypted document", () => {
  const plain = `${secret}    api_token: plain-secret-2\n`;
  const accepting = { acceptAdded: () => true };
  const ciphertext = (text: string, key: string) => new RegExp(`${key}: (ENC\\[.*?\\])`).exec(text)?.[1];
  const lock = (source: string, keys: string[], options: Partial<EncryptKeysOptions> = {}) =>
    encryptKeys(source, { ...organisation, ...options, keys });

  test("api_token is added to a file with password", async () => {
    const { text } = await lock(plain, ["password"]);
    const result = await lock(text, ["api_token"]);
    expect(result).toMatchObject({ changed: true, keys: ["api_token"], notices: [] });
    expect(rule(result.text)).toBe("^(api_token|password)$");
    expect(ciphertext(result.text, "password")).toBe(ciphertext(text, "password"));
    expect(changedLines(plain, result.text)).toHaveLength(2);
    await expectSopsReads(result.text, plain, identity);
  });

  test("values that were added by hand since", async () => {
    const { text } = await lock(secret, ["password"]);
    const added = text.replace(/^ +password: .*\n/m, "$&    api_token: plain-secret-2\n");
    const result = await lock(added, ["api_token"], accepting);
    expect(ciphertext(result.text, "password")).toBe(ciphertext(text, "password"));
    expect(result.added).toEqual(["stringData.api_token"]);
    expect(result.notices).toEqual([
      expect.stringMatching(/added since it was last sealed.*: stringData\.api_token\.$/),
    ]);
    await expectSopsReads(result.text, plain, identity);
    // A second value of a name that the rule has.
    const nested = text.replace(/^stringData:\n/m, "other: { password: plain-secret-2 }\n$&");
    await expectSopsReads(
      (await lock(nested, ["password"], accepting)).text,
      secret.replace(/^stringData:\n/m, "other: { password: plain-secret-2 }\n$&"),
      identity,
    );
    // Anything else that was changed is refused.
    for (const changed of [added.replace('"shop"', "root"), added.replace(/^ +username.*\n/m, "")]) {
      expect(changed).not.toBe(added);
      await expect(lock(changed, ["api_token"], accepting)).rejects.toMatchObject({ code: "mac_mismatch" });
      const { text } = await lock(changed, ["api_token"], { ignoreMac: true });
      await decrypt(text, { format: "yaml", identities: [identity] });
    }
  });

  test("what was added is encrypted for nobody who does not accept it", async () => {
    const { text } = await lock(secret, ["password"]);
    const asked: AddedValues[] = [];
    const tampered = [
      // For sops, nothing but a value more: its MAC is over values and not over names.
      [text.replace('username: "shop"', 'owner: "shop"\n    username: root'), "username", "stringData.username"],
      [text.replace(/^ +password: .*\n/m, "$&    api_token: root\n"), "api_token", "stringData.api_token"],
      [text.replace(/^stringData:\n/m, "other:\n  - password: root\n$&"), "password", "other[0].password"],
    ] as const;
    for (const [changed, key, path] of tampered) {
      expect(changed).not.toBe(text);
      await expectSopsRefuses(changed, identity);
      const acceptAdded = (added: AddedValues) => asked.push(added) < 0;
      for (const options of [{}, { acceptAdded }]) {
        const error = await failing(lock(changed, [key], { ...options, filename: "shop.yaml" }));
        expect(error.code).toBe("added");
        expect(error.message).toMatch(
          `shop.yaml: added since it was last sealed, by whom its MAC does not tell: ${path}.`,
        );
        expect(error.message).not.toContain("root");
      }
      expect(asked.pop()).toEqual({ name: "shop.yaml", paths: [path] });
    }
  });

  test("of a plain value, a MAC over encrypted values alone says nothing", async () => {
    const options = { format: "yaml", recipients: [recipient], macOnlyEncrypted: true } as const;
    const { text } = await encrypt(secret, { ...options, encryptedRegex: "^password$" });
    const changed = text.replace('username: "shop"', 'username: "root"');
    await expectSopsReads(changed, secret.replace('"shop"', '"root"'), identity);
    expect((await failing(lock(changed, ["username"]))).code).toBe("added");
    const { added } = await lock(changed, ["username"], accepting);
    expect(added).toEqual(["stringData.username"]);
  });

  test("the old selection is kept, whatever the rule", async () => {
    const rules = [
      { unencryptedRegex: "^(username|metadata|type|kind|apiVersion|api_token)$" },
      { encryptedRegex: "^pass" },
    ];
    for (const rule of rules) {
      const { text } = await encrypt(plain, { format: "yaml", recipients: [recipient], ...rule });
      const result = await lock(text, ["api_token"]);
      expect(ciphertext(result.text, "password")).toBe(ciphertext(text, "password"));
      // A rule that names what stays plain encrypts the comment too.
      expect(changedLines(plain, result.text).filter((line) => !line.startsWith("#"))).toHaveLength(2);
      await expectSopsReads(result.text, plain, identity);
    }
  });

  test("a document of somebody else names both", async () => {
    const { text } = await encrypt(secret, { format: "yaml", recipients: [stranger.recipient], select: ["password"] });
    const error = await failing(lock(text, ["username"], { filename: "a.yaml" }));
    expect(error.code).toBe("foreign");
    expect(error.message).toContain(stranger.recipient);
    expect(error.message).toContain(recipient);
    expect((await failing(lock(text, ["username"], rotating))).code).toBe("foreign");
  });

  test("a document of a destroyed key is told what still helps it", async () => {
    const destroyed = { destroyed: [previous.recipient] };
    const of = (recipients: string[]) => encrypt(secret, { format: "yaml", recipients, select: ["password"] });
    const alone = await failing(lock((await of([previous.recipient])).text, ["username"], destroyed));
    expect(alone.code).toBe("foreign");
    expect(alone.message).toContain("git log");
    expect(alone.message).not.toContain("--add-age");
    const both = await of([previous.recipient, stranger.recipient]);
    const shared = await failing(lock(both.text, ["username"], destroyed));
    expect(shared.message).toContain(`Let ${stranger.recipient} put`);
    expect(shared.message).toContain(`--add-age ${recipient} --rm-age ${previous.recipient}`);
  });

  test("during a rotation the current key takes the previous one's place", async () => {
    const options = { format: "yaml", recipients: [previous.recipient, stranger.recipient] } as const;
    const { text } = await encrypt(plain, { ...options, select: ["password"] });
    const result = await lock(text, ["api_token"], rotating);
    await expectSopsReads(result.text, plain, identity);
    await expectSopsReads(result.text, plain, stranger.identity);
    const readers = (await inspect(result.text, { format: "yaml" }))!.keyGroups.flat();
    expect(readers.map(({ fields }) => fields.get("recipient")).sort()).toEqual([recipient, stranger.recipient].sort());
    // If nothing has to be encrypted, the file is left to `reencrypt`.
    expect(await lock(text, ["password"], rotating)).toMatchObject({ text, changed: false });
  });

  test("other readers stay", async () => {
    const { text } = await lock(plain, ["password"]);
    const shared = await updateRecipients(text, { format: "yaml", identities: [identity], add: [stranger.recipient] });
    await expectSopsReads((await lock(shared.text, ["api_token"])).text, plain, stranger.identity);
  });

  test("private keys are asked for only where they are needed", async () => {
    const never = { identities: () => Promise.reject(new Error("asked for")) };
    const { text } = await lock(plain, ["password"], never);
    await lock(text, ["password"], never);
    await expect(lock(text, ["api_token"], never)).rejects.toThrow("asked for");
  });
});

describe("as many keys as the document has take time that grows with their number", () => {
  const keys = (count: number, name: string) => Array.from({ length: count }, (_, index) => `${name}${index}`);
  const document = (count: number, indent = "") =>
    keys(count, `${indent}k`)
      .map((key) => `${key}: v\n`)
      .join("");

  type Make = (count: number) => readonly [source: string, names: string[]];
  test.each<[string, Make]>([
    ["names", (count) => [document(count), keys(count, "k")]],
    ["paths", (count) => [`x:\n${document(count, "  ")}`, keys(count, "x.k")]],
    ["names that are not there", (count) => [document(count), keys(count, "x")]],
    ["paths that a comment has to mark", (count) => [marked(count), keys(count, "r").map((key) => `${key}.k`)]],
    ["one name of a document that is not a manifest", (count) => [identities(count), ["x"]]],
    ["keys that are all below each other", (count) => [nested(count), keys(Math.min(count / 20, 600), "k")]],
  ])("%s", async (_, make) => {
    // The least of three, of processor time: other processes take the machine at times.
    const timed = async (count: number) => {
      const [source, names] = make(count);
      const times: number[] = [];
      for (let round = 0; round < 3; round++) {
        const started = process.cpuUsage();
        await encryptKeys(source, { ...organisation, keys: names }).catch((error: unknown) => {
          expect(error).toMatchObject({ code: "unmatched_key" });
        });
        const { user, system } = process.cpuUsage(started);
        times.push((user + system) / 1000);
      }
      return Math.min(...times);
    };
    await timed(1000);
    const few = Math.max(await timed(2000), 20);
    // Quadratic, it would be 36 times as long. Keys below each other take 14 times: each value has a path as long as they are.
    expect((await timed(12_000)) / few).toBeLessThan(22);
  });

  function identities(count: number): string {
    return `metadata:\n${"  - x: v\n".repeat(4 * count)}${document(count)}`;
  }

  function nested(count: number): string {
    const depth = Math.min(count / 20, 600);
    return `${keys(depth, "k")
      .map((key) => `{${key}: `)
      .join("")}[${"v, ".repeat(count * 5)}]${"}".repeat(depth)}`;
  }

  function marked(count: number): string {
    return `${keys(count, "r")
      .map((key) => `${key}:\n  k: v\n  a: v\n`)
      .join("")}k: z\n`;
  }
});

test("a message names ten of the keys that are not there, and no endless ones", async () => {
  const names = [...Array.from({ length: 30 }, (_, index) => `none${index}`), "x".repeat(100_000)];
  const message = await encryptKeys("a: b\n", { ...organisation, keys: names }).catch((error) => error.message);
  expect(message).toContain("none9. 21 more are not there either.");
  const endless = await encryptKeys("a: b\n", { ...organisation, keys: names.slice(30) }).catch(
    (error) => error.message,
  );
  expect(endless.length).toBeLessThan(500);
});
