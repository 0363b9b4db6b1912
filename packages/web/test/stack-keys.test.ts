/** Which keys of a document are suggested and completed. The forms of tokens are those that their makers document. */
import { readFileSync } from "node:fs";
import { loadStore } from "@isosops/formats/load";
import { describe, expect, test } from "vitest";
import { completeKey, listKeys } from "../src/stacks/complete-keys.js";
import { suggestKeys } from "../src/stacks/suggest-keys.js";

async function parse(text: string) {
  return (await loadStore("yaml")).parse(text).branches;
}

async function suggested(text: string): Promise<string[]> {
  return suggestKeys(await parse(text), () => false).map(({ key, because }) => `${key} (${because})`);
}

describe("suggestions", () => {
  test.each(["password", "apiKey", "token", "secretKey", "connectionString", "privateKey"])(
    "the name %s",
    async (name) => {
      expect(await suggested(`a:\n  ${name}: x\n  other: y\n`)).toEqual([`${name} (name)`]);
    },
  );

  test.each([
    ["a private key", `"-----BEGIN OPENSSH PRIVATE KEY-----\\nb3BlbnNzaC1rZXktdjEA"`],
    ["an identity of age", "AGE-SECRET-KEY-1QYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQS9XQ3DJ"],
    ["a URL with a password", "postgres://shop:hunter2@db:5432/shop"],
    ["a connection string", "Server=db;Database=shop;User Id=shop;Password=hunter2;"],
    ["a JWT", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"],
    ["a token of GitHub", "ghp_0123456789abcdefghijABCDEFGHIJ012345"],
    ["a token of Slack", "xoxb-123456789012-abcdefghijkl"],
    ["a random word", "q7Rk2vNw9LxT4bZs8YpM3cHd"],
  ])("a value that is %s", async (_, value) => {
    expect(await suggested(`setting: ${value}\n`)).toEqual(["setting (value)"]);
  });

  test.each([
    ["an ordinary text", "setting: hello"],
    ["a URL without a password", "setting: https://example.org:8443/a@b"],
    ["a placeholder", 'setting: "postgres://shop:{{ password }}@db/shop"'],
    ["a digest", "image: nginx@sha256:4bcff63911fcb4448bd4fdacec207030997caf25e9bea4045fa6c8c44de311d1"],
    ["a UUID", "setting: 3F2504E0-4f89-11d3-9a0c-0305e82c3301"],
    ["a commit", "setting: d266ef5c1b7a9e3f4d5c6b7a8f9e0d1c2b3a4f5e"],
    ["a reference to a secret", "secretKeyRef:\n  password: x"],
    ["the name of one", "existingSecret: shop\nsecretName: shop"],
    ["no value", 'password: ""\ntoken:'],
    ["a number", "password: 1234"],
  ])("not %s", async (_, text) => expect(await suggested(`${text}\n`)).toEqual([]));

  test("in the data of a Secret, what the Base64 holds; and the pull secret", async () => {
    const encode = (value: string) => Buffer.from(value).toString("base64");
    const text = `kind: Secret
data:
  url: ${encode("redis://:hunter2@cache")}
  plain: ${encode("hello")}
`;
    expect(
      await suggested(`${text}  .dockerconfigjson: e30=
`),
    ).toEqual(["url (value)", ".dockerconfigjson (pull-secret)"]);
  });

  test("each key once, none that is marked, and no more than a person reads", async () => {
    const text = "a:\n  password: x\nb:\n  password: y\n  token: z\n";
    const branches = await parse(text);
    expect(suggestKeys(branches, (leaf) => leaf.text === "z")).toEqual([
      { key: "password", because: "name", path: "a.password" },
    ]);
    const many = Array.from({ length: 100 }, (_, index) => `password${index}token: x\n`).join("");
    expect(await suggested(many)).toHaveLength(20);
  });

  test("in the guide, exactly what it encrypts", async () => {
    const guide = readFileSync(new URL("../../../docs/gitops.md", import.meta.url), "utf8");
    const blocks = [...guide.matchAll(/```yaml (?:manifests|values)\/(\w+)\.yaml\n(.*?)```/gs)].map(
      ([, name, text]) => ({ name, text }),
    );
    const all = await Promise.all(blocks.map(async ({ name, text }) => [name, await suggested(text as string)]));
    expect(all).toEqual([
      ["shop", ["password (name)"]],
      ["grafana", ["adminPassword (name)"]],
      ["mail", ["password (name)"]],
    ]);
  });
});

describe("completion", () => {
  const text = "db:\n  password: x\n  user.name: y\nmail:\n- password: z\n  apiKey: k\n";

  test("lists names and the paths to them", async () => {
    expect(listKeys(await parse(text))).toEqual([
      "db",
      "password",
      "db.password",
      "mail.password",
      "user\\.name",
      "db.user\\.name",
      "mail",
      "apiKey",
      "mail.apiKey",
    ]);
  });

  test.each([
    ["pass", ["password", "db.password", "mail.password"]],
    ["db.", ["db.password", "db.user\\.name"]],
    ["api_k", ["apiKey", "mail.apiKey"]],
    ["KEY", ["apiKey", "mail.apiKey"]],
    ["nothing", []],
  ])("of %s", async (typed, keys) => {
    expect(completeKey(listKeys(await parse(text)), typed)).toEqual(keys);
  });
});
