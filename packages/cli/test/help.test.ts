import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { isosops, makeFolder, run, sops } from "./support.js";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };

async function help(...args: string[]): Promise<string> {
  const asked = args[0] === "help" ? args : [...args, "--help"];
  const outcome = await isosops(asked, { cwd: makeFolder() });
  expect(outcome).toMatchObject({ exit: 0, stderr: "" });
  return outcome.stdout;
}

test("--version", async () => {
  for (const flag of ["--version", "-v"]) {
    const outcome = await isosops([flag], { cwd: makeFolder() });
    expect(outcome).toMatchObject({ exit: 0, stdout: `isosops ${manifest.version}\n`, stderr: "" });
  }
});

test("--help fits a terminal, and has no colour in a pipe", async () => {
  for (const command of [
    ["help", "all"],
    ["encrypt"],
    ["decrypt"],
    ["age"],
    ["age", "encrypt"],
    ["age", "decrypt"],
    ["age", "keygen"],
    ["set"],
    ["unset"],
    ["verify"],
    ["repair"],
    ["doctor"],
    ["edit"],
    ["exec-env"],
    ["exec-file"],
    ["filestatus"],
    ["types"],
    ["completion"],
    ["org", "publish"],
    ["org", "confirm"],
    ["cluster", "argocd"],
    ["cluster", "encrypt", "manifest"],
  ]) {
    const text = await help(...command);
    expect(text.split("\n").filter((line) => line.length > 100)).toEqual([]);
    expect(text).not.toContain("\u001b");
    expect(text).toContain("Examples:");
  }
});

test("the overview fits two screens, and says how to begin", async () => {
  const text = await help();
  expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(50);
  expect(text.split("\n").filter((line) => line.length > 100)).toEqual([]);
  for (const word of ["--select", "isosops age keygen", "isosops help all", "COMMAND --help"])
    expect(text).toContain(word);
  const whole = await help("help", "all");
  const commands = [...whole.matchAll(/^ {7}isosops ([\w-]+) /gm)].map((match) => match[1]);
  expect(commands.length).toBeGreaterThan(10);
  for (const command of commands) expect(text).toMatch(new RegExp(`^  ${command} `, "m"));
});

test("without words, the overview is on stderr, with the exit code of sops", async () => {
  const cwd = makeFolder();
  const outcome = await isosops([], { cwd });
  expect(outcome).toMatchObject({ exit: 100, stdout: "", stderr: await help() });
  if (sops === undefined) return;
  expect(await run(sops, [], { cwd })).toMatchObject({ exit: 100, stderr: "Error: no file specified\n" });
});

test("a command's help has what concerns it", async () => {
  const encrypt = await help("encrypt");
  const decrypt = await help("decrypt");
  for (const flag of ["--age", "--encrypted-regex", "--mac-only-encrypted"]) {
    expect(encrypt).toContain(flag);
    expect(decrypt).not.toContain(flag);
  }
  expect(decrypt).toContain("--ignore-mac");
  expect(encrypt).not.toContain("--ignore-mac");
});

test("an article fits its noun", async () => {
  for (const command of ["encrypt", "decrypt"]) {
    for (const [kind, noun] of [
      ["addon", "an addon"],
      ["manifest", "a manifest"],
    ] as const) {
      const text = (await help("cluster", command, kind)).replaceAll(/\s+/g, " ");
      expect(text).toContain(`the stack, where several have ${noun} of that name`);
      expect(text).not.toMatch(/\ba (?:addon|add-on|encrypted|organisation)/);
    }
  }
});

test("the README tells the same flags, variables and exit codes as --help", async () => {
  const text = await help("help", "all");
  const flags = [...text.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map((match) => match[1]!);
  expect(flags.length).toBeGreaterThan(15);
  for (const flag of flags) expect(readme).toContain(`\`${flag}`);
  for (const [name] of text.matchAll(/\b(SOPS|ISOSOPS)_[A-Z_]+/g)) expect(readme).toContain(name);
  const codes = [...text.matchAll(/^ {2}( *\d+) {2}\S/gm)].map((match) => match[1]!.trim());
  expect(codes.length).toBeGreaterThan(10);
  const told = [...readme.matchAll(/^\| (\d+) \|/gm)].map((match) => match[1]);
  expect(told).toEqual(codes);
});

test("help COMMAND is COMMAND --help", async () => {
  const cwd = makeFolder();
  for (const [args, same] of [
    [["help"], []],
    [["h"], []],
    [["help", "encrypt"], ["encrypt"]],
    [
      ["help", "org", "init"],
      ["org", "init"],
    ],
  ] as const) {
    expect(await isosops(args, { cwd })).toMatchObject({ exit: 0, stdout: await help(...same) });
  }
  const unknown = await isosops(["help", "nonsense"], { cwd });
  expect(unknown).toMatchObject({ exit: 3, stdout: "" });
  expect(unknown.stderr).toContain("No help topic for 'nonsense'");
  if (sops === undefined) return;
  const theirs = await run(sops, ["help", "nonsense"], { cwd });
  expect(theirs).toMatchObject({ exit: 3, stderr: "No help topic for 'nonsense'\n" });
});
