/** `isosops rotate` and `isosops --rotate`: what sops opens afterwards, and what it says in the same place. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AnyKeyService, startAnyKeyService } from "./any-key-service.js";
import {
  contentsOf,
  first,
  isosops,
  makeFolder,
  noSops,
  type Outcome,
  plainYaml,
  run,
  second,
  secrets,
  skippedWithoutSops,
  sops,
  stranger,
  tools,
} from "./support.js";

const versions = tools.findSops().filter(({ version }) => /^3\.(9\.4|13\.3)$/.test(version));

const sopsFor = (key: { identity: string }) => ({ SOPS_AGE_KEY: key.identity });

async function encrypted(flags: string[] = [], env: Record<string, string> = {}): Promise<string> {
  const folder = makeFolder({ "x.yaml": plainYaml });
  const given = flags.length === 0 ? ["--age", first.recipient] : flags;
  const outcome = await isosops(["encrypt", "-i", ...given, "x.yaml"], { cwd: folder, env });
  expect(outcome.exit, outcome.stderr).toBe(0);
  return folder;
}

const read = (folder: string, name = "x.yaml") => readFileSync(join(folder, name), "utf8");
const ciphertexts = (text: string) => text.match(/ENC\[[^\]]+\]/g)!;
const recipients = (text: string) => [...text.matchAll(/recipient: (\S+)/g)].map(([, recipient]) => recipient);
/** The lines outside of ciphertexts and the block. */
const layoutOf = (text: string) => text.replace(/^sops:[\s\S]*/m, "").replace(/ENC\[[^\]]+\]/g, "ENC");

describe.each(versions.length === 0 ? [{ version: "3.13.3", path: "" }] : versions)("sops $version", ({ path }) => {
  test("opens what was rotated, with the keys that it has now", async ({ skip }) => {
    if (path === "") return skip(noSops);
    const cwd = await encrypted();
    const before = read(cwd);
    const outcome = await isosops(
      ["rotate", "-i", "--add-age", `${second.recipient},${stranger.recipient}`, "--rm-age", first.recipient, "x.yaml"],
      { cwd, env: sopsFor(first) },
    );
    expect(outcome, outcome.stderr).toMatchObject({ exit: 0, stdout: "", stderr: "" });
    const after = read(cwd);
    expect(recipients(after)).toEqual([second.recipient, stranger.recipient]);
    expect(layoutOf(after)).toBe(layoutOf(before));
    expect(ciphertexts(after).filter((one) => before.includes(one))).toEqual([]);
    for (const key of [second, stranger]) {
      const theirs = await run(path, ["decrypt", "x.yaml"], { cwd, env: sopsFor(key) });
      expect(theirs, theirs.stderr).toMatchObject({ exit: 0 });
      expect(theirs.stdout).toContain(`password: ${secrets[0]}`);
    }
    expect(await run(path, ["decrypt", "x.yaml"], { cwd, env: sopsFor(first) })).toMatchObject({ exit: 128 });
    // The data key is another one, so the old reader cannot use what it knows: its entry opens nothing here.
    const mixed = after.replace(/^sops:[\s\S]*/m, /^sops:[\s\S]*/m.exec(before)![0]);
    writeFileSync(join(cwd, "mixed.yaml"), mixed);
    expect(await run(path, ["decrypt", "mixed.yaml"], { cwd, env: sopsFor(first) })).toMatchObject({ exit: 25 });
  });

  test("opens a file in other formats, and of several groups", async ({ skip }) => {
    if (path === "") return skip(noSops);
    const group = (key: { recipient: string }) => `          - age: [${key.recipient}]\n`;
    const config = `creation_rules:\n    - shamir_threshold: 2\n      key_groups:\n${group(first)}${group(second)}`;
    const cwd = makeFolder({ ".sops.yaml": config, "x.yaml": plainYaml });
    const env = { SOPS_AGE_KEY: `${first.identity}\n${second.identity}` };
    await isosops(["encrypt", "-i", "x.yaml"], { cwd });
    const outcome = await isosops(["-r", "-i", "--add-age", stranger.recipient, "--config", "/dev/null", "x.yaml"], {
      cwd,
      env,
    });
    expect(outcome, outcome.stderr).toMatchObject({ exit: 0 });
    expect(recipients(read(cwd))).toEqual([first.recipient, stranger.recipient, second.recipient]);
    expect(read(cwd)).toContain("shamir_threshold: 2");
    const both = { SOPS_AGE_KEY: `${stranger.identity}\n${second.identity}` };
    expect(await run(path, ["decrypt", "x.yaml"], { cwd, env: both })).toMatchObject({ exit: 0 });
    expect(await run(path, ["decrypt", "x.yaml"], { cwd, env: sopsFor(first) })).toMatchObject({ exit: 128 });
    const json = await isosops(["rotate", "--output-type", "json", "--output", "x.json", "x.yaml"], { cwd, env });
    expect(json, json.stderr).toMatchObject({ exit: 0 });
    const theirs = await run(path, ["decrypt", "x.json"], { cwd, env });
    expect(theirs, theirs.stderr).toMatchObject({ exit: 0 });
    expect(JSON.parse(theirs.stdout)).toMatchObject({
      password: secrets[0],
      nested: { note_unencrypted: "left alone" },
    });
  });
});

