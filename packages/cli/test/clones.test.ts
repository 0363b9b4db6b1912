/**
 * Three clones of a repository and two keyrings: encrypt, branch, merge, push, stash, restore, rotate, re-encrypt, confirm,
 * cancel, join and leave in random order. There is never a file on a branch, in a stash or on the server that no kept key
 * opens, nor one that holds a destroyed private key, and what a refusal says to do is done, and helps.
 *
 * `ISOSOPS_CLONE_RUNS` says how many runs, `ISOSOPS_CLONE_SEED` and `ISOSOPS_CLONE_PATH` which: those that a failure has named. The repositories and Git are real, and each run begins with a copy of the same
 * repositories; the command runs within this process, as `main` does it.
 */
import { type ChildProcessByStdio, execFileSync, spawn, spawnSync } from "node:child_process";
import fs, { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire, syncBuiltinESMExports } from "node:module";
import { join, relative } from "node:path";
import type { Readable, Writable } from "node:stream";
import { parseState } from "@isosops/gitops";
import fc from "fast-check";
import { decrypt } from "isosops";
import { split } from "shlex";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { first, makeFolder, second } from "./support.js";

// As Node loads it: within Vitest's loader, each of its many imports takes longer, and a larger process starts Git slower.
const { main } = createRequire(import.meta.url)("../dist/main.js") as typeof import("../dist/main.js");

// What the command does not write.
const { writeSync } = fs;

