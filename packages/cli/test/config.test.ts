import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  bin,
  first,
  isosops,
  makeFolder,
  noSops,
  type Outcome,
  plainJson,
  plainYaml,
  run,
  second,
  sops,
} from "./support.js";

const [one, two] = [first.recipient, second.recipient];
const rule = `creation_rules:\n  - path_regex: file\\.yaml$\n    encrypted_regex: ^password$\n    mac_only_encrypted: true\n    age: ${one}\n`;
const plain = "file.yaml";

interface Case {
  about: string;
  config?: string | undefined;
  args?: string[];
  env?: Record<string, string>;
  /** What sops 3.13.3 exits with. */
  exit: number;
  /** For our message. */
  says?: RegExp;
}

const cases: Case[] = [
  { about: "no configuration", exit: 1, says: /no recipients/ },
  { about: "recipients and rule", config: rule, exit: 0 },
  { about: "--age before its recipients", config: rule, args: ["--age", two], exit: 0 },
  { about: "SOPS_AGE_RECIPIENTS before its recipients", config: rule, env: { SOPS_AGE_RECIPIENTS: two }, exit: 0 },
  { about: "a flag of the same kind before its rule", config: rule, args: ["--encrypted-regex", "^user$"], exit: 0 },
  {
    about: "a flag of another kind beside its rule",
    config: rule,
    args: ["--unencrypted-suffix", "_x"],
    exit: 8,
    says: /--unencrypted-suffix.*`encrypted_regex`|`encrypted_regex`.*--unencrypted-suffix/,
  },
  {
    about: "no rule for the file",
    config: rule.replace("file", "other"),
    exit: 1,
    says: /no creation rule of .*path_regex/,
  },
  {
    about: "no rule for the file, with --age",
    config: rule.replace("file", "other"),
    args: ["--age", two],
    exit: 1,
    says: /no creation rule/,
  },
  { about: "an empty list of rules", config: "creation_rules: []\n", exit: 1, says: /no creation rule/ },
  { about: "no list of rules", config: "stores: {}\n", exit: 1, says: /no `creation_rules`/ },
  { about: "no list of rules, with --age", config: "stores: {}\n", args: ["--age", one], exit: 0 },
  { about: "an empty file", config: "", args: ["--age", one], exit: 0 },
  { about: "nothing but a comment", config: "# later\n", args: ["--age", one], exit: 0 },
  {
    about: "the first rule that matches",
    config: `creation_rules:\n  - {path_regex: zzz, age: ${one}}\n  - {path_regex: "^file", age: ${two}}\n  - age: ${one}\n`,
    exit: 0,
  },
  { about: "no YAML", config: "creation_rules: [\n", exit: 1, says: /\.sops\.yaml.*line/ },
  {
    about: "no YAML, with --age",
    config: "creation_rules: [\n",
    args: ["--age", one],
    exit: 1,
    says: /configuration is not valid/,
  },
  {
    about: "an invalid path_regex",
    config: `creation_rules:\n  - path_regex: "("\n    age: ${one}\n`,
    exit: 1,
    says: /line 2.*path_regex/,
  },
  {
    about: "a broken path_regex behind the rule",
    config: `creation_rules:\n  - age: ${one}\n  - path_regex: "("\n`,
    exit: 0,
  },
  {
    about: "two rules in one",
    config: `creation_rules:\n  - age: ${one}\n    encrypted_regex: a\n    encrypted_suffix: b\n`,
    exit: 1,
    says: /line 2.*Keep one/,
  },
  {
    about: "two rules in one, but for another file",
    config: `creation_rules:\n  - path_regex: zzz\n    encrypted_regex: a\n    encrypted_suffix: b\n  - age: ${one}\n`,
    exit: 0,
  },
  { about: "nobody", config: "creation_rules:\n  - {}\n", exit: 1, says: /names no keys/ },
  { about: "nobody, with --age", config: "creation_rules:\n  - {}\n", args: ["--age", one], exit: 0 },
  { about: "an invalid recipient", config: "creation_rules:\n  - age: nonsense\n", exit: 1, says: /line 2.*nonsense/ },
  { about: "a number for recipients", config: "creation_rules:\n  - age: 5\n", exit: 1, says: /`age` must be/ },
  { about: "a list in a list", config: `creation_rules:\n  - age: [${one}, [x]]\n`, exit: 1, says: /`age` must be/ },
  {
    about: "recipients separated by commas, one too many",
    config: `creation_rules:\n  - age: "${one}, ${two},"\n`,
    exit: 0,
  },
  { about: "recipients in a list", config: `creation_rules:\n  - age:\n      - ${two}\n      - ${one}\n`, exit: 0 },
  {
    about: "recipients folded over lines",
    config: `creation_rules:\n  - age: >-\n      ${one},\n      ${two}\n`,
    exit: 0,
  },
  // What stands in a list may hold several, as a text does.
  { about: "an item with commas", config: `creation_rules:\n  - age:\n      - ${one},${two}\n`, exit: 0 },
  {
    about: "an item with commas and spaces",
    config: `creation_rules:\n  - age: ["${one} , ${two} "]\n`,
    exit: 0,
  },
  {
    about: "an item with commas, through an alias",
    config: `keys:\n  - &all ${one},${two}\ncreation_rules:\n  - age:\n      - *all\n`,
    exit: 0,
  },
  {
    about: "a list of items with commas, through an alias",
    config: `keys: &all\n  - ${two},${one}\ncreation_rules:\n  - age: *all\n`,
    exit: 0,
  },
  {
    about: "lists of aliases in a list",
    config: `k: &k [${one}]\ncreation_rules:\n  - age: [*k, *k]\n`,
    exit: 1,
    says: /`age` must be/,
  },
  {
    about: "an item with a comma too many",
    config: `creation_rules:\n  - age: ["${one},"]\n`,
    exit: 1,
    says: /empty place/,
  },
  { about: "an empty item", config: `creation_rules:\n  - age: [${one}, ""]\n`, exit: 1, says: /empty place/ },
  { about: "empty items alone", config: `creation_rules:\n  - age: [""]\n`, exit: 1, says: /names no keys/ },
  {
    about: "null among items",
    config: `creation_rules:\n  - age: [${one}, ]\n    pgp: [~]\n`,
    exit: 1,
    says: /`pgp` must be/,
  },
  {
    about: "items with commas in a key group",
    config: `creation_rules:\n  - key_groups:\n      - age: ["${one}, ${two}"]\n`,
    exit: 0,
  },
  {
    about: "an empty item in a key group",
    config: `creation_rules:\n  - key_groups:\n      - age: [${one}, ""]\n`,
    exit: 0,
  },
  {
    about: "a comma too many in a key group",
    config: `creation_rules:\n  - key_groups:\n      - age: ["${one},"]\n`,
    exit: 1,
    says: /empty place/,
  },
  {
    about: "a text for a list of hckms",
    config: `creation_rules:\n  - age: ${one}\n    hckms: "r:k"\n`,
    exit: 1,
    says: /`hckms` must be/,
  },
  { about: "anchors", config: `keys:\n  - &one ${one}\ncreation_rules:\n  - age: *one\n`, exit: 0 },
  {
    about: "a merge key",
    config: `common: &common\n  age: ${one}\n  encrypted_suffix: word\ncreation_rules:\n  - <<: *common\n    encrypted_suffix: ser\n`,
    exit: 0,
  },
  { about: "one key group", config: `creation_rules:\n  - key_groups:\n      - age: [${one}, ${two}]\n`, exit: 0 },
  {
    about: "key groups before the list beside them",
    config: `creation_rules:\n  - age: ${two}\n    key_groups:\n      - age: [${one}]\n`,
    exit: 0,
  },
  {
    about: "merged key groups",
    config: `creation_rules:\n  - key_groups:\n      - age: ["${one}"]\n        merge:\n          - age: [${two}]\n          - age: [${one}]\n`,
    exit: 0,
  },
  {
    about: "two key groups",
    config: `creation_rules:\n  - key_groups:\n      - age: [${one}]\n      - age: [${two}]\n`,
    exit: 0,
  },
  {
    about: "a threshold",
    config: `creation_rules:\n  - shamir_threshold: 2\n    key_groups:\n      - age: [${one}]\n      - age: [${two}]\n      - age: [${one}]\n`,
    exit: 0,
  },
  {
    about: "a threshold for one group",
    config: `creation_rules:\n  - age: ${one}\n    shamir_threshold: 3\n`,
    exit: 0,
  },
  {
    about: "a threshold too high",
    config: `creation_rules:\n  - shamir_threshold: 3\n    key_groups:\n      - age: [${one}]\n      - age: [${two}]\n`,
    exit: 1,
    says: /shamir_threshold/,
  },
  {
    about: "an empty key group",
    config: `creation_rules:\n  - key_groups:\n      - age: [${one}]\n      - age: []\n`,
    exit: 1,
    says: /key groups/,
  },
  {
    about: "a threshold that is not a number",
    config: `creation_rules:\n  - age: ${one}\n    shamir_threshold: x\n`,
    exit: 1,
    says: /line 3.*shamir_threshold/,
  },
  { about: "a fraction", config: `creation_rules:\n  - age: ${one}\n    shamir_threshold: 2.9\n`, exit: 0 },
  { about: "an old word for true", config: `creation_rules:\n  - age: ${one}\n    mac_only_encrypted: yes\n`, exit: 0 },
  {
    about: "a text that is not a bool",
    config: `creation_rules:\n  - age: ${one}\n    mac_only_encrypted: sure\n`,
    exit: 1,
    says: /mac_only_encrypted/,
  },
  { about: "a number for text", config: `creation_rules:\n  - age: ${one}\n    unencrypted_suffix: 1.50\n`, exit: 0 },
  {
    about: "a list for text",
    config: `creation_rules:\n  - age: ${one}\n    encrypted_suffix: [a]\n`,
    exit: 1,
    says: /encrypted_suffix/,
  },
  {
    about: "a mapping for rules",
    config: `creation_rules:\n  age: ${one}\n`,
    exit: 1,
    says: /`creation_rules` must be a list/,
  },
  { about: "null for rules", config: "creation_rules:\n", args: ["--age", one], exit: 0 },
  {
    about: "null in a rule",
    config: `creation_rules:\n  - age: ${one}\n    encrypted_regex:\n    key_groups: ~\n`,
    exit: 0,
  },
  {
    about: "the same key twice",
    config: `creation_rules:\n  - age: ${one}\n    age: ${two}\n`,
    exit: 1,
    says: /line 3/,
  },
  {
    about: "keys it does not know",
    config: `creation_rules:\n  - age: ${one}\n    note: {any: thing}\nother: 1\n`,
    exit: 0,
  },
  { about: "--config", config: "creation_rules: []\n", args: ["--config", "sub/other.yaml"], exit: 0 },
  { about: "SOPS_CONFIG", config: "creation_rules: []\n", env: { SOPS_CONFIG: "sub/other.yaml" }, exit: 0 },
  { about: "an empty SOPS_CONFIG", config: rule, env: { SOPS_CONFIG: "" }, exit: 0 },
  {
    about: "a SOPS_CONFIG that is not there",
    config: rule,
    env: { SOPS_CONFIG: "nowhere" },
    exit: 1,
    says: /nowhere.*cannot be read/,
  },
  ...[
    "unencrypted_suffix: er",
    "encrypted_suffix: er",
    "unencrypted_regex: ^n",
    "unencrypted_comment_regex: not",
    "encrypted_comment_regex: not",
  ].map((setting) => ({ about: setting, config: `creation_rules:\n  - age: ${one}\n    ${setting}\n`, exit: 0 })),
];

