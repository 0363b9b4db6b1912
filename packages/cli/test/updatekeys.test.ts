/** `isosops updatekeys`: files as sops does them, and folders and patterns as a whole. */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decrypt } from "../../isosops/dist/index.js";
import { type AnyKeyService, startAnyKeyService } from "./any-key-service.js";
import {
  bin,
  contentsOf,
  first,
  isosops,
  makeFolder,
  noSops,
  plainYaml,
  run,
  second,
  secrets,
  skippedWithoutSops,
  sops,
  stranger,
  tools,
} from "./support.js";

const versions = tools.findSops().filter(({ version }) => /^3\.(9\.4|13\.3)$/.test(version));
const env = { SOPS_AGE_KEY: `${first.identity}\n${second.identity}` };

const rule = (...keys: { recipient: string }[]) =>
  `creation_rules:\n  - path_regex: ^f\n    age: ${keys.map(({ recipient }) => recipient).join(",")}\n`;
const grouped = (threshold: string, ...keys: { recipient: string }[]) =>
  `creation_rules:\n  - path_regex: ^f\n${threshold}    key_groups:\n${keys.map(({ recipient }) => `      - age: [${recipient}]\n`).join("")}`;

/** A folder with `f.yaml`, which is for the first key, and a rule for others. */
async function folderFor(config: string, before = rule(first)): Promise<string> {
  const cwd = makeFolder({ ".sops.yaml": before, "f.yaml": plainYaml, "plain.yaml": plainYaml });
  const outcome = await isosops(["encrypt", "-i", "f.yaml"], { cwd });
  expect(outcome.exit, outcome.stderr).toBe(0);
  writeFileSync(join(cwd, "other.yaml"), read(cwd));
  writeFileSync(join(cwd, ".sops.yaml"), config);
  return cwd;
}

const read = (folder: string, name = "f.yaml") => readFileSync(join(folder, name), "utf8");
const recipients = (text: string) => [...text.matchAll(/recipient: (\S+)/g)].map(([, recipient]) => recipient);
/** Without the time of Go's log. */
const untimed = (text: string) => text.replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /gm, "");

describe(`one file, as sops has it${skippedWithoutSops}`, () => {
  const two = rule(first, second);
  const cases: [string, { config?: string; before?: string; args: string[]; stdin?: string; keys?: string }][] = [
    ["a key more", { args: ["-y", "f.yaml"] }],
    ["one in another's place", { config: rule(second), args: ["--yes", "f.yaml"] }],
    ["nothing to do", { config: rule(first), args: ["f.yaml"] }],
    ["two groups", { config: grouped("", first, second), args: ["-y", "f.yaml"] }],
    [
      "another group",
      { before: grouped("", first, second), config: grouped("", first, second, stranger), args: ["-y", "f.yaml"] },
    ],
    ["a yes", { args: ["f.yaml"], stdin: "y\n" }],
    ["a yes without a line break", { args: ["f.yaml"], stdin: "y" }],
    ["a no", { args: ["f.yaml"], stdin: "n\n" }],
    ["no answer, then a yes", { args: ["f.yaml"], stdin: "yes\nY\n y \n" }],
    ["nobody there", { args: ["f.yaml"], stdin: "" }],
    ["an empty line", { args: ["f.yaml"], stdin: "\ny\n" }],
    ["two words", { args: ["f.yaml"], stdin: "y y\n" }],
    ["no file", { args: [] }],
    ["a file that is missing", { args: ["missing.yaml"] }],
    ["a plain file", { args: ["plain.yaml"] }],
    ["no rule", { args: ["other.yaml"] }],
    ["no rules", { config: "stores: {}\n", args: ["f.yaml"] }],
    ["no key", { args: ["-y", "f.yaml"], keys: stranger.identity }],
    ["a format", { args: ["-y", "--input-type", "yaml", "f.bin"] }],
    ["several files", { args: ["-y", "f.yaml", "other.yaml", "plain.yaml", "missing.yaml"] }],
  ];
  test.skipIf(sops === undefined).each(cases)("%s", async (_, { config = two, before, args, stdin = "", keys }) => {
    const start = await folderFor(config, before);
    writeFileSync(join(start, "f.bin"), read(start));
    const outcomes = [];
    for (const of of ["isosops", "sops"]) {
      const cwd = makeFolder(contentsOf(start));
      const options = { cwd, stdin, env: keys === undefined ? env : { SOPS_AGE_KEY: keys } };
      const words = ["updatekeys", ...args];
      const outcome = of === "sops" ? await run(sops!, words, options) : await isosops(words, options);
      const said = untimed(outcome.stderr).replaceAll(cwd, "");
      const file = read(cwd, args.includes("f.bin") ? "f.bin" : "f.yaml");
      const lines = said.split("\n").filter((line) => /^(?:Syncing|File) /.test(line));
      outcomes.push({ exit: outcome.exit, stdout: outcome.stdout, lines, recipients: recipients(file) });
      if (of === "isosops") {
        const theirs = await run(sops!, ["decrypt", "f.yaml"], {
          cwd,
          env: { SOPS_AGE_KEY: `${env.SOPS_AGE_KEY}\n${stranger.identity}` },
        });
        expect(theirs, theirs.stderr).toMatchObject({ exit: 0 });
        expect(theirs.stdout).toContain(secrets[0]);
      }
    }
    const [ours, theirs] = outcomes;
    // sops shows the threshold of a file that gets groups in the next run only; and has no code for an answer that is none.
    if (/^(?:two|another) groups?$/.test(_))
      theirs!.stdout = theirs!.stdout.replace(/groups:\n(?=Group)/, "groups:\n+++ shamir_threshold: 2\n");
    expect(ours).toEqual(theirs);
  });
});

