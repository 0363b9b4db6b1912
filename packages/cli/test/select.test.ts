import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { contentsOf, first, isosops, makeFolder, noSops, plainYaml, run, second, sops, stranger } from "./support.js";

const age = ["--age", first.recipient];
const env = { SOPS_AGE_KEY: first.identity };
const encryptedKeys = (text: string) =>
  [...text.matchAll(/^ *(\w+): "?ENC\[/gm)].map((match) => match[1]!).filter((key) => key !== "mac");

/** A folder with a file in which `password` is encrypted. */
async function sealed() {
  const cwd = makeFolder({ "file.yaml": plainYaml });
  const done = await isosops(["encrypt", ...age, "--select", "password", "-i", "file.yaml"], { cwd });
  expect(done).toMatchObject({ exit: 0, stderr: "", stdout: "" });
  return {
    cwd,
    text: readFileSync(join(cwd, "file.yaml"), "utf8"),
    read: () => readFileSync(join(cwd, "file.yaml"), "utf8"),
  };
}

describe.concurrent("--select", () => {
  test("encrypts exactly what it names, of keys and paths", async () => {
    const cwd = makeFolder({ "file.yaml": plainYaml });
    const flags = ["--select", "password", "--select", "nested.pin"];
    const { exit, stdout, stderr } = await isosops(["encrypt", ...age, ...flags, "file.yaml"], { cwd });
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    expect(encryptedKeys(stdout)).toEqual(["password", "pin"]);
    expect(stdout).toContain("    encrypted_regex: ^(password|pin)$\n");
  });

  test("takes the place of the rule of .sops.yaml, and its recipients", async () => {
    const config = `creation_rules:\n  - age: ${first.recipient}\n    encrypted_regex: ^user$\n`;
    const cwd = makeFolder({ "file.yaml": plainYaml, ".sops.yaml": config });
    const { exit, stdout } = await isosops(["encrypt", "--select", "password", "file.yaml"], { cwd });
    expect(exit).toBe(0);
    expect(encryptedKeys(stdout)).toEqual(["password"]);
  });

  test.each([
    [["--select", "Password"], 91, '"password"'],
    [["--select", "nested[0]"], 91, "number"],
    [["--select", "."], 91, "names no key"],
    [["--select", "password", "--encrypted-regex", "x"], 8, "--select"],
    [["--deselect", "password"], 8, "--deselect"],
  ])("%s: nothing is written", async (flags, exit, says) => {
    const cwd = makeFolder({ "file.yaml": plainYaml });
    const done = await isosops(["encrypt", ...age, ...flags, "-i", "file.yaml"], { cwd });
    expect(done).toMatchObject({ exit, stdout: "", stderr: expect.stringContaining(says) });
    expect(contentsOf(cwd)).toEqual({ "file.yaml": plainYaml });
  });

  test("lists what the closest rule would encrypt, and what it did with --allow-extra", async () => {
    const text = '{"password": "plain-secret-1", "db": {"password": "plain-secret-2", "host": "h"}, "n": 1}\n';
    const cwd = makeFolder({ "file.json": text });
    const flags = ["encrypt", ...age, "--select", "db.password", "file.json"];
    const refused = await isosops(flags, { cwd });
    expect(refused).toMatchObject({ exit: 23, stdout: "", stderr: expect.stringContaining("also encrypts password.") });
    const done = await isosops([...flags, "--allow-extra"], { cwd });
    expect(done).toMatchObject({ exit: 0, stderr: expect.stringContaining("also encrypted: password.") });
  });
});

describe.concurrent("--select of an encrypted file", () => {
  test("adds to it, and keeps the rest to the byte", async ({ skip }) => {
    const { cwd, text, read } = await sealed();
    const done = await isosops(["encrypt", "--select", "token", "-i", "file.yaml"], { cwd, env });
    expect(done).toMatchObject({ exit: 0, stderr: "", stdout: "" });
    expect(encryptedKeys(read())).toEqual(["password", "token"]);
    const before = text.split("\n");
    const changed = read()
      .split("\n")
      .filter((line) => !before.includes(line));
    expect(changed.map((line) => /^ *(\w+)/.exec(line)![1]).filter((name) => name !== "lastmodified")).toEqual([
      "token",
      "encrypted_regex",
      "mac",
    ]);
    expect((await isosops(["decrypt", "file.yaml"], { cwd, env })).stdout).toBe(plainYaml);
    const added = read();
    const back = await isosops(["encrypt", "--deselect", "password", "-i", "file.yaml"], { cwd, env });
    expect(back).toMatchObject({ exit: 0, stderr: "" });
    expect(encryptedKeys(read())).toEqual(["token"]);
    if (sops === undefined) return skip(noSops);
    for (const content of [added, read()]) {
      const theirs = await run(sops, ["-d", "file.yaml"], { cwd: makeFolder({ "file.yaml": content }), env });
      expect(parse(theirs.stdout)).toEqual(parse(plainYaml));
    }
  });

  test.each([
    ["no key of ours", ["--select", "token"], { SOPS_AGE_KEY: stranger.identity }, 128, first.recipient],
    ["other readers", ["--select", "token", "--age", second.recipient], env, 8, "--age"],
    ["a name that is not there", ["--select", "tokn"], env, 91, '"token"'],
    ["nothing left", ["--deselect", "password"], env, 23, "Decrypt the file"],
  ])("%s: nothing is written", async (_, flags, keys, exit, says) => {
    const { cwd, text, read } = await sealed();
    const done = await isosops(["encrypt", ...flags, "-i", "file.yaml"], { cwd, env: keys });
    expect(done).toMatchObject({ exit, stdout: "", stderr: expect.stringContaining(says) });
    expect(read()).toBe(text);
  });

  test("is read from stdin too", async () => {
    const { cwd, text } = await sealed();
    writeFileSync(join(cwd, "file.yaml"), "");
    const flags = ["encrypt", "--select", "token", "--filename-override", "x.yaml"];
    const { exit, stdout } = await isosops(flags, { cwd, env, stdin: text });
    expect(exit).toBe(0);
    expect(encryptedKeys(stdout)).toEqual(["password", "token"]);
  });
});