test("a threshold for the groups of a file", async () => {
  const group = (key: { recipient: string }) => `          - age: [${key.recipient}]\n`;
  const groups = [first, second, stranger].map(group).join("");
  const cwd = makeFolder({ ".sops.yaml": `creation_rules:\n    - key_groups:\n${groups}`, "x.yaml": plainYaml });
  await isosops(["encrypt", "-i", "x.yaml"], { cwd });
  const all = [first, second, stranger].map(({ identity }) => identity).join("\n");
  const args = ["rotate", "-i", "--shamir-secret-sharing-threshold", "2", "x.yaml"];
  expect(await isosops(args, { cwd, env: { SOPS_AGE_KEY: all } })).toMatchObject({ exit: 0, stderr: "" });
  const two = { SOPS_AGE_KEY: `${first.identity}\n${stranger.identity}` };
  expect(
    await run(sops ?? process.execPath, sops ? ["decrypt", "x.yaml"] : ["-e", "0"], { cwd, env: two }),
  ).toMatchObject({
    exit: 0,
  });
  expect(await isosops(["decrypt", "x.yaml"], { cwd, env: two })).toMatchObject({ exit: 0 });
  const many = ["rotate", "-i", "--shamir-secret-sharing-threshold", "4", "x.yaml"];
  expect(await isosops(many, { cwd, env: { SOPS_AGE_KEY: all } })).toMatchObject({ exit: 1 });
});

describe(`exit codes are those of sops${skippedWithoutSops}`, () => {
  const cases: [string, string[]][] = [
    ["no file was given", ["rotate"]],
    ["no file was given to the flag", ["--rotate"]],
    ["the file is missing", ["rotate", "missing.yaml"]],
    ["the file is missing, keys", ["rotate", "--add-age", second.recipient, "missing.yaml"]],
    ["the file is missing, keys to remove", ["rotate", "--rm-kms", "arn:aws:kms:x", "missing.yaml"]],
    ["the file is missing, by the flag", ["-r", "missing.yaml"]],
    ["the file is missing, keys, by the flag", ["-r", "--add-pgp", "AB", "missing.yaml"]],
    ["--in-place and --output", ["rotate", "-i", "--output", "y.yaml", "x.yaml"]],
    ["a plain file", ["rotate", "plain.yaml"]],
    ["nobody is left", ["rotate", "--rm-age", first.recipient, "x.yaml"]],
    ["an invalid recipient", ["rotate", "--add-age", "age1nobody", "x.yaml"]],
    ["an invalid recipient to remove", ["rotate", "--rm-age", "nobody", "x.yaml"]],
    ["a fingerprint that gpg does not have", ["rotate", "--add-pgp", "AB".repeat(20), "x.yaml"]],
    ["an invalid ARN", ["rotate", "--add-kms", "nothing", "x.yaml"]],
    ["an order with a type twice", ["rotate", "--decryption-order", "age,age", "x.yaml"]],
    ["a value in plain text", ["rotate", "edited.yaml"]],
    ["a wrong MAC", ["rotate", "mac.yaml"]],
    ["no key", ["rotate", "foreign.yaml"]],
    ["a folder", ["rotate", "."]],
    ["a folder that is missing", ["rotate", "--output", "missing/x.yaml", "x.yaml"]],
  ];
  test.skipIf(sops === undefined).each(cases)("%s", async (_, args) => {
    const cwd = await encrypted();
    writeFileSync(join(cwd, "plain.yaml"), plainYaml);
    writeFileSync(join(cwd, "edited.yaml"), read(cwd).replace(/^password: .*/m, "password: edited"));
    writeFileSync(join(cwd, "mac.yaml"), read(cwd).replace("left alone", "edited"));
    writeFileSync(join(cwd, "foreign.yaml"), plainYaml);
    await isosops(["encrypt", "-i", "--age", stranger.recipient, "foreign.yaml"], { cwd });
    const env = { ...sopsFor(first), GNUPGHOME: cwd };
    const before = contentsOf(cwd);
    const ours = await isosops(args, { cwd, env });
    const theirs = await run(sops!, args, { cwd, env });
    expect(ours.exit, ours.stderr).toBe(theirs.exit);
    expect(ours.exit).not.toBe(0);
    expect(ours).toMatchObject({ stdout: "", stderr: expect.stringMatching(/^error: /) as string });
    const after = contentsOf(cwd);
    for (const [name, content] of Object.entries(before)) expect(after[name]).toBe(content);
  });
});

