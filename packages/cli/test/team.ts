/** A team's repository with a keyring, for tests of what is searched before a key is destroyed. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { expect, test } from "vitest";
import {
  bin,
  first,
  isosops,
  makeFolder,
  type Outcome,
  plainYaml,
  run,
  skippedWithoutSops,
  sops,
  tools,
} from "./support.js";

const allSops = tools.findSops();
// The tests compare in the middle, and do the rest without sops. This tells of it in the report.
if (sops === undefined) test.skip(`sops opens what is written${skippedWithoutSops}`, () => {});

export interface Team {
  home: string;
  cwd: string;
  env: Record<string, string>;
  org(...args: string[]): Promise<Outcome>;
  git(...args: string[]): string;
  path(name: string): string;
  read(name: string): string;
  /** Encrypts a file for the organisation. */
  add(name: string): Promise<void>;
  /** Runs a command of a message, as it stands there. */
  carryOut(command: string): Promise<void>;
}

/** A repository with one encrypted file on `main`. */
export async function makeTeam(): Promise<Team> {
  const home = makeFolder();
  const cwd = join(home, "clone");
  mkdirSync(join(home, "bin"));
  mkdirSync(cwd);
  writeFileSync(join(home, "bin", "isosops"), `#!/bin/sh\nexec "${process.execPath}" "${bin}" "$@"\n`, { mode: 0o755 });
  const person = { GIT_AUTHOR_NAME: "a", GIT_AUTHOR_EMAIL: "a@b.example", GIT_COMMITTER_NAME: "a" };
  const env = {
    ...person,
    GIT_COMMITTER_EMAIL: "a@b.example",
    GIT_CONFIG_GLOBAL: "/dev/null",
    HOME: home,
    PATH: [join(home, "bin"), process.env.PATH].join(delimiter),
    ISOSOPS_HOME: join(home, "keyring"),
    SOPS_AGE_KEY: first.identity,
  };
  const team: Team = {
    home,
    cwd,
    env,
    org: (...args) => isosops(["org", ...args], { cwd, env }),
    git: (...args) => execFileSync("git", args, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }),
    path: (name) => join(cwd, name),
    read: (name) => readFileSync(join(cwd, name), "utf8"),
    async add(name) {
      mkdirSync(dirname(join(cwd, name)), { recursive: true });
      writeFileSync(join(cwd, name), plainYaml);
      const { age_public_key } = JSON.parse((await team.org("show", "--json")).stdout) as { age_public_key: string };
      const args = ["encrypt", "--age", age_public_key, "--in-place", name];
      expect(await isosops(args, { cwd, env })).toMatchObject({ exit: 0 });
    },
    async carryOut(command) {
      const outcome = await run("sh", ["-c", command], { cwd, env });
      expect({ command, exit: outcome.exit, stderr: outcome.exit === 0 ? "" : outcome.stderr }).toEqual({
        command,
        exit: 0,
        stderr: "",
      });
    },
  };
  team.git("init", "--quiet", "--initial-branch=main");
  expect(await team.org("init", "--recipient", first.recipient)).toMatchObject({ exit: 0 });
  await team.add("a.yaml");
  commitAll(team);
  return team;
}

export function commitAll({ git }: Team): void {
  git("add", "--all");
  git("commit", "--quiet", "--message", "Change");
}

export async function rotate(team: Team): Promise<void> {
  expect(await team.org("rotate")).toMatchObject({ exit: 0 });
  expect(await team.org("reencrypt", ".")).toMatchObject({ exit: 0 });
}

/** A refusal, with the commands that it names, by the places that they are for. */
export async function refused(
  team: Team,
  ...args: string[]
): Promise<{ stderr: string; remedies: Map<string, string[]> }> {
  const before = readFileSync(join(team.home, "keyring", "keyring.json"), "utf8");
  const { exit, stderr } = await team.org("confirm", ...args, ".");
  expect({ exit, stderr }).toMatchObject({ exit: 15, stderr: expect.stringContaining("nothing was destroyed") });
  expect(readFileSync(join(team.home, "keyring", "keyring.json"), "utf8")).toBe(before);
  const lines = [...stderr.matchAll(/^ {2}What is (.*?): (.*)$/gm)];
  const commands = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, command]) => command!);
  return { stderr, remedies: new Map(lines.map(([, place, text]) => [place!, commands(text!)])) };
}

/** What the kept keys open, by every sops that is here. */
export async function expectOpen(team: Team, ...names: string[]): Promise<void> {
  const keys = (await team.org("export")).stdout;
  for (const name of names) {
    for (const { path } of allSops) {
      const env = { PATH: process.env.PATH, HOME: team.home, SOPS_AGE_KEY: keys };
      expect(execFileSync(path, ["-d", name], { cwd: team.cwd, env, encoding: "utf8" })).toContain("plain-secret-1");
    }
  }
}
