/**
 * Three clones of a repository and one keyring: encrypt, branch, merge, push, stash, restore, rotate, re-encrypt, confirm and
 * cancel in random order. There is never a file on a branch, in a stash or on the server that no kept key opens, and what a
 * refusal says to do is done, and helps. `ISOSOPS_CLONE_RUNS` says how many runs, each of some seconds.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import {
  cancel,
  confirm,
  GitopsError,
  initialize,
  type OrganisationOptions,
  reencrypt,
  rotate,
  unprotected,
  writing,
} from "@isosops/gitops";
import fc from "fast-check";
import { encrypt } from "isosops";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { fileStorage } from "../dist/keyring/file-storage.js";
import { filesOfAllBranches, organisationFiles } from "../dist/keyring/open-organisation.js";
import { bin, makeFolder } from "./support.js";

const runs = Number(process.env.ISOSOPS_CLONE_RUNS ?? 5);
const clones = ["one", "two", "three"];
const branches = ["main", "feature", "release"];
const files = ["a.yaml", "b.yaml", "deep/c.yaml"];

const step = fc.record({
  do: fc.constantFrom(
    ...["encrypt", "encrypt", "switch", "switch", "merge", "push", "push", "pull", "stash", "restore", "remove"],
    ...["rotate", "rotate", "reencrypt", "confirm", "confirm", "cancel"],
  ),
  clone: fc.constantFrom(...clones),
  branch: fc.constantFrom(...branches),
  file: fc.constantFrom(...files),
});

const kept = { ISOSOPS_HOME: process.env.ISOSOPS_HOME };
beforeAll(() => {
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
});
afterAll(() => {
  vi.restoreAllMocks();
  if (kept.ISOSOPS_HOME === undefined) delete process.env.ISOSOPS_HOME;
  else process.env.ISOSOPS_HOME = kept.ISOSOPS_HOME;
});

interface World {
  home: string;
  env: Record<string, string>;
  organisation: OrganisationOptions;
  /** A copy of a clone's work tree, good while no key has been destroyed since. */
  copies: Map<string, string>;
  did: Map<string, number>;
}

