/** Commands that change keys, ended at any moment: the keyring stays whole, every file opens, and the command goes on. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { first, isosops, makeFolder, run, skippedWithoutSops, sops } from "./support.js";

const names = ["a.yaml", "b.yaml", "c.yaml"];
const old = { ISOSOPS_PASSPHRASE: "correct horse battery" };
const changed = { ISOSOPS_PASSPHRASE: "staple of another kind" };

type Env = Record<string, string>;
const envOf = (folder: string): Env => ({
  ISOSOPS_HOME: join(folder, "home"),
  SOPS_AGE_KEY: first.identity,
  HOME: folder,
});

function call(folder: string, args: readonly string[], env: Env = {}, started?: Parameters<typeof run>[2]["started"]) {
  const options = { cwd: join(folder, "repository"), env: { ...envOf(folder), ...env }, noTerminal: true };
  return isosops(args, started === undefined ? options : { ...options, started });
}

/** A repository with encrypted files, and its keyring, in a rotation where `commands` begins one. */
async function prepare(init: readonly string[], env: Env, commands: readonly (readonly string[])[]): Promise<string> {
  const folder = makeFolder();
  const cwd = join(folder, "repository");
  mkdirSync(cwd);
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.org", ...args], { cwd, stdio: "pipe" });
  git("init", "--quiet");
  if (commands.length === 0) return folder;
  expect(await call(folder, ["org", "init", ...init], env)).toMatchObject({ exit: 0 });
  for (const name of names) {
    writeFileSync(join(cwd, name), `name: ${name}\npassword: hunter2\n`);
    expect(await call(folder, ["encrypt", "--organisation", "-i", name], env)).toMatchObject({ exit: 0 });
  }
  for (const command of commands)
    if (command.length > 0) expect(await call(folder, command, env)).toMatchObject({ exit: 0 });
  git("add", "--all");
  git("commit", "--quiet", "--message", "all");
  return folder;
}

/** A copy, of whose files the keyring knows. */
function copyOf(folder: string): string {
  const copy = makeFolder();
  cpSync(folder, copy, { recursive: true });
  const keyring = join(copy, "home", "keyring.json");
  if (existsSync(keyring))
    writeFileSync(keyring, readFileSync(keyring, "utf8").replaceAll(folder, copy), { mode: 0o600 });
  return copy;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => !path.includes("/.git/"));
}

/** Whether all is whole. `keys` are passphrases, of which one opens the keyring. */
async function check(folder: string, keys: readonly Env[], mayLackKeyring: boolean): Promise<void> {
  for (const path of filesIn(folder)) {
    const text = readFileSync(path, "latin1");
    expect(text, path).not.toContain("hunter2");
    expect(text, path).not.toContain("AGE-SECRET-KEY-1");
  }
  const published = join(folder, "repository", ".isosops", "organisation.yaml");
  if (existsSync(published)) expect(readFileSync(published, "utf8")).toMatch(/mac: "[0-9a-f]{64}"\n$/);
  if (mayLackKeyring && !existsSync(join(folder, "home", "keyring.json"))) return;
  const exported = [];
  for (const env of keys) exported.push(await call(folder, ["org", "export"], env));
  const opened = exported.filter(({ exit }) => exit === 0);
  expect(opened, JSON.stringify(exported)).toHaveLength(1);
  for (const name of names) {
    const path = join(folder, "repository", name);
    if (!existsSync(path)) continue;
    const args = ["--disable-version-check", "decrypt", path];
    const found = await run(sops!, args, { cwd: folder, env: { SOPS_AGE_KEY: opened[0]!.stdout } });
    expect(found).toMatchObject({ exit: 0, stdout: expect.stringContaining("hunter2") });
  }
}

interface Case {
  init?: readonly string[];
  env?: Env;
  /** Commands before it. None if there is no keyring before. */
  before?: readonly (readonly string[])[];
  command: readonly string[];
  /** Commands after it, with the exit codes that they may have. */
  after: readonly { command: readonly string[]; exits: readonly number[] }[];
  keys?: readonly Env[];
}

const initial = ["--recipient", first.recipient];
const rotated = [["org", "rotate"]];
const reencrypted = [...rotated, ["org", "reencrypt", "."]];
const publish = { command: ["org", "publish"], exits: [0] };
const cases: Record<string, Case> = {
  init: {
    before: [],
    command: ["org", "init", ...initial],
    after: [{ command: ["org", "init", ...initial], exits: [0, 11] }, publish],
  },
  publish: { before: [[]], command: ["org", "publish", "--force"], after: [publish] },
  rotate: {
    before: [[]],
    command: ["org", "rotate"],
    after: [{ command: ["org", "rotate"], exits: [0, 14] }, publish],
  },
  reencrypt: {
    before: rotated,
    command: ["org", "reencrypt", "."],
    after: [{ command: ["org", "reencrypt", "."], exits: [0] }],
  },
  "reencrypt with new data keys": {
    before: rotated,
    command: ["org", "reencrypt", "--new-data-keys", "."],
    after: [{ command: ["org", "reencrypt", "."], exits: [0] }],
  },
  confirm: {
    before: reencrypted,
    command: ["org", "confirm", "."],
    after: [{ command: ["org", "confirm", "."], exits: [0, 14] }, publish],
  },
  cancel: {
    before: rotated,
    command: ["org", "cancel", "."],
    after: [{ command: ["org", "cancel", "."], exits: [0, 14] }, publish],
  },
  passwd: {
    init: [],
    env: old,
    before: rotated,
    command: ["org", "passwd"],
    after: [],
    keys: [old, changed],
  },
};

/** Of each command. A passphrase takes a second each time. */
const killsOf = (name: string) => (name === "passwd" ? 2 : 4);

test.skipIf(sops === undefined || process.platform === "win32").each(Object.entries(cases))(
  `killed at any moment: %s${skippedWithoutSops}`,
  async (name, { init = initial, env = {}, before = [[]], command, after, keys = [{}] }) => {
    const folder = await prepare(init, env, before);
    const own = name === "passwd" ? { ...env, ISOSOPS_NEW_PASSPHRASE: changed.ISOSOPS_PASSPHRASE } : env;
    const kills = killsOf(name);
    const start = Date.now();
    expect(await call(copyOf(folder), command, own)).toMatchObject({ exit: 0 });
    const whole = Date.now() - start;
    for (let count = 0; count < kills; count++) {
      const copy = copyOf(folder);
      // Most of a run is loading.
      const delay = whole * (0.4 + (0.6 * (count + Math.random())) / kills);
      await call(copy, command, own, (child) => {
        setTimeout(() => child.kill(count % 2 === 0 ? "SIGKILL" : "SIGINT"), delay).unref();
      });
      await check(copy, keys, before.length === 0);
      for (const { command: next, exits } of after) {
        const { exit, stderr } = await call(copy, next, own);
        expect(exits, `${next.join(" ")}: ${stderr}`).toContain(exit);
      }
      await check(copy, keys, false);
    }
  },
  300_000,
);
