/** `set`, `unset` and `decrypt --extract`, beside the sops command. */
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { contentsOf, first, isosops, makeFolder, run, secrets, skippedWithoutSops, sops, stranger } from "./support.js";

const identity = { SOPS_AGE_KEY: first.identity };
const plain: Record<string, string> = {
  "file.yaml": `# the web shop
user: shop
password: ${secrets[0]}   # rotate

"odd key": 1
"a.b": dot
'q"uote': quote
"": nothing
n: 5
f: 1.5
t: true
nil: null
day: 2024-02-29
text: |
  two
  lines
list:
  - ${secrets[1]}
  - pin: ${secrets[2]}
    other: x
  - [1, [2]]
empty: {}
left_unencrypted: plain
`,
  "file.json": `{"user": "shop", "password": "${secrets[0]}", "n": 5, "dup": 1, "dup": 2, "o": {"k": [1, {"z": [true, null]}], "e": {}}}\n`,
  "file.env": `USER=shop\n# the password\nPASSWORD=${secrets[0]}\nDUP=1\nDUP=2\n`,
  "file.ini": `[db]\nuser = shop\npassword = ${secrets[0]}\n\n[web]\nport = 80\n`,
  "file.bin": `${secrets[0]}\u0000\n`,
};

const locked: Record<string, string> = {};
for (const [name, text] of Object.entries(plain)) {
  const cwd = makeFolder({ [name]: text });
  const { exit, stdout } = await isosops(["encrypt", "--age", first.recipient, name], { cwd });
  expect(exit).toBe(0);
  locked[name] = stdout;
}

/** Lines of one text that the other one does not have, without those that every edit changes. */
function extraLines(text: string, other: string): string[] {
  const known = new Map<string, number>();
  for (const line of other.split("\n")) known.set(line, (known.get(line) ?? 0) + 1);
  return text.split("\n").filter((line) => {
    const count = known.get(line) ?? 0;
    known.set(line, count - 1);
    return count <= 0 && !/^\W*(?:sops_)?(?:lastmodified|mac)\W/.test(line);
  });
}

