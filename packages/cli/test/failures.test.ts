import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  contentsOf,
  first,
  isosops,
  keyPath,
  makeFolder,
  noSops,
  plainJson,
  plainYaml,
  readKey,
  run,
  secrets,
  sops,
  stranger,
  tools,
  vectorPath,
} from "./support.js";

interface Failure {
  name: string;
  args: string[];
  /** What sops returns, unless `sopsExit` says otherwise. */
  exit: number;
  message: RegExp;
  env?: Record<string, string>;
  stdin?: string;
  /** Where ours differs from sops, on purpose. */
  sopsExit?: number;
}

const age = ["--age", first.recipient];
const identity = { SOPS_AGE_KEY: first.identity };
const locked = readFileSync(vectorPath("good/two-recipients/encrypted-3.13.3.yaml"), "utf8");

/** Each is run on a folder with these files, with our command and with sops. */
const files = {
  "plain.yaml": plainYaml,
  "plain.json": plainJson,
  "locked.yaml": locked,
  "no-mac.yaml": locked.replace(/^ +mac: .*\n/m, ""),
  "truncated.yaml": locked.slice(0, locked.indexOf("sops:")),
  "moved.yaml": locked.replace(/^a:/m, "z:"),
  "base64.yaml": locked.replace(/(?<=data:)./, "*"),
  "list.json": `["${secrets[0]}"]\n`,
  "list.yaml": `- ${secrets[0]}\n`,
  "empty.yaml": "",
  "empty.json": "",
  "comment.yaml": "# nothing yet\n",
  "blank.yaml": "\n",
  "spaces.yaml": " \r\n",
  "mark.yaml": "\ufeff",
  "open.yaml": `password: "${secrets[0]}\n`,
  "open.json": `{"password": "${secrets[0]}`,
  "latin1.yaml": Buffer.from(`password: ${secrets[0]}\u00e9\n`, "latin1"),
  "notes.txt": "words\n",
};

