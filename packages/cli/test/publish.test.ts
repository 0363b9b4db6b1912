/** `isosops publish`: S3 by moto, Google Cloud Storage by a stand-in, Vault; with what the real sops puts there. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Account, noAccount, openAccount } from "../../keys/test/aws-account.js";
import { noVault, openVault, type VaultServer } from "../../keys/test/vault-server.js";
import { type CloudStorage, startCloudStorage } from "./cloud-storage.js";
import { contentsOf, first, isosops, makeFolder, noSops, plainYaml, run, second, secrets, sops } from "./support.js";

/** In which signatures are checked. */
let account: Account | undefined;
let gcs: CloudStorage;
let vault: VaultServer | undefined;

beforeAll(async () => {
  if (noAccount === undefined) {
    account = await openAccount();
    await account.s3("PUT", "bkt");
  }
  gcs = await startCloudStorage();
  if (noVault === undefined) {
    vault = await openVault();
    await vault.admin("POST", "sys/mounts/kv2", { type: "kv", options: { version: "2" } });
  }
}, 120_000);
afterAll(async () => {
  await account?.stop();
  await gcs.stop();
  await vault?.stop();
});

const env = (): Record<string, string> => ({
  SOPS_AGE_KEY: first.identity,
  AWS_ACCESS_KEY_ID: account?.user.accessKeyId ?? "none",
  AWS_SECRET_ACCESS_KEY: account?.user.secretAccessKey ?? "none",
  AWS_REGION: "us-east-1",
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_ENDPOINT_URL: account?.url ?? "http://127.0.0.1:1",
  STORAGE_EMULATOR_HOST: gcs.host,
  VAULT_TOKEN: vault?.token ?? "none",
});

/** A folder with encrypted files, and rules that name what they are for by folder. */
async function folder(rules: string): Promise<string> {
  const cwd = makeFolder({ "f.yaml": plainYaml, "plain.yaml": plainYaml });
  const age = `creation_rules:\n  - age: ${first.recipient}\n`;
  writeFileSync(join(cwd, ".sops.yaml"), `${age}destination_rules:\n${rules}`);
  expect(await isosops(["encrypt", "-i", "f.yaml"], { cwd })).toMatchObject({ exit: 0 });
  return cwd;
}
const read = (cwd: string, name = "f.yaml") => readFileSync(join(cwd, name), "utf8");

interface Place {
  readonly name: string;
  readonly rule: string;
  readonly url: string;
  readonly missing: () => string | undefined;
  get(): Promise<string | undefined>;
  clear(): Promise<void>;
}

const buckets: Place[] = [
  {
    name: "S3",
    // moto takes no signature of a name with a plus sign, of sops neither.
    rule: "s3_bucket: bkt, s3_prefix: 'pre fix/a.b/'",
    url: "s3://bkt/pre fix/a.b/f.yaml",
    missing: () => noAccount,
    get: () => account!.s3("GET", "bkt/pre%20fix/a.b/f.yaml"),
    clear: async () => void (await account!.s3("DELETE", "bkt/pre%20fix/a.b/f.yaml")),
  },
  {
    name: "Google Cloud Storage",
    rule: "gcs_bucket: bkt, gcs_prefix: 'pre fix/a+b/'",
    url: "gcs://bkt/pre fix/a+b/f.yaml",
    missing: () => undefined,
    get: async () => gcs.objects.get("bkt/pre fix/a+b/f.yaml"),
    clear: async () => void gcs.objects.clear(),
  },
];