describe.each(versions.length === 0 ? [{ version: "3.13.3", path: "" }] : versions)("sops $version", ({ path }) => {
  test("opens what was changed", async ({ skip }) => {
    if (path === "") return skip(noSops);
    const cwd = await folderFor(rule(second, stranger));
    const before = read(cwd);
    expect(await isosops(["updatekeys", "-y", "f.yaml"], { cwd, env })).toMatchObject({ exit: 0 });
    expect(recipients(read(cwd))).toEqual([second.recipient, stranger.recipient]);
    const above = (text: string) => text.replace(/^sops:[\s\S]*/m, "");
    expect(above(read(cwd))).toBe(above(before));
    for (const key of [second, stranger]) {
      const theirs = await run(path, ["decrypt", "f.yaml"], { cwd, env: { SOPS_AGE_KEY: key.identity } });
      expect(theirs, theirs.stderr).toMatchObject({ exit: 0 });
    }
    expect(await run(path, ["decrypt", "f.yaml"], { cwd, env: { SOPS_AGE_KEY: first.identity } })).toMatchObject({
      exit: 128,
    });
    // Groups, and a threshold.
    writeFileSync(join(cwd, ".sops.yaml"), grouped("    shamir_threshold: 2\n", first, second, stranger));
    expect(await isosops(["updatekeys", "-y", "f.yaml"], { cwd, env })).toMatchObject({ exit: 0 });
    expect(await run(path, ["decrypt", "f.yaml"], { cwd, env })).toMatchObject({ exit: 0 });
    const alone = { SOPS_AGE_KEY: first.identity };
    expect(await run(path, ["decrypt", "f.yaml"], { cwd, env: alone })).toMatchObject({ exit: 128 });
    const args = ["updatekeys", "-y", "--shamir-secret-sharing-threshold", "3", "f.yaml"];
    const raised = await isosops(args, { cwd, env });
    expect(raised.stdout).toContain("+++ shamir_threshold: 3\n--- shamir_threshold: 2\n");
    expect(await run(path, ["decrypt", "f.yaml"], { cwd, env })).toMatchObject({ exit: 128 });
    const all = { SOPS_AGE_KEY: `${env.SOPS_AGE_KEY}\n${stranger.identity}` };
    expect(await run(path, ["decrypt", "f.yaml"], { cwd, env: all })).toMatchObject({ exit: 0 });
    writeFileSync(join(cwd, ".sops.yaml"), rule(first));
    expect(await isosops(["updatekeys", "-y", "f.yaml"], { cwd, env: all })).toMatchObject({ exit: 0 });
    expect(await run(path, ["decrypt", "f.yaml"], { cwd, env: alone })).toMatchObject({ exit: 0 });
  });
});