const failures: Failure[] = [
  // The command line
  { name: "unknown flag", args: ["-e", "--agee", "x", "plain.yaml"], exit: 1, message: /--agee.*Did you mean --age/ },
  { name: "unknown flag of a command", args: ["decrypt", "--bogus", "locked.yaml"], exit: 1, message: /--bogus/ },
  { name: "flag without its value", args: ["-e", "plain.yaml", "--age"], exit: 1, message: /--age/ },
  {
    name: "indent that is not a number",
    args: ["--indent", "x", "-e", ...age, "plain.yaml"],
    exit: 1,
    message: /--indent/,
  },
  { name: "negative indent", args: ["--indent", "-1", "-e", ...age, "plain.yaml"], exit: 4, message: /--indent/ },
  { name: "flags form without a file", args: ["-d"], exit: 100, message: /isosops decrypt/ },
  { name: "missing file, flags form", args: ["-d", "missing.yaml"], exit: 100, message: /missing\.yaml/ },
  { name: "missing file, command", args: ["decrypt", "missing.yaml"], exit: 100, message: /missing\.yaml/ },
  { name: "missing file to encrypt", args: ["encrypt", ...age, "missing.yaml"], exit: 100, message: /missing\.yaml/ },
  {
    name: "in place and elsewhere",
    args: ["-e", ...age, "-i", "--output", "out.yaml", "plain.yaml"],
    exit: 8,
    message: /--in-place and --output/,
  },
  {
    name: "in place and elsewhere, command",
    args: ["decrypt", "--in-place", "--output", "out.yaml", "locked.yaml"],
    exit: 8,
    message: /--in-place and --output/,
    env: identity,
  },
  { name: "in place from stdin", args: ["decrypt", "-i"], exit: 8, message: /--in-place/, env: identity },
  {
    name: "stdin without a name",
    args: ["encrypt", ...age],
    exit: 8,
    message: /--filename-override/,
    stdin: plainYaml,
  },
  {
    name: "two rules",
    args: ["-e", ...age, "--encrypted-regex", "a", "--encrypted-suffix", "b", "plain.yaml"],
    exit: 8,
    message: /--encrypted-regex and --encrypted-suffix/,
  },
  {
    name: "two rules, command",
    args: ["encrypt", ...age, "--unencrypted-regex", "a", "--unencrypted-suffix", "b", "plain.yaml"],
    exit: 8,
    message: /--unencrypted-regex and --unencrypted-suffix/,
  },

  // Recipients
  { name: "nobody to encrypt for", args: ["-e", "plain.yaml"], exit: 1, message: /--age/ },
  { name: "nobody, command", args: ["encrypt", "plain.yaml"], exit: 1, message: /SOPS_AGE_RECIPIENTS/ },
  {
    name: "no recipient",
    args: ["-e", "--age", "nobody", "plain.yaml"],
    exit: 1,
    message: /--age: nobody: .*recipient/,
  },
  { name: "a gap in the list", args: ["-e", "--age", `${first.recipient},`, "plain.yaml"], exit: 1, message: /--age/ },
  {
    name: "recipient with a typing mistake",
    args: ["-e", "--age", first.recipient.replace(/.$/, "q"), "plain.yaml"],
    exit: 1,
    message: /recipient|age1/,
  },
  {
    name: "a private key as recipient",
    args: ["-e", "--age", first.identity, "plain.yaml"],
    exit: 1,
    message: /private|secret|identity|recipient/i,
  },

  // The input
  { name: "a folder", args: ["-e", ...age, "--input-type", "yaml", "."], exit: 2, message: /folder/ },
  { name: "top-level list, YAML", args: ["-e", ...age, "list.yaml"], exit: 2, message: /list\.yaml.*list/s },
  { name: "top-level list, JSON", args: ["-e", ...age, "list.json"], exit: 2, message: /list\.json.*list/s },
  ...["comment.yaml", "blank.yaml", "spaces.yaml", "mark.yaml"].map((file) => ({
    name: `no document, ${file}`,
    args: ["-e", ...age, file],
    exit: 2,
    message: /no document in the file/,
  })),
  { name: "empty, YAML", args: ["-e", ...age, "empty.yaml"], exit: 92, message: /empty\.yaml/ },
  { name: "empty, JSON", args: ["-e", ...age, "empty.json"], exit: 2, message: /empty\.json/ },
  { name: "quote left open, YAML", args: ["-e", ...age, "open.yaml"], exit: 2, message: /open\.yaml.*line/s },
  { name: "quote left open, JSON", args: ["-e", ...age, "open.json"], exit: 2, message: /open\.json.*line/s },
  { name: "encrypted already", args: ["-e", ...age, "locked.yaml"], exit: 203, message: /encrypted already/ },
  { name: "not UTF-8", args: ["-e", ...age, "latin1.yaml"], exit: 2, message: /byte 24 / },
  { name: "not UTF-8, to decrypt", args: ["-d", "latin1.yaml"], exit: 1, message: /byte 24 /, env: identity },
  { name: "not encrypted", args: ["-d", "plain.yaml"], exit: 1, message: /not.*encrypted/, env: identity },
  { name: "not encrypted, JSON", args: ["-d", "plain.json"], exit: 1, message: /not.*encrypted/, env: identity },
  { name: "empty, to decrypt", args: ["-d", "empty.yaml"], exit: 1, message: /empty\.yaml/, env: identity },
  { name: "top-level list, to decrypt", args: ["-d", "list.json"], exit: 1, message: /list/, env: identity },
  {
    name: "not the format it is said to be",
    args: ["-d", "--input-type", "json", "locked.yaml"],
    exit: 1,
    message: /JSON/,
    env: identity,
  },

  // Keys
  {
    name: "no key",
    args: ["-d", "locked.yaml"],
    exit: 128,
    message: /SOPS_AGE_KEY_FILE \(not set\).*keys\.txt \(no such file\)/,
  },
  {
    name: "wrong key",
    args: ["-d", "locked.yaml"],
    exit: 128,
    message: /SOPS_AGE_KEY \(1 key\)/,
    env: { SOPS_AGE_KEY: stranger.identity },
  },
  {
    name: "wrong key, command",
    args: ["decrypt", "locked.yaml"],
    exit: 128,
    message: /age1/,
    env: { SOPS_AGE_KEY: stranger.identity },
  },
  {
    name: "malformed key",
    args: ["-d", "locked.yaml"],
    exit: 128,
    message: /SOPS_AGE_KEY \(no key, line 1 is not a valid age identity\)/,
    env: { SOPS_AGE_KEY: first.identity.slice(0, -1) },
  },
  {
    name: "key file that is not there",
    args: ["-d", "locked.yaml"],
    exit: 128,
    message: /SOPS_AGE_KEY_FILE, .*gone\.txt \(no such file\)/,
    env: { SOPS_AGE_KEY_FILE: "gone.txt" },
  },
  {
    name: "a command for keys that fails",
    args: ["-d", "locked.yaml"],
    exit: 128,
    message: /SOPS_AGE_KEY_CMD \(the command failed with exit code 1\)/,
    env: { SOPS_AGE_KEY_CMD: "false" },
  },

  // Damage
  { name: "no MAC", args: ["-d", "no-mac.yaml"], exit: 51, message: /MAC/, env: identity },
  { name: "truncated", args: ["-d", "truncated.yaml"], exit: 1, message: /sops/, env: identity },
  { name: "moved value", args: ["-d", "moved.yaml"], exit: 25, message: /\bz\b/, env: identity },
  { name: "broken base64", args: ["-d", "base64.yaml"], exit: 25, message: /\ba\b/, env: identity },
  { name: "broken base64, command", args: ["decrypt", "-i", "base64.yaml"], exit: 25, message: /\ba\b/, env: identity },

  // The output
  {
    name: "output folder that is not there",
    args: ["-e", ...age, "--output", "gone/out.yaml", "plain.yaml"],
    exit: 3,
    message: /gone.out\.yaml.*no such/,
  },
  {
    name: "a folder as output",
    args: ["-d", "--output", "folder", "locked.yaml"],
    exit: 3,
    message: /folder/,
    env: identity,
  },
];

