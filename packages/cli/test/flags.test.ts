import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import {
  bin,
  first,
  isosops,
  makeFolder,
  noSops,
  plainJson,
  plainYaml,
  run,
  second,
  secrets,
  sops,
} from "./support.js";

const age = ["--age", first.recipient];
const identity = { SOPS_AGE_KEY: first.identity };
const recipients = (text: string): string[] => [...text.matchAll(/recipient: (age1\w+)/g)].map((match) => match[1]!);

/** A file in a folder, encrypted with these flags, then decrypted. */
async function encryptWith(flags: string[], { name = "file.yaml", text = plainYaml } = {}): Promise<string> {
  const cwd = makeFolder({ [name]: text });
  const locked = await isosops(["encrypt", ...age, ...flags, name], { cwd });
  expect(locked, locked.stderr).toMatchObject({ exit: 0, stderr: "" });
  for (const secret of secrets) {
    if (flags.length === 0) expect(locked.stdout).not.toContain(secret);
  }
  writeFileSync(join(cwd, name), locked.stdout);
  const back = await isosops(["decrypt", name], { cwd, env: identity });
  expect(back).toMatchObject({ exit: 0, stderr: "", stdout: text });
  return locked.stdout;
}

/** sops decrypts what was encrypted to the same values. */
async function expectSopsReads(locked: string, { name = "file.yaml", text = plainYaml } = {}): Promise<void> {
  const theirs = await run(sops!, ["-d", name], { cwd: makeFolder({ [name]: locked }), env: identity });
  expect(theirs.exit, theirs.stderr).toBe(0);
  expect(parse(theirs.stdout)).toEqual(parse(text));
}

