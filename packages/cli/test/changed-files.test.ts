/** Files that somebody else changes while the command works on them. */
import { chmodSync, copyFileSync, linkSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { first, isosops, makeFolder, plainYaml, run, sops } from "./support.js";

const age = ["--age", first.recipient];
const identity = { SOPS_AGE_KEY: first.identity };

async function encrypted(): Promise<string> {
  const cwd = makeFolder({ "file.yaml": plainYaml });
  expect(await isosops(["encrypt", "-i", ...age, "file.yaml"], { cwd })).toMatchObject({ exit: 0 });
  return cwd;
}

/** By sops where it is found. */
async function read(cwd: string): Promise<string> {
  const opened =
    sops === undefined
      ? await isosops(["decrypt", "file.yaml"], { cwd, env: identity })
      : await run(sops, ["decrypt", "file.yaml"], { cwd, env: identity });
  expect(opened.exit, opened.stderr).toBe(0);
  return opened.stdout;
}

describe("at the same time", () => {
  test.each(["one name", "two names"])("every value that is set is there in the end: a file with %s", async (names) => {
    const cwd = await encrypted();
    if (names === "two names") linkSync(join(cwd, "file.yaml"), join(cwd, "other.yaml"));
    const before = readdirSync(cwd);
    const keys = Array.from({ length: 6 }, (_, index) => `key${index}`);
    const outcomes = await Promise.all(
      keys.map((key, index) => {
        const name = names === "two names" && index % 2 === 1 ? "other.yaml" : "file.yaml";
        return isosops(["set", name, `["${key}"]`, `"of ${key}"`], { cwd, env: identity });
      }),
    );
    for (const { exit, stderr } of outcomes) expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    const text = await read(cwd);
    for (const key of keys) expect(text).toContain(`${key}: of ${key}\n`);
    expect(readdirSync(cwd)).toEqual(before);
    const removed = await Promise.all(
      keys.map((key) => isosops(["unset", "file.yaml", `["${key}"]`], { cwd, env: identity })),
    );
    for (const { exit, stderr } of removed) expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    expect(await read(cwd)).not.toMatch(/key\d/);
  });
});

// The program that gives out the key changes the file, when it has been read.
describe.skipIf(process.platform === "win32")("meanwhile", () => {
  function changing(cwd: string, content: string | Buffer): Record<string, string> {
    writeFileSync(join(cwd, "..", "new content"), content);
    writeFileSync(join(cwd, "..", "key.sh"), `cp '../new content' file.yaml; echo ${first.identity}`);
    return { SOPS_AGE_KEY_CMD: "sh ../key.sh" };
  }

  test("set does it again, on what the file holds then", async () => {
    const cwd = await encrypted();
    const old = readFileSync(join(cwd, "file.yaml"));
    await isosops(["set", "file.yaml", '["other"]', '"theirs"'], { cwd, env: identity });
    const theirs = readFileSync(join(cwd, "file.yaml"));
    writeFileSync(join(cwd, "file.yaml"), old);
    const outcome = await isosops(["set", "file.yaml", '["new"]', '"ours"'], { cwd, env: changing(cwd, theirs) });
    expect(outcome).toMatchObject({ exit: 0, stderr: "" });
    const text = await read(cwd);
    expect(text).toMatch(/^other: theirs$/m);
    expect(text).toMatch(/^new: ours$/m);
  });

  test.each([
    ["decrypt", ["decrypt", "-i", "file.yaml"]],
    ["decrypt to itself by --output", ["decrypt", "--output", "./file.yaml", "file.yaml"]],
    ["a changed selection", ["encrypt", "-i", "--deselect", "user", "file.yaml"]],
  ])("%s leaves what is there then", async (_, args) => {
    const cwd = await encrypted();
    const outcome = await isosops(args, { cwd, env: changing(cwd, "other: content\n") });
    expect(outcome).toMatchObject({ exit: 3, stdout: "" });
    expect(outcome.stderr).toContain("file.yaml: somebody else has changed the file meanwhile");
    expect(readFileSync(join(cwd, "file.yaml"), "utf8")).toBe("other: content\n");
    expect(readdirSync(cwd)).toEqual(["file.yaml"]);
  });

  test("encrypt leaves what is there then", async () => {
    const cwd = makeFolder({ "file.yaml": plainYaml });
    const plugins = makeFolder();
    const plugin = fileURLToPath(new URL("../../age/test/plugins/plugin.mjs", import.meta.url));
    copyFileSync(plugin, join(plugins, "plugin.mjs"));
    const script = `#!/bin/sh\necho 'other: content' > '${join(cwd, "file.yaml")}'\nexec '${process.execPath}' '${join(plugins, "plugin.mjs")}' "$@"\n`;
    writeFileSync(join(plugins, "age-plugin-test"), script);
    chmodSync(join(plugins, "age-plugin-test"), 0o755);
    const env = { PATH: `${plugins}${delimiter}${process.env.PATH}` };
    // Made with age's Bech32: the prefix age1test and five zero bytes.
    const outcome = await isosops(["encrypt", "-i", "--age", "age1test1qqqqqqqqgsf9kn", "file.yaml"], { cwd, env });
    expect(outcome).toMatchObject({ exit: 3, stdout: "" });
    expect(readFileSync(join(cwd, "file.yaml"), "utf8")).toBe("other: content\n");
  });
});