describe.concurrent("a failure is one message, no output, and the exit code of sops", () => {
  test.for(failures)("$name", async ({ args, exit, sopsExit = exit, message, env = {}, stdin = "" }, { skip }) => {
    const folder = makeFolder(files);
    mkdirSync(join(folder, "folder"));
    const before = contentsOf(folder);
    const ours = await isosops(args, { cwd: folder, env, stdin });
    expect(ours.stderr).toMatch(message);
    expect(ours).toMatchObject({ exit, stdout: "" });
    expect(ours.stderr).toMatch(/^error: [^\n]+\n/);
    expect(ours.stderr).not.toMatch(/^\s+at /m);
    expect(contentsOf(folder)).toEqual(before);
    if (sops === undefined) return skip(noSops);
    const theirs = await run(sops, ["--disable-version-check", ...args], { cwd: folder, env, stdin });
    expect(theirs.exit, `what sops returns for ${args.join(" ")}: ${theirs.stderr}`).toBe(
      args.length === 0 ? 100 : sopsExit,
    );
  });
});

interface BrokenCase {
  about: string;
  format: string;
  operation: "encrypt" | "decrypt";
  options?: Record<string, unknown>;
  recipients?: string[];
  identities?: string[];
  code: string;
  sops: Record<string, { exit: number }>;
}

