/** Plain text and keys of a manifest or of an addon's values, replaced together by an editor. */
import { ageSource } from "isosops/age";
import { describe, expect, test } from "vitest";
import { decrypt, inspect } from "../../isosops/dist/index.js";
import {
  addItem,
  clusterFile,
  decryptOpened,
  editItem,
  type ItemEdited,
  isSecretName,
  matchKeys,
  openItem,
  parseCluster,
} from "../dist/index.js";
import { chart, cluster, clusterPath, grafana, makeWorld, repository, secret, type World } from "./cluster-support.js";
import { expectSopsReads } from "./support.js";

const shop = { kind: "manifest", name: "shop" } as const;

/** What a save writes, and what an editor gives. */
async function save(
  world: World,
  text: string,
  keys: readonly string[],
  item: { kind: "manifest" | "addon"; name: string } = shop,
  enabled = true,
): Promise<ItemEdited> {
  const keySources = [ageSource([world.identity])];
  const options = { ...item, text, keys, keySources, recipient: world.recipient, enabled };
  const edited = await editItem(world.files, clusterPath, options);
  for (const { path, after } of edited.changes) world.contents.set(path, new TextDecoder().decode(after));
  return edited;
}

async function marksOf(world: World, name: string): Promise<string[]> {
  const { stacks } = await parseCluster(world.read("one/cluster.yaml"));
  const item = stacks.flatMap(({ items }) => items).find((one) => one.name === name);
  return item!.marks.map(({ key }) => key);
}