describe.concurrent("set and unset", () => {
  test.each([
    ["a #b", true],
    ["#b", true],
    ['"a #b"', false],
    ["a#b", false],
  ])("set of an ENV file says that others read %j otherwise, as sops writes it: %s", async (value, warns) => {
    const cwd = makeFolder({ "a.env": "X=1\n" });
    const env = { ...identity, SOPS_AGE_RECIPIENTS: first.recipient };
    expect(await isosops(["encrypt", "-i", "a.env"], { cwd, env })).toMatchObject({ exit: 0 });
    const outcome = await isosops(["set", "a.env", '["X"]', JSON.stringify(value)], { cwd, env });
    expect(outcome).toMatchObject({ exit: 0, stdout: "" });
    expect(outcome.stderr.includes("put quotes into the value")).toBe(warns);
    expect((await isosops(["decrypt", "a.env"], { cwd, env })).stdout).toBe(`X=${value}\n`);
    if (sops !== undefined) expect((await run(sops, ["decrypt", "a.env"], { cwd, env })).stdout).toBe(`X=${value}\n`);
  });

  test("set changes one line, and what it sets is encrypted", async () => {
    const cwd = makeFolder({ "file.yaml": locked["file.yaml"]! });
    const outcome = await isosops(["set", "file.yaml", '["password"]', '"another"'], { cwd, env: identity });
    expect(outcome).toEqual({ exit: 0, signal: null, stdout: "", stderr: "" });
    const after = readFileSync(join(cwd, "file.yaml"), "utf8");
    expect(extraLines(locked["file.yaml"]!, after)).toEqual([expect.stringMatching(/^password: ENC\[.*\] {3}#ENC/)]);
    expect(extraLines(after, locked["file.yaml"]!)).toEqual([expect.stringMatching(/^password: ENC\[.*\] {3}#ENC/)]);
    expect(after).not.toContain("another");
    const opened = await isosops(["decrypt", "file.yaml"], { cwd, env: identity });
    expect(opened.stdout).toBe(plain["file.yaml"]!.replace(secrets[0]!, "another"));
  });

  test.each(Object.keys(plain).filter((name) => name !== "file.bin"))("a new key is a new line: %s", async (name) => {
    const cwd = makeFolder({ [name]: locked[name]! });
    const path = name === "file.ini" ? '["db"]["added"]' : '["added"]';
    await isosops(["set", name, path, '"hunter2"'], { cwd, env: identity });
    const after = readFileSync(join(cwd, name), "utf8");
    expect(extraLines(after, locked[name]!)).toEqual([expect.stringMatching(/added.*ENC\[AES256_GCM,/)]);
    expect(extraLines(locked[name]!, after).length).toBe(name === "file.json" ? 1 : 0);
    await isosops(["unset", name, path], { cwd, env: identity });
    if (name === "file.json") return; // All on one line, the MAC too.
    const back = readFileSync(join(cwd, name), "utf8");
    expect(extraLines(back, locked[name]!)).toEqual([]);
    expect(extraLines(locked[name]!, back)).toEqual([]);
  });

  test("the value from a file, and from stdin", async () => {
    const cwd = makeFolder({ "file.yaml": locked["file.yaml"]!, "value.json": '{"z": "1", "a": ["2"]}\n' });
    const env = identity;
    expect(await isosops(["set", "--value-file", "file.yaml", '["n"]', "value.json"], { cwd, env })).toMatchObject({
      exit: 0,
    });
    const stdin = '"from stdin"\n';
    expect(await isosops(["set", "--value-stdin", "file.yaml", '["f"]'], { cwd, env, stdin })).toMatchObject({
      exit: 0,
    });
    const { stdout } = await isosops(["decrypt", "--extract", '["n"]', "file.yaml"], { cwd, env });
    expect(stdout).toBe('z: "1"\na:\n    - "2"\n');
    expect(await isosops(["decrypt", "--extract", '["f"]', "file.yaml"], { cwd, env })).toMatchObject({
      stdout: "from stdin",
    });
  });

  test("--idempotent leaves the file alone, bytes and time", async () => {
    const cwd = makeFolder({ "file.yaml": locked["file.yaml"]! });
    const before = statSync(join(cwd, "file.yaml")).mtimeMs;
    for (const args of [
      ["set", "--idempotent", "file.yaml", '["user"]', '"shop"'],
      ["set", "--idempotent", "file.yaml", '["list"][1]', '{"pin": 424242, "other": "x"}'],
      ["unset", "--idempotent", "file.yaml", '["nobody"]["here"]'],
    ]) {
      expect(await isosops(args, { cwd, env: identity })).toMatchObject({ exit: 0, stdout: "", stderr: "" });
    }
    expect(contentsOf(cwd)).toEqual({ "file.yaml": Buffer.from(locked["file.yaml"]!).toString("latin1") });
    expect(statSync(join(cwd, "file.yaml")).mtimeMs).toBe(before);
  });

  test("what fails changes nothing and leaves nothing behind", async () => {
    const tampered = locked["file.yaml"]!.replace("left_unencrypted: plain", "left_unencrypted: plane");
    const cwd = makeFolder({ "file.yaml": locked["file.yaml"]!, "tampered.yaml": tampered });
    const before = contentsOf(cwd);
    for (const [args, exit, env] of [
      [["set", "tampered.yaml", '["user"]', '"x"'], 51, identity],
      [["set", "file.yaml", '["user"]', '"x"'], 128, { SOPS_AGE_KEY: stranger.identity }],
      [["set", "file.yaml", '["list"]["key"]', '"x"'], 1, identity],
      [["unset", "file.yaml", '["passwort"]'], 1, identity],
    ] as const) {
      expect(await isosops(args, { cwd, env })).toMatchObject({ exit, stdout: "" });
      expect(contentsOf(cwd)).toEqual(before);
    }
    const { exit } = await isosops(["set", "--ignore-mac", "tampered.yaml", '["user"]', '"x"'], { cwd, env: identity });
    expect(exit).toBe(0);
    expect(await isosops(["decrypt", "tampered.yaml"], { cwd, env: identity })).toMatchObject({ exit: 0 });
  });

  test("the mode of the file stays", async () => {
    const cwd = makeFolder({ "file.yaml": locked["file.yaml"]! });
    chmodSync(join(cwd, "file.yaml"), 0o600);
    await isosops(["set", "file.yaml", '["user"]', '"x"'], { cwd, env: identity });
    if (process.platform !== "win32") expect(statSync(join(cwd, "file.yaml")).mode & 0o777).toBe(0o600);
  });

  test("errors name the path, and keys that may be meant", async () => {
    const cwd = makeFolder({ "file.yaml": locked["file.yaml"]! });
    const say = async (...args: string[]) => (await isosops(args, { cwd, env: identity })).stderr;
    expect(await say("unset", "file.yaml", '["Password"]')).toContain('Did you mean "password"?');
    expect(await say("unset", "file.yaml", '["list"][7]')).toContain("list[7]: list is a list of 3 items");
    expect(await say("decrypt", "--extract", '["user"]["name"]', "file.yaml")).toContain("user is a single value");
    expect(await say("set", "file.yaml", '["user"]', secrets[0]!)).toContain("is not JSON");
    expect(await say("set", "file.yaml", '["user"]', '"x"', "--nonsense")).toContain("Give a file, a path and a value");
  });
});

type Case = [file: string, ...args: string[]];

const sets: readonly Case[] = [
  ["file.yaml", '["password"]', '"x"'],
  ["file.yaml", "['password']", '"x"'],
  ["file.yaml", '["odd key"]', '"x"'],
  ["file.yaml", '["a.b"]', '"x"'],
  ["file.yaml", '["q"uote"]', '"x"'],
  ["file.yaml", '[""]', '"x"'],
  ["file.yaml", '["list"][+1]["pin"]', '"x"'],
  ["file.yaml", '["list"][001]["pin"]', '"x"'],
  ["file.yaml", '["list"][2][1][0]', '"x"'],
  ["file.yaml", '["list"][3]', '"x"'],
  ["file.yaml", '["list"][99]', '"x"'],
  ["file.yaml", '["list"][99]["new"][5]', '"x"'],
  ["file.yaml", '["list"][1]["new"]["er"]', "true"],
  ["file.yaml", '["empty"]["new"]', '"x"'],
  ["file.yaml", '["user"]["new"]', '"x"'],
  ["file.yaml", '["nil"][0]', '"x"'],
  ["file.yaml", '["added_unencrypted"]', '"x"'],
  ["file.yaml", '["left_unencrypted"]', '{"a": [1, 2.5, null, {"b": "c"}], "e": {}, "l": []}'],
  ["file.yaml", '["n"]', "null"],
  ["file.yaml", '["n"]', "false"],
  ["file.yaml", '["n"]', '""'],
  ["file.yaml", '["n"]', "1.5"],
  ["file.yaml", '["n"]', "1e21"],
  ["file.yaml", '["n"]', "-7"],
  ["file.yaml", '["n"]', '"5"'],
  ["file.yaml", '["n"]', '"2024-01-01"'],
  ["file.yaml", '["n"]', '"two\\nlines"'],
  ["file.yaml", '["n"]', '{"b": 9007199254740993, "a": {"c": [[], {}]}}'],
  ["file.yaml", '["n"]', "nonsense"],
  ["file.yaml", '["n"]', "1 2"],
  ["file.yaml", '["n"]', '"a", "b": 1'],
  ["file.yaml", '["n"]', "1e999"],
  ["file.yaml", '["n"]', ""],
  ["file.yaml", "n", "1"],
  ["file.yaml", '["n"]x', "1"],
  ["file.yaml", '["sops"]', "1"],
  ["file.yaml", '["n"]'],
  ["file.yaml", '["n"]', "1", "2"],
  ["file.yaml"],
  ["none.yaml", '["n"]', "1"],
  ["plain.yaml", '["n"]', "1"],
  ["file.json", '["password"]', '"x"'],
  ["file.json", '["dup"]', '"x"'],
  ["file.json", '["o"]["k"][1]["z"][5]', '{"deep": "x"}'],
  ["file.json", '["o"]["e"]["new"]', "true"],
  ["file.json", '["new"]', '{"b": "1", "a": {}, "b": "2"}'],
  ["file.env", '["PASSWORD"]', '"x"'],
  ["file.env", '["DUP"]', '"x"'],
  ["file.env", '["NEW"]', '"two\\nlines"'],
  ["file.env", '["NEW"]', "true"],
  ["file.env", '["NEW"]', "1.5"],
  ["file.env", '["NEW"]', '{"a": 1}'],
  ["file.env", '["USER"]["a"]', "1"],
  ["file.env", '["sops_mac"]', '"x"'],
  ["file.ini", '["db"]["password"]', '"x"'],
  ["file.ini", '["db"]["new"]', '"x"'],
  ["file.ini", '["new"]["key"]', '"x;y"'],
  ["file.ini", '["web"]', '{"a": "1", "b": "2"}'],
  ["file.ini", '["web"]', '"x"'],
  ["file.bin", '["data"]', '"x"'],
];

const unsets: readonly Case[] = [
  ["file.yaml", '["password"]'],
  ["file.yaml", '["list"]'],
  ["file.yaml", '["list"][0]'],
  ["file.yaml", '["list"][2]'],
  ["file.yaml", '["list"][1]["pin"]'],
  ["file.yaml", '["list"][2][1][0]'],
  ["file.yaml", '["nobody"]'],
  ["file.yaml", '["list"][9]'],
  ["file.yaml", '["empty"]["key"]'],
  ["file.yaml", '["user"]["key"]'],
  ["file.yaml", '["list"][0][0]'],
  ["file.yaml", "list"],
  ["file.yaml"],
  ["file.json", '["dup"]'],
  ["file.json", '["o"]["k"]'],
  ["file.json", '["o"]["k"][1]["z"][0]'],
  ["file.env", '["DUP"]'],
  ["file.env", '["PASSWORD"]'],
  ["file.ini", '["db"]["user"]'],
  ["file.ini", '["web"]'],
];

const paths = ["user", "password", "odd key", "a.b", "n", "f", "t", "nil", "day", "text", "list", "empty", "nobody"]
  .map((key) => `["${key}"]`)
  .concat([
    "",
    "list",
    '["list"][1]',
    '["list"][2]',
    '["list"][1]["pin"]',
    '["list"][9]',
    '["user"][0]',
    "['user']",
    "[]x",
  ]);

// What sops does there is no more than what happens: it panics.
const panics = 2;

describe.skipIf(sops === undefined).concurrent(`beside sops${skippedWithoutSops}`, () => {
  const start = (file: string, folder: Record<string, string>) =>
    makeFolder({ ...folder, "plain.yaml": "a: 1\n", ...(file in locked ? { [file]: locked[file]! } : {}) });

  const compare = (command: string, [file, ...args]: Case, ...flags: string[]) =>
    test(`${command} ${[...flags, file, ...args].join(" ")}`, async () => {
      const call = [command, ...flags, file, ...args];
      const theirs = start(file, {});
      const ours = start(file, {});
      const wanted = await run(sops!, call, { cwd: theirs, env: identity });
      const outcome = await isosops(call, { cwd: ours, env: identity });
      expect(outcome.exit).toBe(wanted.exit);
      if (!(file in locked)) return;
      const read = async (cwd: string) => (await run(sops!, ["decrypt", file], { cwd, env: identity })).stdout;
      // The comment behind a value is about that value, so we remove it too.
      const goesToo = command === "unset" && args[0] === '["password"]' ? /^# rotate\n/m : "";
      expect(await read(ours)).toBe((await read(theirs)).replace(goesToo, ""));
    });

  for (const one of sets) compare("set", one);
  compare("set", ["file.yaml", '["n"]'], "--value-file", "--value-stdin");
  compare("set", ["file.yaml", '["n"]', "none.json"], "--value-file");
  for (const one of unsets) compare("unset", one);
  compare("unset", ["file.yaml", '["nobody"]'], "--idempotent");
  compare("unset", ["file.yaml", '["user"]["key"]'], "--idempotent");

  const compareExtract = (path: string, ...flags: string[]) =>
    test(`--extract ${path} ${flags.join(" ")}`, async () => {
      const cwd = start("file.yaml", {});
      const args = ["decrypt", "--extract", path, ...flags, "file.yaml"];
      const wanted = await run(sops!, args, { cwd, env: identity });
      const outcome = await isosops(args, { cwd, env: identity });
      if (wanted.exit === panics) expect(outcome).toMatchObject({ exit: 1, stdout: "" });
      // The whole file, in our layout.
      else if (path === "") expect(outcome.exit).toBe(wanted.exit);
      else expect(outcome).toMatchObject({ exit: wanted.exit, stdout: wanted.stdout });
    });

  for (const path of paths) compareExtract(path);
  for (const type of ["json", "dotenv", "ini", "binary"]) {
    for (const key of ["user", "n", "day", "nil", "empty"]) compareExtract(`["${key}"]`, "--output-type", type);
    // sops writes lists in INI in the spelling of Go.
    if (type !== "ini") compareExtract('["list"]', "--output-type", type);
  }

  test("the older -d --extract", async () => {
    const cwd = start("file.yaml", {});
    const args = ["-d", "--extract", '["list"][1]', "file.yaml"];
    const wanted = await run(sops!, args, { cwd, env: identity });
    expect(await isosops(args, { cwd, env: identity })).toMatchObject({ exit: 0, stdout: wanted.stdout });
  });

  test("the older --set", async () => {
    for (const value of ['["a"] "b] c"', '["list"][0] {"x": "] "}', '["a"]', "x"]) {
      const theirs = start("file.yaml", {});
      const ours = start("file.yaml", {});
      const wanted = await run(sops!, ["--set", value, "file.yaml"], { cwd: theirs, env: identity });
      expect(await isosops(["--set", value, "file.yaml"], { cwd: ours, env: identity })).toMatchObject({
        exit: wanted.exit,
      });
      const read = (cwd: string) => run(sops!, ["decrypt", "file.yaml"], { cwd, env: identity });
      expect((await read(ours)).stdout).toBe((await read(theirs)).stdout);
    }
  });

  test("of a binary file nothing but the content can be set, where sops makes it another file", async () => {
    const help = (await isosops(["set", "--help"], { cwd: makeFolder() })).stdout.replace(/\s+/g, " ");
    expect(help).toContain('Of a binary file, ["data"] can be set to a string');
    for (const [path, value, bySops] of [
      ['["other"]', '"x"', 0],
      ['["data"]', "5", 4],
      ['["data"]["a"]', '"x"', 4],
    ] as const) {
      const args = ["set", "file.bin", path, value];
      const cwd = makeFolder({ "file.bin": locked["file.bin"]! });
      expect(await isosops(args, { cwd, env: identity })).toMatchObject({
        exit: 4,
        stderr: expect.stringMatching(/only \["data"\] can be set/),
      });
      expect(contentsOf(cwd)).toEqual({ "file.bin": locked["file.bin"] });
      // What sops writes then it does not decrypt, or shows the content alone.
      expect(await run(sops!, args, { cwd, env: identity })).toMatchObject({ exit: 0 });
      const opened = await run(sops!, ["decrypt", "file.bin"], { cwd, env: identity });
      expect([opened.exit, opened.stdout]).toEqual([bySops, bySops === 0 ? plain["file.bin"] : ""]);
    }
  });

  test("--input-type alone: a name that says nothing keeps the type, where sops writes binary", async () => {
    const help = (await isosops(["encrypt", "--help"], { cwd: makeFolder() })).stdout.replace(/\s+/g, " ");
    expect(help).toContain("or the input type (sops: binary) if the name is unknown");
    const cwd = makeFolder({ "file.txt": "a: b\n" });
    const args = ["encrypt", "--input-type", "yaml", "--age", first.recipient, "file.txt"];
    const theirs = await run(sops!, args, { cwd });
    expect(Object.keys(JSON.parse(theirs.stdout))).toEqual(["a", "sops"]);
    const ours = await isosops(args, { cwd });
    expect(ours.stdout).toMatch(/^a: ENC\[/);
    // And so both decrypt it, where sops does not decrypt its own.
    for (const [text, exit] of [
      [ours.stdout, 0],
      [theirs.stdout, 4],
    ] as const) {
      writeFileSync(join(cwd, "file.txt"), text);
      const flags = exit === 0 ? ["--input-type", "yaml", "--output-type", "yaml"] : [];
      expect(await run(sops!, ["decrypt", ...flags, "file.txt"], { cwd, env: identity })).toMatchObject({ exit });
    }
    writeFileSync(join(cwd, "file.txt"), ours.stdout);
    expect((await isosops(["decrypt", "--input-type", "yaml", "file.txt"], { cwd, env: identity })).stdout).toBe(
      "a: b\n",
    );
    expect(
      await isosops(["set", "--input-type", "yaml", "file.txt", '["a"]', '"c"'], { cwd, env: identity }),
    ).toMatchObject({ exit: 0 });
    expect(readFileSync(join(cwd, "file.txt"), "utf8")).toMatch(/^a: ENC\[/);
  });

  test("a file whose name says nothing, and another output type", async () => {
    const folders = [makeFolder(), makeFolder()];
    for (const cwd of folders) writeFileSync(join(cwd, "secret"), locked["file.json"]!);
    const args = ["set", "--input-type", "json", "--output-type", "json", "secret", '["n"]', '"x"'];
    for (const [index, cwd] of folders.entries()) {
      const outcome =
        index === 0 ? await run(sops!, args, { cwd, env: identity }) : await isosops(args, { cwd, env: identity });
      expect(outcome.exit).toBe(0);
    }
    const [theirs, ours] = await Promise.all(
      folders.map((cwd) =>
        run(sops!, ["decrypt", "--input-type", "json", "--output-type", "yaml", "secret"], { cwd, env: identity }),
      ),
    );
    expect(ours!.stdout).toBe(theirs!.stdout);
  });
});
