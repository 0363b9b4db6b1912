/** `isosops groups add` and `isosops groups delete`, live against sops. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  first,
  isosops,
  makeFolder,
  noSops,
  plainYaml,
  run,
  second,
  skippedWithoutSops,
  sops,
  stranger,
  tools,
} from "./support.js";

const versions = tools.findSops().filter(({ version }) => /^3\.(9\.4|13\.3)$/.test(version));
const identities = (...keys: { identity: string }[]) => ({
  SOPS_AGE_KEY: keys.map(({ identity }) => identity).join("\n"),
});
const read = (folder: string) => readFileSync(join(folder, "f.yaml"), "utf8");
const recipients = (text: string) => [...text.matchAll(/recipient: (\S+)/g)].map(([, recipient]) => recipient);

/** A folder with `f.yaml`, which is for groups of one key each. */
async function folderFor(...groups: { recipient: string }[]): Promise<string> {
  const lists = groups.map(({ recipient }) => `      - age: [${recipient}]\n`).join("");
  const cwd = makeFolder({ ".sops.yaml": `creation_rules:\n  - key_groups:\n${lists}`, "f.yaml": plainYaml });
  const outcome = await isosops(["encrypt", "-i", "f.yaml"], { cwd });
  expect(outcome.exit, outcome.stderr).toBe(0);
  writeFileSync(join(cwd, "plain.yaml"), plainYaml);
  return cwd;
}

describe.each(versions.length === 0 ? [{ version: "3.13.3", path: "" }] : versions)("sops $version", ({ path }) => {
  test("opens files with groups more and less, by as many keys as the threshold says", async ({ skip }) => {
    if (path === "") return skip(noSops);
    const cwd = await folderFor(first);
    const before = read(cwd);
    const exit = async (...keys: { identity: string }[]) =>
      (await run(path, ["decrypt", "f.yaml"], { cwd, env: identities(...keys) })).exit;
    const change = async (...args: string[]) => {
      const outcome = await isosops(["groups", ...args], { cwd, env: identities(first, second, stranger) });
      expect(outcome, outcome.stderr).toMatchObject({ exit: 0, stdout: "", stderr: "" });
    };
    await change("add", "-i", "--file", "f.yaml", "--age", second.recipient);
    expect([await exit(first), await exit(first, second)]).toEqual([128, 0]);
    await change("add", "-i", "-f", "f.yaml", "--age", stranger.recipient);
    expect(recipients(read(cwd))).toEqual([first.recipient, second.recipient, stranger.recipient]);
    expect([await exit(stranger), await exit(first, stranger)]).toEqual([128, 0]);
    await change("delete", "-i", "-f", "f.yaml", "0");
    expect([await exit(first, stranger), await exit(second, stranger)]).toEqual([128, 0]);
    await change("delete", "-i", "-f", "f.yaml", "--shamir-secret-sharing-threshold", "1", "1");
    expect(recipients(read(cwd))).toEqual([second.recipient]);
    expect([await exit(stranger), await exit(second)]).toEqual([128, 0]);
    const above = (text: string) => text.replace(/^sops:[\s\S]*/m, "");
    expect(above(read(cwd))).toBe(above(before));
  });

  test("and we take its groups", async ({ skip }) => {
    if (path === "") return skip(noSops);
    const cwd = await folderFor(first);
    const env = identities(first, second);
    const theirs = await run(path, ["groups", "add", "-i", "-f", "f.yaml", "--age", second.recipient], { cwd, env });
    expect(theirs, theirs.stderr).toMatchObject({ exit: 0 });
    const deleted = ["groups", "delete", "-i", "-f", "f.yaml", "--shamir-secret-sharing-threshold", "1", "1"];
    expect(await run(path, deleted, { cwd, env })).toMatchObject({ exit: 0 });
    // sops leaves a threshold of 1 behind, with which no data key can be split.
    expect(read(cwd)).toMatch(/shamir_threshold: 1$/m);
    const ours = await isosops(["groups", "add", "-i", "-f", "f.yaml", "--age", second.recipient], { cwd, env });
    expect(ours, ours.stderr).toMatchObject({ exit: 0 });
    expect(read(cwd)).toMatch(/shamir_threshold: 2$/m);
    expect(await run(path, ["decrypt", "f.yaml"], { cwd, env })).toMatchObject({ exit: 0 });
  });
});

