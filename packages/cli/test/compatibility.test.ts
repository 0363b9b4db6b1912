/** The command called as sops: what programs that call sops depend on is the same, byte for byte. */

import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { calledName } from "../src/program/called-as-sops.js";
import {
  bin,
  first,
  makeFolder,
  noSops,
  type Outcome,
  type RunOptions,
  run,
  second,
  sops,
  stranger,
} from "./support.js";

const links = makeFolder();
const ours = join(links, "sops");
symlinkSync(bin, ours);
symlinkSync(ours, join(links, "sops-again"));

const identity = { SOPS_AGE_KEY: first.identity, SOPS_DISABLE_VERSION_CHECK: "1" };
const age = ["--age", first.recipient];

const plain = {
  yaml: `# of the shop
date: 2024-01-01
'quoted': "yes"

list:
  - 1.50
  - {a: b}
text: "a\\nb"
left_unencrypted: 2024-01-01
`,
  json: '{"a": [1, 2.50], "b": {"c": "<x>"}, "d": null}',
  env: "# comment\nA=1\nB=two words\n",
  ini: "; comment\n[section]\nkey: value\nother=1\n",
  txt: "some text\n",
  yml: "a: 2024-02-29   # at the end\nb:\n  # of an item\n  - c # behind it\n",
};
type Ending = keyof typeof plain;

/** A file as both write it, but for what is random. */
function shape(text: string): string {
  return text
    .replaceAll(/ENC\[AES256_GCM,data:[^\]]*,type:(\w+)\]/g, "ENC[$1]")
    .replaceAll(/-----BEGIN AGE ENCRYPTED FILE-----.*?-----END AGE ENCRYPTED FILE-----/gs, "AGE")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:]+Z/g, "TIME");
}

async function both(args: readonly string[], options: Omit<RunOptions, "cwd">, files: Record<string, string>) {
  const outcomes: (Outcome & { files: Record<string, string> })[] = [];
  for (const program of [ours, sops!]) {
    const cwd = makeFolder(files);
    const outcome = await run(program, args, { ...options, cwd, env: { ...identity, ...options.env } });
    const stderr = outcome.stderr.replaceAll(cwd, "FOLDER");
    const after = Object.fromEntries(Object.keys(files).map((name) => [name, readFileSync(join(cwd, name), "utf8")]));
    outcomes.push({ ...outcome, stderr, files: after });
  }
  return outcomes as [(typeof outcomes)[0], (typeof outcomes)[0]];
}

/** What sops encrypts a file to. */
async function encrypted(ending: Ending, name = `file.${ending}`, flags: string[] = []): Promise<string> {
  const cwd = makeFolder({ [`file.${ending}`]: plain[ending] });
  const { exit, stdout, stderr } = await run(sops!, ["encrypt", ...age, ...flags, name], { cwd });
  expect(exit, stderr).toBe(0);
  return stdout;
}

