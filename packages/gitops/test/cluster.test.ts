/** Cluster files: what is encrypted and marked, and that all files change or none. The real sops reads what is written. */
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { encrypt, generateIdentity } from "../../isosops/dist/index.js";
import {
  decryptItem,
  type EncryptItemOptions,
  encryptItem,
  encryptStack,
  type GitopsError,
  identities,
  lintCluster,
  parseAssignment,
  parseCluster,
  rotate,
  setDecryption,
  setEnabled,
} from "../dist/index.js";
import {
  base64,
  chart,
  cluster,
  clusterPath,
  grafana,
  makeWorld,
  pull,
  repository,
  secret,
  type World,
} from "./cluster-support.js";
import { expectSopsReads } from "./support.js";

const encryptIn = ({ organisation, files }: World, options: EncryptItemOptions) =>
  encryptItem(organisation, files, clusterPath, options);

const shop = { kind: "manifest", name: "shop" } as const;

/** The lines that one text has and another has not, without the `sops` block. */
function difference(before: string, after: string): { gone: string[]; come: string[] } {
  const lines = (text: string) => text.replace(/^sops:\n(?: .*\n)*/gm, "").split("\n");
  const [old, now] = [lines(before), lines(after)];
  return { gone: old.filter((line) => !now.includes(line)), come: now.filter((line) => !old.includes(line)) };
}

const failing = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).message).not.toMatch(/plain-secret/);
  return error as GitopsError;
};

/** That all files hold what they held. */
function expectUntouched({ contents }: World, before: ReadonlyMap<string, string>): void {
  expect([...contents]).toEqual([...before]);
}