/** A repository with files in folders, one of them ignored, and a rule for all. */
async function tree(): Promise<string> {
  const cwd = await folderFor(
    `creation_rules:\n  - path_regex: ^a/\n    age: ${first.recipient},${second.recipient}\n`,
  );
  for (const folder of [".git", "a/b/c", "a/ignored", "elsewhere"]) mkdirSync(join(cwd, folder), { recursive: true });
  for (const name of ["a/x.yaml", "a/b/y.yaml", "a/b/c/z.yaml", "a/ignored/i.yaml", "elsewhere/w.yaml"]) {
    writeFileSync(join(cwd, name), read(cwd));
  }
  writeFileSync(join(cwd, "a/b/plain.yaml"), plainYaml);
  writeFileSync(join(cwd, "a/b/note.md"), "ENC[AES256_GCM,data:...\n");
  writeFileSync(join(cwd, ".gitignore"), "ignored\n");
  return cwd;
}
const changed = (cwd: string) =>
  ["a/x.yaml", "a/b/y.yaml", "a/b/c/z.yaml", "a/ignored/i.yaml", "elsewhere/w.yaml", "f.yaml"].filter((name) =>
    read(cwd, name).includes(second.recipient),
  );

describe("a rule that names a key of Azure Key Vault without its version", () => {
  let service: AnyKeyService;
  beforeAll(async () => {
    service = await startAnyKeyService();
  });
  afterAll(() => service.stop());

  const versionsIn = (text: string) => [...text.matchAll(/^ +version: (\w+)$/gm)].map(([, version]) => version);
  const withKey = (key: string) => `creation_rules:\n  - age: ${first.recipient}\n    azure_keyvault: ${key}\n`;
  /** A folder with two files for an older version of the key. */
  async function olderFiles(config: string): Promise<string> {
    const cwd = makeFolder({ ".sops.yaml": withKey(`${service.azure}/keys/main/older`), "f.yaml": plainYaml });
    const outcome = await isosops(["encrypt", "-i", "f.yaml"], { cwd, env: service.env });
    expect(outcome, outcome.stderr).toMatchObject({ exit: 0 });
    writeFileSync(join(cwd, "g.yaml"), read(cwd));
    writeFileSync(join(cwd, ".sops.yaml"), config);
    service.requests.splice(0);
    return cwd;
  }
  const rules: [string, () => string][] = [
    ["in a list", () => withKey(`${service.azure}/keys/main`)],
    [
      "in a key group",
      () =>
        `creation_rules:\n  - key_groups:\n      - age: [${first.recipient}]\n        azure_keyvault: [{vaultUrl: "${service.azure}", key: main}]\n`,
    ],
  ];

  test.for(rules)("gives files the newest one, once, as sops does: %s", async ([, config], { skip }) => {
    const start = await olderFiles(config());
    const outcomes = [];
    for (const of of sops === undefined ? ["isosops"] : ["isosops", "sops"]) {
      const cwd = makeFolder(contentsOf(start));
      const options = { cwd, env: { ...env, ...service.env } };
      const call = (words: string[]) => (of === "sops" ? run(sops!, words, options) : isosops(words, options));
      const changed = await call(["updatekeys", "-y", "f.yaml"]);
      const text = read(cwd);
      const again = await call(["updatekeys", "-y", "f.yaml"]);
      expect(read(cwd)).toBe(text);
      expect(again.stderr).toContain("already up to date");
      const { exit, stdout } = changed;
      outcomes.push({ exit, stdout, versions: versionsIn(text), again: [again.exit, again.stdout] });
      for (const SOPS_AGE_KEY of [first.identity, ""]) {
        const opened = await isosops(["decrypt", "f.yaml"], { cwd, env: { ...service.env, SOPS_AGE_KEY } });
        expect(opened, opened.stderr).toMatchObject({ exit: 0, stdout: expect.stringContaining(secrets[0]!) });
      }
    }
    const [ours, theirs] = outcomes;
    expect(ours).toMatchObject({ exit: 0, versions: ["newest"], again: [0, ""] });
    expect(ours!.stdout).toContain(`+++ ${service.azure}/keys/main/newest\n--- ${service.azure}/keys/main/older\n`);
    if (theirs === undefined) return skip(noSops);
    expect(ours).toEqual(theirs);
  });

  test("looks it up once for all files", async () => {
    const cwd = await olderFiles(rules[0]![1]());
    const options = { cwd, env: { ...env, ...service.env } };
    expect(await isosops(["updatekeys", "--dry-run", "."], options)).toMatchObject({ exit: 10 });
    expect(service.requests.filter((request) => request.includes("/keys/"))).toEqual(["GET /keys/main"]);
    expect(await isosops(["updatekeys", "-y", "."], options)).toMatchObject({ exit: 0 });
    for (const name of ["f.yaml", "g.yaml"]) expect(versionsIn(read(cwd, name))).toEqual(["newest"]);
    const before = contentsOf(cwd);
    expect(await isosops(["updatekeys", "-y", "."], options)).toMatchObject({ exit: 0 });
    expect(contentsOf(cwd)).toEqual(before);
  });

  test("keeps that of a file, with a warning, where the vault does not answer", async () => {
    const key = `${service.azure}/keys/main`;
    const cwd = await olderFiles(withKey(key).replace(first.recipient, `${first.recipient},${second.recipient}`));
    const broken = { ...service.env, AZURE_TOKEN_CREDENTIALS: "EnvironmentCredential" };
    const changed = await isosops(["updatekeys", "-y", "."], { cwd, env: { ...env, ...broken } });
    expect(changed, changed.stderr).toMatchObject({ exit: 0 });
    expect(changed.stderr.split("warning:")).toHaveLength(2);
    expect(changed.stderr).toContain(`warning: the newest version of ${key} is not known`);
    expect(changed.stderr).toContain("AZURE_TENANT_ID is not set");
    for (const name of ["f.yaml", "g.yaml"]) {
      expect(recipients(read(cwd, name))).toEqual([first.recipient, second.recipient]);
      expect(versionsIn(read(cwd, name))).toEqual(["older"]);
    }
    expect(service.requests).toEqual([]);
  });
});

