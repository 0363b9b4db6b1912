/** `isosops completion SHELL`, in the shells that are here, and with the script of sops. */
import { spawnSync } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { bin, isosops, makeFolder, run, sops } from "./support.js";

const has = (program: string) => spawnSync(program, ["--version"]).status === 0;

/** A folder with our command under some name, in the PATH. */
function folder(name: string) {
  const cwd = makeFolder({ "secret.yaml": "a: 1\n" });
  symlinkSync(bin, join(cwd, name));
  return { cwd, env: { PATH: [cwd, dirname(process.execPath), process.env.PATH].join(delimiter) } };
}

const wordsFor = async (...words: string[]) => {
  const { stdout } = await isosops(["complete", "--", ...words], { cwd: makeFolder() });
  return stdout.split("\n").flatMap((line) => (line === "" ? [] : [line.split("\t")[0]!]));
};

test("commands, flags and values", async () => {
  expect(await wordsFor("")).toEqual(expect.arrayContaining(["encrypt", "edit", "exec-env", "completion", "org"]));
  expect(await wordsFor("ed")).toEqual(["edit"]);
  expect(await wordsFor("decrypt", "--ig")).toEqual(["--ignore-mac"]);
  expect(await wordsFor("decrypt", "--output-type", "j")).toEqual(["json"]);
  expect(await wordsFor("decrypt", "--layout", "")).toEqual(["preserve", "sops"]);
  expect(await wordsFor("org", "rot")).toEqual(["rotate"]);
  expect(await wordsFor("help", "enc")).toEqual(["encrypt"]);
  expect(await wordsFor("--config", "x", "decr")).toEqual(["decrypt"]);
  expect(await wordsFor("completion", "f")).toEqual(["fish"]);
  // File names, which are the shell's.
  for (const words of [
    ["decrypt", ""],
    ["decrypt", "--config", ""],
    ["set", "file.yaml", ""],
  ]) {
    expect(await wordsFor(...words)).toEqual([]);
  }
  expect(await wordsFor("decrypt", '""')).toEqual([]);
});

test("each shell has a script, for the name of the command", async () => {
  const { cwd, env } = folder("sops");
  for (const shell of ["bash", "zsh", "fish", "powershell"]) {
    const { exit, stdout, stderr } = await run("sops", ["completion", shell], { cwd, env });
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    expect(stdout).toContain("sops complete -- ");
    expect(stdout).not.toContain("isosops");
  }
  for (const args of [[], ["tcsh"]]) {
    expect(await isosops(["completion", ...args], { cwd })).toMatchObject({ exit: 3, stdout: "" });
  }
});

/** What bash offers for a line, by its own machinery. */
const asked = (name: string, load: string) => `${load}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=\${#COMP_LINE}
$(complete -p ${name} | sed 's/.*-F \\([^ ]*\\).*/\\1/') ${name} "\${COMP_WORDS[COMP_CWORD]}"
printf '%s\\n' "\${COMPREPLY[@]}"`;

describe.skipIf(!has("bash"))("bash", () => {
  test("our script", async () => {
    const { cwd, env } = folder("isosops");
    const script = asked("isosops", "source <(isosops completion bash)");
    const complete = async (...words: string[]) =>
      (await run("bash", ["-c", script, "bash", "isosops", ...words], { cwd, env })).stdout.trim().split("\n");
    expect(await complete("exec-")).toEqual(["exec-env", "exec-file"]);
    expect(await complete("decrypt", "--ignore")).toEqual(["--ignore-mac"]);
    expect(await complete("decrypt", "")).toEqual([""]);
  });

  test.skipIf(sops === undefined)("the script of sops", async () => {
    const { cwd, env } = folder("sops");
    const { stdout } = await run(sops!, ["completion", "bash"], { cwd });
    writeFileSync(join(cwd, "script"), stdout);
    const script = asked("sops", "source ./script");
    const complete = async (...words: string[]) =>
      (await run("bash", ["-c", script, "bash", "sops", ...words], { cwd, env })).stdout.trim().split("\n");
    expect(await complete("exec-")).toEqual(["exec-env", "exec-file"]);
    expect(await complete("decrypt", "--ign")).toEqual(["--ignore-mac"]);
  });
});

test.skipIf(!has("zsh"))(`zsh reads its script${has("zsh") ? "" : " (skipped: there is no zsh)"}`, async () => {
  const { cwd, env } = folder("isosops");
  const { stdout } = await run("isosops", ["completion", "zsh"], { cwd, env });
  expect(await run("zsh", ["-n"], { cwd, env, stdin: stdout })).toMatchObject({ exit: 0, stderr: "" });
});

test.skipIf(!has("fish"))(`fish${has("fish") ? "" : " (skipped: there is no fish)"}`, async () => {
  const { cwd, env } = folder("isosops");
  const script = "isosops completion fish | source; complete -C 'isosops exec-'";
  const { stdout } = await run("fish", ["-c", script], { cwd, env });
  expect(stdout).toMatch(/^exec-env\t[\s\S]*^exec-file\t/m);
});