describe("encrypt", () => {
  test("a manifest in a file", async () => {
    const world = await makeWorld(repository);
    const result = await encryptIn(world, { ...shop, keys: ["password"] });
    expect(result).toMatchObject({ enabled: true, written: ["/clusters/one/manifests/shop.yaml", clusterPath] });
    expect(result.items).toMatchObject([{ changed: true, keys: ["password"], marked: ["password"], notices: [] }]);
    const text = world.read("one/manifests/shop.yaml");
    expect(text).toContain("encrypted_regex: ^(password)$\n");
    expect(difference(secret, text).gone).toEqual(["    password: plain-secret-1   # rotate me"]);
    expect(world.read("one/cluster.yaml")).toBe(cluster.replace("      - username\n", "$&      - password\n"));
    await expectSopsReads(text, secret, world.identity);
    // Again: nothing is written.
    const before = new Map(world.contents);
    expect(await encryptIn(world, { ...shop, keys: ["password"] })).toMatchObject({ written: [] });
    expectUntouched(world, before);
  });

  test("a manifest in Base64", async () => {
    const world = await makeWorld(repository);
    const result = await encryptIn(world, { kind: "manifest", name: "pull", keys: [".dockerconfigjson"] });
    expect(result.written).toEqual([clusterPath]);
    const { gone, come } = difference(cluster, world.read("one/cluster.yaml"));
    expect(gone).toEqual([`      manifest_base64: "${base64(pull)}"   # inline`]);
    expect(come.map((line) => line.replace(/"[A-Za-z0-9+/=]{50,}"/, '"..."'))).toEqual([
      '      manifest_base64: "..."   # inline',
      // In the quotes of what stands above.
      '      - ".dockerconfigjson"',
    ]);
    const item = parse(world.read("one/cluster.yaml")).spec.stacks[0].manifests[1];
    expect(item.encrypted_paths).toEqual([".dockerconfigjson"]);
    const text = Buffer.from(item.manifest_base64, "base64").toString();
    expect(text).toContain("encrypted_regex: ^(\\.dockerconfigjson)$\n");
    await expectSopsReads(text, pull, world.identity);
  });

  test("the values of an addon in a file", async () => {
    const world = await makeWorld(repository);
    await encryptIn(world, { kind: "addon", name: "grafana", keys: ["adminPassword"] });
    const text = world.read("values/grafana.yaml");
    expect(text).toContain("encrypted_regex: ^(adminPassword)$\n");
    await expectSopsReads(text, grafana, world.identity);
    expect(difference(cluster, world.read("one/cluster.yaml"))).toEqual({
      gone: [],
      come: ["        encrypted_paths:", "        - adminPassword"],
    });
  });

  test("the values of an addon in Base64 of several lines", async () => {
    const world = await makeWorld(repository);
    const keys = ["auth.password", "credentials.apiKey"];
    const result = await encryptIn(world, { kind: "addon", name: "chart", keys });
    expect(result.items[0]).toMatchObject({ keys, marked: keys, notices: [] });
    const written = world.read("one/cluster.yaml");
    const addon = parse(written).spec.stacks[0].addons[1];
    expect(addon.configuration.encrypted_paths).toEqual(keys);
    const text = Buffer.from(addon.configuration.values_base64, "base64").toString();
    expect(text).toContain("encrypted_regex: ^(apiKey|password)$\n");
    await expectSopsReads(text, chart, world.identity);
    // Lines of the same length, all else as it was.
    const { gone, come } = difference(cluster, written);
    expect(gone.filter((line) => !/^ {10}[A-Za-z0-9+/=]+$/.test(line))).toEqual(["        encrypted_paths: []"]);
    expect(come.filter((line) => /^ {10}[A-Za-z0-9+/=]+$/.test(line)).every((line) => line.length <= 50)).toBe(true);
    expect(come).toContain("        encrypted_paths: [auth.password, credentials.apiKey]");
  });

  test("api_token is added to a file with password, and set before", async () => {
    const world = await makeWorld(repository);
    await encryptIn(world, { ...shop, keys: ["password"] });
    const before = world.read("one/manifests/shop.yaml");
    const assignments = [parseAssignment("stringData.api_token=plain-secret-6=")];
    const result = await encryptIn(world, { ...shop, keys: ["api_token"], set: assignments });
    expect(result.items[0]).toMatchObject({ marked: ["api_token"], notices: [] });
    const text = world.read("one/manifests/shop.yaml");
    expect(text).toContain("encrypted_regex: ^(api_token|password)$\n");
    expect(difference(before, text).gone).toEqual([]);
    await expectSopsReads(text, `${secret}    api_token: plain-secret-6=\n`, world.identity);
    // What is encrypted can be set without a key, by the file's own rule.
    const again = [parseAssignment("stringData.api_token=plain-secret-7"), parseAssignment("stringData.port=5432")];
    const { items } = await encryptIn(world, { ...shop, set: again });
    expect(items[0]!.notices).toEqual([expect.stringMatching(/stringData\.port .*in plain text/)]);
    const after = `${secret}    api_token: plain-secret-7\n    port: "5432"\n`;
    await expectSopsReads(world.read("one/manifests/shop.yaml"), after, world.identity);
  });

  test("a value is set in a plain file, of which the rest stays", async () => {
    const world = await makeWorld(repository);
    const set = [parseAssignment("stringData.password=plain-secret-8")];
    await encryptIn(world, { ...shop, keys: ["password"], set });
    const text = world.read("one/manifests/shop.yaml");
    expect(difference(secret, text).gone).toEqual(["    password: plain-secret-1   # rotate me"]);
    await expectSopsReads(text, secret.replace("plain-secret-1", "plain-secret-8"), world.identity);
    // Without a key there is nothing that would be encrypted.
    const grafana = { kind: "addon", name: "grafana" } as const;
    const before = new Map(world.contents);
    expect((await failing(encryptIn(world, { ...grafana, set }))).code).toBe("unmatched_key");
    expectUntouched(world, before);
  });

  test("a manifest in JSON", async () => {
    const json = '{"kind": "Secret", "stringData": {"password": "plain-secret-1", "user": "shop"}}\n';
    const world = await makeWorld({
      ...repository,
      "manifests/shop.json": json,
      "cluster.yaml": cluster.replace("shop.yaml", "shop.json"),
    });
    await encryptIn(world, { ...shop, allData: true });
    expect(world.read("one/manifests/shop.json")).toContain('"encrypted_regex": "^(stringData)$"');
    await expectSopsReads(world.read("one/manifests/shop.json"), json, world.identity, "json");
  });

  test("all data of Secrets", async () => {
    const both = `---\n${secret}data:\n  token: cGxhaW4tc2VjcmV0LTk=\n---\n${pull}---\n`;
    const world = await makeWorld({ ...repository, "manifests/shop.yaml": both });
    const { items } = await encryptIn(world, { ...shop, allData: true });
    expect(items[0]).toMatchObject({ keys: ["data", "stringData"], marked: ["data", "stringData"] });
    const text = world.read("one/manifests/shop.yaml");
    expect(text.match(/ENC\[.*type:str\]/g)!.filter((one) => !one.includes("mac"))).toHaveLength(4 + 3);
    expect(text).toContain("  name: shop   # not secret\n");
    // To sops, an empty document is one without keys.
    await expectSopsReads(text, `${both}{}\n`, world.identity);
  });

  test("all data of a Secret, of which some is encrypted", async () => {
    const world = await makeWorld(repository);
    await encryptIn(world, { ...shop, keys: ["password"] });
    const ciphertext = /password: (ENC\[.*?\])/.exec(world.read("one/manifests/shop.yaml"))![1];
    await encryptIn(world, { ...shop, allData: true });
    expect(world.read("one/manifests/shop.yaml")).toContain(`password: ${ciphertext}`);
    await expectSopsReads(world.read("one/manifests/shop.yaml"), secret, world.identity);
  });

  test.each([
    [
      `${secret}---\napiVersion: v1\nkind: ConfigMap\ndata: {a: b}\n`,
      "not_a_secret",
      /document 2 is of the kind ConfigMap/,
    ],
    ["kind: Secret\nmetadata: {}\n", "unmatched_key", /neither `data` nor `stringData`/],
    ["data: {}\n", "not_a_secret", /without a `kind`/],
  ])("all data of something else", async (text, code, says) => {
    const world = await makeWorld({ ...repository, "manifests/shop.yaml": text });
    const before = new Map(world.contents);
    expect(await failing(encryptIn(world, { ...shop, allData: true }))).toMatchObject({
      code,
      message: expect.stringMatching(says),
    });
    expectUntouched(world, before);
  });

  test("a key in another case, a file of somebody else, a name that is not there", async () => {
    const stranger = await generateIdentity();
    const { text } = await encrypt(grafana, {
      format: "yaml",
      recipients: [stranger.recipient],
      select: ["adminUser"],
    });
    const world = await makeWorld({ ...repository, "../values/grafana.yaml": text });
    const before = new Map(world.contents);
    const cases: [EncryptItemOptions, string, RegExp][] = [
      [{ ...shop, keys: ["Password"] }, "unmatched_key", /Did you mean password\? The case counts/],
      [{ kind: "addon", name: "grafana", keys: ["adminPassword"] }, "foreign", new RegExp(stranger.recipient)],
      [{ kind: "addon", name: "grafana", keys: ["adminPassword"] }, "foreign", new RegExp(world.recipient)],
      [{ kind: "addon", name: "grafana", set: [{ path: ["a"], value: "b" }] }, "foreign", /sops rotate -i --add-age/],
      [{ kind: "manifest", name: "shopp", keys: ["a"] }, "unknown_item", /no manifest shopp\. Did you mean shop\?/],
      [{ kind: "manifest", name: "other", keys: ["a"] }, "unknown_item", /no manifest other\. There are shop, pull\./],
      [{ kind: "manifest", name: "grafana", keys: ["a"] }, "unknown_item", /grafana is an addon/],
      [{ kind: "addon", name: "ingress", keys: ["a"] }, "unknown_item", /has no values/],
      [{ ...shop, stack: "wbe", keys: ["a"] }, "unknown_item", /no stack wbe\. There is web\./],
    ];
    for (const [options, code, says] of cases) {
      expect(await failing(encryptIn(world, options))).toMatchObject({ code, message: expect.stringMatching(says) });
    }
    expectUntouched(world, before);
  });

  test("a dry run writes nothing", async () => {
    const world = await makeWorld(repository);
    const before = new Map(world.contents);
    const result = await encryptIn(world, { ...shop, keys: ["password"], dryRun: true });
    expect(result.written).toEqual(["/clusters/one/manifests/shop.yaml", clusterPath]);
    expectUntouched(world, before);
    expect((await world.organisation.storage.read())!.known).toEqual([]);
  });

  test("while the organisation is disabled, keys are marked and nothing is encrypted", async () => {
    const world = await makeWorld(repository);
    await encryptIn(world, { ...shop, keys: ["password"] });
    const before = world.read("one/manifests/shop.yaml");
    await setEnabled(world.organisation, false);
    const result = await encryptIn(world, { ...shop, keys: ["username", "stringData.user"] }).catch((error) => error);
    expect(result).toMatchObject({ code: "unmatched_key" });
    expect(await encryptIn(world, { ...shop, keys: ["metadata.name"] })).toMatchObject({
      enabled: false,
      written: [clusterPath],
    });
    expect(world.read("one/manifests/shop.yaml")).toBe(before);
    expect(world.read("one/cluster.yaml")).toContain("      - metadata.name\n");
    expect(await encryptStack(world.organisation, world.files, clusterPath)).toMatchObject({
      enabled: false,
      written: [],
    });
    const plain = await decryptItem(world.files, clusterPath, {
      ...shop,
      identities: () => identities(world.organisation),
    });
    expect(plain).toEqual({ text: secret, isEncrypted: true });
    await setEnabled(world.organisation, true);
    await encryptStack(world.organisation, world.files, clusterPath);
    await expectSopsReads(world.read("one/manifests/shop.yaml"), secret, world.identity);
    expect(world.read("one/manifests/shop.yaml")).not.toMatch(/name: shop/);
  });

  test("during a rotation, the current key takes the previous one's place", async () => {
    const world = await makeWorld(repository);
    await encryptIn(world, { ...shop, keys: ["password"] });
    await rotate(world.organisation);
    const [current] = await identities(world.organisation);
    await encryptIn(world, { ...shop, keys: ["username"] });
    expect(world.read("one/manifests/shop.yaml")).not.toContain(world.recipient);
    await expectSopsReads(world.read("one/manifests/shop.yaml"), secret, current!);
    expect((await world.organisation.storage.read())!.known).toEqual(["/clusters/one/manifests/shop.yaml"]);
  });
});