describe.each(buckets)("$name", ({ rule, url, missing, get, clear }) => {
  test("gets the file as it is, as from sops", async ({ skip }) => {
    const reason = missing();
    if (reason !== undefined) return skip(reason);
    const cwd = await folder(`  - {${rule}}\n`);
    const before = contentsOf(cwd);
    await clear();
    const ours = await isosops(["publish", "--yes", "f.yaml"], { cwd, env: env() });
    expect(ours, ours.stderr).toMatchObject({ exit: 0, stdout: "" });
    expect(ours.stderr).toBe(`${join(cwd, "f.yaml")} published to ${url}\n`);
    expect(await get()).toBe(read(cwd));
    expect(contentsOf(cwd)).toEqual(before);
    if (sops === undefined) return skip(noSops);
    await clear();
    const theirs = await run(sops, ["publish", "--yes", "f.yaml"], { cwd, env: env() });
    expect(theirs, theirs.stderr).toMatchObject({ exit: 0 });
    expect(await get()).toBe(read(cwd));
  });

  test("gets it for the keys of the recreation rule, as from sops", async ({ skip }) => {
    const reason = missing();
    if (reason !== undefined) return skip(reason);
    const cwd = await folder(`  - {${rule}, recreation_rule: {age: ${second.recipient}, encrypted_suffix: word}}\n`);
    const objects: string[] = [];
    const shown = [
      "The following changes will be made to the file's key groups:",
      ...["Group 1", `+++ ${second.recipient}`, `--- ${first.recipient}`, ""],
    ].join("\n");
    for (const which of ["isosops", "sops"]) {
      if (which === "sops" && sops === undefined) continue;
      await clear();
      const words = ["publish", "--yes", "f.yaml"];
      const outcome =
        which === "sops" ? await run(sops!, words, { cwd, env: env() }) : await isosops(words, { cwd, env: env() });
      expect(outcome, outcome.stderr).toMatchObject({ exit: 0, stdout: shown });
      objects.push((await get())!);
    }
    for (const [index, text] of objects.entries()) {
      expect(text).toMatch(/^password: ENC\[/m);
      expect(text).toMatch(/^user: shop/m);
      writeFileSync(join(cwd, `o${index}.yaml`), text);
      const opened = await isosops(["decrypt", `o${index}.yaml`], { cwd, env: { SOPS_AGE_KEY: second.identity } });
      expect(opened, opened.stderr).toMatchObject({ exit: 0 });
      expect(opened.stdout).toContain(`password: ${secrets[0]}`);
      expect(
        await isosops(["decrypt", `o${index}.yaml`], { cwd, env: { SOPS_AGE_KEY: first.identity } }),
      ).toMatchObject({ exit: 128 });
    }
    if (sops === undefined) return skip(noSops);
    expect(await run(sops, ["decrypt", "o0.yaml"], { cwd, env: { SOPS_AGE_KEY: second.identity } })).toMatchObject({
      exit: 0,
    });
  });
});

test("S3 says what is wrong: a secret, a right, a bucket, a region", async ({ skip }) => {
  if (noAccount !== undefined) return skip(noAccount);
  const cwd = await folder("  - {path_regex: plain, s3_bucket: bkt}\n  - {s3_bucket: bkt-missing}\n");
  writeFileSync(join(cwd, "plain.yaml"), read(cwd));
  const publish = async (file: string, more: Record<string, string>) => {
    const outcome = await isosops(["publish", "-y", file], { cwd, env: { ...env(), ...more } });
    expect(outcome).toMatchObject({ exit: 1, stdout: "" });
    for (const { secretAccessKey } of [account!.user, account!.stranger])
      expect(outcome.stderr).not.toContain(secretAccessKey);
    return outcome.stderr;
  };
  const { accessKeyId, secretAccessKey } = account!.stranger;
  expect(await publish("plain.yaml", { AWS_SECRET_ACCESS_KEY: secretAccessKey })).toMatch(/rejected the credentials/);
  const stranger = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  expect(await publish("plain.yaml", stranger)).toMatch(/does not allow the caller to write the object plain.yaml/);
  expect(await publish("f.yaml", {})).toMatch(/S3 rejected the request.*NoSuchBucket/);
  expect(await publish("plain.yaml", { AWS_REGION: "" })).toMatch(/AWS_REGION/);
  expect(await account!.s3("GET", "bkt/plain.yaml")).toBeUndefined();
});

describe("Vault", () => {
  type Answer = { data: Record<string, unknown> & { metadata?: { version: number } } };
  const get = async (path: string) => ((await vault!.admin("GET", path)) as unknown as Answer).data;
  const values = {
    user: "shop",
    password: secrets[0],
    nested: { token: secrets[1], pin: 424242, note_unencrypted: "left alone" },
  };

  test.for([1, 2])("kv version %i gets the values, as from sops", async (version, { skip }) => {
    if (noVault !== undefined) return skip(noVault);
    const mount = version === 1 ? "kv" : "kv2/";
    const rule = `vault_path: one, vault_address: ${vault!.url}, vault_kv_mount_name: ${mount}, vault_kv_version: ${version}`;
    const cwd = await folder(`  - {${rule}, omit_extensions: true}\n`);
    const found: unknown[] = [];
    for (const which of ["isosops", "sops"]) {
      if (which === "sops" && sops === undefined) continue;
      const words = ["publish", "--yes", "f.yaml"];
      const outcome =
        which === "sops" ? await run(sops!, words, { cwd, env: env() }) : await isosops(words, { cwd, env: env() });
      expect(outcome, outcome.stderr).toMatchObject({ exit: 0, stdout: "" });
      const data = version === 1 ? await get("kv/one/f") : await get("kv2/data/one/f");
      found.push(version === 1 ? data : data.data);
      if (version === 2) expect(data.metadata!.version).toBe(1);
      // Again: nothing changes, so there is no new version.
      const again = await isosops(words, { cwd, env: env() });
      expect(again, again.stderr).toMatchObject({ exit: 0 });
      if (version === 2) expect((await get("kv2/data/one/f")).metadata!.version).toBe(1);
      await vault!.admin("DELETE", version === 1 ? "kv/one/f" : "kv2/metadata/one/f");
    }
    for (const one of found) expect(one).toEqual(values);
  });

  test("VAULT_ADDR and the mount `secret` are the defaults, and numbers are sent as they are", async ({ skip }) => {
    if (noVault !== undefined) return skip(noVault);
    await vault!.admin("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } }).catch(() => {});
    const cwd = await folder("  - {vault_path: two/}\n");
    writeFileSync(
      join(cwd, "n.yaml"),
      "long: 9007199254740993\nfloat: 1.50\nwhen: 2024-01-01T00:00:00Z\nlist: [true, null]\n",
    );
    await isosops(["encrypt", "-i", "n.yaml"], { cwd });
    const found: string[] = [];
    for (const which of ["isosops", "sops"]) {
      if (which === "sops" && sops === undefined) continue;
      const options = { cwd, env: { ...env(), VAULT_ADDR: vault!.url } };
      const words = ["publish", "-y", "n.yaml"];
      const outcome = which === "sops" ? await run(sops!, words, options) : await isosops(words, options);
      expect(outcome, outcome.stderr).toMatchObject({ exit: 0 });
      const headers = { "x-vault-token": vault!.token };
      const text = await (await fetch(`${vault!.url}/v1/secret/data/two/n.yaml`, { headers })).text();
      found.push(/"data":(\{"float.*?\}),"metadata"/.exec(text)![1]!);
      await vault!.admin("DELETE", "secret/metadata/two/n.yaml");
    }
    expect(JSON.parse(found[0]!)).toMatchObject({ float: 1.5, when: "2024-01-01T00:00:00Z", list: [true, null] });
    expect(new Set(found).size).toBe(1);
  });

  test("a token that may not, and a server that is not allowed, get nothing said of the values", async ({ skip }) => {
    if (noVault !== undefined) return skip(noVault);
    const cwd = await folder(
      `  - {vault_path: one/, vault_address: ${vault!.url}, vault_kv_mount_name: kv, vault_kv_version: 1}\n`,
    );
    const token = await vault!.createToken('path "kv/other" { capabilities = ["read"] }');
    const denied = await isosops(["publish", "-y", "f.yaml"], { cwd, env: { ...env(), VAULT_TOKEN: token } });
    expect(denied).toMatchObject({
      exit: 1,
      stdout: "",
      stderr: expect.stringMatching(/does not allow the token/) as string,
    });
    const list = { ...env(), SOPS_HC_VAULT_ALLOWLIST: "https://vault.example.com" };
    const refused = await isosops(["publish", "-y", "f.yaml"], { cwd, env: list });
    expect(refused).toMatchObject({ exit: 1, stderr: expect.stringMatching(/nothing was sent/) as string });
  });
});

describe("folders, questions and names", () => {
  const rule = "  - {path_regex: ^sub/deep, gcs_bucket: bkt, gcs_prefix: deep/}\n  - {gcs_bucket: bkt}\n";
  const names = () => [...gcs.objects.keys()].sort();

  /** `sub` with two files and a folder of one. */
  async function tree(): Promise<string> {
    const cwd = await folder(rule);
    mkdirSync(join(cwd, "sub/deep"), { recursive: true });
    for (const name of ["sub/a.yaml", "sub/b.x.yaml", "sub/deep/c.yaml"]) writeFileSync(join(cwd, name), read(cwd));
    gcs.objects.clear();
    return cwd;
  }

  test.each<[string, string[], string[]]>([
    ["all below a folder", ["--recursive", "sub"], ["bkt/a.yaml", "bkt/b.x.yaml", "bkt/deep/deep/c.yaml"]],
    ["without extensions", ["--recursive", "--omit-extensions", "sub"], ["bkt/a", "bkt/b.x", "bkt/deep/deep/c"]],
    ["one file, by its name alone", ["sub/a.yaml"], ["bkt/a.yaml"]],
  ])("%s", async (_, args, wanted) => {
    const cwd = await tree();
    const ours = await isosops(["publish", "-y", ...args], { cwd, env: env() });
    expect(ours, ours.stderr).toMatchObject({ exit: 0 });
    expect(names()).toEqual(wanted);
    if (sops === undefined) return;
    gcs.objects.clear();
    expect(await run(sops, ["publish", "-y", ...args], { cwd, env: env() })).toMatchObject({ exit: 0 });
    expect(names()).toEqual(wanted);
  });

  test("a file is asked for, and left out on a no", async () => {
    const cwd = await tree();
    const words = ["publish", "--recursive", "sub"];
    const ours = await isosops(words, { cwd, env: env(), stdin: "n\ny\nn\n" });
    expect(ours, ours.stderr).toMatchObject({ exit: 0 });
    expect(names()).toEqual(["bkt/b.x.yaml"]);
    if (sops !== undefined)
      expect((await run(sops, words, { cwd, env: env(), stdin: "n\nn\nn\n" })).stdout).toBe(
        (await isosops(words, { cwd, env: env(), stdin: "n\nn\nn\n" })).stdout,
      );
    for (const [stdin, exit] of [
      ["n\n", 1],
      ["", 1],
      ["y\n", 0],
    ] as const) {
      const outcome = await isosops(["publish", "sub/a.yaml"], { cwd, env: env(), stdin });
      expect(outcome.exit, outcome.stderr).toBe(exit);
    }
  });

  test("a link out of the folder, and a plain file, publish nothing and say so", async () => {
    const cwd = await tree();
    symlinkSync(join(cwd, "f.yaml"), join(cwd, "sub/zz.yaml"));
    const linked = await isosops(["publish", "-y", "--recursive", "sub"], { cwd, env: env() });
    expect(linked).toMatchObject({ exit: 1, stdout: "", stderr: expect.stringMatching(/symbolic link/) as string });
    expect(names()).toEqual([]);
    const plain = await isosops(["publish", "-y", "plain.yaml"], { cwd, env: env() });
    expect(plain).toMatchObject({
      exit: 1,
      stdout: "",
      stderr: expect.stringMatching(/sops metadata not found/) as string,
    });
    expect(names()).toEqual([]);
  });

  test.each<[string, string, string[]]>([
    ["no file", rule, []],
    ["a file that is missing", rule, ["missing.yaml"]],
    ["a folder", rule, ["sub"]],
    ["no rule", "  - {path_regex: ^other, gcs_bucket: bkt}\n", ["-y", "f.yaml"]],
    ["no destination", "  - {omit_extensions: true}\n", ["-y", "f.yaml"]],
    ["two destinations", "  - {gcs_bucket: bkt, s3_bucket: bkt}\n", ["-y", "f.yaml"]],
    ["a plain file", rule, ["-y", "plain.yaml"]],
  ])("%s: the exit code is that of sops", async (_, rules, args) => {
    const cwd = await folder(rules);
    mkdirSync(join(cwd, "sub"));
    const ours = await isosops(["publish", ...args], { cwd, env: env() });
    expect(ours).toMatchObject({ stdout: "", stderr: expect.stringMatching(/^error: /) as string });
    if (sops !== undefined) expect(ours.exit).toBe((await run(sops, ["publish", ...args], { cwd, env: env() })).exit);
    expect(ours.exit).not.toBe(0);
  });

  test.each([
    "s3_bucket: evil.example.com/x",
    "s3_bucket: 'user:pass@evil.example.com'",
    "s3_bucket: 'bkt#'",
    "gcs_bucket: ../../../evil",
    "s3_bucket: bkt, s3_prefix: ../other/",
    "gcs_bucket: bkt, gcs_prefix: '%2e%2e/'",
    "vault_path: x, vault_address: 'https://user:pass@evil.example.com'",
    "vault_path: x, vault_address: 'https://evil.example.com?'",
    "vault_path: ../../sys/, vault_address: 'http://127.0.0.1:1'",
    "vault_path: x, vault_kv_mount_name: ../sys, vault_address: 'http://127.0.0.1:1'",
  ])("a rule cannot lead elsewhere: %s", async (fields) => {
    const cwd = await folder(`  - {${fields}}\n`);
    const outcome = await isosops(["publish", "-y", "f.yaml"], { cwd, env: env() });
    expect(outcome).toMatchObject({ exit: 1, stdout: "" });
    expect(outcome.stderr).toMatch(/is not the name of a bucket|is not published|is not that of a Vault server/);
  });

  test("a bucket that is missing, and a service that is not there, are errors; nothing is left here", async () => {
    const cwd = await folder("  - {path_regex: plain, gcs_bucket: bkt}\n  - {gcs_bucket: other}\n");
    const before = contentsOf(cwd);
    const missing = await isosops(["publish", "-y", "f.yaml"], { cwd, env: env() });
    expect(missing).toMatchObject({ exit: 1, stderr: expect.stringMatching(/has no bucket other/) as string });
    const away = { ...env(), STORAGE_EMULATOR_HOST: "127.0.0.1:1" };
    expect(await isosops(["publish", "-y", "f.yaml"], { cwd, env: away })).toMatchObject({ exit: 1 });
    expect(contentsOf(cwd)).toEqual(before);
  });
});