test("a wrong MAC can be ignored, and is right afterwards", async () => {
  const cwd = await encrypted();
  writeFileSync(join(cwd, "x.yaml"), read(cwd).replace("left alone", "edited"));
  expect(await isosops(["rotate", "-i", "--ignore-mac", "x.yaml"], { cwd, env: sopsFor(first) })).toMatchObject({
    exit: 0,
  });
  expect(await isosops(["decrypt", "x.yaml"], { cwd, env: sopsFor(first) })).toMatchObject({ exit: 0 });
});

test("a key that the rule does not name gets the new data key, with a warning", async () => {
  const cwd = await encrypted(["--age", `${first.recipient},${stranger.recipient}`]);
  writeFileSync(join(cwd, ".sops.yaml"), `creation_rules:\n  - age: ${first.recipient}\n`);
  const args = ["rotate", "-i", "--add-age", second.recipient, "x.yaml"];
  const { exit, stderr } = await isosops(args, { cwd, env: sopsFor(first) });
  expect(exit, stderr).toBe(0);
  expect(stderr).toBe(
    `warning: x.yaml: ${stranger.recipient} decrypts the file, and the rule on line 2 of ${join(cwd, ".sops.yaml")} does not name it. If nobody is to read the file with it, remove it: \`isosops rotate -i --rm-age ...\`.\n`,
  );
});

test("a key that is not there is not removed silently, one that is there is not added twice", async () => {
  const cwd = await encrypted();
  const args = [
    "rotate",
    "--rm-age",
    second.recipient,
    "--rm-pgp",
    "AB".repeat(20),
    "--add-age",
    first.recipient,
    "x.yaml",
  ];
  const { exit, stdout, stderr } = await isosops(args, { cwd, env: sopsFor(first) });
  expect(exit, stderr).toBe(0);
  expect(recipients(stdout)).toEqual([first.recipient]);
  expect(stderr.split("\n").slice(0, -1)).toEqual([
    `warning: --rm-age: the file does not have ${second.recipient}, so it was not removed.`,
    `warning: --rm-pgp: the file does not have ${"AB".repeat(20)}, so it was not removed.`,
  ]);
});

