/** `isosops cluster` as a team calls it, in a repository on disk. The real sops opens what is written. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  identities,
  initialize,
  type OrganisationOptions,
  passphraseProtector,
  rotate,
  setEnabled,
  unprotected,
} from "@isosops/gitops";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { fileStorage } from "../dist/keyring/file-storage.js";
import { first, isosops, makeFolder, noSops, run, secrets, sops, stranger, tools } from "./support.js";
import { hasTerminals, isosopsOnTerminal } from "./terminal.js";

const shop = `# the web shop
apiVersion: v1
kind: Secret
metadata:
  name: shop
stringData:
  user: shop   # not secret
  password: ${secrets[0]}
`;

const grafana = `adminUser: admin
adminPassword: ${secrets[1]}  # rotate me
`;

const cluster = `kind: ImportCluster
spec:
  stacks:
  - name: web
    manifests:
    - name: shop # the shop
      from_file: manifests/shop.yaml
    - name: inline
      manifest_base64: ${Buffer.from(shop).toString("base64")}
    addons:
    - name: grafana
      chart_name: grafana
      configuration:
        from_file: ../values/grafana.yaml
`;

const files = {
  "repository/.git/HEAD": "",
  "repository/one/cluster.yaml": cluster,
  "repository/one/manifests/shop.yaml": shop,
  "repository/values/grafana.yaml": grafana,
};

interface Repository {
  cwd: string;
  env: Record<string, string>;
  organisation: OrganisationOptions;
  recipient: string;
  identity: string;
  read(path: string): string;
  /** `isosops cluster`, with the cluster file's flag. */
  cluster(...args: string[]): ReturnType<typeof isosops>;
}