const runs = Number(process.env.ISOSOPS_CLONE_RUNS ?? 12);
const path = process.env.ISOSOPS_CLONE_PATH;
const seed = Number(process.env.ISOSOPS_CLONE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const clones = ["one", "two", "three"] as const;
const branches = ["main", "feature", "release"];
const files = ["a.yaml", "b.yaml", "deep/c.yaml"];
/** Holds the private keys, as a cluster is given them. */
const keyFile = "key.yaml";
const published = ".isosops/organisation.yaml";

type Clone = (typeof clones)[number];
type Name = "ann" | "bob";

const step = fc.record({
  do: fc.constantFrom(
    ...(["encrypt", "encrypt", "encrypt", "hand-out", "switch", "switch", "merge", "merge", "push", "push"] as const),
    ...([
      "pull",
      "pull",
      "stash",
      "stage",
      "rebase",
      "tag",
      "restore",
      "remove",
      "old-keyring",
      "join",
      "join",
      "leave",
    ] as const),
    ...(["rotate", "rotate", "reencrypt", "confirm", "confirm", "cancel"] as const),
  ),
  clone: fc.constantFrom(...clones),
  branch: fc.constantFrom(...branches),
  file: fc.constantFrom(...files),
  takesOurs: fc.boolean(),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Outcome {
  exit: number;
  stdout: string;
  stderr: string;
}

interface World {
  home: string;
  objects: Map<string, Objects>;
  /** What stands in a commit's files. */
  seen: Map<string, string[]>;
  /** Copies of work trees, good while no key has been destroyed since. */
  copies: Set<Clone>;
  /** Private keys by their public keys, of all times. */
  identities: Map<string, string>;
  /** The clone in which a content was seen first. */
  origins: Map<string, string>;
  /** Clones in whose index something may be that is nowhere else. */
  staged: Set<Clone>;
  /** Tags from which nothing is deployed any more. */
  letGo: Set<string>;
  /** How many were made. */
  tags: number;
  /** Which side a conflict is resolved by. */
  takesOurs: boolean;
}

const did = new Map<string, number>();
const count = (what: string) => did.set(what, (did.get(what) ?? 0) + 1);

const keys = { ann: first, bob: second };
const ownerOf = (clone: Clone): Name => (clone === "two" ? "bob" : "ann");

let template: World;
const before = { cwd: process.cwd(), env: { ...process.env } };
let said: { stdout: string; stderr: string };

beforeAll(async () => {
  for (const name of ["stdout", "stderr"] as const) {
    vi.spyOn(process[name], "write").mockImplementation((text, ...rest) => {
      if (said !== undefined) said[name] += String(text);
      for (const one of rest) if (typeof one === "function") one();
      return true;
    });
  }
  // The command writes to stdout without its stream.
  vi.spyOn(fs, "writeSync").mockImplementation(((file: number, data: Uint8Array | string, ...rest: never[]) => {
    if (file !== 1 || said === undefined) return writeSync(file, data as string, ...rest);
    said.stdout += Buffer.from(data as string).toString();
    return data.length;
  }) as typeof writeSync);
  syncBuiltinESMExports();
  template = await makeTemplate();
}, 120_000);
afterAll(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  process.chdir(before.cwd);
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, before.env);
});

/** Our command, as somebody calls it in a clone. */
async function call({ home }: World, name: Name, clone: Clone, ...args: string[]): Promise<Outcome> {
  process.chdir(join(home, clone));
  process.env.ISOSOPS_HOME = join(home, name);
  process.env.SOPS_AGE_KEY = keys[name].identity;
  said = { stdout: "", stderr: "" };
  process.exitCode = 0;
  await main(args);
  const exit = Number(process.exitCode);
  process.exitCode = 0;
  expect(said.stderr, args.join(" ")).not.toContain("unexpected");
  expect(said.stderr).not.toContain("AGE-SECRET-KEY");
  return { exit, ...said };
}

function git({ home }: Pick<World, "home">, clone: Clone, ...args: string[]): string {
  return execFileSync("git", args, { cwd: join(home, clone), encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** False where Git says no: there is nothing to commit, or no way to merge. */
function mayGit(world: World, clone: Clone, ...args: string[]): boolean {
  try {
    git(world, clone, ...args);
    return true;
  } catch {
    return false;
  }
}

/** Where the server has something else than this clone knows. */
function fetch(world: World, clone: Clone): void {
  const heads = (folder: string, prefix: string) =>
    [...refsOf(folder)]
      .filter(([ref]) => ref.startsWith(prefix))
      .map(([ref, id]) => `${ref.slice(prefix.length)} ${id}`);
  const there = heads(join(world.home, "server"), "refs/heads/").sort().join();
  if (
    heads(join(world.home, clone, ".git"), "refs/remotes/origin/")
      .sort()
      .join() === there
  )
    return;
  git(world, clone, "fetch", "--quiet", "--prune", "--no-auto-gc", "origin");
}

/** What the model writes is committed, where it is not what the last commit has; what else is staged stays so. */
async function commit(world: World, clone: Clone): Promise<void> {
  const names = [...files, keyFile, published];
  const committed = await objectsOf(world, clone).read(names.map((name) => `HEAD:${name}`));
  const changed = names.filter((name, index) => {
    const path = join(world.home, clone, name);
    return (existsSync(path) ? readFileSync(path, "utf8") : undefined) !== committed[index];
  });
  if (changed.length === 0) return;
  // One process of this large one, whose copy takes its time, for two of Git.
  const commands = 'git add --all -- "$@"; git commit --quiet --message Change -- "$@"';
  spawnSync("sh", ["-c", commands, "sh", ...changed], { cwd: join(world.home, clone), stdio: "ignore" });
}

/** What is in the index alone comes into the work tree, too. */
function commitStaged(world: World, clone: Clone): void {
  if (!world.staged.delete(clone)) return;
  git(world, clone, "checkout", "--", ":/");
  mayGit(world, clone, "commit", "--quiet", "--message", "Staged");
}

/** The repositories and the keyring that every run begins with. */
async function makeTemplate(): Promise<World> {
  const home = makeFolder();
  const config = `[user]
name = a
email = a@team.example
[init]
templateDir = ${join(home, "none")}
[core]
fsync = none
[gc]
auto = 0
[maintenance]
auto = false
`;
  writeFileSync(join(home, "gitconfig"), config);
  for (const name of Object.keys(process.env))
    if (/^(?:GIT_|SOPS_|ISOSOPS_(?!CLONE))/.test(name)) delete process.env[name];
  Object.assign(process.env, { HOME: home, GIT_CONFIG_GLOBAL: join(home, "gitconfig"), GIT_CONFIG_NOSYSTEM: "1" });
  const world = makeWorld(home);
  execFileSync("git", ["init", "--quiet", "--bare", "--initial-branch=main", join(home, "server")]);
  for (const clone of clones) {
    execFileSync("git", ["clone", "--quiet", join(home, "server"), join(home, clone)], { stdio: "ignore" });
    // So that it is right in a copy, too.
    git(world, clone, "remote", "set-url", "origin", "../server");
    if (clone !== "one") continue;
    expect(await call(world, "ann", clone, "org", "init", "--recipient", first.recipient)).toMatchObject({ exit: 0 });
    expect(await call(world, "ann", clone, "org", "publish")).toMatchObject({ exit: 0 });
    for (const file of files.slice(0, 2)) await write(world, "ann", clone, file);
    await commit(world, clone);
    git(world, clone, "push", "--quiet", "origin", "main");
  }
  for (const objects of world.objects.values()) objects.close();
  return world;
}

function makeWorld(home: string): World {
  const empty = { objects: new Map(), seen: new Map(), copies: new Set<Clone>(), identities: new Map() };
  return { home, ...empty, origins: new Map(), staged: new Set(), letGo: new Set(), tags: 0, takesOurs: true };
}

async function copyTemplate(): Promise<World> {
  const home = makeFolder();
  cpSync(template.home, home, { recursive: true });
  const path = join(home, "ann", "keyring.json");
  writeFileSync(path, readFileSync(path, "utf8").replaceAll(template.home, home));
  const world = makeWorld(home);
  await noteKeys(world);
  return world;
}

async function write(world: World, name: Name, clone: Clone, file: string): Promise<void> {
  const path = join(world.home, clone, file);
  mkdirSync(join(path, ".."), { recursive: true });
  const isKeyFile = file === keyFile;
  const secret = Math.random();
  let before: Buffer | undefined;
  const takeBack = () => (before === undefined ? rmSync(path) : writeFileSync(path, before));
  const prepare = async () => {
    // What a refusal has said to delete holds an old key.
    const text = isKeyFile
      ? `keys: ${JSON.stringify((await succeed(world, name, clone, "org", "export")).stdout)}\n`
      : `secret: ${secret}\n`;
    before = existsSync(path) ? readFileSync(path) : undefined;
    writeFileSync(path, text);
  };
  await succeedAfter(world, name, clone, ["encrypt", "--organisation", "-i", file], prepare, takeBack);
}

const keyringOf = ({ home }: World, name: Name) => {
  const path = join(home, name, "keyring.json");
  return existsSync(path) ? parseState(readFileSync(path, "utf8")) : undefined;
};

/** Remembers private keys, to find those that are destroyed in files. */
async function noteKeys(world: World): Promise<void> {
  const { stdout } = await call(world, "ann", "one", "org", "export");
  const found = stdout.matchAll(/public key: (age1\S+)\n(AGE-SECRET-KEY-\S+)/g);
  for (const [, recipient, identity] of found) world.identities.set(recipient!, identity!);
}

/** Calls the command, and does what it says until it has done what was asked of it. */
async function succeed(world: World, name: Name, clone: Clone, ...args: string[]): Promise<Outcome> {
  return succeedAfter(world, name, clone, args, async () => {});
}

/** The same, with something that has to be done before each try, and is taken back after a refusal. */
async function succeedAfter(
  world: World,
  name: Name,
  clone: Clone,
  args: readonly string[],
  prepare: () => Promise<void>,
  takeBack: () => void = () => {},
): Promise<Outcome> {
  const flags: string[] = [];
  for (let tries = 0; ; tries++) {
    await prepare();
    const outcome = await call(world, name, clone, ...args, ...flags);
    if (outcome.exit === 0) return outcome;
    takeBack();
    count("refusal");
    const told = `${name} in ${clone}: ${[...args, ...flags].join(" ")}\n${outcome.stderr}`;
    expect(tries, told).toBeLessThan(60);
    const more = await carryOut(world, name, clone, args, outcome, told);
    if (more === "instead") return outcome;
    flags.push(...more);
  }
}

/** Carries out the remedy of a refusal. Gives flags for the next try, or that something else was done instead. */
async function carryOut(
  world: World,
  name: Name,
  clone: Clone,
  args: readonly string[],
  { exit, stderr }: Outcome,
  told: string,
): Promise<string[] | "instead"> {
  const { home } = world;
  count("remedy");
  if (stderr.includes("No rotation is under way. Begin one: `isosops org rotate`")) {
    await succeed(world, name, clone, "org", "rotate");
    return args[1] === "reencrypt" ? [] : "instead";
  }
  if (/A rotation from .* is under way\. Confirm it once all files are re-encrypted, or cancel it/.test(stderr)) {
    await end(world, "confirm");
    return [];
  }
  if (stderr.includes("conflict markers") && stderr.includes(published)) {
    takeHigherGeneration(world, clone);
    return [];
  }
  if (stderr.includes("Your keyring may be an old copy")) {
    count("old keyring");
    expect(stderr).toContain("isosops org join --replace FILE");
    if (name === "bob") await join_(world);
    else restoreNewest(world);
    return [];
  }
  if (
    stderr.includes("The file tells of a later generation of keys than") &&
    stderr.includes("`isosops org publish`")
  ) {
    count("not published");
    await succeed(world, "ann", "one", "org", "publish");
    await commit(world, "one");
    await takePublished(world, clone, "one");
    return [];
  }
  expect(exit, told).toBe(15);
  const remedies = [...stderr.matchAll(/^ {2}What is (.*?): (.*)$/gm)].map(([, place, text]) => {
    return { place: place!, commands: [...text!.matchAll(/`([^`]+)`/g)].map(([, command]) => command!) };
  });
  if (remedies.length === 0) {
    if (args[1] === "cancel") {
      expect(stderr).toContain("go on with the rotation");
      await end(world, "confirm");
      return "instead";
    }
    const problems = [...stderr.matchAll(/^ {2}(\/\S+) (.*)$/gm)].map(([, path, problem]) => ({ path, problem }));
    expect(problems, told).not.toEqual([]);
    const flags: string[] = [];
    for (const { path, problem } of problems) {
      if (problem!.startsWith("is missing")) flags.push("--except", path!);
    }
    if (flags.length > 0) return flags;
    const plain = problems.filter(({ problem }) => problem!.includes("in plain text: remove it, or delete the file"));
    for (const { path } of plain) {
      rmSync(path!, { force: true });
      await commit(world, clones.find((one) => isIn(home, one, path!))!);
    }
    if (plain.length > 0) return [];
    if (args[1] === "join") {
      const file = args.at(-1)!;
      expect(stderr, told).toContain(`isosops org join --reencrypt ${file}`);
      const there = clones.find((one) => isIn(home, one, problems[0]!.path!))!;
      expect(there, told).toBe("two");
      await succeed(world, name, there, "org", "join", "--reencrypt", file, ".");
      await commit(world, there);
      return [];
    }
    const there = clones.find((one) => isIn(home, one, problems[0]!.path!))!;
    expect(there, told).toBeDefined();
    const drop = problems[0]!.problem!.includes("org reencrypt --drop-old-key") ? ["--drop-old-key"] : [];
    await succeed(world, name, there, "org", "reencrypt", ...drop, ".");
    await commit(world, there);
    return [];
  }
  const flags: string[] = [];
  let wasDropped = false;
  for (const { place, commands } of remedies) {
    const [command, other] = commands;
    expect(command, told).toBeDefined();
    if (command!.startsWith("--except-ref")) {
      const flag = split(command!);
      world.letGo.add(`refs/tags/${flag[1]}`);
      flags.push(...flag);
      continue;
    }
    // Those behind one that is dropped have another number.
    if (wasDropped && place.startsWith("in stash@")) continue;
    count("command");
    if (place.startsWith("in the index of ")) {
      count("staged");
      // What is staged is kept, not what the work tree has.
      if (commands.length > 2) await runCommands(world, name, clone, other!, undefined, told);
      await runCommands(world, name, clone, command!, undefined, told);
      continue;
    }
    wasDropped ||= (await runCommands(world, name, clone, command!, other, told)) === "dropped";
  }
  return flags;
}

const isIn = (home: string, clone: Clone, file: string) => file.startsWith(`${join(home, clone)}/`);

/** Runs the commands of a message; a stash that does not fit any more is dropped. */
async function runCommands(
  world: World,
  name: Name,
  at: Clone,
  command: string,
  other: string | undefined,
  told: string,
): Promise<"dropped" | undefined> {
  let clone = at;
  for (const one of command.split(" && ")) {
    const words = split(one);
    if (words[0] === "cd") {
      clone = clones.find((known) => join(world.home, known) === words[1])!;
      expect(clone, told).toBeDefined();
      await commit(world, clone);
    } else if (words[0] === "isosops") {
      await succeed(world, name, clone, ...words.slice(1));
    } else {
      expect(words[0]).toBe("git");
      if (one === command.split(" && ")[0]) await commit(world, clone);
      if (words[1] === "push") await leaveOutLost(world, clone);
      try {
        git(world, clone, ...words.slice(1));
      } catch (error) {
        const output = `${(error as { stdout: string }).stdout}${(error as { stderr: string }).stderr}`;
        // What is not committed yet is in the way.
        if (words[1] === "diff" && world.staged.has(clone)) {
          commitStaged(world, clone);
          git(world, clone, ...words.slice(1));
          continue;
        }
        // A commit that has nothing to change, since somebody has done it before.
        if (words[1] === "commit" && output.includes("nothing to commit")) continue;
        if (words[1] === "merge" && output.includes("CONFLICT")) {
          resolveConflict(world, clone);
          continue;
        }
        // Somebody else has pushed meanwhile, and Git says what to do: then the next refusal knows more.
        if (words[1] === "push" && /\((?:fetch first|non-fast-forward)\)/.test(output)) {
          fetch(world, clone);
          if (command.endsWith("git checkout -")) git(world, clone, "checkout", "-q", "-");
          return undefined;
        }
        // What is stashed does not fit any more: it may be lost.
        if (words[1] === "stash" && words[2] === "branch" && other !== undefined) {
          count("dropped");
          git(world, clone, ...split(other).slice(1));
          return "dropped";
        }
        throw new Error(`${told}\n${one}: ${output}`, { cause: error });
      }
    }
  }
  return undefined;
}

/** As people do: file by file, the one side or the other. */
function resolveConflict(world: World, clone: Clone): void {
  count("conflict");
  const names = git(world, clone, "diff", "--name-only", "--diff-filter=U", "-z").split("\0").filter(Boolean);
  for (const [index, name] of names.entries()) {
    if (name === published) {
      takeHigherGeneration(world, clone);
      continue;
    }
    const ours = (index % 2 === 0) === world.takesOurs;
    // One side may have removed it.
    if (!mayGit(world, clone, "checkout", ours ? "--ours" : "--theirs", "--", name))
      git(world, clone, "rm", "-q", "--", name);
  }
  git(world, clone, "add", "--all");
  git(world, clone, "commit", "--quiet", "--no-edit");
}

function takeHigherGeneration(world: World, clone: Clone): void {
  const side = (stage: number) => {
    try {
      return git(world, clone, "show", `:${stage}:${published}`);
    } catch {
      return "";
    }
  };
  const generation = (text: string) => Number(/^generation: (\d+)$/m.exec(text)?.[1] ?? 0);
  const [ours, theirs] = [side(2), side(3)];
  writeFileSync(join(world.home, clone, published), generation(ours) >= generation(theirs) ? ours : theirs);
  git(world, clone, "add", published);
}

async function merge(world: World, clone: Clone, branch: string): Promise<void> {
  const head = git(world, clone, "rev-parse", "HEAD").trim();
  if (!mayGit(world, clone, "merge", "--quiet", "--no-edit", branch)) {
    if (!existsSync(join(world.home, clone, ".git", "MERGE_HEAD"))) return;
    await lookAtConflict(world, clone);
    resolveConflict(world, clone);
  }
  await takeNothingLost(world, clone, head);
}

/** Rebases with a change that is not committed. Where it stops, no key is destroyed that the change needs, and it is given up. */
async function rebase(world: World, clone: Clone, branch: string, file: string): Promise<void> {
  const name = ownerOf(clone);
  const own = keyringOf(world, name);
  if (own === undefined) return;
  await commit(world, clone);
  const head = git(world, clone, "rev-parse", "HEAD").trim();
  await write(world, name, clone, file);
  git(world, clone, "add", "--", file);
  if (!mayGit(world, clone, "rebase", "--quiet", "--autostash", branch)) {
    if (existsSync(join(world.home, clone, ".git", "rebase-merge"))) {
      if (name === "ann" && own.previous === null) {
        count("rebase stopped");
        const other = clone === "one" ? "three" : "one";
        await succeed(world, name, other, "org", "rotate");
        await noteKeys(world);
        await commit(world, other);
        const { exit, stderr } = await call(world, name, clone, "org", "confirm", ".");
        expect({ exit, stderr }).toMatchObject({ exit: 15, stderr: expect.stringContaining("in the autostash") });
      }
      git(world, clone, "rebase", "--abort");
    }
  }
  await takeNothingLost(world, clone, head);
  await commit(world, clone);
}

/** While files have conflict markers, no key is destroyed, and each of them is named. */
async function lookAtConflict(world: World, clone: Clone): Promise<void> {
  if (keyringOf(world, "ann")?.previous == null) return;
  const names = git(world, clone, "diff", "--name-only", "--diff-filter=U", "-z").split("\0").filter(Boolean);
  const marked = names.filter((name) => /^<{7}/m.test(readFileSync(join(world.home, clone, name), "utf8")));
  const { exit, stderr } = await call(world, "ann", clone, "org", "confirm", ".");
  if (marked.length > 0) expect({ exit, stderr }).not.toMatchObject({ exit: 0 });
  if (!marked.includes(published)) for (const name of marked) expect(stderr).toContain(name);
}

/** What somebody else has pushed, for a key that is destroyed here, is not taken: the version before is. */
async function takeNothingLost(world: World, clone: Clone, head: string): Promise<void> {
  const kept = keyringOf(world, ownerOf(clone));
  if (kept === undefined) return;
  const own = [kept.current.recipient, kept.previous?.recipient];
  for (const file of [...files, keyFile]) {
    const path = join(world.home, clone, file);
    if (!existsSync(path)) continue;
    const recipients = recipientsIn(readFileSync(path, "utf8"));
    if (recipients.some((one) => own.includes(one))) continue;
    count("lost for them");
    if (kept.previous !== null && recipients.every((one) => kept.destroyed.includes(one)))
      await isNamed(world, clone, file);
    if (!mayGit(world, clone, "checkout", head, "--", file)) git(world, clone, "rm", "-qf", "--", file);
  }
  await commit(world, clone);
}

/** Whoever re-encrypts is told of it, where no other file brings the private key. */
async function isNamed(world: World, clone: Clone, file: string): Promise<void> {
  const { exit, stdout, stderr } = await call(world, ownerOf(clone), clone, "org", "reencrypt", "--dry-run", ".");
  // From an older keyring, they go on after they have got the newest.
  if (exit === 12) return;
  count("named as lost");
  expect(stdout.split("\n").includes(file) || stderr.includes(`${file} is encrypted for`), `${file}\n${stderr}`).toBe(
    true,
  );
}

function keptKeys(world: World): ReadonlySet<string | undefined> {
  const states = [keyringOf(world, "ann")!, keyringOf(world, "bob")].filter((state) => state !== undefined);
  return new Set(states.flatMap(({ current, previous }) => [current.recipient, previous?.recipient]));
}

/** What Bob has of before others have destroyed its key is not pushed: whoever looks at it there refuses it. */
async function leaveOutLost(world: World, clone: Clone): Promise<void> {
  if (ownerOf(clone) === "ann") return;
  const kept = keptKeys(world);
  for (const file of [...files, keyFile]) {
    const path = join(world.home, clone, file);
    if (!existsSync(path) || recipientsIn(readFileSync(path, "utf8")).some((one) => kept.has(one))) continue;
    count("old version");
    git(world, clone, "rm", "-qf", "--", file);
  }
  await commit(world, clone);
}

const recipientsIn = (text: string) => [...text.matchAll(/recipient: (age1\w+)/g)].map(([, recipient]) => recipient!);

/** Ends a rotation by Ann, who looks at all that she reaches. */
async function end(world: World, how: "confirm" | "cancel"): Promise<void> {
  for (const clone of clones) fetch(world, clone);
  const there = keyringOf(world, "bob") === undefined ? clones : clones.filter((clone) => ownerOf(clone) === "ann");
  await succeed(world, "ann", "one", "org", how, ...there.map((clone) => join(world.home, clone)));
  for (const clone of clones) await commit(world, clone);
  for (const clone of clones) fetch(world, clone);
  world.copies.clear();
}

/** Bob gets the keyring from Ann, or the newest one. */
async function join_(world: World): Promise<void> {
  const { home } = world;
  const { stdout } = await succeed(world, "ann", "one", "org", "export", "--for", second.recipient);
  const file = join(home, "bundle.age");
  writeFileSync(file, stdout);
  // What the keyring is held against has to be there. Where who rotated has not kept it, they publish it.
  await takePublished(world, "two", newestPublished(world));
  const flags = keyringOf(world, "bob") === undefined ? ["--recipient", second.recipient] : ["--replace"];
  await succeed(world, "bob", "two", "org", "join", ...flags, file);
  rmSync(file);
  for (const clone of clones) fetch(world, clone);
}

async function takePublished(world: World, clone: Clone, from: Clone): Promise<void> {
  const text = readFileSync(join(world.home, from, published), "utf8");
  mkdirSync(join(world.home, clone, ".isosops"), { recursive: true });
  writeFileSync(join(world.home, clone, published), text);
  const [committed] = await objectsOf(world, clone).read([`HEAD:${published}`]);
  if (committed === text) return;
  git(world, clone, "add", published);
  // Not what is about to be encrypted.
  git(world, clone, "commit", "--quiet", "--message", "Change", "--", published);
}

function newestPublished({ home }: World): Clone {
  const generation = (clone: Clone): number => {
    const path = join(home, clone, published);
    return existsSync(path) ? Number(/^generation: (\d+)$/m.exec(readFileSync(path, "utf8"))?.[1] ?? 0) : -1;
  };
  return clones.toSorted((one, other) => generation(other) - generation(one))[0]!;
}

function restoreNewest({ home }: World): void {
  cpSync(join(home, "newest.json"), join(home, "ann", "keyring.json"));
}

async function perform(world: World, { do: action, clone, branch, file, takesOurs }: Step): Promise<void> {
  const { home, copies } = world;
  const folder = join(home, clone);
  const name = ownerOf(clone);
  world.takesOurs = takesOurs;
  switch (action) {
    case "encrypt":
    case "hand-out": {
      const own = keyringOf(world, name);
      // Without a keyring, whoever has not pulled for long cannot know better; and what is written has to be seen.
      if (own === undefined && (action === "hand-out" || !(await isUpToDate(world, clone)))) return;
      await write(world, name, clone, action === "hand-out" ? keyFile : file);
      return commit(world, clone);
    }
    case "switch":
      if (mayGit(world, clone, "switch", "--quiet", branch) || mayGit(world, clone, "switch", "-qc", branch)) return;
      // What was changed and not committed is in the way.
      await commit(world, clone);
      commitStaged(world, clone);
      return void git(world, clone, "switch", "--quiet", branch);
    case "merge":
      return merge(world, clone, branch);
    case "push":
      await leaveOutLost(world, clone);
      return void mayGit(world, clone, "push", "--quiet", "origin", "HEAD");
    case "pull":
      fetch(world, clone);
      return merge(world, clone, `origin/${branch}`);
    case "stash":
      if (keyringOf(world, name) === undefined) return;
      await write(world, name, clone, file);
      return void mayGit(world, clone, "stash", "--quiet", "--include-untracked");
    case "stage": {
      if (keyringOf(world, name) === undefined) return;
      await write(world, name, clone, file);
      git(world, clone, "add", "--", file);
      world.staged.add(clone);
      // The work tree has the version of the last commit, or none.
      const [committed] = await objectsOf(world, clone).read([`HEAD:${file}`]);
      const path = join(folder, file);
      if (committed === undefined) rmSync(path);
      else writeFileSync(path, committed);
      return;
    }
    case "rebase":
      return rebase(world, clone, branch, file);
    case "tag":
      return void mayGit(world, clone, "tag", `v${++world.tags}`);
    case "restore": {
      // An old copy of the work tree is put back, or made.
      const copy = join(home, `copy-${clone}`);
      if (!copies.has(clone)) {
        copies.add(clone);
        rmSync(copy, { recursive: true, force: true });
        return cpSync(folder, copy, { recursive: true, filter: (path) => !path.endsWith("/.git") });
      }
      const { takeBack } = { takeBack: readFileSync(join(folder, published), "utf8") };
      cpSync(copy, folder, { recursive: true });
      writeFileSync(join(folder, published), takeBack);
      copies.delete(clone);
      return commit(world, clone);
    }
    case "remove":
      rmSync(join(folder, file), { force: true });
      return commit(world, clone);
    case "rotate":
      await succeed(world, "ann", clone === "two" ? "one" : clone, "org", "rotate");
      await noteKeys(world);
      // Where a rotation was begun in another clone, its public file stays uncommitted there.
      return commit(world, clone);
    case "reencrypt":
      if (keyringOf(world, name) === undefined) return;
      if (keyringOf(world, name)!.previous === null && name === "bob") return;
      await succeed(world, name, clone, "org", "reencrypt", ".");
      await noteKeys(world);
      return commit(world, clone);
    case "confirm":
    case "cancel":
      await end(world, action);
      return noteKeys(world);
    case "old-keyring": {
      // An old copy of Ann's keyring is put back; where a repository knows better, it is refused.
      const old = join(home, "old.json");
      const path = join(home, "ann", "keyring.json");
      if (!existsSync(old)) return cpSync(path, old);
      const own = parseState(readFileSync(old, "utf8"));
      const known = /^generation: (\d+)$/m.exec(readFileSync(join(home, "one", published), "utf8"))![1];
      if (Number(known) <= own.history.length) return;
      cpSync(old, path);
      for (const command of [["rotate"], ["confirm", "."], ["cancel", "."], ["reencrypt", "."]]) {
        const refused = await call(world, "ann", "one", "org", ...command);
        expect(refused).toMatchObject({ exit: 12, stderr: expect.stringContaining("may be an old copy") });
      }
      await write(world, "ann", "one", file);
      rmSync(old);
      return commit(world, "one");
    }
    case "join":
      return join_(world);
    case "leave":
      if (keyringOf(world, "bob") === undefined) return;
      await join_(world);
      return rmSync(join(home, "bob"), { recursive: true });
  }
}

/** Whether what a work tree tells of the keys is true. */
async function isUpToDate(world: World, clone: Clone): Promise<boolean> {
  const kept = keyringOf(world, "ann")!;
  const path = join(world.home, clone, published);
  if (!existsSync(path)) return false;
  return readFileSync(path, "utf8").includes(`recipient: ${kept.current.recipient}\n    state: current`);
}

/** `git cat-file --batch`, which stays while a run lasts. */
class Objects {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(folder: string) {
    this.#child = spawn("git", ["-C", folder, "cat-file", "--batch"], { stdio: ["pipe", "pipe", "ignore"] });
    this.#chunks = this.#child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** Their contents; undefined for what is not there. */
  async read(names: readonly string[]): Promise<(string | undefined)[]> {
    this.#child.stdin.write(names.map((name) => `${name}\n`).join(""));
    const found: (string | undefined)[] = [];
    for (const _ of names) {
      const line = await this.#until((rest) => rest.indexOf("\n"));
      const size = / blob (\d+)$/.exec(line)?.[1];
      if (size === undefined) found.push(undefined);
      else found.push(await this.#until((rest) => (rest.length > Number(size) ? Number(size) : -1)));
    }
    return found;
  }

  async #until(find: (rest: Buffer) => number): Promise<string> {
    for (;;) {
      const end = find(this.#rest);
      if (end !== -1) {
        const text = this.#rest.toString("utf8", 0, end);
        this.#rest = this.#rest.subarray(end + 1);
        return text;
      }
      const { value, done } = await this.#chunks.next();
      if (done) throw new Error("git cat-file has ended");
      this.#rest = Buffer.concat([this.#rest, value]);
    }
  }

  close(): void {
    this.#child.kill();
  }
}

function objectsOf({ home, objects }: World, clone: string): Objects {
  const known = objects.get(clone);
  if (known !== undefined) return known;
  const made = new Objects(join(home, clone));
  objects.set(clone, made);
  return made;
}

/** The commits of branches and tags, by their names. */
function refsOf(gitFolder: string): Map<string, string> {
  const refs = new Map<string, string>();
  const packed = join(gitFolder, "packed-refs");
  if (existsSync(packed)) {
    for (const [, id, ref] of readFileSync(packed, "utf8").matchAll(/^([0-9a-f]{40}) (.*)$/gm)) refs.set(ref!, id!);
  }
  // A ref in a file of its own is newer.
  for (const entry of readdirSync(join(gitFolder, "refs"), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const text = readFileSync(path, "utf8");
    if (/^[0-9a-f]{40}/.test(text)) refs.set(relative(gitFolder, path), text.trim());
  }
  return refs;
}

/** The commits of all branches, tags and stashes. */
function tipsOf(gitFolder: string, letGo: ReadonlySet<string>): string[] {
  const ids = [...refsOf(gitFolder)].filter(([ref]) => !letGo.has(ref)).map(([, id]) => id);
  const stashes = join(gitFolder, "logs", "refs", "stash");
  if (existsSync(stashes)) {
    for (const line of readFileSync(stashes, "utf8").split("\n").filter(Boolean)) {
      const id = line.split(" ")[1]!;
      ids.push(id, `${id}^2`, `${id}^3`);
    }
  }
  return [...new Set(ids)];
}

/** Everything that is kept anywhere, by the public keys that it names; what holds private keys, by these. */
async function expectReadable(world: World, action: string): Promise<void> {
  const { home, seen, origins } = world;
  const kept = keptKeys(world);
  const check = async (text: string, clone: string, place: string): Promise<void> => {
    const origin = origins.get(text) ?? clone;
    origins.set(text, origin);
    // What others have written is kept by those who have: Bob's clone may have an old version of it.
    if (clone === "two" && origin !== "two") return;
    const isOpen = recipientsIn(text).some((one) => kept.has(one));
    expect(isOpen, `${action}: ${place} of ${origin}\n${text}`).toBe(true);
    if (!text.startsWith("keys:")) return;
    const held = await heldIn(world, text);
    for (const one of held) expect(kept.has(one), `${action}: ${place} holds ${one}`).toBe(true);
  };
  for (const clone of ["one", "three", "two", "server"]) {
    const folder = join(home, clone);
    if (clone !== "server") {
      for (const file of [...files, keyFile]) {
        if (existsSync(join(folder, file)))
          await check(readFileSync(join(folder, file), "utf8"), clone, `${clone}/${file}`);
      }
    }
    if (world.staged.has(clone as Clone)) {
      const entries = git(world, clone as Clone, "ls-files", "--stage").matchAll(/^\d+ (\w+) \d\t(?!\.isosops)/gm);
      for (const content of await objectsOf(world, clone).read([...entries].map(([, id]) => id!))) {
        await check(content!, clone, `the index of ${clone}`);
      }
    }
    const tips = tipsOf(clone === "server" ? folder : join(folder, ".git"), world.letGo);
    const objects = objectsOf(world, clone);
    for (const tip of tips) {
      let contents = seen.get(tip);
      if (contents === undefined) {
        const found = await objects.read([...files, keyFile].map((file) => `${tip}:${file}`));
        contents = found.filter((content) => content !== undefined);
        seen.set(tip, contents);
      }
      for (const content of contents) await check(content, clone, `${tip} in ${clone}`);
    }
  }
}

const opened = new Map<string, readonly string[]>();

/** The public keys of the private keys in a file. */
async function heldIn({ identities }: World, text: string): Promise<readonly string[]> {
  let held = opened.get(text);
  if (held === undefined) {
    const plain = (await decrypt(text, { format: "yaml", identities: [...identities.values()] })).text;
    held = [...identities].filter(([, identity]) => plain.includes(identity)).map(([recipient]) => recipient);
    opened.set(text, held);
  }
  return held;
}

test(
  `${runs} runs`,
  async () => {
    const started = performance.now();
    let ended = 0;
    const tell = (text: string) => runs > 50 && writeSync(2, `clones: ${text}\n`);
    tell(`seed ${seed}`);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 25 }), async (steps) => {
        const world = await copyTemplate();
        const trace: string[] = [];
        try {
          for (const one of steps) {
            trace.push(`${one.do} ${one.clone} ${one.branch} ${one.file}`);
            await perform(world, one);
            count(one.do);
            if (keyringOf(world, "ann")!.history.length >= newest(world)) {
              cpSync(join(world.home, "ann", "keyring.json"), join(world.home, "newest.json"));
            }
            await expectReadable(world, trace.join("\n"));
          }
        } finally {
          for (const objects of world.objects.values()) objects.close();
          process.chdir(before.cwd);
          ended++;
          if (ended % 50 === 0)
            tell(`${ended} of ${runs} runs in ${Math.round((performance.now() - started) / 1000)} s`);
          if (process.env.ISOSOPS_CLONE_KEEP === undefined) rmSync(world.home, { recursive: true, force: true });
        }
      }),
      { numRuns: runs, seed, ...(path === undefined ? {} : { path }), endOnFailure: true },
    );
    vi.restoreAllMocks();
    const perRun = ((performance.now() - started) / runs / 1000).toFixed(2);
    console.log(`clones: ${perRun} s a run; ${[...did].map(([name, times]) => `${times} x ${name}`).join(", ")}`);
    if (runs >= 5) for (const name of ["confirm", "refusal", "remedy"]) expect(did.get(name)).toBeGreaterThan(0);
  },
  120_000 + runs * 30_000,
);

function newest({ home }: World): number {
  const path = join(home, "newest.json");
  return existsSync(path) ? parseState(readFileSync(path, "utf8")).history.length : 0;
}