describe("all files change or none", () => {
  test("an error of the second takes back the first", async () => {
    const world = await makeWorld(repository);
    const before = new Map(world.contents);
    const seen: string[] = [];
    world.beforeReplace = (path) => {
      seen.push(path);
      if (path === clusterPath) throw new Error("the disk is full");
    };
    const error = await failing(encryptIn(world, { ...shop, keys: ["password"] }));
    expect(error.message).toBe("the disk is full");
    expect(seen).toEqual(["/clusters/one/manifests/shop.yaml", clusterPath, "/clusters/one/manifests/shop.yaml"]);
    expectUntouched(world, before);
  });

  test("what cannot be taken back is named, and is encrypted", async () => {
    const world = await makeWorld(repository);
    world.beforeReplace = (_, count) => {
      if (count > 0) throw new Error("the disk is gone");
    };
    const error = await failing(encryptIn(world, { ...shop, keys: ["password"] }));
    expect(error).toMatchObject({ code: "incomplete", message: expect.stringContaining("one/manifests/shop.yaml") });
    await expectSopsReads(world.read("one/manifests/shop.yaml"), secret, world.identity);
    expect(world.read("one/cluster.yaml")).toBe(cluster);
    // As after a crash: it can be seen, and doing it again does what is left.
    const unmarked = (await lintCluster(world.files, clusterPath)).filter(({ rule }) => rule === "unmarked");
    expect(unmarked).toMatchObject([{ name: "shop", message: expect.stringContaining("stringData.password") }]);
    world.beforeReplace = () => {};
    expect(await encryptIn(world, { ...shop, keys: ["password"] })).toMatchObject({ written: [clusterPath] });
  });

  test("a cluster file that somebody changes meanwhile", async () => {
    const world = await makeWorld(repository);
    world.beforeReplace = (path, count) => {
      if (path === clusterPath && count === 1) world.contents.set(path, `${cluster}# by somebody else\n`);
    };
    await encryptIn(world, { ...shop, keys: ["password"] });
    const marked = cluster.replace("      - username\n", "$&      - password\n");
    expect(world.read("one/cluster.yaml")).toBe(`${marked}# by somebody else\n`);
    world.beforeReplace = () => "changed";
    expect((await failing(encryptIn(world, { ...shop, keys: ["username"] }))).code).toBe("changed");
  });

  test("a stack: everything or nothing", async () => {
    const all = cluster
      .replace("- name: pull\n", "$&      encrypted_paths: [.dockerconfigjson]\n")
      .replace("from_file: ../values/grafana.yaml\n", "$&        encrypted_paths: [adminPasswort]\n");
    const world = await makeWorld({ ...repository, "cluster.yaml": all });
    const before = new Map(world.contents);
    const error = await failing(encryptStack(world.organisation, world.files, clusterPath));
    expect(error.code).toBe("incomplete");
    expect(error.files).toEqual([
      { path: "web/grafana", problem: expect.stringMatching(/no key adminPasswort\. Did you mean adminPassword/) },
    ]);
    expectUntouched(world, before);
    world.contents.set(clusterPath, all.replace("adminPasswort", "adminPassword"));
    const { items, written } = await encryptStack(world.organisation, world.files, clusterPath, { stack: "web" });
    expect(items.map(({ item }) => item.name)).toEqual(["shop", "pull", "grafana"]);
    expect(written).toEqual(["/clusters/one/manifests/shop.yaml", "/clusters/values/grafana.yaml", clusterPath]);
    await expectSopsReads(world.read("one/manifests/shop.yaml"), secret, world.identity);
    await expectSopsReads(world.read("values/grafana.yaml"), grafana, world.identity);
    // A failure of the last takes back all.
    world.contents.clear();
    for (const [path, text] of before) world.contents.set(path, text.replace("adminPasswort", "adminPassword"));
    const whole = new Map(world.contents);
    world.beforeReplace = (path) => {
      if (path === clusterPath) throw new Error("the disk is full");
    };
    await failing(encryptStack(world.organisation, world.files, clusterPath));
    expectUntouched(world, whole);
  });

  test("two items in the same file", async () => {
    const twice = cluster.replace(
      "    - name: pull\n",
      "    - name: again\n      from_file: ./manifests/../manifests/shop.yaml\n      encrypted_paths: [password]\n$&",
    );
    const world = await makeWorld({ ...repository, "cluster.yaml": twice });
    await encryptStack(world.organisation, world.files, clusterPath);
    const text = world.read("one/manifests/shop.yaml");
    expect(text).toContain("encrypted_regex: ^(password|username)$\n");
    await expectSopsReads(text, secret, world.identity);
  });
});