async function makeRepository(more: Record<string, string> = {}): Promise<Repository> {
  const folder = makeFolder();
  for (const [path, text] of Object.entries({ ...files, ...more })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const home = join(folder, "home");
  const organisation = { storage: fileStorage(join(home, "keyring.json")), protector: unprotected, actor: "test" };
  const { recipient } = await initialize(organisation);
  const [identity] = await identities(organisation);
  const cwd = join(folder, "repository");
  const env = { ISOSOPS_HOME: home };
  return {
    cwd,
    env,
    organisation,
    recipient,
    identity: identity!,
    read: (path) => readFileSync(join(cwd, path), "utf8"),
    async cluster(...args) {
      const outcome = await isosops(["cluster", ...args, "-f", "one/cluster.yaml"], { cwd, env });
      expect(outcome.stderr).not.toContain("AGE-SECRET-KEY");
      return outcome;
    },
  };
}

async function expectSopsReads({ cwd, identity }: Repository, path: string, plain: string): Promise<void> {
  for (const sops of tools.findSops()) {
    const flags = ["--disable-version-check", "--decrypt", join(cwd, path)];
    const { exit, stdout, stderr } = await run(sops.path, flags, { cwd, env: { SOPS_AGE_KEY: identity } });
    expect({ version: sops.version, exit, stderr }).toEqual({ version: sops.version, exit: 0, stderr: "" });
    expect(parse(stdout)).toEqual(parse(plain));
  }
}

describe.concurrent("isosops cluster", () => {
  test("values that were added to an encrypted file by hand are encrypted where somebody says so", async ({ skip }) => {
    const repository = await makeRepository();
    const { cluster: command, cwd, env, read } = repository;
    expect((await command("encrypt", "manifest", "shop", "--key", "password")).exit).toBe(0);
    const path = join(cwd, "one/manifests/shop.yaml");
    const tampered = read("one/manifests/shop.yaml").replace("user: shop", "owner: shop\n  user: root");
    writeFileSync(path, tampered);
    const encryptUser = (...flags: string[]) => {
      const args = ["cluster", "encrypt", "manifest", "shop", "--key", "user", "-f", "one/cluster.yaml", ...flags];
      return isosops(args, { cwd, env, noTerminal: true });
    };
    const refused = await encryptUser();
    expect(refused).toMatchObject({ exit: 51, stdout: "", stderr: expect.stringContaining("--accept-added") });
    expect(refused.stderr).toContain("shop.yaml: added since it was last sealed");
    expect(refused.stderr).toContain("stringData.user.");
    expect(read("one/manifests/shop.yaml")).toBe(tampered);
    const dry = await encryptUser("--dry-run");
    expect(dry).toMatchObject({
      exit: 0,
      stderr: expect.stringMatching(/warning: .*added since.*: stringData\.user\./),
    });
    expect(await encryptUser("--accept-added")).toMatchObject({ exit: 0, stderr: dry.stderr });
    await expectSopsReads(
      repository,
      "one/manifests/shop.yaml",
      shop.replace("user: shop", "owner: shop\n  user: root"),
    );
    skip(sops === undefined, noSops);
  });

  test.skipIf(!hasTerminals).each([
    ["y", 0],
    ["no", 51],
  ])("and a terminal is asked, where there is one: %s", async (answer, exit) => {
    const { cluster: command, cwd, env, read } = await makeRepository();
    await command("encrypt", "manifest", "shop", "--key", "password");
    const path = join(cwd, "one/manifests/shop.yaml");
    writeFileSync(path, read("one/manifests/shop.yaml").replace("user: shop", "owner: shop\n  user: root"));
    const args = "cluster encrypt manifest shop --key user -f one/cluster.yaml".split(" ");
    const shown = await isosopsOnTerminal(answer, args, { cwd, env });
    expect(shown.stdout).toContain("stringData.user");
    expect(shown.stdout).toContain("[y/N]");
    expect(shown.exit).toBe(exit);
    expect(read("one/manifests/shop.yaml").includes("root")).toBe(exit !== 0);
  });

  test("from a plain repository to one that lints, and back to plain text", async ({ skip }) => {
    const repository = await makeRepository();
    const { cluster: command, read } = repository;
    expect(await command("encrypt", "manifest", "shop", "--key", "password")).toEqual({
      exit: 0,
      signal: null,
      stderr: "",
      stdout:
        "one/manifests/shop.yaml: manifest web/shop: encrypted: password\none/cluster.yaml: manifest web/shop: marked: password\n",
    });
    expect(await command("encrypt", "manifest", "--name", "inline", "-k", "password")).toMatchObject({ exit: 0 });
    expect(await command("encrypt", "addon", "--name", "grafana", "--key", "adminPassword")).toMatchObject({ exit: 0 });
    await expectSopsReads(repository, "one/manifests/shop.yaml", shop);
    await expectSopsReads(repository, "values/grafana.yaml", grafana);
    expect(read("one/cluster.yaml").replace(/manifest_base64: .*/, "")).toBe(
      cluster
        .replace(/manifest_base64: .*/, "$&\n      encrypted_paths:\n      - password")
        .replace(/from_file: manifests.*/, "$&\n      encrypted_paths:\n      - password")
        .replace(/from_file: \.\..*/, "$&\n        encrypted_paths:\n        - adminPassword")
        .replace(/manifest_base64: .*/, ""),
    );
    expect(await command("lint")).toMatchObject({
      exit: 0,
      stderr: "",
      stdout: "Nothing found in one/cluster.yaml.\n",
    });
    for (const [kind, name, plain] of [
      ["manifest", "shop", shop],
      ["manifest", "inline", shop],
      ["addon", "grafana", grafana],
    ] as const) {
      expect(await command("decrypt", kind, name)).toMatchObject({ exit: 0, stderr: "", stdout: plain });
    }
    const before = read("one/cluster.yaml");
    expect(await command("encrypt", "stack")).toMatchObject({ exit: 0, stdout: "Nothing to do.\n" });
    expect(read("one/cluster.yaml")).toBe(before);
    skip(sops === undefined, noSops);
  });

  test("--set, --all-data and --dry-run", async ({ skip }) => {
    const repository = await makeRepository();
    const { cluster: command, read } = repository;
    const flags = ["encrypt", "manifest", "shop", "--all-data", "--set", `stringData.pin=${secrets[2]}`];
    const dry = await command(...flags, "--dry-run");
    expect(dry).toMatchObject({ exit: 0, stderr: "", stdout: expect.stringContaining("Nothing was written") });
    expect(read("one/manifests/shop.yaml")).toBe(shop);
    expect(read("one/cluster.yaml")).toBe(cluster);
    expect(await command(...flags)).toMatchObject({ exit: 0, stderr: "" });
    expect(read("one/manifests/shop.yaml")).toContain("encrypted_regex: ^(stringData)$\n");
    await expectSopsReads(repository, "one/manifests/shop.yaml", `${shop}  pin: "${secrets[2]}"\n`);
    skip(sops === undefined, noSops);
  });

  test.each<[string[], number, RegExp]>([
    [["encrypt", "manifest", "shop", "--key", "Password"], 91, /Did you mean password\? The case counts/],
    [["encrypt", "manifest", "shop", "--all-data", "--key", "password"], 8, /mutually exclusive/],
    [["encrypt", "manifest", "shop"], 8, /--key KEY, or --all-data/],
    [["encrypt", "manifest", "shop", "--key", "a", "--set", secrets[0]!], 91, /PATH=VALUE/],
    [["encrypt", "manifest", "shpo", "--key", "a"], 91, /no manifest shpo/],
    [["encrypt", "manifest", "shop", "inline", "--key", "a"], 1, /one manifest at a time/],
    [["encrypt", "manifest", "--key", "a"], 1, /name of the manifest/],
    [["encrypt", "addon", "grafana", "--all-data"], 1, /--all-data/],
    [["encrypt", "stack", "ops"], 91, /no stack ops\. There is web/],
    [["decrypt", "addon", "shop"], 91, /shop is a manifest/],
    [["lint", "x"], 1, /Too many arguments/],
  ])("%j: nothing is written", async (args, exit, says) => {
    const { cluster: command, read } = await makeRepository();
    expect(await command(...args)).toMatchObject({ exit, stdout: "", stderr: expect.stringMatching(says) });
    expect(read("one/cluster.yaml")).toBe(cluster);
    expect(read("one/manifests/shop.yaml")).toBe(shop);
  });

  test.each([[], ["encrypt"], ["decrypt"], ["decryption"]])("%j %j is not a command", async (...args) => {
    const outcome = await isosops(["cluster", ...args], { cwd: makeFolder() });
    expect(outcome).toMatchObject({
      exit: 1,
      stdout: "",
      stderr: expect.stringMatching(/Say what to do: `isosops cl/),
    });
  });

  test("a repository that does not lint", async () => {
    const marked = cluster
      .replace("from_file: manifests/shop.yaml", "$&\n      encrypted_paths: [password, Token]")
      .replace("../values/grafana.yaml", "../values/none.yaml");
    const { cluster: command } = await makeRepository({ "repository/one/cluster.yaml": marked });
    const { exit, stdout } = await command("lint");
    expect(exit).toBe(10);
    expect(stdout).toContain("one/manifests/shop.yaml:8:13: plaintext: manifest web/shop\n");
    expect(stdout).toContain("one/cluster.yaml:8:35: unmatched: manifest web/shop\n");
    expect(stdout).toContain("one/cluster.yaml:15:20: missing-file: addon web/grafana\n");
    expect(stdout).toContain("3 findings.\n");
    expect(stdout).not.toContain(secrets[0]);
    const json = await command("lint", "--json");
    expect(json.exit).toBe(10);
    expect(JSON.parse(json.stdout).findings).toMatchObject([
      { rule: "plaintext", stack: "web", kind: "manifest", name: "shop", file: "one/manifests/shop.yaml", line: 8 },
      { rule: "unmatched", line: 8 },
      { rule: "missing-file", line: 15 },
    ]);
  });

  test("while the organisation is disabled", async () => {
    const { cluster: command, read, organisation } = await makeRepository();
    await setEnabled(organisation, false);
    const done = await command("encrypt", "manifest", "shop", "--key", "password");
    expect(done).toMatchObject({ exit: 0, stderr: expect.stringMatching(/^warning: The organisation is disabled/) });
    expect(read("one/manifests/shop.yaml")).toBe(shop);
    expect(read("one/cluster.yaml")).toContain("      - password\n");
    expect(await command("lint")).toMatchObject({ exit: 10, stderr: expect.stringContaining("disabled") });
    await setEnabled(organisation, true);
    expect(await command("encrypt", "stack", "web")).toMatchObject({ exit: 0, stderr: "" });
    expect(await command("lint")).toMatchObject({ exit: 0, stderr: "" });
  });

  test("a file of another organisation, and one of the key before", async ({ skip }) => {
    const repository = await makeRepository();
    const { cluster: command, cwd, env, recipient, organisation } = repository;
    const flags = ["encrypt", "--age", stranger.recipient, "--select", "adminPassword", "-i", "values/grafana.yaml"];
    expect(await isosops(flags, { cwd, env })).toMatchObject({ exit: 0 });
    const refused = await command("encrypt", "addon", "grafana", "--key", "adminUser");
    expect(refused.exit).toBe(128);
    expect(refused.stderr).toContain(stranger.recipient);
    expect(refused.stderr).toContain(recipient);
    expect(await command("encrypt", "manifest", "shop", "--key", "password")).toMatchObject({ exit: 0 });
    await rotate(organisation);
    expect(await command("decrypt", "manifest", "shop")).toMatchObject({ exit: 0, stdout: shop });
    expect((await command("lint")).stdout).toMatch(/wrong-recipient: manifest web\/shop\n.*org reencrypt/);
    expect(await command("encrypt", "manifest", "shop", "--key", "user")).toMatchObject({ exit: 0 });
    const [identity] = await identities(organisation);
    await expectSopsReads({ ...repository, identity: identity! }, "one/manifests/shop.yaml", shop);
    skip(sops === undefined, noSops);
  });

  test("without a keyring", async () => {
    const { cwd } = await makeRepository();
    const outside = { cwd: join(cwd, "one"), env: { SOPS_AGE_KEY: first.identity } };
    const key = ["encrypt", "--age", first.recipient, "--select", "password", "-i", "manifests/shop.yaml"];
    expect(await isosops(key, outside)).toMatchObject({ exit: 0 });
    const encrypt = await isosops(["cluster", "encrypt", "manifest", "shop", "--key", "user"], outside);
    expect(encrypt).toMatchObject({ exit: 11, stderr: expect.stringContaining("isosops org init") });
    const decrypt = await isosops(["cluster", "decrypt", "manifest", "shop"], outside);
    expect(decrypt).toMatchObject({ exit: 0, stdout: shop, stderr: "" });
    const none = await isosops(["cluster", "decrypt", "manifest", "shop"], { cwd: outside.cwd });
    expect(none).toMatchObject({
      exit: 128,
      stderr: expect.stringMatching(/keyring \(there is none; `isosops org join FILE`[^)]*\); SOPS_AGE/),
    });
    const plain = await isosops(["cluster", "decrypt", "manifest", "inline"], { cwd: outside.cwd });
    expect(plain).toMatchObject({ exit: 0, stdout: shop, stderr: expect.stringContaining("not encrypted") });
    expect(await isosops(["cluster", "lint"], outside)).toMatchObject({
      exit: 10,
      stdout: expect.stringContaining("unmarked"),
      stderr: expect.stringContaining("no keyring"),
    });
    expect(await isosops(["cluster", "lint", "-f", "none.yaml"], outside)).toMatchObject({ exit: 100 });
  });

  test("the keyring's passphrase is needed for what is encrypted already, and for nothing else", async () => {
    const { cwd, cluster: command } = await makeRepository();
    const storage = fileStorage(join(cwd, "locked", "keyring.json"));
    await initialize({ storage, protector: passphraseProtector("a long one"), actor: "test" });
    const locked = { ISOSOPS_HOME: join(cwd, "locked") };
    const call = (args: string[], env: Record<string, string>) =>
      isosops(["cluster", ...args], { cwd: join(cwd, "one"), env });
    const encrypted = await call(["encrypt", "manifest", "shop", "--key", "password"], locked);
    expect(encrypted).toMatchObject({ exit: 0, stderr: "" });
    expect(await call(["lint"], locked)).toMatchObject({ exit: 0, stderr: "" });
    const merge = ["encrypt", "manifest", "shop", "--key", "user"];
    expect(await call(merge, locked)).toMatchObject({ exit: 13 });
    expect(await call(merge, { ...locked, ISOSOPS_PASSPHRASE: "a long one" })).toMatchObject({ exit: 0 });
    expect(await command("decrypt", "manifest", "shop")).toMatchObject({ exit: 128 });
  });

  test("files behind symbolic links", async () => {
    const linked = cluster.replace("manifests/shop.yaml", "linked/shop.yaml").replace("../values/", "out/");
    const {
      cluster: command,
      cwd,
      read,
    } = await makeRepository({
      "repository/one/cluster.yaml": linked,
      "elsewhere/grafana.yaml": grafana,
    });
    symlinkSync(join(cwd, "one", "manifests"), join(cwd, "one", "linked"));
    symlinkSync(join(cwd, "..", "elsewhere"), join(cwd, "one", "out"));
    expect(await command("encrypt", "manifest", "shop", "--key", "password")).toMatchObject({ exit: 0 });
    expect(read("one/manifests/shop.yaml")).toContain("password: ENC[");
    const refused = await command("encrypt", "addon", "grafana", "--key", "adminPassword");
    expect(refused).toMatchObject({ exit: 2, stderr: expect.stringContaining("leads out of the repository") });
    expect(read("../elsewhere/grafana.yaml")).toBe(grafana);
  });

  test("several processes at once", async () => {
    const names = Array.from({ length: 5 }, (_, index) => `m${index}`);
    const many = `kind: ImportCluster\nspec:\n  stacks:\n  - name: web\n    manifests:\n${names
      .map((name) => `    - name: ${name}\n      from_file: ${name}.yaml\n`)
      .join("")}`;
    const texts = Object.fromEntries(names.map((name) => [`repository/one/${name}.yaml`, shop]));
    const repository = await makeRepository({ "repository/one/cluster.yaml": many, ...texts });
    const outcomes = await Promise.all(
      names.map((name) => repository.cluster("encrypt", "manifest", name, "--key", "password")),
    );
    expect(outcomes.map(({ exit, stderr }) => ({ exit, stderr }))).toEqual(names.map(() => ({ exit: 0, stderr: "" })));
    expect(repository.read("one/cluster.yaml").match(/- password/g)).toHaveLength(names.length);
    expect(await repository.cluster("lint")).toMatchObject({ exit: 0 });
  });

  test("decryption enable and disable", async () => {
    const { cluster: command, read } = await makeRepository();
    expect(await command("decryption", "enable", "--dry-run")).toMatchObject({ exit: 0 });
    expect(read("one/cluster.yaml")).toBe(cluster);
    expect(await command("decryption", "enable")).toMatchObject({
      exit: 0,
      stdout: "one/cluster.yaml: decryption is enabled\n",
    });
    expect(read("one/cluster.yaml")).toBe(`${cluster}  sops:\n    decryption: true\n`);
    expect(await command("decryption", "disable")).toMatchObject({ exit: 0 });
    expect(read("one/cluster.yaml")).toBe(`${cluster}  sops:\n    decryption: false\n`);
  });
});