describe(`exit codes are those of sops${skippedWithoutSops}`, () => {
  test.skipIf(sops === undefined).each<[string, string[]]>([
    ["no file", ["add", "--age", stranger.recipient]],
    ["a file that is missing", ["add", "-f", "missing.yaml", "--age", stranger.recipient]],
    ["a plain file", ["add", "-f", "plain.yaml", "--age", stranger.recipient]],
    ["a file by its place", ["add", "--age", stranger.recipient, "f.yaml"]],
    ["no key", ["add", "-f", "foreign.yaml", "--age", first.recipient]],
    ["no index", ["delete", "-f", "f.yaml"]],
    ["two indices", ["delete", "-f", "f.yaml", "0", "1"]],
    ["no number", ["delete", "-f", "f.yaml", "first"]],
    ["too few groups", ["delete", "-f", "f.yaml", "1"]],
    ["too few groups for the flag", ["delete", "-f", "f.yaml", "--shamir-secret-sharing-threshold", "2", "1"]],
  ])("%s", async (_, args) => {
    const cwd = await folderFor(first, second);
    writeFileSync(join(cwd, "foreign.yaml"), plainYaml);
    await isosops(["encrypt", "-i", "--age", stranger.recipient, "foreign.yaml"], { cwd });
    const options = { cwd, env: identities(first, second) };
    const [ours, theirs] = [
      await isosops(["groups", ...args], options),
      await run(sops!, ["groups", ...args], options),
    ];
    expect(ours.exit, ours.stderr).toBe(theirs.exit);
    expect(ours).toMatchObject({ stdout: "", stderr: expect.stringMatching(/^error: /) as string });
  });
});

test.each<[string, string[], RegExp]>([
  ["no keys", ["add", "-i", "-f", "f.yaml"], /no keys/],
  ["an invalid key", ["add", "-i", "-f", "f.yaml", "--age", "age1nobody"], /--age: .*age1nobody/],
  ["an ARN that is none", ["add", "-i", "-f", "f.yaml", "--kms", "key"], /--kms: .*key/],
  ["an index that is too high", ["delete", "-i", "-f", "f.yaml", "2"], /no group 2: the file has 2 groups, from 0/],
  [
    "a threshold of one",
    ["add", "-i", "-f", "f.yaml", "--age", stranger.recipient, "--shamir-secret-sharing-threshold", "1"],
    /threshold/,
  ],
])("what sops writes a broken file for is an error: %s", async (_, args, message) => {
  const cwd = await folderFor(first, second);
  const before = read(cwd);
  // No key of a variable is taken.
  const env = { ...identities(first, second), SOPS_AGE_RECIPIENTS: stranger.recipient };
  const outcome = await isosops(["groups", ...args], { cwd, env });
  expect(outcome).toMatchObject({ exit: 1, stdout: "", stderr: expect.stringMatching(message) as string });
  expect(read(cwd)).toBe(before);
});

test("the only group stays, and the result may go to stdout", async () => {
  const cwd = await folderFor(first);
  const before = read(cwd);
  const only = await isosops(["groups", "delete", "-i", "-f", "f.yaml", "0"], { cwd, env: identities(first) });
  expect(only).toMatchObject({ exit: 1, stderr: expect.stringMatching(/only group/) as string });
  const added = await isosops(["groups", "add", "-f", "f.yaml", "--age", second.recipient], {
    cwd,
    env: identities(first),
  });
  expect(added, added.stderr).toMatchObject({ exit: 0 });
  expect(recipients(added.stdout)).toEqual([first.recipient, second.recipient]);
  expect(read(cwd)).toBe(before);
});