/** Which values of the file are encrypted, by their keys. */
function encryptedKeys(text: string): string[] {
  return [...text.matchAll(/"?(\w+)"?: "?ENC\[/g)].map((match) => match[1]!).filter((key) => key !== "mac");
}

describe.concurrent("selection", () => {
  test("without a rule, all but keys that end in _unencrypted", async ({ skip }) => {
    const text = await encryptWith([]);
    expect(encryptedKeys(text)).toEqual(["user", "password", "token", "pin"]);
    if (sops === undefined) return skip(noSops);
    await expectSopsReads(text);
  });

  test.for([
    ["--encrypted-regex", "^(password|token)$", ["password", "token"]],
    ["--unencrypted-regex", "^nested$", ["user", "password"]],
    ["--encrypted-suffix", "word", ["password"]],
    ["--unencrypted-suffix", "er", ["password", "token", "pin", "note_unencrypted"]],
    ["--encrypted-comment-regex", "not secret", []],
    ["--unencrypted-comment-regex", "the web", ["password", "token", "pin", "note_unencrypted"]],
  ] as const)("%s %s", async ([flag, value, keys], { skip }) => {
    const text = await encryptWith([flag, value]);
    expect(text).toMatch(new RegExp(`^ +${flag.slice(2).replaceAll("-", "_")}: `, "m"));
    if (!flag.includes("comment")) expect(encryptedKeys(text)).toEqual(keys);
    if (sops === undefined) return skip(noSops);
    await expectSopsReads(text);
  });

  test("a rule that selects nothing is done, and said", async () => {
    const cwd = makeFolder({ "file.yaml": plainYaml });
    const locked = await isosops(["encrypt", ...age, "--encrypted-regex", "^Password$", "file.yaml"], { cwd });
    expect(locked).toMatchObject({ exit: 0, stdout: expect.stringContaining("sops:") });
    expect(locked.stderr).toMatch(/^warning: file\.yaml: nothing was encrypted/);
  });

  test.each([
    ["file.yaml", "{}\n"],
    ["file.yaml", "---\n{ }\n"],
    ["file.json", "{}"],
    ["file.env", ""],
    ["file.txt", ""],
  ])("in %s, %j is to be filled, and nothing is said", async (name, text) => {
    const cwd = makeFolder({ [name]: text });
    expect(await isosops(["encrypt", ...age, name], { cwd })).toMatchObject({ exit: 0, stderr: "" });
  });

  test("a comment rule", async ({ skip }) => {
    const marked = { text: `# secret\npassword: ${secrets[0]}\n\nuser: shop\n` };
    const lockedMarked = await encryptWith(["--encrypted-comment-regex", "^ ?secret$"], marked);
    expect(encryptedKeys(lockedMarked)).toEqual(["password"]);
    const other = { text: `# public\nuser: shop\npassword: ${secrets[0]}\n` };
    const lockedOther = await encryptWith(["--unencrypted-comment-regex", "public"], other);
    expect(encryptedKeys(lockedOther)).toEqual(["password"]);
    if (sops === undefined) return skip(noSops);
    await expectSopsReads(lockedMarked, marked);
    await expectSopsReads(lockedOther, other);
  });

  test("an empty rule counts as not given", async () => {
    expect(encryptedKeys(await encryptWith(["--encrypted-regex", ""]))).toContain("user");
  });
});

describe.concurrent("recipients", () => {
  test.each([
    ["separated by commas", ["--age", `${first.recipient}, ${second.recipient}`], {}],
    ["given twice", ["--age", first.recipient, "-a", second.recipient], {}],
    ["from the environment", [], { SOPS_AGE_RECIPIENTS: `${first.recipient},${second.recipient}` }],
  ])("%s", async (_, flags, env) => {
    const cwd = makeFolder({ "file.yaml": plainYaml });
    const { exit, stdout } = await isosops(["encrypt", ...flags, "file.yaml"], { cwd, env });
    expect(exit).toBe(0);
    expect(recipients(stdout)).toEqual([first.recipient, second.recipient]);
  });

  test("--age before the environment", async () => {
    const cwd = makeFolder({ "file.yaml": plainYaml });
    const env = { SOPS_AGE_RECIPIENTS: second.recipient };
    const { stdout } = await isosops(["encrypt", ...age, "file.yaml"], { cwd, env });
    expect(recipients(stdout)).toEqual([first.recipient]);
  });

  test("before and behind the command", async () => {
    const cwd = makeFolder({ "file.yaml": plainYaml });
    const { stdout } = await isosops([...age, "encrypt", "--age", second.recipient, "file.yaml"], { cwd });
    expect(recipients(stdout)).toEqual([first.recipient, second.recipient]);
  });

  test("a key of the environment that cannot be used is an error, and no file without it is written", async () => {
    const cwd = makeFolder({ "file.yaml": plainYaml });
    for (const [name, value] of [
      ["SOPS_PGP_FP", "ABCD"],
      ["SOPS_KMS_ARN", "ABCD"],
      ["SOPS_GCP_KMS_IDS", "ABCD"],
      ["SOPS_AZURE_KEYVAULT_URLS", "ABCD"],
      ["SOPS_VAULT_URIS", "ABCD"],
      ["SOPS_HUAWEICLOUD_KMS_IDS", "ABCD"],
    ] as const) {
      const { exit, stdout, stderr } = await isosops(["encrypt", ...age, "file.yaml"], { cwd, env: { [name]: value } });
      expect({ exit, stdout }).toEqual({ exit: 1, stdout: "" });
      expect(stderr).toMatch(new RegExp(`^error: .*${name}`));
      expect(stderr).toContain("ABCD");
    }
  });
});

describe.concurrent("forms of the command", () => {
  test.each([
    ["encrypt", ["encrypt", ...age, "file.yaml"]],
    ["flags behind the file", ["encrypt", "file.yaml", ...age]],
    ["-e", ["-e", ...age, "file.yaml"]],
    ["--encrypt", ["--encrypt", "file.yaml", ...age]],
    ["general flags before the command", ["--indent", "2", "encrypt", ...age, "file.yaml"]],
  ])("%s", async (_, args) => {
    const cwd = makeFolder({ "file.yaml": plainYaml });
    const { exit, stdout, stderr } = await isosops(args, { cwd });
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    writeFileSync(join(cwd, "file.yaml"), stdout);
    for (const decrypt of [["decrypt"], ["-d"], ["--decrypt"]]) {
      expect(await isosops([...decrypt, "file.yaml"], { cwd, env: identity })).toMatchObject({ stdout: plainYaml });
    }
  });

  test("a second file is left alone, and that is said", async () => {
    const cwd = makeFolder({ "file.yaml": plainYaml });
    const { exit, stderr } = await isosops(["-e", ...age, "file.yaml", "other.yaml"], { cwd });
    expect(exit).toBe(0);
    expect(stderr).toMatch(/^warning: .*other\.yaml/);
  });

  test("a file named like a command", async () => {
    const cwd = makeFolder({ decrypt: plainYaml });
    const { exit } = await isosops(["-e", ...age, "--input-type", "yaml", "./decrypt"], { cwd });
    expect(exit).toBe(0);
    const confused = await isosops(["-e", ...age, "decrypt"], { cwd });
    expect(confused).toMatchObject({ exit: 8, stdout: "" });
  });

  test.skipIf(process.platform === "win32")("no command: those that are printed can be run", async () => {
    const name = "it's $HOME.yaml";
    const cwd = makeFolder({ [name]: plainYaml });
    const { exit, stderr } = await isosops([name], { cwd });
    expect(exit).toBe(1);
    for (const [, command] of stderr.matchAll(/`isosops (\w+ [^`]*)`/g)) {
      const words = `"$0" "$1" ${command}`;
      const env = { ...identity, SOPS_AGE_RECIPIENTS: first.recipient };
      const outcome = await run("sh", ["-c", words, process.execPath, bin], { cwd, env });
      if (command!.startsWith("encrypt")) expect(outcome, command).toMatchObject({ exit: 0, stderr: "" });
      else expect(outcome.stderr).toContain("The file has no `sops` block");
    }
  });
});

describe.concurrent("stdin", () => {
  test("encrypt and decrypt", async () => {
    const cwd = makeFolder();
    const named = ["--filename-override", "any.yaml"];
    const locked = await isosops(["encrypt", ...age, ...named], { cwd, stdin: plainYaml });
    expect(locked, locked.stderr).toMatchObject({ exit: 0, stderr: "" });
    for (const flags of [named, ["--input-type", "yaml"]]) {
      const back = await isosops(["decrypt", ...flags], { cwd, stdin: locked.stdout, env: identity });
      expect(back, back.stderr).toMatchObject({ exit: 0, stdout: plainYaml, stderr: "" });
    }
  });

  test("its format must be told", async () => {
    const outcome = await isosops(["decrypt"], { cwd: makeFolder(), stdin: plainYaml, env: identity });
    expect(outcome).toMatchObject({ exit: 1, stdout: "" });
    expect(outcome.stderr).toMatch(/--input-type/);
  });
});

describe.concurrent("formats", () => {
  test("JSON", async ({ skip }) => {
    const file = { name: "file.json", text: plainJson };
    const locked = await encryptWith([], file);
    expect(JSON.parse(locked)).toHaveProperty("sops.mac");
    if (sops === undefined) return skip(noSops);
    await expectSopsReads(locked, file);
  });

  test.each(["file.yml", "file.txt"])("YAML in %s", async (name) => {
    const cwd = makeFolder({ [name]: plainYaml });
    const flags = name.endsWith(".txt") ? ["--input-type", "yaml"] : [];
    const outcome = await isosops(["encrypt", ...age, ...flags, name], { cwd });
    expect(outcome.exit).toBe(0);
    expect(encryptedKeys(outcome.stdout)).toContain("password");
  });

  test.for([
    ["file.env", "A=example-1\n# note\nB=x\\ny\n"],
    ["file.ini", "; note\n[a]\nk = example-1\n"],
    ["file.txt", "a=b\n"],
    ["file", Buffer.from([0, 0xff, 0xfe, 0x0a, 0x80])],
  ] as const)("%s, by its name, and as sops reads it", async ([name, plain], { skip }) => {
    const cwd = makeFolder({ [name]: plain });
    const locked = await isosops(["encrypt", ...age, "-i", name], { cwd });
    expect(locked, locked.stderr).toMatchObject({ exit: 0, stdout: "" });
    expect(readFileSync(join(cwd, name), "utf8")).toContain("ENC[AES256_GCM,");
    const opened = await isosops(["decrypt", "--output", "ours", name], { cwd, env: identity });
    expect(opened, opened.stderr).toMatchObject({ exit: 0 });
    expect(readFileSync(join(cwd, "ours"))).toEqual(Buffer.from(plain));
    if (sops === undefined) return skip(noSops);
    const theirs = await run(sops, ["-d", "--output", "theirs", name], { cwd, env: identity });
    expect(theirs, theirs.stderr).toMatchObject({ exit: 0 });
    expect(readFileSync(join(cwd, "theirs"))).toEqual(Buffer.from(plain));
  });

  test("--input-type binary encrypts any file whole", async () => {
    const cwd = makeFolder({ "file.yaml": plainYaml });
    const flags = ["--input-type", "binary", "--output-type", "binary"];
    const locked = await isosops(["encrypt", ...age, ...flags, "file.yaml"], { cwd });
    expect(Object.keys(JSON.parse(locked.stdout))).toEqual(["data", "sops"]);
  });

  test("from ENV to YAML, but not from nested YAML to ENV", async () => {
    const cwd = makeFolder({ "file.env": "A=1\n", "file.yaml": plainYaml });
    const asYaml = await isosops(["encrypt", ...age, "--output-type", "yaml", "file.env"], { cwd });
    expect(Object.keys(parse(asYaml.stdout))).toEqual(["A", "sops"]);
    const asEnv = await isosops(["encrypt", ...age, "--output-type", "dotenv", "file.yaml"], { cwd });
    // What sops 3.13.3 exits with.
    expect(asEnv).toMatchObject({ exit: 4, stdout: "" });
    expect(asEnv.stderr).toMatch(/nested.*single values/);
  });

  test.each([
    ["toml", "# c\na = 'secret' # d\n"],
    ["xml", "<a>\n  <!-- c --><b>secret</b>\n</a>\n"],
  ])("%s, which sops lacks, has to be asked for", async (format, plain) => {
    const name = `file.${format}`;
    const cwd = makeFolder({ [name]: plain });
    const whole = await isosops(["encrypt", ...age, name], { cwd });
    expect(Object.keys(JSON.parse(whole.stdout))).toEqual(["data", "sops"]);
    expect(whole.stderr).toContain(`--input-type ${format}`);
    const locked = await isosops(["encrypt", ...age, "-i", "--input-type", format, name], { cwd });
    expect(locked).toMatchObject({ exit: 0, stderr: "" });
    expect(readFileSync(join(cwd, name), "utf8")).toMatch(/ENC\[.*sops.*AGE ENCRYPTED/s);
    const refused = await isosops(["decrypt", name], { cwd, env: identity });
    expect(refused).toMatchObject({ exit: 1, stdout: "" });
    expect(refused.stderr).toContain(`\`--input-type ${format}\``);
    const opened = await isosops(["decrypt", "--input-type", format, name], { cwd, env: identity });
    expect(opened).toMatchObject({ exit: 0, stdout: plain });
  });

  test("--input-type hcl is refused", async () => {
    const cwd = makeFolder({ "file.yaml": plainYaml });
    const outcome = await isosops(["encrypt", ...age, "--input-type", "hcl", "file.yaml"], { cwd });
    expect(outcome).toMatchObject({ exit: 1, stdout: "" });
    expect(outcome.stderr).toMatch(/yaml, json, dotenv, ini, binary/);
  });

  test("from YAML to JSON and back, as sops reads it", async ({ skip }) => {
    const cwd = makeFolder({ "file.yaml": plainYaml });
    const asJson = await isosops(["encrypt", ...age, "--output-type", "json", "file.yaml"], { cwd });
    expect(asJson, asJson.stderr).toMatchObject({ exit: 0 });
    expect(JSON.parse(asJson.stdout)).toHaveProperty("nested.token");
    writeFileSync(join(cwd, "file.json"), asJson.stdout);
    const asYaml = await isosops(["decrypt", "--output-type", "yaml", "file.json"], { cwd, env: identity });
    expect(parse(asYaml.stdout)).toEqual(parse(plainYaml));
    if (sops === undefined) return skip(noSops);
    const theirs = await run(sops, ["-d", "--output-type", "yaml", "file.json"], { cwd, env: identity });
    expect(asYaml.stdout).toBe(theirs.stdout);
  });

  test("--filename-override counts before the file's name", async () => {
    const cwd = makeFolder({ "file.txt": plainJson });
    const outcome = await isosops(["encrypt", ...age, "--filename-override", "x.json", "file.txt"], { cwd });
    expect(JSON.parse(outcome.stdout)).toHaveProperty("sops");
  });
});

describe.concurrent("layout", () => {
  test("--layout sops writes what sops writes", async ({ skip }) => {
    const cwd = makeFolder({ "file.yaml": plainYaml });
    const locked = await isosops(["encrypt", ...age, "--layout", "sops", "file.yaml"], { cwd });
    expect(locked.exit, locked.stderr).toBe(0);
    writeFileSync(join(cwd, "locked.yaml"), locked.stdout);
    const ours = await isosops(["decrypt", "--layout", "sops", "--indent", "3", "locked.yaml"], { cwd, env: identity });
    expect(ours.stdout).toMatch(/^ {3}token: /m);
    if (sops === undefined) return skip(noSops);
    const theirs = await run(sops, ["-d", "--indent", "3", "locked.yaml"], { cwd, env: identity });
    expect(ours.stdout).toBe(theirs.stdout);
  });

  test("--indent is that of the sops block when the rest is kept", async () => {
    const cwd = makeFolder({ "file.yaml": plainYaml });
    const { stdout } = await isosops(["encrypt", ...age, "--indent", "6", "file.yaml"], { cwd });
    expect(stdout).toMatch(/^sops:\n {6}age:/m);
    expect(stdout).toMatch(/^ {2}token: "ENC/m);
  });

  test("an unknown layout", async () => {
    const outcome = await isosops(["-e", ...age, "--layout", "pretty", "x.yaml"], { cwd: makeFolder() });
    expect(outcome).toMatchObject({ exit: 1, stdout: "" });
    expect(outcome.stderr).toMatch(/preserve, sops/);
  });
});

describe.concurrent("the MAC", () => {
  test("--mac-only-encrypted leaves the rest open to change", async ({ skip }) => {
    const cwd = makeFolder({ "file.yaml": plainYaml });
    const rule = ["--encrypted-regex", "^password$"];
    const changed = [
      { name: "open.yaml", flags: ["--mac-only-encrypted"], exit: 0 },
      { name: "closed.yaml", flags: [], exit: 51 },
    ];
    for (const { name, flags, exit } of changed) {
      const { stdout } = await isosops(["encrypt", ...age, ...rule, ...flags, "file.yaml"], { cwd });
      writeFileSync(join(cwd, name), stdout.replace("user: shop", "user: other"));
      expect(await isosops(["-d", name], { cwd, env: identity })).toMatchObject({ exit });
    }
    if (sops === undefined) return skip(noSops);
    for (const { name, exit } of changed) {
      expect(await run(sops, ["-d", name], { cwd, env: identity })).toMatchObject({ exit });
    }
  });

  test("--ignore-mac reads a file whose MAC is wrong or missing", async () => {
    const cwd = makeFolder({ "file.yaml": plainYaml });
    const { stdout } = await isosops(["encrypt", ...age, "--encrypted-regex", "^password$", "file.yaml"], { cwd });
    for (const text of [stdout.replace("user: shop", "user: other"), stdout.replace(/^ +mac: .*\n/m, "")]) {
      writeFileSync(join(cwd, "changed.yaml"), text);
      const refused = await isosops(["decrypt", "changed.yaml"], { cwd, env: identity });
      expect(refused).toMatchObject({ exit: 51, stdout: "" });
      const read = await isosops(["decrypt", "--ignore-mac", "changed.yaml"], { cwd, env: identity });
      expect(read).toMatchObject({ exit: 0 });
      expect(read.stdout).toContain(secrets[0]);
    }
  });
});

test("what sops encrypts, the command decrypts", async ({ skip }) => {
  if (sops === undefined) return skip(noSops);
  const cwd = makeFolder({ "file.yaml": plainYaml });
  const theirs = await run(sops, ["-e", "-i", ...age, "file.yaml"], { cwd });
  expect(theirs.exit, theirs.stderr).toBe(0);
  const ours = await isosops(["decrypt", "-i", "--layout", "sops", "file.yaml"], { cwd, env: identity });
  expect(ours.exit, ours.stderr).toBe(0);
  expect(parse(readFileSync(join(cwd, "file.yaml"), "utf8"))).toEqual(parse(plainYaml));
});
