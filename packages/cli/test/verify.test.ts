import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { findingRules } from "isosops";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { first, isosops, makeFolder, noSops, plainYaml, run, second, secrets, sops, vectorPath } from "./support.js";

const encrypted = readFileSync(vectorPath("good/rule-encrypted-regex/encrypted-3.13.3.yaml"), "utf8");
const plainSecret = encrypted.replace(/ENC\[[^\]]*\]/, secrets[0]!);

/** What the schema of SARIF 2.1.0 says against a log. Through `require`, since these packages have no ESM. */
function schemaErrors(log: unknown): unknown[] {
  const require = createRequire(import.meta.url);
  const ajv = new (require("ajv-draft-04").default)({ strict: false, allErrors: true, unicodeRegExp: false });
  require("ajv-formats").default(ajv);
  const validate = ajv.compile(require("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"));
  return validate(log) ? [] : validate.errors;
}

/** A folder with these files, folders made on the way. */
function makeTree(files: Record<string, string | Buffer>): string {
  const top = makeFolder();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(top, path)), { recursive: true });
    writeFileSync(join(top, path), content);
  }
  return top;
}

interface Found {
  files: { found: number; checked: number; encrypted: number };
  findings: {
    file: string;
    rule: string;
    level: string;
    message: string;
    path?: string[];
    line?: number;
    column?: number;
  }[];
  failures: string[];
}

async function verify(cwd: string, ...args: string[]): Promise<Found & { exit: number | null }> {
  const outcome = await isosops(["verify", "--json", ...args], { cwd });
  for (const secret of secrets) expect(outcome.stdout).not.toContain(secret);
  return { exit: outcome.exit, ...(JSON.parse(outcome.stdout) as Found) };
}

const found = ({ findings }: Found): string[] => findings.map(({ file, rule }) => `${file} ${rule}`);

