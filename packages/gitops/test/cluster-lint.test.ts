/** What `lintCluster` finds, each thing put into a repository by hand, and what it leaves alone. */
import { expect, test } from "vitest";
import { encrypt, generateIdentity } from "../../isosops/dist/index.js";
import { encryptItem, encryptStack, type LintOptions, lintCluster, rotate } from "../dist/index.js";
import {
  base64,
  cluster,
  clusterPath,
  grafana,
  makeWorld,
  pull,
  repository,
  secret,
  type World,
} from "./cluster-support.js";

const marked = cluster
  .replace("      - username\n", "      - password\n")
  .replace("- name: pull\n", "$&      encrypted_paths: [.dockerconfigjson]\n")
  .replace("from_file: ../values/grafana.yaml\n", "$&        encrypted_paths: [adminPassword]\n");

async function lint({ files, contents }: World, options: LintOptions = {}) {
  const findings = await lintCluster(files, clusterPath, options);
  for (const { file, line, message } of findings) {
    expect(message).not.toMatch(/plain-secret/);
    if (line !== undefined) expect(contents.get(file)!.split("\n").length).toBeGreaterThanOrEqual(line);
  }
  return findings.map(({ rule, name, file, line, message }) => {
    // The line itself says more than its number.
    const text = line === undefined ? "" : contents.get(file)!.split("\n")[line - 1]!.trim();
    return { rule, name, file: file.replace("/clusters/", ""), text: text.slice(0, 40), message };
  });
}

async function sealedWorld(change: (text: string) => string = (text) => text) {
  const world = await makeWorld({ ...repository, "cluster.yaml": marked });
  await encryptStack(world.organisation, world.files, clusterPath);
  world.contents.set(clusterPath, change(world.read("one/cluster.yaml")));
  return world;
}

test("nothing, in a repository as it should be", async () => {
  const world = await sealedWorld();
  expect(await lint(world)).toEqual([]);
  expect(await lint(world, { recipient: world.recipient })).toEqual([]);
  await encryptItem(world.organisation, world.files, clusterPath, {
    kind: "addon",
    name: "chart",
    keys: ["auth.password", "apiKey"],
  });
  expect(await lint(world, { recipient: world.recipient })).toEqual([]);
});

test("what is marked and in plain text", async () => {
  const world = await makeWorld({ ...repository, "cluster.yaml": marked });
  expect(await lint(world)).toMatchObject([
    {
      rule: "plaintext",
      name: "shop",
      file: "one/manifests/shop.yaml",
      text: "password: plain-secret-1   # rotate me",
    },
    { rule: "plaintext", name: "pull", file: "one/cluster.yaml", text: expect.stringMatching(/^manifest_base64: /) },
    { rule: "plaintext", name: "grafana", file: "values/grafana.yaml", text: expect.stringMatching(/^adminPassword/) },
  ]);
  const half = await sealedWorld((text) => text.replace("      - password\n", "$&      - username\n"));
  expect(await lint(half)).toMatchObject([{ rule: "plaintext", text: 'username: "shop"' }]);
});

test("a mark that names nothing", async () => {
  const world = await sealedWorld((text) => text.replace("      - password\n", "$&      - Username\n"));
  expect(await lint(world)).toMatchObject([
    {
      rule: "unmatched",
      text: "- Username",
      message: expect.stringMatching(/Did you mean username\? The case counts/),
    },
  ]);
  const odd = await sealedWorld((text) => text.replace("      - password\n", "$&      - 'user[\"name'\n"));
  expect(await lint(odd)).toMatchObject([
    { rule: "unmatched", text: `- 'user["name'`, message: expect.stringMatching(/not closed.*stays in plain text/) },
  ]);
});

test("what is encrypted and not marked", async () => {
  const world = await sealedWorld((text) => text.replace("      - password\n", "").replace("[adminPassword]", "[]"));
  expect(await lint(world)).toMatchObject([
    {
      rule: "unmarked",
      name: "shop",
      file: "one/cluster.yaml",
      message: expect.stringContaining("stringData.password"),
    },
    { rule: "unmarked", name: "grafana", message: expect.stringContaining("adminPassword") },
  ]);
});

test("files that are not there, or not in the repository", async () => {
  const world = await sealedWorld((text) =>
    text.replace("manifests/shop.yaml", "manifests/none.yaml").replace("../values/", "/values/"),
  );
  expect(await lint(world)).toMatchObject([
    { rule: "missing-file", name: "shop", text: "from_file: manifests/none.yaml" },
    { rule: "missing-file", name: "grafana", text: "from_file: /values/grafana.yaml" },
  ]);
});