/** The keys whose values are ciphertexts. */
const encryptedIn = (text: string) =>
  text
    .split("\n")
    .flatMap((line) => /^\s*(\S+):\s*["']?ENC\[AES256_GCM,data:/.exec(line)?.[1] ?? [])
    .filter((key) => key !== "mac");

describe("a plain manifest", () => {
  test("is encrypted with what was typed, and its keys are listed instead of others", async () => {
    const world = await makeWorld(repository);
    const typed = secret.replace("plain-secret-1", "plain-secret-9");
    const { changes, keys } = await save(world, typed, ["password"]);
    expect(changes.map(({ path }) => path)).toEqual(["/clusters/one/manifests/shop.yaml", clusterPath]);
    expect(keys).toEqual(["password"]);
    expect(await marksOf(world, "shop")).toEqual(["password"]);
    const text = world.read("one/manifests/shop.yaml");
    expect(encryptedIn(text)).toEqual(["password"]);
    expect(text).not.toContain("plain-secret");
    expect(text.startsWith(typed.slice(0, typed.indexOf('"shop"')))).toBe(true);
    await expectSopsReads(text, typed, world.identity);
  });

  test("stays plain while the organisation is disabled, with its keys listed", async () => {
    const world = await makeWorld(repository);
    const typed = `${secret}    token: plain-secret-8\n`;
    await save(world, typed, ["username", "password", "token"], shop, false);
    expect(world.read("one/manifests/shop.yaml")).toBe(typed);
    expect(await marksOf(world, "shop")).toEqual(["username", "password", "token"]);
    // What stands around the list does not change.
    const added = "      - username\n      - password\n      - token\n";
    expect(world.read("one/cluster.yaml")).toBe(cluster.replace("      - username\n", added));
  });

  test.each([
    [
      "names nothing",
      secret,
      ["pasword"],
      { code: "unmatched_key", message: expect.stringContaining("Did you mean password?") },
    ],
    ["is no YAML", "a: [", ["a"], { code: "syntax" }],
    [
      "has a ciphertext in it",
      "password: ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]\n",
      ["password"],
      { code: "already_encrypted" },
    ],
  ])("is not written if what is given %s", async (_, text, keys, error) => {
    const world = await makeWorld(repository);
    await expect(save(world, text, keys)).rejects.toMatchObject(error);
    expect(world.read("one/manifests/shop.yaml")).toBe(secret);
    expect(world.read("one/cluster.yaml")).toBe(cluster);
  });
});

describe("an encrypted manifest", () => {
  async function encrypted(keys: readonly string[]): Promise<World> {
    const world = await makeWorld(repository);
    await save(world, secret, keys);
    return world;
  }
  const lineOf = (text: string, key: string) => text.split("\n").find((line) => line.trim().startsWith(`${key}:`));

  test("keeps the ciphertexts of what did not change", async () => {
    const world = await encrypted(["username", "password"]);
    const before = world.read("one/manifests/shop.yaml");
    const typed = secret.replace("plain-secret-1", "plain-secret-9");
    const { changes } = await save(world, typed, ["username", "password"]);
    expect(changes.map(({ path }) => path)).toEqual(["/clusters/one/manifests/shop.yaml"]);
    const after = world.read("one/manifests/shop.yaml");
    expect(lineOf(after, "username")).toBe(lineOf(before, "username"));
    expect(lineOf(after, "password")).not.toBe(lineOf(before, "password"));
    await expectSopsReads(after, typed, world.identity);
  });

  test("is not written if nothing changes", async () => {
    const world = await encrypted(["password"]);
    expect((await save(world, secret, ["password"])).changes).toEqual([]);
  });

  test("encrypts what is marked, and decrypts what is not any more", async () => {
    const world = await encrypted(["password"]);
    await save(world, secret, ["username"]);
    const text = world.read("one/manifests/shop.yaml");
    expect(encryptedIn(text)).toEqual(["username"]);
    expect(text).toContain("password: plain-secret-1   # rotate me");
    expect(await marksOf(world, "shop")).toEqual(["username"]);
    await expectSopsReads(text, secret, world.identity);
  });

  test("encrypts a value that was typed together with its key", async () => {
    const world = await encrypted(["password"]);
    const typed = `${secret}    token: plain-secret-8\n`;
    await save(world, typed, ["password", "token"]);
    const text = world.read("one/manifests/shop.yaml");
    expect(encryptedIn(text)).toEqual(["password", "token"]);
    await expectSopsReads(text, typed, world.identity);
  });

  test("is plain without keys", async () => {
    const world = await encrypted(["password"]);
    await save(world, secret, []);
    expect(world.read("one/manifests/shop.yaml")).toBe(secret);
    expect(await marksOf(world, "shop")).toEqual([]);
  });

  test("stays encrypted while the organisation is disabled", async () => {
    const world = await encrypted(["password"]);
    const typed = `${secret.replace("plain-secret-1", "plain-secret-9")}    token: plain-secret-8\n`;
    await save(world, typed, ["password", "token"], shop, false);
    const text = world.read("one/manifests/shop.yaml");
    expect(encryptedIn(text)).toEqual(["password"]);
    expect(await marksOf(world, "shop")).toEqual(["password", "token"]);
    await expectSopsReads(text, typed, world.identity);
  });

  test("is not written without its private key", async () => {
    const world = await encrypted(["password"]);
    const { identity } = await makeWorld({});
    const options = {
      ...shop,
      text: secret,
      keys: ["username"],
      keySources: [ageSource([identity])],
      recipient: world.recipient,
      enabled: true,
    };
    await expect(editItem(world.files, clusterPath, options)).rejects.toMatchObject({ code: "no_matching_identity" });
  });

  test("of somebody else is not written", async () => {
    const world = await encrypted(["password"]);
    const { recipient } = await makeWorld({});
    const keySources = [ageSource([world.identity])];
    const options = { ...shop, text: secret, keys: ["password"], keySources, recipient, enabled: true };
    await expect(editItem(world.files, clusterPath, options)).rejects.toMatchObject({ code: "foreign" });
    // During a rotation, what changes gets the new key in the place of the old one.
    const rotating = { ...options, previousRecipient: world.recipient, text: secret.replace("secret-1", "secret-9") };
    const { text } = await editItem(world.files, clusterPath, rotating);
    const recipients = (await inspect(text, { format: "yaml" }))!.keyGroups
      .flat()
      .map(({ fields }) => fields.get("recipient"));
    expect(recipients).toEqual([recipient]);
  });
});

describe("paths", () => {
  const text = `db:
  password: plain-secret-1
  user: shop
mail:
  password: plain-secret-2
`;
  const files = { ...repository, "../values/grafana.yaml": text };
  const item = { kind: "addon", name: "grafana" } as const;

  test("are encrypted exactly, also in the place of a name and back", async () => {
    const world = await makeWorld(files);
    const stored = () => world.read("values/grafana.yaml");
    const isPlain = () => ["plain-secret-1", "plain-secret-2", "user: shop"].map((value) => stored().includes(value));
    await save(world, text, ["password"], item);
    expect(isPlain()).toEqual([false, false, true]);
    await save(world, text, ["db"], item);
    expect(isPlain()).toEqual([false, true, false]);
    await save(world, text, ["db.password"], item);
    expect(isPlain()).toEqual([false, true, true]);
    expect(await marksOf(world, "grafana")).toEqual(["db.password"]);
    // A comment marks it, since sops has no rule for the path alone.
    const plain = (await decrypt(stored(), { format: "yaml", identities: [world.identity] })).text;
    await expectSopsReads(stored(), plain, world.identity);
    await save(world, plain, ["password", "user"], item);
    expect(isPlain()).toEqual([false, false, false]);
    await expectSopsReads(stored(), plain, world.identity);
  });
});

test("values in Base64 stay in the cluster file", async () => {
  const world = await makeWorld(repository);
  const item = { kind: "addon", name: "chart" } as const;
  const { changes } = await save(world, chart, ["auth.password", "apiKey"], item);
  expect(changes.map(({ path }) => path)).toEqual([clusterPath]);
  const opened = await openItem(world.files, clusterPath, item);
  expect(opened).toMatchObject({ isEncrypted: true, path: clusterPath, format: "yaml" });
  expect(opened.stored).not.toContain("plain-secret");
  expect(await decryptOpened(opened, { identities: [world.identity] })).toBe(chart);
  expect(await marksOf(world, "chart")).toEqual(["auth.password", "apiKey"]);
});

describe("keys that somebody is choosing", () => {
  const text = "a:\n  password: x\n  token: ''\nb:\n  - password: y\n    user.name: z\n";
  test.each([
    ["password", { paths: ["a.password", "b.password"], values: 2, notice: undefined, problem: undefined }],
    ["a.password", { paths: ["a.password"], values: 1, notice: undefined }],
    ["a", { paths: ["a"], values: 1 }],
    ["token", { paths: ["a.token"], values: 0 }],
    ["user.name", { paths: ["b.user\\.name"], values: 1 }],
    [
      "c.password",
      { paths: ["a.password", "b.password"], notice: expect.stringContaining("every key named password") },
    ],
    ["Password", { paths: [], near: ["password"], problem: expect.stringContaining("The case counts.") }],
    ["b[0]", { paths: [], near: [], problem: expect.stringContaining("list item by number") }],
  ])("%s", async (key, match) => {
    expect(await matchKeys(text, { keys: [key] })).toMatchObject([{ key, ...match }]);
  });

  test.each(["password", "apiKey", "token", "secretKey", "connectionString", "privateKey", ".dockerconfigjson"])(
    "%s is a name of secrets",
    (key) => expect(isSecretName(key)).toBe(true),
  );
});

describe("a new cluster file", () => {
  test("takes a manifest and an addon, as they are in the guide", async () => {
    let text = clusterFile("production");
    text = await addItem(text, { kind: "manifest", name: "shop", stack: "web", file: "manifests/shop.yaml" });
    text = await addItem(text, { kind: "addon", name: "grafana", stack: "web", file: "values/grafana.yaml" });
    const { stacks } = await parseCluster(text);
    expect(
      stacks.map(({ name, items }) => [name, items.map((item) => [item.kind, item.name, item.chart, item.content])]),
    ).toMatchObject([
      [
        "web",
        [
          ["manifest", "shop", undefined, { path: "manifests/shop.yaml" }],
          ["addon", "grafana", "grafana", { path: "values/grafana.yaml" }],
        ],
      ],
    ]);
    const contents: Record<string, string> = {
      "cluster.yaml": text,
      "manifests/shop.yaml": secret,
      "values/grafana.yaml": grafana,
    };
    const world = await makeWorld(contents);
    await save(world, grafana, ["adminPassword"], { kind: "addon", name: "grafana" });
    expect(await marksOf(world, "grafana")).toEqual(["adminPassword"]);
  });

  test.each(["production", "true", "a: b", '"', "1.0"])("has the name %s", async (name) => {
    const { parse } = await import("yaml");
    expect(parse(clusterFile(name), { version: "1.1" })).toEqual({ kind: "ImportCluster", metadata: { name } });
  });

  test.each([
    [{ name: "shop" }, { code: "cluster", message: expect.stringContaining("already") }],
    [{ file: "../../etc/passwd", name: "a" }, undefined],
    [{ file: "/etc/passwd", name: "a" }, { code: "outside" }],
    [{ name: " " }, { code: "cluster" }],
  ])("says no to %o", async (change, error) => {
    const first = { kind: "manifest", name: "shop", stack: "web", file: "manifests/shop.yaml" } as const;
    const text = await addItem(clusterFile("production"), first);
    const adding = addItem(text, { ...first, ...change });
    if (error === undefined) await expect(adding).resolves.toContain("../../etc/passwd");
    else await expect(adding).rejects.toMatchObject(error);
  });
});