describe("folders and patterns", () => {
  test("a dry run tells what would change, and its exit code whether anything would", async () => {
    const cwd = await tree();
    const before = contentsOf(join(cwd, "a/b"));
    const dry = await isosops(["updatekeys", "--dry-run", "."], { cwd });
    expect(dry, dry.stderr).toMatchObject({ exit: 10 });
    expect(dry.stdout.split("\n").sort()).toEqual(
      [
        "The following changes will be made to the groups of these files:",
        ...["  a/x.yaml", "  a/b/y.yaml", "  a/b/c/z.yaml"],
        ...["Group 1", `    ${first.recipient}`, `+++ ${second.recipient}`, ""],
      ].sort(),
    );
    expect(dry.stderr).toMatch(
      /^warning: no creation rule matches these encrypted files, .*: f.yaml, other.yaml, elsewhere\/w.yaml\.$/m,
    );
    expect(dry.stderr).toContain("3 files would be changed, 0 already up to date. Nothing was changed.");
    expect(contentsOf(join(cwd, "a/b"))).toEqual(before);
    expect(changed(cwd)).toEqual([]);
    const one = await isosops(["updatekeys", "--dry-run", "a/x.yaml"], { cwd });
    expect(one).toMatchObject({ exit: 10 });
    expect(await isosops(["updatekeys", "--yes", "."], { cwd, env })).toMatchObject({ exit: 0 });
    expect(changed(cwd)).toEqual(["a/x.yaml", "a/b/y.yaml", "a/b/c/z.yaml"]);
    expect(await isosops(["updatekeys", "--dry-run", "."], { cwd })).toMatchObject({ exit: 0, stdout: "" });
    expect(await isosops(["updatekeys", "--dry-run", "a/x.yaml"], { cwd })).toMatchObject({ exit: 0, stdout: "" });
  });

  test.each<[string, string[]]>([
    ["a/*.yaml", ["a/x.yaml"]],
    ["a/**/*.yaml", ["a/x.yaml", "a/b/y.yaml", "a/b/c/z.yaml"]],
    ["a/b/{y,n}.yaml", ["a/b/y.yaml"]],
    ["./a/?.yaml", ["a/x.yaml"]],
  ])("%s", async (pattern, files) => {
    const cwd = await tree();
    expect(await isosops(["updatekeys", "-y", pattern], { cwd, env })).toMatchObject({ exit: 0 });
    expect(changed(cwd)).toEqual(files);
  });

  test("a pattern that matches nothing is an error, and a name may look like one", async () => {
    const cwd = await tree();
    expect(await isosops(["updatekeys", "-y", "b/*.yaml"], { cwd, env })).toMatchObject({ exit: 1, stdout: "" });
    renameSync(join(cwd, "a/x.yaml"), join(cwd, "a/[x].yaml"));
    expect(await isosops(["updatekeys", "-y", "a/[x].yaml"], { cwd, env })).toMatchObject({ exit: 0 });
    expect(recipients(read(cwd, "a/[x].yaml"))).toEqual([first.recipient, second.recipient]);
  });

  test("one question for all, and its answer", async () => {
    const cwd = await tree();
    for (const [stdin, exit, files] of [
      ["n\n", 0, 0],
      ["", 1, 0],
      ["y\n", 0, 3],
    ] as const) {
      const outcome = await isosops(["updatekeys", "."], { cwd, env, stdin });
      expect(outcome.exit, outcome.stderr).toBe(exit);
      expect(outcome.stdout.match(/Is this okay/g)).toHaveLength(1);
      expect(changed(cwd)).toHaveLength(files);
    }
  });

  test("a file that fails does not stop the others, and fails the command", async () => {
    const cwd = await tree();
    writeFileSync(join(cwd, "a/b/y.yaml"), read(cwd).replace(/^sops:\n/m, "sops:\n<<<<<<< ours\n"));
    const theirs = read(cwd).replaceAll(first.recipient, stranger.recipient);
    writeFileSync(
      join(cwd, "a/foreign.yaml"),
      theirs.replace(/-----BEGIN AGE[\s\S]*?END AGE ENCRYPTED FILE-----/, "none"),
    );
    const outcome = await isosops(["updatekeys", "-y", "."], { cwd, env });
    expect(outcome.exit).toBe(1);
    expect(outcome.stderr.match(/^error: /gm)).toHaveLength(3);
    expect(outcome.stderr).toContain("error: failed updating 2 files.\n");
    expect(changed(cwd)).toEqual(["a/x.yaml", "a/b/c/z.yaml"]);
    expect(read(cwd, "a/foreign.yaml")).toContain("none");
  });

  test("the nearest configuration counts for a file in a folder", async () => {
    const cwd = await tree();
    writeFileSync(join(cwd, "a/b/.sops.yaml"), `creation_rules:\n  - age: ${stranger.recipient}\n`);
    expect(await isosops(["updatekeys", "-y", "."], { cwd, env })).toMatchObject({ exit: 0 });
    expect(recipients(read(cwd, "a/b/y.yaml"))).toEqual([stranger.recipient]);
    expect(recipients(read(cwd, "a/x.yaml"))).toEqual([first.recipient, second.recipient]);
    const args = ["updatekeys", "-y", "--config", ".sops.yaml", "a"];
    expect(await isosops(args, { cwd, env: { SOPS_AGE_KEY: stranger.identity } })).toMatchObject({ exit: 0 });
    expect(recipients(read(cwd, "a/b/y.yaml"))).toEqual([first.recipient, second.recipient]);
  });
});