describe.concurrent("what is looked at", () => {
  test("files of sops below a folder, whatever they are called", async () => {
    const cwd = makeTree({
      "a.yaml": encrypted,
      "deep/er/b.enc": encrypted,
      "c.json": readFileSync(vectorPath("good/json-nested/encrypted-3.9.4.json")),
      "d.env": readFileSync(vectorPath("good/env-basic/encrypted-3.13.3.env")),
      "e.settings": readFileSync(vectorPath("good/env-basic/encrypted-3.13.3.env")),
      "f.ini": readFileSync(vectorPath("good/ini-basic/encrypted-3.13.3.ini")),
      "g.conf": readFileSync(vectorPath("good/ini-basic/encrypted-3.13.3.ini")),
      "h.pem": readFileSync(vectorPath("good/binary-text/encrypted-3.13.3.bin")),
      "plain.yaml": plainYaml,
      "note.md": `# How\n\n\`\`\`yaml\n${encrypted}\`\`\`\nsops writes lastmodified.\n`,
      "code.js": `const sops = "ENC[AES256_GCM,data:"; // lastmodified\n`,
      "image.png": Buffer.from([0, 1, 2, 3, 255]),
      "empty.yaml": "",
    });
    expect(await verify(cwd, ".")).toEqual({
      exit: 0,
      files: { found: 13, checked: 8, encrypted: 8 },
      findings: [],
      failures: [],
    });
  });

  test("not what is ignored, in .git, in node_modules or behind a link", async ({ skip }) => {
    const cwd = makeTree({
      ".gitignore": "*.tmp.yaml\n/out/\n!keep.tmp.yaml\nsub/*.yml\n",
      "sub/.gitignore": "!b.yml\nlocal.yaml\n",
      ".git/info/exclude": "mine.yaml\n",
      ...Object.fromEntries(
        [".git/x.yaml", "node_modules/x/x.yaml", "sub/node_modules/x.yaml", "a.tmp.yaml", "keep.tmp.yaml", "out/a.yaml"]
          .concat(
            "sub/out/a.yaml",
            "sub/a.yml",
            "sub/b.yml",
            "sub/local.yaml",
            "local.yaml",
            "mine.yaml",
            "sub/x.tmp.yaml",
          )
          .map((path) => [path, plainSecret]),
      ),
    });
    symlinkSync("keep.tmp.yaml", join(cwd, "link.yaml"));
    symlinkSync(".", join(cwd, "circle"));
    const expected = ["keep.tmp.yaml", "local.yaml", "sub/b.yml", "sub/out/a.yaml"].map(
      (path) => `${path} plain-value`,
    );
    expect(found(await verify(cwd, ".")).sort()).toEqual(expected);
    // What is ignored above a folder is ignored in it.
    expect(found(await verify(join(cwd, "sub"), ".")).sort()).toEqual(["b.yml plain-value", "out/a.yaml plain-value"]);
    // What is named is looked at.
    expect(found(await verify(cwd, "a.tmp.yaml", "link.yaml", "./a.tmp.yaml"))).toHaveLength(2);
    const git = await run("git", ["init", "-q"], { cwd: makeFolder() }).catch(() => undefined);
    if (git === undefined) return skip("no git to compare with");
    const repository = await run("git", ["init", "-q"], { cwd });
    expect(repository.exit).toBe(0);
    const untracked = await run("git", ["ls-files", "-o", "--exclude-standard", "*.yaml", "*.yml"], { cwd });
    const theirs = untracked.stdout.split("\n").filter((path) => path !== "" && !/node_modules|link/.test(path));
    expect(theirs.map((path) => `${path} plain-value`).sort()).toEqual(expected);
  });

  test("plain files that a creation rule with path_regex is for", async () => {
    const cwd = makeTree({
      ".sops.yaml": `creation_rules:\n  - path_regex: ^secrets/\n    age: ${first.recipient}\n  - path_regex: \\.yaml$\n    encrypted_regex: ^data$\n    age: ${first.recipient}\n  - age: ${first.recipient}\n`,
      "secrets/a.yaml": plainYaml,
      "secrets/b.env": `A=${secrets[0]}\n`,
      "secrets/README.md": "# plain\n",
      "apps/deployment.yaml": "kind: Deployment\n",
      "apps/secret.yaml": `kind: Secret\ndata:\n  a: ${secrets[0]}\n`,
      "package.json": '{"name": "x"}\n',
    });
    const outcome = await verify(cwd, ".");
    expect(outcome.exit).toBe(10);
    expect(found(outcome)).toEqual([
      "apps/secret.yaml not-encrypted",
      "secrets/a.yaml not-encrypted",
      "secrets/b.env not-encrypted",
    ]);
    expect(outcome.findings[0]).toMatchObject({ path: ["data", "a"], line: 3, column: 6, level: "error" });
    for (const name of ["apps/secret.yaml", "secrets/a.yaml", "secrets/b.env"]) {
      expect((await isosops(["encrypt", "-i", name], { cwd })).exit).toBe(0);
    }
    expect(await verify(cwd, ".")).toMatchObject({ exit: 0, findings: [] });
  });

  test("each file with the next configuration upwards, or that which is given", async () => {
    const rule = (recipient: string): string =>
      `creation_rules:\n  - path_regex: \\.yaml$\n    encrypted_regex: ${parse(encrypted).sops.encrypted_regex}\n    age: ${recipient}\n`;
    const cwd = makeTree({
      ".sops.yaml": rule(first.recipient),
      "a.yaml": encrypted,
      "sub/.sops.yaml": rule(second.recipient),
      "sub/deep/b.yaml": encrypted,
    });
    const extra = ["sub/deep/b.yaml missing-recipient", "sub/deep/b.yaml extra-recipient"];
    expect(found(await verify(cwd, "."))).toEqual(extra);
    expect(
      found(await verify(join(cwd, "sub"), "..", "deep/b.yaml")).map((line) => line.replace(/^.*sub/, "sub")),
    ).toHaveLength(2);
    expect(await verify(cwd, ".", "--config", ".sops.yaml")).toMatchObject({ exit: 0, findings: [] });
    const given = await isosops(["--config", "sub/.sops.yaml", "verify", "."], { cwd });
    expect(given).toMatchObject({ exit: 10, stderr: "" });
    expect(given.stdout).toMatch(/4 errors in 2 files/);
    const fromEnvironment = await isosops(["verify", "."], { cwd, env: { SOPS_CONFIG: ".sops.yaml" } });
    expect(fromEnvironment).toMatchObject({ exit: 0 });
  });
});

describe.concurrent("what sops refuses is found", () => {
  const edits: [string, (text: string) => string][] = [
    ["a value replaced", () => plainSecret],
    ["a tag cut", (text) => text.replace(/(?<=tag:)[\w+/]{4}/, "")],
    ["a value renamed so that it is not selected", (text) => text.replace(/^data:/m, "other:")],
    ["no keys", (text) => text.replace(/ {4}age:\n(?: {8}.*\n)+/, "")],
    ["a broken wrapped key", (text) => text.replace(/(BEGIN AGE.*\n) .*\n/, "$1")],
    ["no MAC", (text) => text.replace(/ +mac: .*\n/, "")],
    ["no version", (text) => text.replace(/ +version: .*\n/, "")],
    ["no lastmodified", (text) => text.replace(/ +lastmodified: .*\n/, "")],
  ];
  test.for(edits)("%s", async ([, edit], { skip }) => {
    const text = edit(encrypted);
    expect(text).not.toBe(encrypted);
    const cwd = makeTree({ "a.yaml": text, "good.yaml": encrypted });
    expect(await verify(cwd, "good.yaml")).toMatchObject({ exit: 0 });
    expect(await verify(cwd, "a.yaml")).toMatchObject({ exit: 10 });
    if (sops === undefined) return skip(noSops);
    const env = { SOPS_AGE_KEY: first.identity };
    expect(await run(sops, ["decrypt", "good.yaml"], { cwd, env })).toMatchObject({ exit: 0 });
    expect((await run(sops, ["decrypt", "a.yaml"], { cwd, env })).exit).not.toBe(0);
  });
});