/** Where our exit code is not the one that sops 3.13.3 gave when the vectors were made, and why. */
const different: Record<string, { exit: number; why: string }> = {
  "rule-invalid-regex": { exit: 1, why: "sops takes a pattern it cannot read for one that matches nothing" },
  "rule-look-ahead": { exit: 1, why: "sops takes a pattern it cannot read for one that matches nothing" },
  "json-trailing": { exit: 2, why: "sops drops what follows the object" },
  "metadata-age-entry": { exit: 1, why: "sops finds it when it unwraps the data key, we when we read the block" },
  "key-types-unknown": { exit: 128, why: "sops takes keys of types it does not know for no keys at all" },
};

/** sops finds these when it encrypts, we when we read. */
const foundEarlier = 23;

/** One vector for each operation, error code, exit code and format; `test-vectors` goes through all of them. */
const broken = [
  ...new Map(
    readdirSync(vectorPath("broken")).map((name) => {
      const broken = JSON.parse(readFileSync(vectorPath(`broken/${name}/case.json`), "utf8")) as BrokenCase;
      return [[broken.operation, broken.code, broken.sops["3.13.3"]!.exit, broken.format].join(), { name, broken }];
    }),
  ).values(),
];

describe.concurrent("the broken vectors give the exit codes that sops gave", () => {
  test.each(broken)(
    "$name",
    async ({ name, broken: { format, operation, options = {}, recipients = [], identities = [], sops } }) => {
      const folder = makeFolder();
      const key = (given: string) =>
        /^(first|second|stranger)$/.test(given) ? readKey(given as "first").recipient : given;
      const args = operation === "decrypt" ? ["-d"] : tools.encryptFlags(options, recipients.map(key));
      const env = {
        ...(identities.length === 0
          ? {}
          : { SOPS_AGE_KEY: identities.map((id) => readKey(id as "first").identity).join("\n") }),
      };
      const file = `input.${tools.endings[format]}`;
      const outcome = await isosops([...args, vectorPath(`broken/${name}/${file}`)], { cwd: folder, env });
      const theirs = sops["3.13.3"]!.exit;
      const expected = different[name]?.exit ?? (theirs === foundEarlier ? 2 : theirs);
      expect(outcome, outcome.stderr).toMatchObject({ exit: expected, stdout: "" });
      // What is wrong with the flags has nothing to do with the file.
      if (!outcome.stderr.includes("--")) expect(outcome.stderr).toContain(file);
    },
  );
});

test("a stack trace is shown to who asks for it", async () => {
  const folder = makeFolder({ "plain.yaml": plainYaml });
  const outcome = await isosops(["-d", "plain.yaml"], {
    cwd: folder,
    env: { SOPS_AGE_KEY_FILE: keyPath("first"), ISOSOPS_DEBUG: "1" },
  });
  expect(outcome.stderr).toMatch(/^\s+at /m);
});

test("colour is for terminals, and for who asks for it", async () => {
  const folder = makeFolder();
  const plain = await isosops(["-d"], { cwd: folder });
  const forced = await isosops(["-d"], { cwd: folder, env: { FORCE_COLOR: "1" } });
  const refused = await isosops(["-d"], { cwd: folder, env: { FORCE_COLOR: "1", NO_COLOR: "1" } });
  expect(plain.stderr).not.toContain("\u001b");
  expect(forced.stderr).toContain("\u001b[31m");
  expect(refused.stderr).toBe(plain.stderr);
});

test("a private key in place of a file name is not repeated", async () => {
  const outcome = await isosops(["-d", first.identity], { cwd: makeFolder() });
  expect(outcome).toMatchObject({ exit: 100, stdout: "" });
  expect(outcome.stderr).toContain("AGE-SECRET-KEY-...");
});

test("control characters in a name do not reach the terminal", async () => {
  const { stderr } = await isosops(["-d", "\u001b[2Jx\u0007.yaml"], { cwd: makeFolder() });
  expect(stderr).toContain("\\x1b[2Jx\\x07.yaml");
  expect(stderr).not.toContain("\u001b");
});