test("what cannot be read", async () => {
  const world = await sealedWorld((text) => text.replace(/manifest_base64: ".*"/, 'manifest_base64: "plain-secret"'));
  world.contents.set("/clusters/one/manifests/shop.yaml", `${secret}  x: [plain-secret\n`);
  expect(await lint(world)).toMatchObject([
    { rule: "unreadable", name: "shop", file: "one/manifests/shop.yaml" },
    { rule: "unreadable", name: "pull", text: expect.stringMatching(/^manifest_base64: "plain-secret"/) },
  ]);
});

test("other recipients", async () => {
  const world = await sealedWorld();
  const stranger = await generateIdentity();
  const { text } = await encrypt(grafana, {
    format: "yaml",
    recipients: [stranger.recipient],
    select: ["adminPassword"],
  });
  world.contents.set("/clusters/values/grafana.yaml", text);
  const found = await lint(world, { recipient: world.recipient });
  expect(found).toMatchObject([{ rule: "wrong-recipient", name: "grafana", file: "values/grafana.yaml" }]);
  expect(found[0]!.message).toContain(stranger.recipient);
  expect(found[0]!.message).toContain(world.recipient);
  const { recipient, previousRecipient } = await rotate(world.organisation);
  const after = await lint(world, { recipient, previousRecipient });
  expect(after.map(({ rule, name }) => `${rule} ${name}`)).toEqual([
    "wrong-recipient shop",
    "wrong-recipient pull",
    "wrong-recipient grafana",
  ]);
  expect(after[0]!.message).toContain("isosops org reencrypt");
});

test("what is damaged", async () => {
  const world = await sealedWorld();
  const path = "/clusters/values/grafana.yaml";
  world.contents.set(path, world.contents.get(path)!.replace(/,tag:[^,]*,/, ",tag:AAAA,"));
  expect(await lint(world)).toContainEqual(
    expect.objectContaining({ rule: "damaged", name: "grafana", text: expect.stringMatching(/^adminPassword: ENC/) }),
  );
});

test("names that stand twice", async () => {
  const world = await sealedWorld((text) =>
    text
      .replace("    - name: pull\n", `    - name: shop\n      manifest_base64: ${base64(pull)}\n$&`)
      .replace("  # the end\n", "  - name: web\n"),
  );
  expect(await lint(world)).toMatchObject([
    { rule: "duplicate", name: "shop", text: "- name: shop" },
    { rule: "duplicate", name: "web" },
  ]);
});

/** How many characters `indexOf` looks at meanwhile: lines and positions are found with it. */
async function countSearched(work: () => Promise<unknown>): Promise<number> {
  const { indexOf } = String.prototype;
  let searched = 0;
  String.prototype.indexOf = function (this: string, wanted: string, from = 0) {
    const found = indexOf.call(this, wanted, from);
    searched += (found === -1 ? this.length : found) - from;
    return found;
  };
  try {
    await work();
  } finally {
    String.prototype.indexOf = indexOf;
  }
  return searched;
}

test.each([
  {
    name: "manifests",
    worldOf: (count: number) => ({
      "cluster.yaml": `kind: ImportCluster\nspec:\n  stacks:\n    - name: web\n      manifests:\n${Array.from(
        { length: count },
        (_, index) =>
          `        - name: shop-${index}\n          from_file: shop.yaml\n          encrypted_paths: [gone]\n`,
      ).join("")}`,
      "shop.yaml": "a: b\n",
    }),
  },
  {
    name: "marked keys",
    worldOf: (count: number) => ({
      "cluster.yaml": `kind: ImportCluster\nspec:\n  stacks:\n    - name: web\n      manifests:\n        - name: shop\n          from_file: shop.yaml\n          encrypted_paths:\n${Array.from(
        { length: count },
        (_, index) => `            - key-${index}\n`,
      ).join("")}`,
      "shop.yaml": Array.from({ length: count }, (_, index) => `key-${index}: value\n`).join(""),
    }),
  },
])("twice as many $name take twice as much work", async ({ worldOf }) => {
  const [few, many] = [200, 400];
  const counts: number[] = [];
  for (const count of [few, many]) {
    const { files } = await makeWorld(worldOf(count));
    counts.push(
      await countSearched(async () => {
        expect(await lintCluster(files, clusterPath)).toHaveLength(count);
      }),
    );
  }
  const [work = 0, more = 0] = counts;
  expect(work).toBeGreaterThan(0);
  expect(more / work).toBeLessThan(2.5);
});
