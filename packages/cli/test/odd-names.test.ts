/** Names and keys that could make a terminal show something else than is there. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bin, first, isosops, makeFolder, type Outcome, plainYaml, run } from "./support.js";

const age = ["--age", first.recipient];
const identity = { SOPS_AGE_KEY: first.identity };
const org = (cwd: string) => ({ ISOSOPS_HOME: join(cwd, "home"), ISOSOPS_PASSPHRASE: "correct horse" });

// A line of its own; then the colour red, a text from right to left, what cannot be seen, and an escape of one byte.
const oddNames = ["a\nerror: fake.yaml", "b\u001b[31m\u202elmay\u200b\u2028\u009b1m.yaml"];

/** Nothing but line ends that we wrote: no line begins with what stands behind one in a name. */
function isHarmless({ stdout, stderr }: Outcome): void {
  for (const text of [stdout, stderr]) {
    expect(text).not.toMatch(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/u);
    expect(text).not.toMatch(/^error: fake/m);
  }
}

describe.skipIf(process.platform === "win32").concurrent("odd names of files", () => {
  test.each(oddNames)(
    "%j",
    async (name) => {
      const cwd = makeFolder({ [name]: "a: [\n", plain: plainYaml });
      const shown = [
        await isosops(["encrypt", ...age, name], { cwd }),
        await isosops(["encrypt", ...age, `missing ${name}`], { cwd }),
        await isosops(["decrypt", name], { cwd, env: identity }),
        await isosops(["decrypt", "plain", name], { cwd, env: identity }),
        await isosops(["encrypt", ...age, "--filename-override", name], { cwd, stdin: "a: [" }),
        await isosops(["encrypt", ...age, "--output", `no folder/${name}`, "plain"], { cwd }),
        await isosops(["set", name, '["a"]', '"b"'], { cwd, env: identity }),
        await isosops(["--config", name, "encrypt", ...age, "plain"], { cwd }),
        await isosops(["decrypt", name], { cwd, env: { SOPS_AGE_KEY_FILE: name } }),
        await isosops(["age", "decrypt", "-i", name, "plain"], { cwd }),
        await isosops(["age", "encrypt", "-R", name, "plain"], { cwd }),
        await isosops(["age", "inspect", name], { cwd }),
        await isosops(["age", "keygen", name], { cwd }),
        await isosops([name], { cwd }),
        await isosops([`--${name}`], { cwd }),
        await isosops(["cluster", "lint", "-f", name], { cwd, env: org(cwd) }),
        await isosops(["cluster", "decryption", "enable", "-f", name], { cwd, env: org(cwd) }),
      ];
      for (const outcome of shown) {
        isHarmless(outcome);
        expect(outcome.stderr).toMatch(/^(?:\S*error|\S*warning)/);
      }
      writeFileSync(join(cwd, name), plainYaml);
      const locked = await isosops(["encrypt", "-i", ...age, "--encrypted-regex", "none", name], { cwd });
      expect(locked).toMatchObject({ exit: 0 });
      const found = [
        await isosops(["verify", "."], { cwd }),
        await isosops(["verify", "--json", "."], { cwd }),
        await isosops(["verify", "--sarif", "."], { cwd }),
        await isosops(["doctor", "."], { cwd, env: org(cwd) }),
        await isosops(["doctor", "--json", "."], { cwd, env: org(cwd) }),
      ];
      for (const outcome of found) isHarmless(outcome);
      expect(JSON.parse(found[1]!.stdout).findings[0].file).toBe(name);
    },
    60_000,
  );

  test("that begin with a dash are no options in what a message says to run", async () => {
    const cwd = makeFolder();
    const name = "-x it's.yaml";
    writeFileSync(join(cwd, name), plainYaml);
    expect(await isosops(["encrypt", "-i", ...age, "--", name], { cwd })).toMatchObject({ exit: 0 });
    const text = readFileSync(join(cwd, name), "utf8");
    writeFileSync(join(cwd, name), text.replace(/^password: .*/m, "password: plain"));
    const shown = [
      (await isosops(["verify", "--json", "."], { cwd })).stdout,
      JSON.stringify((await isosops(["decrypt", "--", name], { cwd, env: identity })).stderr),
    ];
    const commands = shown.map((one) => JSON.parse(`"${/`isosops (repair [^`]*)`/.exec(one)![1]}"`) as string);
    for (const command of commands) {
      const words = `"${process.execPath}" "${bin}" ${command.replace("repair ", "repair --dry-run ")}`;
      const env = { ...identity, PATH: process.env.PATH! };
      expect(await run("sh", ["-c", words], { cwd, env })).toMatchObject({
        exit: 0,
        stdout: expect.stringContaining("x it's.yaml"),
      });
    }
  });

  test("of an organisation's files", async () => {
    const cwd = makeFolder();
    mkdirSync(join(cwd, "repo"));
    const env = org(cwd);
    const { stdout } = await isosops(["org", "init"], { cwd, env });
    for (const name of oddNames) {
      writeFileSync(join(cwd, "repo", name), "a: b\n");
      await isosops(["encrypt", "-i", "--age", stdout.trim(), `repo/${name}`], { cwd, env });
    }
    await isosops(["org", "rotate"], { cwd, env });
    const shown = [
      await isosops(["org", "status", "repo"], { cwd, env }),
      await isosops(["org", "status", "--json", "repo"], { cwd, env }),
      await isosops(["org", "confirm", "repo"], { cwd, env }),
      await isosops(["org", "reencrypt", "repo"], { cwd, env }),
      await isosops(["org", "log"], { cwd, env }),
    ];
    for (const outcome of shown) isHarmless(outcome);
    // One line for each file, and one each for where was looked, what it is about and what is to be done.
    expect(shown[2]!.stderr.trimEnd().split("\n")).toHaveLength(oddNames.length + 3);
    expect(shown[2]!.stderr).not.toContain("\\x0a");
    expect(shown[0]!.stdout.split("\n")).toHaveLength(oddNames.length + 1);
    expect(shown[3]!.stdout.split("\n")).toHaveLength(oddNames.length + 1);
  }, 60_000);
});

describe.concurrent("odd keys of files", () => {
  test.each(oddNames)(
    "%j",
    async (key) => {
      const spelled = JSON.stringify(key).replace(
        /[^ -~]/g,
        (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
      );
      const cwd = makeFolder({
        "f.yaml": `${spelled}:\n  b: c\nd: [e]\n`,
        "g.json": `{${spelled}: 123456789012345678901234567890e999}`,
        "twice.yaml": `${spelled}: 1\n${spelled}: 2\n`,
      });
      const locked = await isosops(["encrypt", "-i", ...age, "f.yaml"], { cwd });
      expect(locked).toMatchObject({ exit: 0 });
      const shown = [
        await isosops(["encrypt", ...age, "g.json"], { cwd }),
        await isosops(["encrypt", ...age, "twice.yaml"], { cwd }),
        await isosops(["decrypt", "--output-type", "dotenv", "f.yaml"], { cwd, env: identity }),
        await isosops(["decrypt", "--extract", `["${key}"]["x"]`, "f.yaml"], { cwd, env: identity }),
        await isosops(["set", "f.yaml", `["${key}"][0]`, '"b"'], { cwd, env: identity }),
        await isosops(["unset", "f.yaml", `["x"]["${key}"]`], { cwd, env: identity }),
        await isosops(["encrypt", ...age, "--select", spelled, "twice.yaml"], { cwd }),
        await isosops(["encrypt", "--select", `[${spelled}]["nothing"]`, "f.yaml"], { cwd, env: identity }),
      ];
      execFileSync(
        process.execPath,
        [
          "-e",
          "const fs = require('fs'); fs.writeFileSync('f.yaml', fs.readFileSync('f.yaml', 'utf8').replace(/b: ENC.*/, 'b: plain'))",
        ],
        { cwd },
      );
      shown.push(await isosops(["decrypt", "f.yaml"], { cwd, env: identity }));
      for (const { stderr } of shown) expect(stderr).toMatch(/^error: /);
      for (const outcome of shown) isHarmless(outcome);
      isHarmless(await isosops(["verify", "."], { cwd }));
      isHarmless(await isosops(["verify", "--json", "."], { cwd }));
    },
    60_000,
  );
});

test.each([
  [["encrypt", "--password=hunter2", "f.yaml"], "Unknown option '--password'."],
  [["encrypt", "--agee=hunter2", "f.yaml"], "Unknown option '--agee'"],
  [["encrypt", "--pass'word=hunter2'", "f.yaml"], "Unknown option '--pass...'."],
  [["--password=hunter2", "f.yaml"], "Unknown option '--password'."],
  [["encrypt", "-phunter2", "f.yaml"], "--pgp: A PGP key is named by its fingerprint"],
  [["encrypt", "-qhunter2", "f.yaml"], "Unknown option '-q...'."],
  [["org", "init", "--passphrase=hunter2"], "Unknown option '--passphrase'."],
  [["age", "encrypt", "--passphrase=hunter2", "f.yaml"], "--passphrase"],
])("%j: what is given to a flag is not repeated", async (args, message) => {
  const { exit, stderr } = await isosops(args, { cwd: makeFolder({ "f.yaml": plainYaml }) });
  expect(exit).toBe(1);
  expect(stderr).toContain(message);
  expect(stderr).not.toContain("hunter2");
});