describe("the cluster file", () => {
  test.each<[string, string, string, RegExp]>([
    ["another kind", cluster.replace("ImportCluster", "Cluster"), "kind: Cluster", /not a cluster file/],
    ["no kind", "spec: {}\n", "spec", /not a cluster file/],
    ["stacks that are no list", "kind: ImportCluster\nspec:\n  stacks: web\n", "stacks", /`stacks` must be a list/],
    ["a nameless stack", "kind: ImportCluster\nspec:\n  stacks:\n  - manifests: []\n", "- man", /stack has no `name`/],
    ["a stack that is a text", "kind: ImportCluster\nspec:\n  stacks:\n  - web\n", "- web", /must be a mapping/],
    [
      "a manifest without content",
      cluster.replace(/ {6}from_file: man.*\n/, ""),
      "name: shop",
      /neither `from_file` nor/,
    ],
    [
      "a manifest with two",
      cluster.replace(/ {6}from_file: m.*\n/, "$&      manifest_base64: YQ==\n"),
      "name: shop",
      /both/,
    ],
    ["one text for paths", cluster.replace("encrypted_paths: []", "encrypted_paths: a"), "paths: a", /must be a list/],
    [
      "paths that are no text",
      cluster.replace("encrypted_paths: []", "encrypted_paths: [[a]]"),
      "[[a]]",
      /be the name/,
    ],
    ["a second document", `${cluster}---\nkind: Other\n`, "kind: Other", /second document/],
    ["an invalid switch", `${cluster}  sops: { decryption: maybe }\n`, "maybe", /true or false/],
  ])("%s", async (_, source, there, says) => {
    const error = await failing(parseCluster(source, "c.yaml"));
    expect(source).toContain(there);
    const line = source.slice(0, source.indexOf(there)).split("\n").length;
    expect(error).toMatchObject({ code: "cluster", line, message: expect.stringMatching(says) });
    expect(error.message).toMatch(new RegExp(`^c\\.yaml, line ${line}, column ${error.column}: `));
  });

  test("a name that stands twice", async () => {
    const stack = cluster.slice(cluster.indexOf("  - name: web"), cluster.indexOf("  # the end"));
    const two = cluster.replace("  # the end\n", stack.replace("name: web", "name: ops"));
    const world = await makeWorld({ ...repository, "cluster.yaml": two });
    expect(await failing(encryptIn(world, { ...shop, keys: ["password"] }))).toMatchObject({
      code: "unknown_item",
      message: expect.stringMatching(/There is a manifest shop in each of the stacks web and ops.*--stack/),
    });
    const values = { kind: "addon", name: "grafana", keys: ["adminPassword"] } as const;
    expect(await failing(encryptIn(world, values))).toMatchObject({
      code: "unknown_item",
      message: expect.stringMatching(/There is an addon grafana in each of the stacks web and ops.*--stack/),
    });
    await encryptIn(world, { ...shop, stack: "ops", keys: ["password"] });
    const { stacks } = parse(world.read("one/cluster.yaml")).spec;
    expect(stacks[0].manifests[0].encrypted_paths).toEqual(["username"]);
    expect(stacks[1].manifests[0].encrypted_paths).toEqual(["username", "password"]);
  });

  test.each([
    ["/etc/passwd.yaml", "outside"],
    ["C:/a.yaml", "outside"],
    ["~/a.yaml", "outside"],
    ["https://example.com/a.yaml", "outside"],
    ["a\\\\b.yaml", "outside"],
    ["../../../a.yaml", "outside"],
    ["manifests/none.yaml", "missing_file"],
    ["cluster.yaml", "cluster"],
    ["manifests/shop.txt", "missing_file"],
  ])("a file that is not one of the repository's: %s", async (path, code) => {
    const world = await makeWorld({
      ...repository,
      "manifests/shop.txt": secret,
      "cluster.yaml": cluster.replace("manifests/shop.yaml", `"${path}"`),
    });
    const before = new Map(world.contents);
    expect((await failing(encryptIn(world, { ...shop, keys: ["password"] }))).code).toBe(code);
    expectUntouched(world, before);
  });

  test("invalid Base64 is not shown", async () => {
    const world = await makeWorld({ ...repository, "cluster.yaml": cluster.replace(base64(pull), "plain-secret-0") });
    const error = await failing(encryptIn(world, { kind: "manifest", name: "pull", keys: ["a"] }));
    expect(error).toMatchObject({ code: "cluster", line: 15 });
  });

  test("decryption is switched on and off", async () => {
    const world = await makeWorld(repository);
    expect(await setDecryption(world.files, clusterPath, true)).toBe(true);
    const on = world.read("one/cluster.yaml");
    expect(parse(on).spec.sops).toEqual({ decryption: true });
    expect(difference(cluster, on)).toEqual({ gone: [], come: ["  sops:", "    decryption: true"] });
    expect(await setDecryption(world.files, clusterPath, true)).toBe(false);
    expect(await setDecryption(world.files, clusterPath, false, { dryRun: true })).toBe(true);
    expect(world.read("one/cluster.yaml")).toBe(on);
    expect(await setDecryption(world.files, clusterPath, false)).toBe(true);
    expect(world.read("one/cluster.yaml")).toBe(on.replace("true", "false"));
    expect((await parseCluster(world.read("one/cluster.yaml"))).decryption).toBe(false);
  });
});

test.each([
  ["a.b=c", ["a", "b"], "c"],
  ["stringData.\\.dockerconfigjson={}", ["stringData", ".dockerconfigjson"], "{}"],
  [".dockerconfigjson=x", [".dockerconfigjson"], "x"],
  ['["a"]["b=c"][0]=d=', ["a", "b=c", 0], "d="],
  ["a=", ["a"], ""],
])("%s is an assignment", (text, path, value) => {
  expect(parseAssignment(text)).toEqual({ path, value });
});

test.each(["a", "=plain-secret", "a.*=plain-secret", "a[0]=plain-secret", "a..b=plain-secret", '["a"=plain-secret'])(
  "%s is not an assignment",
  (text) => {
    expect(() => parseAssignment(text)).toThrow(expect.objectContaining({ code: "invalid_path" }));
    expect(() => parseAssignment(text)).not.toThrow(/plain-secret/);
  },
);