test("1,000 files, killed again and again: each is old or new, and the next run goes on", {
  timeout: 300_000,
}, async () => {
  const cwd = await folderFor(`creation_rules:\n  - age: ${first.recipient},${second.recipient}\n`);
  mkdirSync(join(cwd, "many"));
  const old = read(cwd);
  const names = Array.from({ length: 1000 }, (_, index) => join("many", `f${index}.yaml`));
  for (const name of names) writeFileSync(join(cwd, name), old);
  const count = () => names.filter((name) => read(cwd, name) !== old).length;
  for (let kills = 0, before = 0; kills < 3; kills++) {
    // Until it has begun to write, and some time more.
    const started = (child: { kill(signal: "SIGKILL"): boolean }) => {
      (async () => {
        while (count() === before) await sleep(5);
        await sleep(20 * kills);
        child.kill("SIGKILL");
      })();
    };
    await run(process.execPath, [bin, "updatekeys", "-y", "many"], { cwd, env, started: started as never });
    before = count();
    const written = names.map((name) => read(cwd, name)).filter((text) => text !== old);
    for (const text of written) {
      const opened = await decrypt(text, { format: "yaml", identities: [second.identity] });
      expect(opened.text).toBe(plainYaml);
    }
  }
  const start = performance.now();
  const last = await isosops(["updatekeys", "-y", "many"], { cwd, env });
  expect(last, last.stderr).toMatchObject({ exit: 0 });
  const [, done, same] = /^(\d+) files synced with new keys, (\d+) already up to date\n$/.exec(last.stderr)!;
  expect(Number(done) + Number(same)).toBe(1000);
  console.log(`updatekeys: ${last.stderr.trim()} in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  expect(count()).toBe(1000);
  // What a kill left behind was removed by the run after it.
  expect(readdirSync(join(cwd, "many"))).toHaveLength(1000);
});