function git({ home, env }: World, clone: string, ...args: string[]): string {
  return execFileSync("git", args, {
    cwd: join(home, clone),
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** False where Git says no: there is nothing to commit, or no way to merge. */
function mayGit(world: World, clone: string, ...args: string[]): boolean {
  try {
    git(world, clone, ...args);
    return true;
  } catch {
    return false;
  }
}

async function makeWorld(did: World["did"]): Promise<World> {
  const home = makeFolder();
  mkdirSync(join(home, "bin"));
  writeFileSync(join(home, "bin", "isosops"), `#!/bin/sh\nexec "${process.execPath}" "${bin}" "$@"\n`, { mode: 0o755 });
  writeFileSync(join(home, "gitconfig"), "[user]\nname = a\nemail = a@team.example\n[merge]\nconflictStyle = merge\n");
  const env = {
    HOME: home,
    GIT_CONFIG_GLOBAL: join(home, "gitconfig"),
    PATH: [join(home, "bin"), process.env.PATH].join(delimiter),
    ISOSOPS_HOME: join(home, "keyring"),
  };
  process.env.ISOSOPS_HOME = env.ISOSOPS_HOME;
  const organisation = {
    storage: fileStorage(join(env.ISOSOPS_HOME, "keyring.json")),
    protector: unprotected,
    actor: "test",
  };
  const world = { home, env, organisation, copies: new Map(), did };
  await initialize(organisation);
  execFileSync("git", ["init", "--quiet", "--bare", "--initial-branch=main", join(home, "server")], { env });
  for (const clone of clones) {
    execFileSync("git", ["clone", "--quiet", join(home, "server"), join(home, clone)], { env, stdio: "ignore" });
    if (clone !== "one") continue;
    for (const file of files.slice(0, 2)) await write(world, clone, file);
    commit(world, clone);
    git(world, clone, "push", "--quiet", "origin", "main");
  }
  return world;
}

async function write({ home, organisation }: World, clone: string, file: string): Promise<void> {
  const path = join(home, clone, file);
  await writing(organisation, [path], async ({ current }) => {
    const { text } = await encrypt(`secret: ${Math.random()}\n`, { format: "yaml", recipients: [current.recipient] });
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, text);
  });
}

function commit(world: World, clone: string): void {
  git(world, clone, "add", "--all");
  mayGit(world, clone, "commit", "--quiet", "--message", "Change");
}

function merge(world: World, clone: string, branch: string): void {
  if (mayGit(world, clone, "merge", "--quiet", "--no-edit", branch)) return;
  mayGit(world, clone, "merge", "--abort");
}

async function run(
  world: World,
  { do: action, clone, branch, file }: typeof step extends fc.Arbitrary<infer T> ? T : never,
) {
  const { home, organisation, copies } = world;
  const folder = join(home, clone);
  const all = clones.map((one) => join(home, one));
  switch (action) {
    case "encrypt":
      await write(world, clone, file);
      return commit(world, clone);
    case "switch":
      return void (mayGit(world, clone, "switch", "--quiet", branch) || git(world, clone, "switch", "-qc", branch));
    case "merge":
      return merge(world, clone, branch);
    case "push":
      return void mayGit(world, clone, "push", "--quiet", "origin", "HEAD");
    case "pull":
      git(world, clone, "fetch", "--quiet", "origin");
      return merge(world, clone, `origin/${branch}`);
    case "stash":
      await write(world, clone, file);
      return void mayGit(world, clone, "stash", "--quiet", "--include-untracked");
    case "restore": {
      // An old copy of the work tree is put back, or made.
      const copy = copies.get(clone);
      if (copy === undefined) {
        copies.set(clone, join(home, `copy-${copies.size}-${world.did.size}-${Math.random()}`));
        return cpSync(folder, copies.get(clone)!, { recursive: true, filter: (path) => !path.endsWith("/.git") });
      }
      cpSync(copy, folder, { recursive: true });
      copies.delete(clone);
      return commit(world, clone);
    }
    case "remove":
      rmSync(join(folder, file), { force: true });
      return commit(world, clone);
    case "rotate":
      return void (await rotate(organisation));
    case "reencrypt":
      await reencrypt(organisation, organisationFiles(), [folder]);
      return commit(world, clone);
    case "confirm":
      await confirmed(world, all);
      return copies.clear();
    case "cancel":
      await cancel(organisation, filesOfAllBranches([]), all);
      return copies.clear();
  }
}

/** Ends a rotation as its refusals say, one step at a time. */
async function confirmed(world: World, paths: string[]): Promise<void> {
  const { organisation, home, did } = world;
  const except: string[] = [];
  for (let tries = 0; ; tries++) {
    for (const clone of clones) git(world, clone, "fetch", "--quiet", "--prune", "origin");
    try {
      await confirm(organisation, filesOfAllBranches([]), paths, { except });
      return;
    } catch (error) {
      if (!(error instanceof GitopsError) || error.code !== "in_use") throw error;
      expect(tries, error.message).toBeLessThan(60);
      did.set("refusal", (did.get("refusal") ?? 0) + 1);
      expect(error.files.length).toBeGreaterThan(0);
      for (const { path } of error.files) expect(error.message.includes(path) || error.files.length > 20).toBe(true);
      const absent = error.files.filter(({ problem }) => problem.startsWith("is not there"));
      const command = /^ {2}What is .*?: `(.*?)`/m.exec(error.message)?.[1];
      if (command === undefined) {
        if (absent.length === error.files.length) except.push(...absent.map(({ path }) => path));
        else await reencrypt(organisation, organisationFiles(), paths);
        for (const clone of clones) commit(world, clone);
        continue;
      }
      carryOut(world, command.startsWith("cd ") ? command : `cd ${join(home, "one")} && ${command}`);
    }
  }
}

function carryOut(world: World, command: string): void {
  const { home, env, did } = world;
  const [, clone] = /^cd \S*\/(\w+) && /.exec(command)!;
  commit(world, clone!);
  try {
    execFileSync("sh", ["-c", command], { cwd: home, env, stdio: ["ignore", "pipe", "pipe"] });
    did.set("remedy", (did.get("remedy") ?? 0) + 1);
  } catch (error) {
    const said = `${(error as { stdout: Buffer }).stdout}${(error as { stderr: Buffer }).stderr}`;
    // What both sides have changed, a person has to merge: this one takes what is on the server.
    const [, branch] = /git merge --no-edit (\S+)/.exec(command) ?? [];
    if (branch === undefined || !said.includes("CONFLICT")) throw new Error(`${command}\n${said}`, { cause: error });
    git(world, clone!, "merge", "--abort");
    if (!mayGit(world, clone!, "merge", "--quiet", "--no-edit", "--strategy-option=theirs", branch)) {
      // One side has removed what the other one has changed.
      commit(world, clone!);
    }
    did.set("conflict", (did.get("conflict") ?? 0) + 1);
  }
}

/** Everything that is kept anywhere, by the public keys. */
async function expectReadable(world: World, action: string): Promise<void> {
  const { current, previous } = (await world.organisation.storage.read())!;
  const keys = [current.recipient, previous?.recipient];
  const isOpen = (text: string) => [...text.matchAll(/recipient: (age1\w+)/g)].some(([, one]) => keys.includes(one));
  for (const clone of [...clones, "server"]) {
    if (clone !== "server") {
      for (const file of files) {
        const path = join(world.home, clone, file);
        if (existsSync(path)) expect(isOpen(readFileSync(path, "utf8")), `${action}: ${path}`).toBe(true);
      }
    }
    const tips = git(world, clone, "for-each-ref", "--format=%(objectname)").trim().split("\n");
    const input = [...tips, ...tips.map((tip) => `${tip}^3`)].flatMap((tip) => files.map((file) => `${tip}:${file}\n`));
    const options = { cwd: join(world.home, clone), env: world.env, input: input.join(""), encoding: "utf8" } as const;
    const contents = execFileSync("git", ["cat-file", "--batch"], options)
      .split(/^[0-9a-f]{40} blob \d+$/m)
      .slice(1);
    for (const content of contents) expect(isOpen(content), `${action}: in ${clone}:${content}`).toBe(true);
  }
}

test(
  `${runs} runs`,
  async () => {
    const did = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 25 }), async (steps) => {
        const world = await makeWorld(did);
        for (const one of steps) {
          try {
            await run(world, one);
            did.set(one.do, (did.get(one.do) ?? 0) + 1);
          } catch (error) {
            if (!(error instanceof GitopsError)) throw error;
            expect(error.code).toMatch(/^(?:in_use|rotating|not_rotating)$/);
          }
          await expectReadable(world, one.do);
        }
        rmSync(world.home, { recursive: true, force: true });
      }),
      { numRuns: runs, endOnFailure: true },
    );
    console.log(`clones: ${[...did].map(([name, times]) => `${times} x ${name}`).join(", ")}`);
    if (runs >= 5) expect(did.get("confirm")).toBeGreaterThan(0);
  },
  120_000 + runs * 30_000,
);