describe("keys of services", () => {
  let service: AnyKeyService;
  beforeAll(async () => {
    service = await startAnyKeyService();
  });
  afterAll(() => service.stop());

  const arn = "arn:aws:kms:eu-west-1:111122223333:key/0f8b8e3e-0000-4000-8000-000000000000";
  const kinds = (): [string, string][] => [
    ["kms", arn],
    ["pgp", "AB".repeat(20)],
    ["gcp-kms", "projects/p/locations/global/keyRings/r/cryptoKeys/k"],
    ["hckms", "cn-north-4:0f8b8e3e-0000-4000-8000-000000000000"],
    ["azure-kv", `${service.azure}/keys/main/0123456789abcdef0123456789abcdef`],
    ["hc-vault-transit", `${service.vault}/v1/transit/keys/main`],
  ];

  test("of every type, added and removed, as sops has them", { timeout: 60_000 }, async ({ skip }) => {
    const cwd = await encrypted();
    const env = { ...service.env, ...sopsFor(first) };
    for (const [flag, id] of kinds()) {
      const added = await isosops(["rotate", "-i", `--add-${flag}`, id, "x.yaml"], { cwd, env });
      expect(added, added.stderr).toMatchObject({ exit: 0, stderr: "" });
    }
    const withoutAge = await isosops(["rotate", "-i", "--rm-age", first.recipient, "x.yaml"], { cwd, env });
    expect(withoutAge, withoutAge.stderr).toMatchObject({ exit: 0 });
    // Any of them decrypts, and what sops says of the file is what it says of its own.
    if (sops !== undefined) {
      const theirs = await run(sops, ["decrypt", "x.yaml"], { cwd, env: service.env });
      expect(theirs, theirs.stderr).toMatchObject({ exit: 0 });
      expect(theirs.stdout).toContain(secrets[0]);
      const rotated = await run(sops, ["rotate", "-i", "x.yaml"], { cwd, env: service.env });
      expect(rotated, rotated.stderr).toMatchObject({ exit: 0 });
    }
    for (const [flag, id] of kinds().slice(1)) {
      const removed = await isosops(["rotate", "-i", `--rm-${flag}`, id, "x.yaml"], { cwd, env });
      expect(removed, removed.stderr).toMatchObject({ exit: 0, stderr: "" });
    }
    expect(read(cwd)).not.toMatch(/^ +(?:- )?(?:fp|resource_id|key_id|vault_url|vault_address):/m);
    if (sops === undefined) return skip(noSops);
    expect(await run(sops, ["decrypt", "x.yaml"], { cwd, env: service.env })).toMatchObject({ exit: 0 });
  });

  test("an ARN removes the key with whatever context it has", async () => {
    const env = { ...service.env, ...sopsFor(first) };
    const cwd = await encrypted(["--kms", arn, "--encryption-context", "Env:prod", "--age", first.recipient], env);
    const rotated: Outcome = await isosops(["rotate", "--rm-kms", arn, "x.yaml"], { cwd, env });
    expect(rotated, rotated.stderr).toMatchObject({ exit: 0, stderr: "" });
    expect(rotated.stdout).not.toContain("arn:");
  }, 30_000);

  test("a context and a profile are those of the added key", async () => {
    const cwd = await encrypted();
    writeFileSync(join(cwd, "config-aws"), "[profile ops]\naws_access_key_id = id\naws_secret_access_key = secret\n");
    const env = { ...service.env, ...sopsFor(first), AWS_CONFIG_FILE: join(cwd, "config-aws") };
    const args = ["--add-kms", arn, "--encryption-context", "Env:prod,App:web", "--aws-profile", "ops"];
    const { exit, stdout, stderr } = await isosops(["rotate", ...args, "x.yaml"], { cwd, env });
    expect(exit, stderr).toBe(0);
    expect(stdout).toMatch(/App: web/);
    expect(stdout).toMatch(/aws_profile: ops/);
    expect(await isosops(["rotate", "--encryption-context", "Env", "x.yaml"], { cwd, env })).toMatchObject({ exit: 6 });
    const unused = await isosops(["rotate", "--encryption-context", "Env:prod", "x.yaml"], { cwd, env });
    expect(unused.stderr).toMatch(/^warning: --encryption-context has no effect/);
  });
});

test("called as sops, it says the words of sops of a file that nobody could decrypt", async () => {
  const cwd = await encrypted();
  const env = { ...sopsFor(first), ISOSOPS_COMPAT: "sops" };
  const args = ["rotate", "--rm-age", first.recipient, "x.yaml"];
  const ours = await isosops(args, { cwd, env });
  expect(ours).toMatchObject({ exit: 1, stdout: "" });
  expect(ours.stderr).toContain("Could not generate data key: [empty key group provided]");
  if (sops !== undefined) expect((await run(sops, args, { cwd, env })).stderr).toContain(ours.stderr.split("\n", 1)[0]);
});