describe.concurrent("whether it is called as sops", () => {
  const version = async (program: string, env: Record<string, string> = {}) => {
    const { stdout, stderr } = await run(program, ["--version"], { cwd: links, env });
    return stdout + stderr;
  };

  test("by its name, through links, and by the variable", async ({ skip }) => {
    const asSops = /^sops 3\.13\.3\nisosops \d/;
    expect(await version(ours)).toMatch(asSops);
    expect(await version(join(links, "sops-again"))).toMatch(/^isosops \d/);
    expect(await version(bin)).toMatch(/^isosops \d/);
    expect(await version(bin, { ISOSOPS_COMPAT: "sops" })).toMatch(asSops);
    expect(await version(ours, { ISOSOPS_COMPAT: "isosops" })).toMatch(/^isosops \d/);
    expect(await version(ours, { ISOSOPS_COMPAT: "yes" })).toMatch(/^error: ISOSOPS_COMPAT is `sops`/);
    // A script or a shim of that name, as on Windows; the names of releases; and what wrappers start.
    for (const name of ["sops.js", "sops-v3.13.3.linux.amd64", "sops-3.13", "sops_3", ".sops-wrapped"]) {
      const script = join(makeFolder(), name);
      symlinkSync(bin, script);
      expect(await version(script)).toMatch(asSops);
    }
    for (const name of ["sops-install-secrets", "isosops-3", "sops.sh", "sopsy"]) {
      const script = join(makeFolder(), name);
      symlinkSync(bin, script);
      expect(await version(script)).toMatch(/^isosops \d/);
    }
    if (sops === undefined) return skip(noSops);
    for (const args of [
      ["--version", "--disable-version-check"],
      ["--disable-version-check=true", "-v"],
    ]) {
      const [our, their] = await both(args, {}, {});
      expect(our).toEqual(their);
    }
  });

  test.each([
    ["/usr/local/bin/sops", "node", "sops"],
    ["C:\\bin\\sops.js", "C:\\node.exe", "sops"],
    ["/usr/local/lib/isosops.js", "sops", "isosops"],
    // Executables that Bun makes have the script in themselves.
    ["/$bunfs/root/isosops", "./sops", "sops"],
    ["/$bunfs/root/isosops", "/usr/bin/isosops", "isosops"],
    ["B:\\~BUN\\root\\isosops.exe", "C:\\bin\\SOPS.EXE", "SOPS"],
  ])("of the script %s and the program %s, the name is %s", (script, program, name) => {
    vi.stubGlobal("process", { argv: [program, script], argv0: program });
    try {
      expect(calledName()).toBe(name);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  test("--check-for-updates asks the npm registry, and only then", async () => {
    const asked: string[] = [];
    let answer = { status: 200, body: '{"version": "99.1.0"}' };
    const server = createServer((request, response) => {
      asked.push(request.url!);
      response.writeHead(answer.status).end(answer.body);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const env = { npm_config_registry: `http://127.0.0.1:${(server.address() as AddressInfo).port}/npm/` };
    const check = (...flags: string[]) => run(bin, ["--version", ...flags], { cwd: links, env });
    try {
      expect((await check("--check-for-updates")).stdout).toMatch(/^isosops .*\nThe newest version is 99\.1\.0: npm/);
      expect(asked).toEqual(["/npm/@isosops/cli/latest"]);
      answer = { status: 200, body: '{"version": "\\u001b[31m"}' };
      expect(await check("--check-for-updates")).toMatchObject({
        exit: 0,
        stderr: expect.stringMatching(/^warning: /),
      });
      answer = { status: 500, body: "" };
      expect((await check("--check-for-updates")).stderr).toContain("HTTP status 500");
      asked.length = 0;
      for (const flags of [[], ["--disable-version-check"], ["--check-for-updates=false"]]) await check(...flags);
      expect(asked).toEqual([]);
    } finally {
      server.close();
    }
  });
});

describe.concurrent("output", () => {
  test.for(Object.keys(plain) as Ending[])("%s is written as sops writes it", async (ending, { skip }) => {
    if (sops === undefined) return skip(noSops);
    const name = `file.${ending}`;
    const [our, their] = await both(["encrypt", ...age, name], {}, { [name]: plain[ending] });
    expect(our.exit, our.stderr).toBe(0);
    expect(shape(our.stdout)).toBe(shape(their.stdout));

    const locked = await encrypted(ending);
    for (const args of [
      ["decrypt", name],
      ["-d", name],
      ["decrypt", "--output-type", "json", name],
    ]) {
      const [one, other] = await both(args, {}, { [name]: locked });
      expect(one).toMatchObject({ exit: other.exit, stdout: other.stdout });
    }
    const [one, other] = await both(["decrypt", "-i", name], {}, { [name]: locked });
    expect(one.files).toEqual(other.files);
  });

  test.for([
    ["set", ["set", "file.yaml", '["list"][0]', '"new"']],
    ["unset", ["unset", "file.yaml", '["list"]']],
    ["--set", ["--set", '["new"] {"a": true}', "file.yaml"]],
    ["rotate", ["rotate", "-i", "--add-age", second.recipient, "file.yaml"]],
    ["--rotate", ["-r", "-i", "file.yaml"]],
    ["groups add", ["groups", "add", "-i", "--age", second.recipient, "--file", "file.yaml"]],
    ["updatekeys", ["updatekeys", "-y", "file.yaml"]],
    ["edit", ["edit", "file.yaml"]],
    ["a file alone", ["file.yaml"]],
  ] as const)("%s writes the file as sops does", async ([, args], { skip }) => {
    if (sops === undefined) return skip(noSops);
    const locked = await encrypted("yaml");
    const config = `creation_rules:\n  - age: ${first.recipient},${second.recipient}\n`;
    const files = { "file.yaml": locked, ".sops.yaml": config };
    const [our, their] = await both(args, { env: { EDITOR: "sed -i s/yes/no/" } }, files);
    expect(our.exit, our.stderr).toBe(0);
    // What is shown of a change of keys is better.
    if (args[0] !== "updatekeys") expect(our.stdout).toBe(their.stdout);
    expect(their.exit).toBe(0);
    expect(shape(our.files["file.yaml"]!)).toBe(shape(their.files["file.yaml"]!));
    expect(our.files["file.yaml"]).not.toBe(locked);
  });

  test("exec-file hands over the file as sops does, and --layout preserve keeps that of the author", async ({
    skip,
  }) => {
    const kept = makeFolder({ "file.yaml": plain.yaml });
    const preserved = await run(ours, ["encrypt", "--layout", "preserve", ...age, "file.yaml"], { cwd: kept });
    expect(preserved.stdout).toMatch(/\n {2}- \{a: "?ENC\[/);
    if (sops === undefined) return skip(noSops);
    const [our, their] = await both(["exec-file", "file.yaml", "cat {}"], {}, { "file.yaml": await encrypted("yaml") });
    expect(our).toMatchObject({ exit: 0, stdout: their.stdout });
  });

  test.for([
    ["an input type", ["encrypt", ...age, "--input-type", "yaml", "file"]],
    ["an input type and a file of the name", ["-e", ...age, "--input-type", "yaml", "file"]],
    ["a name that replaces the file's", ["encrypt", ...age, "--filename-override", "x", "file.yaml"]],
    ["an output type", ["encrypt", ...age, "--input-type", "yaml", "--output-type", "yaml", "file"]],
    ["no type", ["encrypt", ...age, "file"]],
  ] as const)("encrypt, of a name without ending and %s", async ([, args], { skip }) => {
    if (sops === undefined) return skip(noSops);
    const [our, their] = await both(args, {}, { file: plain.yaml, "file.yaml": plain.yaml });
    expect({ exit: our.exit, stdout: shape(our.stdout) }).toEqual({ exit: their.exit, stdout: shape(their.stdout) });
  });

  test.for([
    ["an input type", ["decrypt", "--input-type", "yaml", "file"], false],
    ["both types", ["decrypt", "--input-type", "yaml", "--output-type", "json", "file"], false],
    ["the same in the older form", ["-d", "--input-type", "yaml", "file"], false],
    ["nothing", ["decrypt", "file"], false],
    ["stdin and nothing", ["decrypt"], true],
    ["stdin and an input type", ["decrypt", "--input-type", "yaml"], true],
    ["stdin and both types", ["decrypt", "--input-type", "yaml", "--output-type", "yaml"], true],
    ["stdin and a name", ["decrypt", "--filename-override", "x.yaml"], true],
  ] as const)("decrypt, of a name without ending and %s", async ([, args, isStdin], { skip }) => {
    if (sops === undefined) return skip(noSops);
    const locked = await encrypted("yaml");
    const [our, their] = await both(args, isStdin ? { stdin: locked } : {}, { file: locked });
    expect({ exit: our.exit, stdout: our.stdout }).toEqual({ exit: their.exit, stdout: their.stdout });
  });
});

describe.concurrent("words", () => {
  const rule = (text: string) => ({ ".sops.yaml": `creation_rules:\n  - ${text}\n` });

  /** `lines` of what sops prints come first in what we print; without a number, they are all. */
  test.for<
    [about: string, args: string[], files: Record<string, string>, lines?: number, env?: Record<string, string>]
  >([
    ["a rule without keys", ["encrypt", "a.yaml"], { "a.yaml": "a: b", ...rule("path_regex: a") }],
    ["no key groups", ["encrypt", "-i", "a.yaml"], { "a.yaml": "a: b", ...rule("key_groups: []") }],
    ["an empty key group", ["-e", "a.yaml"], { "a.yaml": "a: b", ...rule("key_groups: [{}]") }],
    ["an empty list", ["encrypt", "a.yaml"], { "a.yaml": "a: b", ...rule("age: ''") }],
    ["no recipients", ["encrypt", "a.yaml"], { "a.yaml": "a: b" }, 1],
    ["a configuration without rules", ["encrypt", "a.yaml"], { "a.yaml": "a: b", ".sops.yaml": "stores: {}\n" }, 1],
    ["no rule that matches", ["encrypt", "a.yaml"], { "a.yaml": "a: b", ...rule(`path_regex: b\n    age: x`) }, 1],
    ["a plain YAML file", ["decrypt", "a.yaml"], { "a.yaml": "a: b" }, 1],
    ["a plain YAML file in the older form", ["-d", "a.yaml"], { "a.yaml": "a: b" }, 1],
    ["a plain JSON file", ["decrypt", "a.json"], { "a.json": '{"a": 1}' }, 1],
    ["a plain ENV file", ["decrypt", "a.env"], { "a.env": "A=1" }, 1],
    ["a plain INI file", ["decrypt", "a.ini"], { "a.ini": "[a]\nb=1" }, 1],
    ["a plain file to edit", ["a.yaml"], { "a.yaml": "a: b" }, 1],
    ["a plain file for exec-env", ["exec-env", "a.yaml", "true"], { "a.yaml": "a: b" }, 1],
    ["a file that is not there", ["encrypt", "a.yaml"], {}, 1],
    ["a file that is not there to decrypt", ["-d", "a.yaml"], {}, 1],
    ["nothing", [], {}, 1],
    ["no file", ["-d"], {}, 1],
    ["an empty file", ["encrypt", ...age, "a.yaml"], { "a.yaml": "" }, 1],
  ])("for %s", async ([, args, files, lines], { skip }) => {
    if (sops === undefined) return skip(noSops);
    const [our, their] = await both(args, {}, files);
    expect(their.exit).not.toBe(0);
    expect(our).toMatchObject({ exit: their.exit, stdout: "" });
    if (lines === undefined) expect(our.stderr).toBe(their.stderr);
    else expect(our.stderr.split("\n").slice(0, lines)).toEqual(their.stderr.split("\n").slice(0, lines));
  });

  test.for<
    [about: string, args: string[], change: (text: string) => string, start: RegExp, env?: Record<string, string>]
  >([
    ["an encrypted file", ["encrypt", ...age, "a.yaml"], (text) => text, /^(?:.*\n){2}.*already being encrypted\./],
    ["no identity", ["decrypt", "a.yaml"], (text) => text, /^.*decrypt the SOPS file\./, { SOPS_AGE_KEY: "" }],
    ["another identity", ["-d", "a.yaml"], (text) => text, /^.*the SOPS file\./, { SOPS_AGE_KEY: second.identity }],
    [
      "a changed value",
      ["decrypt", "a.yaml"],
      (text) => text.replace(/^left.*$/m, "left_unencrypted: 1"),
      /^MAC mismatch\./,
    ],
    ["no MAC", ["decrypt", "a.yaml"], (text) => text.replace(/^ +mac: .*\n/m, ""), /^MAC mismatch\. File has no MAC/],
    ["nothing changed", ["a.yaml"], (text) => text, /^File has not changed, exiting\.\n$/],
  ])("for %s", async ([, args, change, start, env], { skip }) => {
    if (sops === undefined) return skip(noSops);
    const locked = await encrypted("yaml");
    const options = { env: { EDITOR: "true", ...env } };
    const [our, their] = await both(args, options, { "a.yaml": change(locked) });
    expect(their.exit).not.toBe(0);
    expect(our).toMatchObject({ exit: their.exit, stdout: "" });
    expect(start.exec(our.stderr)?.[0]).toBe(start.exec(their.stderr)![0]);
  });

  const noKeys = { SOPS_AGE_KEY: undefined };
  test.for<[about: string, env: Record<string, string | undefined>, files?: Record<string, string>]>([
    ["no identity", noKeys],
    ["an empty variable", { SOPS_AGE_KEY: "" }],
    ["what is no identity", { SOPS_AGE_KEY: "garbage" }],
    ["another identity", { SOPS_AGE_KEY: second.identity }],
    ["two other identities", { SOPS_AGE_KEY: `${second.identity} ${stranger.identity}` }],
    ["a key file that is not there", { ...noKeys, SOPS_AGE_KEY_FILE: "/no/such/keys.txt" }],
    ["a key file that is not there, and another identity", { SOPS_AGE_KEY: second.identity, SOPS_AGE_KEY_FILE: "/no" }],
    ["an empty key file", { ...noKeys, SOPS_AGE_KEY_FILE: "keys.txt" }, { "keys.txt": "# none\n" }],
    ["a key file with something else", { ...noKeys, SOPS_AGE_KEY_FILE: "keys.txt" }, { "keys.txt": "something\n" }],
    ["an SSH key that is not there", { ...noKeys, SOPS_AGE_SSH_PRIVATE_KEY_FILE: "/no/such/id" }],
  ])("that tell why no age key opens a file: %s", async ([, env, files], { skip }) => {
    if (sops === undefined) return skip(noSops);
    const options = { env: env as Record<string, string> };
    const [our, their] = await both(["decrypt", "a.yaml"], options, { "a.yaml": await encrypted("yaml"), ...files });
    expect(our).toMatchObject({ exit: 128, stdout: "" });
    expect(their).toMatchObject({ exit: 128, stdout: "" });
    expect(their.stderr).toMatch(/\n {4}- \| failed to /);
    const ofKeys = /^Group 0: FAILED\n {2}age1\w+: FAILED\n/m;
    expect(our.stderr.replace(/^error: [\s\S]*/m, "")).toBe(their.stderr.replace(ofKeys, ""));
  });

  test("that tell how many key groups were opened", async ({ skip }) => {
    if (sops === undefined) return skip(noSops);
    const rules = `creation_rules:\n  - key_groups:\n    - age: [${first.recipient}]\n    - age: [${second.recipient}]\n`;
    const cwd = makeFolder({ "a.yaml": "a: b\n", ".sops.yaml": rules });
    const { stdout } = await run(sops, ["encrypt", "a.yaml"], { cwd });
    const [our, their] = await both(["decrypt", "a.yaml"], {}, { "a.yaml": stdout });
    const end = /^Recovery failed[\s\S]*?key group\.$/m;
    expect(end.exec(our.stderr)?.[0]).toBe(end.exec(their.stderr)![0]);
  });

  test.for<[args: string[], start?: RegExp]>([
    [["decrypt", "--extract", '["none"]', "a.yaml"]],
    [["-d", "--extract", '["list"][1]["none"]', "a.yaml"]],
    [["decrypt", "--extract", '["list"][7]', "a.yaml"]],
    [["unset", "a.yaml", '["none"]']],
    [["unset", "a.yaml", '["list"][7]']],
    [["unset", "a.yaml", "none"]],
    [["set", "a.yaml", "none", "1"]],
    [["set", "a.yaml", '["a"]', "no JSON"]],
    [["--set", '["a"] no JSON', "a.yaml"]],
    [["set", "none.yaml", '["a"]', "1"], /no such file or directory/],
    [["exec-env", "none.yaml", "true"], /open none\.yaml: no such file or directory/],
    [["rotate", "none.yaml"], /no such file or directory/],
    [["decrypt", "folder"], /is a directory/],
    [["decrypt", "--output", "none/x", "a.yaml"], /^Could not open output file for writing: /],
    [["edit", "none/new.yaml"], /^Could not open in-place file for writing: /],
    [["decrypt", "-i", "--output", "x", "a.yaml"]],
    [["decrypt", "empty.yaml"]],
    [["edit", "a.yaml"]],
  ])("for %j", async ([args, start = /^.*/], { skip }) => {
    if (sops === undefined) return skip(noSops);
    const files = { "a.yaml": await encrypted("yaml"), "empty.yaml": "", "new.yaml": "a: b\n" };
    const outcomes = [];
    for (const program of [ours, sops]) {
      const cwd = makeFolder(files);
      mkdirSync(join(cwd, "folder"));
      const editor = args.includes("none/new.yaml") ? "cp new.yaml" : "false";
      const env = { ...identity, SOPS_AGE_RECIPIENTS: first.recipient, EDITOR: editor };
      outcomes.push(await run(program, args, { cwd, env }));
    }
    const [our, their] = outcomes as [Outcome, Outcome];
    expect(their.exit).not.toBe(0);
    expect(our).toMatchObject({ exit: their.exit, stdout: "" });
    expect(start.exec(our.stderr)?.[0]).toBe(start.exec(their.stderr)![0]);
  });

  test("name nothing that a terminal would take for a command", async () => {
    const args = ["decrypt", "--extract", '["\x1b[2J"]', "a.yaml"];
    const cwd = makeFolder({ "a.yaml": "a: b\n" });
    const env = { ...identity, SOPS_AGE_RECIPIENTS: first.recipient };
    await run(ours, ["encrypt", "-i", "a.yaml"], { cwd, env });
    const { exit, stderr } = await run(ours, args, { cwd, env });
    expect(exit).toBe(1);
    expect(stderr).toMatch(/^error truncating tree: component \['\\x1b\[2J'\] not found\n/);
    expect(stderr).not.toContain("\x1b");
  });

  test("of sops are not said where the command is called by its own name", async () => {
    const { stderr } = await run(bin, ["decrypt", "a.yaml"], { cwd: makeFolder({ "a.yaml": "a: b" }) });
    expect(stderr).toMatch(/^error: a\.yaml: The file has no `sops` block/);
  });
});

test.for([
  ["-d"],
  ["-e", ...age],
  ["-d", "-i"],
  ["-e", "-i", ...age],
  ["-d", "--ignore-mac"],
  ["--set", '["a"] "1"'],
  ["-r", "-i"],
  [],
])("--verbose %j prints the lines of sops", async (args, { skip }) => {
  if (sops === undefined) return skip(noSops);
  const file = args[0] === "-e" ? plain.yaml : await encrypted("yaml");
  const options = { env: { EDITOR: "sed -i s/yes/no/" } };
  const [our, their] = await both(["--verbose", ...args, "file.yaml"], options, { "file.yaml": file });
  expect(our.exit, our.stderr).toBe(0);
  const lines = ({ stderr }: Outcome) =>
    stderr
      .replaceAll(/time="[^"]*"/g, "TIME")
      .split("\n")
      // An address in memory.
      .filter((line) => !line.includes("Master keys available"));
  expect(lines(our)).toEqual(lines(their));
});

describe.concurrent("flags are taken as Go takes them", () => {
  test.for<readonly string[]>([
    ["-decrypt", "file.yaml"],
    ["--decrypt=true", "file.yaml"],
    ["-d=1", "file.yaml"],
    ["-d=T", "-output-type", "json", "file.yaml"],
    ["-d", "-output-type=json", "file.yaml"],
    ["-d", "-input-type", "yaml", "-extract", '["text"]', "file.yaml"],
    ["-d", "--in-place=false", "file.yaml"],
    ["-d", "-i", "-i=0", "file.yaml"],
    ["-d", "-i=TRUE", "file.yaml"],
    ["-d", "-in-place", "file.yaml"],
    ["decrypt", "-in-place", "file.yaml"],
    ["decrypt", "--in-place=true", "file.yaml"],
    ["decrypt", "file.yaml", "-output-type", "json"],
    ["-e=false", "-d", "file.yaml"],
    ["-d=maybe", "file.yaml"],
    ["decrypt", "--in-place=", "file.yaml"],
    ["-set", '["a"] "1"', "file.yaml"],
    ["set", "-idempotent=true", "file.yaml", '["text"]', '"-b"'],
    ["unset", "--idempotent=false", "file.yaml", '["nothing"]'],
    ["unset", "-idempotent", "file.yaml", '["nothing"]'],
    ["set", "file.yaml", '["text"]', '"-b"', "--idempotent"],
    ["set", "file.yaml", '["text"]', "--", '"--idempotent"'],
    ["set", "file.yaml", "--ignore-mac=true", '["text"]', '"b"'],
    ["set", "file.yaml", '["text"]', "--value-stdin"],
    ["set", "file.yaml", '["text"]', "--nonsense"],
    ["set", "--nonsense", "file.yaml", '["text"]', '"b"'],
    ["set", "file.yaml", '["text"]', "-1x"],
    ["unset", "file.yaml", '["nothing"]', "--idempotent"],
    ["unset", "file.yaml", '["text"]', "--input-type", "yaml"],
    ["unset", "--", "file.yaml", '["text"]'],
    ["exec-env", "-pristine=false", "env.yaml", "echo $A -i=false --x=true"],
    ["exec-file", "-no-fifo", "-filename=x.y", "env.yaml", "basename {} && echo -i=false"],
    ["filestatus", "-input-type=json", "file.yaml"],
    ["-d", "-nonsense", "file.yaml"],
    ["-d", "--nonsense=true", "file.yaml"],
    ["--version=true"],
    ["-v=1"],
  ])("%j", async (args, { skip }) => {
    if (sops === undefined) return skip(noSops);
    const files = { "file.yaml": await encrypted("yaml"), "env.yaml": await flat() };
    const [our, their] = await both(args, { env: { PATH: process.env.PATH! } }, files);
    expect(our.exit, our.stderr).toBe(their.exit);
    // sops adds its usage to an error about flags.
    if (their.exit === 0) expect(our.stdout).toBe(their.stdout);
    expect(shape(our.files["file.yaml"]!)).toBe(shape(their.files["file.yaml"]!));
  });

  async function flat(): Promise<string> {
    const { stdout } = await run(sops!, ["encrypt", ...age, "a.yaml"], { cwd: makeFolder({ "a.yaml": "A: 1\n" }) });
    return stdout;
  }
});