describe.concurrent("output", () => {
  const tree = {
    "a/b c.yaml": plainSecret,
    "good.yaml": encrypted,
    "warned.yaml": readFileSync(vectorPath("good/rule-nothing/encrypted-3.13.3.yaml")),
  };

  test("for a person", async () => {
    const cwd = makeTree(tree);
    const outcome = await isosops(["verify", "."], { cwd });
    expect(outcome).toMatchObject({ exit: 10, stderr: "" });
    expect(outcome.stdout).toMatch(/(?<=\n\n)a\/b c\.yaml\n {2}\d+:\d+ +error {2}plain-value\n {4}`/);
    expect(outcome.stdout).toMatch(/\n\n\d+ errors? .*in \d files?: 3 files checked, 3 of them encrypted\.\n$/);
    for (const secret of secrets) expect(outcome.stdout).not.toContain(secret);
    expect(outcome.stdout.split("\n").filter((line) => line.length > 100)).toEqual([]);
    const coloured = await isosops(["verify", "."], { cwd, env: { FORCE_COLOR: "1" } });
    expect(coloured.stdout).toContain("\u001b[31merror");
    const clean = await isosops(["verify", "good.yaml"], { cwd });
    expect(clean).toMatchObject({ exit: 0, stdout: "Nothing found: 1 file checked, 1 of them encrypted.\n" });
  });

  test("control characters of names are shown, not obeyed", async () => {
    const cwd = makeTree({ "a\u001b[2J.yaml": plainSecret });
    const outcome = await isosops(["verify", "."], { cwd });
    expect(outcome).toMatchObject({ exit: 10, stdout: expect.stringContaining("a\\x1b[2J.yaml") });
  });

  test("warnings alone are no failure", async () => {
    const text = readFileSync(vectorPath("good/rule-nothing/encrypted-3.13.3.yaml"), "utf8");
    const outcome = await isosops(["verify", "."], { cwd: makeTree({ "a.yaml": text }) });
    expect(outcome).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/warning {2}nothing-encrypted[\s\S]*1 warning in 1 file/),
    });
  });

  test("SARIF that its schema takes", async () => {
    const cwd = makeTree({ ...tree, ".sops.yaml": "creation_rules:\n  - path_regex: good\n    age: age1other\n" });
    const outcome = await isosops(["verify", "--sarif", "."], { cwd });
    expect(outcome).toMatchObject({ exit: 10, stderr: "" });
    const log = JSON.parse(outcome.stdout);
    expect(schemaErrors(log)).toEqual([]);
    const result = log.runs[0].results.find(({ ruleId }: { ruleId: string }) => ruleId === "plain-value");
    expect(result).toMatchObject({
      ruleId: "plain-value",
      level: "error",
      locations: [
        { physicalLocation: { artifactLocation: { uri: "a/b%20c.yaml" }, region: { startLine: expect.any(Number) } } },
      ],
    });
    const { rules } = log.runs[0].tool.driver;
    expect(rules.map(({ id }: { id: string }) => id)).toEqual(Object.keys(findingRules));
    for (const { ruleId, ruleIndex } of log.runs[0].results) expect(rules[ruleIndex].id).toBe(ruleId);
    // The schema can say no.
    expect(schemaErrors({ ...log, version: "2.0.0" })).not.toEqual([]);
  });
});

describe.concurrent("what cannot be checked", () => {
  test("a path that is not there", async () => {
    const outcome = await isosops(["verify", "nowhere"], { cwd: makeFolder() });
    expect(outcome).toMatchObject({
      exit: 100,
      stdout: "",
      stderr: expect.stringMatching(/nowhere: there is no such/),
    });
  });

  test("nothing given", async () => {
    const outcome = await isosops(["verify"], { cwd: makeFolder() });
    expect(outcome).toMatchObject({ exit: 100, stdout: "", stderr: expect.stringMatching(/`isosops verify \.`/) });
  });

  test("--json with --sarif", async () => {
    expect(await isosops(["verify", "--json", "--sarif", "."], { cwd: makeFolder() })).toMatchObject({
      exit: 8,
      stdout: "",
    });
  });

  test("a configuration that is not valid, and all else is looked at", async () => {
    const cwd = makeTree({
      "sub/.sops.yaml": "creation_rules: 5\n",
      "sub/a.yaml": encrypted,
      "sub/b.yaml": encrypted,
      "c.yaml": plainSecret,
    });
    const outcome = await isosops(["verify", "."], { cwd });
    expect(outcome).toMatchObject({ exit: 1, stdout: expect.stringContaining("plain-value") });
    expect(outcome.stderr.match(/error: .*sub\/\.sops\.yaml, line 1/g)).toHaveLength(1);
  });
});

test("the hook of pre-commit calls this version of the command", () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
  const { name, version } = JSON.parse(read("../package.json"));
  const [hook] = parse(read("../../../.pre-commit-hooks.yaml"));
  expect(hook).toMatchObject({ id: "isosops-verify", pass_filenames: true });
  expect(hook.entry).toBe(`npx --yes --package=${name}@${version} isosops verify`);
  expect(read("../README.md")).toContain(`["${name}@${version}"]`);
});

test("the README tells of every kind of finding", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  for (const name of Object.keys(findingRules)) expect(readme).toContain(`| \`${name}\` |`);
});