/** What of a file a configuration decides. */
function decided(text: string): unknown {
  const settings = [...text.matchAll(/^ {4}(\w*(?:suffix|regex|only_encrypted|threshold): .*)$/gm)].map(
    (match) => match[1],
  );
  return {
    recipients: [...text.matchAll(/recipient: (age1\w+)/g)].map((match) => match[1]),
    settings: settings.sort(),
    encrypted: [...text.matchAll(/^ *(\w+): "?ENC\[/gm)].map((match) => match[1]),
  };
}

function prepare({ config }: Pick<Case, "config">): string {
  const cwd = makeFolder({ [plain]: plainYaml, ...(config === undefined ? {} : { ".sops.yaml": config }) });
  mkdirSync(join(cwd, "sub"));
  writeFileSync(join(cwd, "sub", "other.yaml"), `creation_rules:\n  - path_regex: ^/.*/file.yaml$\n    age: ${two}\n`);
  return cwd;
}

/** sops takes `--config` before the command alone. */
function forSops(args: readonly string[]): string[] {
  const at = args.indexOf("--config");
  if (at === -1) return ["encrypt", ...args, plain];
  return [...args.slice(at, at + 2), "encrypt", ...args.slice(0, at), ...args.slice(at + 2), plain];
}

describe.concurrent("encrypt takes from .sops.yaml what sops takes from it", () => {
  test.for(cases)("$about", async ({ config, args = [], env = {}, exit, says }, { skip }) => {
    const cwd = prepare({ config });
    const ours = await isosops(["encrypt", ...args, plain], { cwd, env });
    expect(ours, ours.stderr).toMatchObject({ exit });
    if (exit === 0) expect(ours.stderr).toBe("");
    else expect(ours).toMatchObject({ stdout: "", stderr: expect.stringMatching(says!) });
    if (sops === undefined) return skip(noSops);
    const theirs = await run(sops, ["--disable-version-check", ...forSops(args)], { cwd, env });
    expect(theirs, theirs.stderr).toMatchObject({ exit });
    expect(decided(ours.stdout)).toEqual(decided(theirs.stdout));
    if (exit !== 0) return;
    writeFileSync(join(cwd, "ours.yaml"), ours.stdout);
    const keys = { SOPS_AGE_KEY: `${first.identity}\n${second.identity}` };
    const opened = await run(sops, ["decrypt", "ours.yaml"], { cwd, env: keys });
    expect(opened, opened.stderr).toMatchObject({ exit: 0, stdout: expect.stringContaining("user: shop") });
  });
});

test("keys of other types that cannot be used are named, and with --age they do not count", async () => {
  const config = `creation_rules:\n  - age: ${one}\n    pgp: 85D77543B3D624B63CEA9E6DBC17301B491B3F21\n    kms: arn:aws:kms:us-east-1:1:key/x\n`;
  const env = { SOPS_GPG_EXEC: "/nowhere/gpg", AWS_EC2_METADATA_DISABLED: "true" };
  const outcome = await isosops(["encrypt", plain], { cwd: prepare({ config }), env });
  expect(outcome).toMatchObject({ exit: 1, stdout: "" });
  expect(outcome.stderr).toMatch(
    /encrypted for 2 of the keys, so nothing was encrypted:\n {2}pgp 85D7.*\n {2}AWS KMS key arn:aws/,
  );
  expect(await isosops(["encrypt", "--age", two, plain], { cwd: prepare({ config }) })).toMatchObject({ exit: 0 });
});

test("it is searched upwards, and paths are relative to it", async ({ skip }) => {
  const config = `creation_rules:\n  - path_regex: ^sub/deep/[a-z]+\\.yaml$\n    age: ${two}\n  - path_regex: deep\n    age: ${one}\n`;
  const cwd = prepare({ config });
  const deep = join(cwd, "sub", "deep");
  mkdirSync(deep);
  writeFileSync(join(deep, plain), plainYaml);
  const calls: [string, string[]][] = [
    [deep, [plain]],
    [join(cwd, "sub"), [`deep/${plain}`]],
    [join(cwd, "sub"), ["--filename-override", "deep/x.yaml", `../${plain}`]],
    [cwd, ["--filename-override", "sub/deep/x.yaml", plain]],
  ];
  for (const [folder, args] of calls) {
    const ours = await isosops(["encrypt", ...args], { cwd: folder });
    expect(decided(ours.stdout), ours.stderr).toMatchObject({ recipients: [two] });
  }
  const stdin = await isosops(["encrypt", "--filename-override", "sub/deep/y.yaml"], { cwd, stdin: plainYaml });
  expect(decided(stdin.stdout)).toMatchObject({ recipients: [two] });
  if (sops === undefined) return skip(noSops);
  for (const [folder, args] of calls) {
    const theirs = await run(sops, ["encrypt", ...args], { cwd: folder });
    expect(decided(theirs.stdout)).toMatchObject({ recipients: [two] });
  }
});

test.skipIf(process.platform === "win32")(
  "there is none in a working folder that was removed, and absolute paths are read there (Windows removes no such folder)",
  async ({ skip }) => {
    const cwd = makeFolder({ ".sops.yaml": "creation_rules: []\n", "plain.yaml": plainYaml });
    const absolute = join(cwd, "file.yaml");
    const made = await isosops(["encrypt", "--config", "/dev/null", "--age", first.recipient, "plain.yaml"], { cwd });
    writeFileSync(absolute, made.stdout);
    const inRemoved = (program: readonly string[], args: readonly string[]) => {
      const script = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"';
      return run("sh", ["-c", script, "sh", ...program, ...args], { cwd, env: { SOPS_AGE_KEY: first.identity } });
    };
    const jobs = [
      { args: ["decrypt", absolute], exit: 0 },
      { args: ["filestatus", absolute], exit: 0 },
      { args: ["encrypt", "--age", first.recipient, join(cwd, "plain.yaml")], exit: 1 },
      { args: ["encrypt", join(cwd, "plain.yaml")], exit: 1 },
      { args: ["decrypt", "file.yaml"], exit: 1 },
    ];
    const ours: Outcome[] = [];
    for (const { args, exit } of jobs) {
      const outcome = await inRemoved([process.execPath, bin], args);
      expect(outcome, args.join(" ")).toMatchObject({ exit });
      expect(outcome.stderr).not.toMatch(/unexpected/);
      ours.push(outcome);
    }
    expect(ours[0]!.stdout).toBe(plainYaml);
    expect(ours[4]!.stderr).toMatch(/The working folder was removed/);
    if (sops === undefined) return skip(noSops);
    for (const { args, exit } of jobs) expect(await inRemoved([sops], args), args.join(" ")).toMatchObject({ exit });
  },
);

test("a .sops.yml is not taken for it, and that is said", async () => {
  const cwd = makeFolder({ [plain]: plainYaml, ".sops.yml": rule });
  const outcome = await isosops(["encrypt", plain], { cwd });
  expect(outcome).toMatchObject({ exit: 1, stderr: expect.stringMatching(/^warning: .*\.sops\.yml is not read/) });
});

test("rules do not count for binary files", async () => {
  const cwd = makeFolder({ "file.bin": "x", ".sops.yaml": rule.replace("file\\.yaml", "bin") });
  const outcome = await isosops(["encrypt", "--encrypted-suffix", "a", "file.bin"], { cwd });
  expect(outcome, outcome.stderr).toMatchObject({ exit: 0 });
  expect(JSON.parse(outcome.stdout).sops).not.toHaveProperty("encrypted_regex");
});

test("indentation of the stores", async ({ skip }) => {
  const stores = "stores:\n  yaml:\n    indent: 2\n  json:\n    indent: 3\n  json_binary:\n    indent: 1\n";
  const cwd = makeFolder({ "a.yaml": plainYaml, "a.json": plainJson, "a.bin": "x", ".sops.yaml": stores });
  for (const name of ["a.yaml", "a.json", "a.bin"]) {
    for (const args of [[], ["--indent", "6"]]) {
      const ours = await isosops([...args, "encrypt", "--layout", "sops", "--age", one, name], { cwd });
      expect(ours, ours.stderr).toMatchObject({ exit: 0 });
      if (sops === undefined) return skip(noSops);
      const theirs = await run(sops, [...args, "encrypt", "--age", one, name], { cwd });
      const indents = (text: string): string[] => [...text.matchAll(/^ */gm)].map((match) => match[0]);
      expect(new Set(indents(ours.stdout))).toEqual(new Set(indents(theirs.stdout)));
    }
  }
});

test("decrypting needs no rule for the file, but a configuration that can be read", async ({ skip }) => {
  const cwd = makeFolder({ [plain]: plainYaml });
  const locked = await isosops(["encrypt", "-i", "--age", one, plain], { cwd });
  expect(locked.exit).toBe(0);
  const env = { SOPS_AGE_KEY: first.identity };
  const configurations = [
    [rule.replace("file", "zzz"), 0],
    ["creation_rules: [\n", 1],
  ] as const;
  for (const [config, exit] of configurations) {
    writeFileSync(join(cwd, ".sops.yaml"), config);
    expect(await isosops(["decrypt", plain], { cwd, env })).toMatchObject({ exit });
  }
  if (sops === undefined) return skip(noSops);
  for (const [config, exit] of configurations) {
    writeFileSync(join(cwd, ".sops.yaml"), config);
    expect(await run(sops, ["decrypt", plain], { cwd, env })).toMatchObject({ exit });
  }
});

test("50,000 rules take no more than their number", async () => {
  const rules = (count: number) =>
    `creation_rules:\n${Array.from({ length: count }, (_, i) => `  - path_regex: ^d${i}/\n    age: ${one}\n`).join("")}`;
  const time = async (count: number) => {
    const cwd = makeFolder({ [plain]: plainYaml, ".sops.yaml": rules(count) });
    const start = performance.now();
    const { exit } = await isosops(["encrypt", "--filename-override", `d${count - 1}/x.yaml`, plain], { cwd });
    expect(exit).toBe(0);
    return performance.now() - start;
  };
  const few = await time(5000);
  // Ten times as many took a hundred times as long; what is asked of a busy machine is less than the square.
  expect(await time(50_000)).toBeLessThan(30 * few);
});
