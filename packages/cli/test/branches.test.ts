/** Branches of real Git repositories: what a key opens on one of them is found, and re-encrypted by what a refusal says. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { isosops, run } from "./support.js";
import { commitAll, expectOpen, makeTeam, refused, rotate } from "./team.js";

test("what was encrypted on another branch blocks, is re-encrypted there, and opens after a merge", async () => {
  const team = await makeTeam();
  team.git("switch", "--quiet", "--create", "feature");
  await team.add("deep/new.yaml");
  commitAll(team);
  team.git("switch", "--quiet", "main");
  await rotate(team);
  commitAll(team);
  const { stderr, remedies } = await refused(team);
  expect(stderr).toContain(`${team.path("deep/new.yaml")} on the branch feature is encrypted for it`);
  // What `a.yaml` is there, before it was re-encrypted on main.
  expect(stderr).toContain(`${team.path("a.yaml")} on the branch feature is encrypted for it`);
  expect([...remedies.keys()]).toEqual(["on the branch feature"]);
  await team.carryOut(remedies.get("on the branch feature")![0]!);
  expect(team.git("branch", "--show-current")).toBe("main\n");
  expect(await team.org("confirm", ".")).toMatchObject({ exit: 0 });
  team.git("switch", "--quiet", "feature");
  await expectOpen(team, "a.yaml", "deep/new.yaml");
});

test("what is not committed yet blocks by the branch that has it", async () => {
  const team = await makeTeam();
  await rotate(team);
  const { stderr, remedies } = await refused(team);
  expect(stderr).toContain(`${team.path("a.yaml")} on the branch main is encrypted for it`);
  mkdirSync(team.path("folder"));
  await team.carryOut(remedies.get("on the branch main")![0]!);
  expect(await isosops(["org", "confirm", ".."], { cwd: team.path("folder"), env: team.env })).toMatchObject({
    exit: 0,
  });
});

test("a known file that is nowhere blocks until it is left out, once and for all", async () => {
  const team = await makeTeam();
  await team.add("lost.yaml");
  await team.add("committed.yaml");
  team.git("add", "committed.yaml");
  team.git("commit", "--quiet", "--message", "Change");
  rmSync(team.path("lost.yaml"));
  rmSync(team.path("committed.yaml"));
  commitAll(team);
  const commit = team.git("log", "-1", "--format=%h %cs").trim().replace(" ", " of ");
  await rotate(team);
  commitAll(team);
  const { stderr } = await refused(team);
  expect(stderr).toContain(`${team.path("lost.yaml")} is missing: it was written for the organisation`);
  expect(stderr).toContain(`${team.path("committed.yaml")} is missing, and Git last saw it in the commit ${commit}`);
  expect(await team.org("cancel", ".")).toMatchObject({ exit: 15, stderr: expect.stringContaining("lost.yaml") });
  expect((await refused(team, "--except", "lost.yaml")).stderr).not.toContain("lost.yaml is missing");
  const except = ["--except", "lost.yaml", "--except", "committed.yaml"];
  expect(await team.org("confirm", ...except, ".")).toMatchObject({ exit: 0 });
  await rotate(team);
  commitAll(team);
  expect(await team.org("confirm", ".")).toMatchObject({ exit: 0 });
});

test("a known file that is on another branch alone does not block once it is re-encrypted there", async () => {
  const team = await makeTeam();
  await rotate(team);
  team.git("switch", "--quiet", "--create", "feature");
  await team.add("new.yaml");
  commitAll(team);
  team.git("switch", "--quiet", "main");
  await team.carryOut("git checkout --quiet feature -- a.yaml");
  commitAll(team);
  expect(await team.org("confirm", ".")).toMatchObject({ exit: 0 });
});

test("remote branches are re-encrypted and pushed, merged where they are newer", async () => {
  const team = await makeTeam();
  execFileSync("git", ["init", "--quiet", "--bare", "--initial-branch=main", join(team.home, "server")]);
  team.git("remote", "add", "origin", join(team.home, "server"));
  team.git("push", "--quiet", "origin", "main");
  // Of a colleague: a branch that is there alone, and something new on main.
  const other = join(team.home, "other");
  execFileSync("git", ["clone", "--quiet", join(team.home, "server"), other]);
  const there = (...args: string[]) => execFileSync("git", args, { cwd: other, env: team.env, stdio: "pipe" });
  writeFileSync(join(other, "b.yaml"), team.read("a.yaml"));
  there("add", "--all");
  there("commit", "--quiet", "--message", "Change");
  there("push", "--quiet", "origin", "main");
  there("switch", "--quiet", "--create", "theirs/feature");
  writeFileSync(join(other, "c.yaml"), team.read("a.yaml"));
  there("add", "--all");
  there("commit", "--quiet", "--message", "Change");
  there("push", "--quiet", "origin", "theirs/feature");

  team.git("fetch", "--quiet");
  team.git("switch", "--quiet", "--create", "pushed");
  team.git("push", "--quiet", "origin", "pushed");
  team.git("switch", "--quiet", "main");
  await rotate(team);
  commitAll(team);
  const { stderr, remedies } = await refused(team);
  for (const [name, branch] of [
    ["b.yaml", "origin/main"],
    ["c.yaml", "origin/theirs/feature"],
    ["a.yaml", "origin/pushed"],
  ]) {
    expect(stderr).toContain(`${team.path(name!)} on the remote branch ${branch} is encrypted for it`);
  }
  for (const [command] of remedies.values()) await team.carryOut(command!);
  expect(await team.org("confirm", ".")).toMatchObject({ exit: 0 });
  for (const branch of ["main", "pushed", "theirs/feature"]) {
    there("fetch", "--quiet");
    there("checkout", "--quiet", `origin/${branch}`);
    await expectOpen({ ...team, cwd: other }, "a.yaml");
  }
});

test("tags of the last year, stashes and work trees block, and are left out by name", async () => {
  const team = await makeTeam();
  team.git("tag", "old");
  const then = { ...team.env, GIT_COMMITTER_DATE: "2020-01-01T00:00:00Z" };
  execFileSync("git", ["tag", "--annotate", "--message", "old", "v0.1"], { cwd: team.cwd, env: then });
  team.git("tag", "--annotate", "--message", "new", "v1.0");
  await team.add("stashed.yaml");
  team.git("stash", "--include-untracked", "--quiet");
  team.git("worktree", "add", "--quiet", "--detach", join(team.home, "tree"));
  await rotate(team);
  commitAll(team);
  const { stderr, remedies } = await refused(team);
  expect(stderr).toContain(`${team.path("stashed.yaml")} in stash@{0} is encrypted for it`);
  expect(stderr).toContain("a.yaml in the tag v1.0");
  expect(stderr).toContain("a.yaml in the tag old");
  expect(stderr).not.toContain("v0.1");
  const [detached] = [...remedies].filter(([place]) => place.startsWith("in the commit"));
  await team.carryOut(detached![1][0]!);
  await team.carryOut(remedies.get("in stash@{0}")![0]!);
  const second = await refused(team);
  expect([...second.remedies.keys()].sort()).toEqual(["in the tag old", "in the tag v1.0"]);
  const flag = second.remedies.get("in the tag v1.0")![0]!.replaceAll("'", "").split(" ");
  expect(flag).toEqual(["--except-ref", "v1.0"]);
  expect((await refused(team, ...flag)).stderr).not.toContain("v1.0 is");
  expect(await team.org("confirm", ...flag, "--except-ref", "o*d", ".")).toMatchObject({ exit: 0 });
});

test("a private key in plain text on a branch blocks, and no command is said to take it out", async () => {
  const team = await makeTeam();
  const keys = (await team.org("export")).stdout;
  await rotate(team);
  commitAll(team);
  team.git("switch", "--quiet", "--create", "feature");
  writeFileSync(team.path("key.txt"), keys);
  commitAll(team);
  team.git("switch", "--quiet", "main");
  const { stderr, remedies } = await refused(team);
  expect(stderr).toContain(
    `${team.path("key.txt")} on the branch feature contains its private key in plain text: remove it, or delete the file`,
  );
  expect([...remedies.keys()]).toEqual([]);
  await team.carryOut("git switch feature && git rm --quiet key.txt && git commit --message Change && git checkout -");
  expect(await team.org("confirm", ".")).toMatchObject({ exit: 0 });
});

test("what stands behind a folder of many files, and behind a large one, is seen", async () => {
  const team = await makeTeam();
  team.git("switch", "--quiet", "--create", "feature");
  for (let index = 0; index < 5000; index++) writeFileSync(team.path(`file-${index}.txt`), `${index % 10}\n`);
  writeFileSync(team.path("large.txt"), "a line of a large file\n".repeat(100_000));
  await team.add("z.yaml");
  commitAll(team);
  team.git("switch", "--quiet", "main");
  await rotate(team);
  commitAll(team);
  const { stderr } = await refused(team);
  expect(stderr.match(/^ {2}\/.*$/gm)).toEqual([
    `  ${team.path("a.yaml")} on the branch feature is encrypted for it`,
    `  ${team.path("z.yaml")} on the branch feature is encrypted for it`,
  ]);
});

test("stashes with files that Git does not know stay stashes, by all commands of one refusal", async () => {
  const team = await makeTeam();
  writeFileSync(team.path(".gitignore"), "ignored.yaml\n");
  commitAll(team);
  // One that is on the branch too, one that is ignored, one that nobody has encrypted: each stands in the way back, or gets lost.
  await team.add("both.yaml");
  await team.add("ignored.yaml");
  writeFileSync(team.path("plain.yaml"), "password: not yet encrypted\n");
  writeFileSync(team.path("a.yaml"), `${team.read("a.yaml")}# changed\n`);
  team.git("stash", "push", "--all", "--quiet", "--message", "my work");
  await team.add("deep/other.yaml");
  team.git("stash", "push", "--include-untracked", "--quiet", "--message", "it's $HOME");
  // Without any, Git keeps an empty folder of them.
  writeFileSync(team.path("a.yaml"), `${team.read("a.yaml")}# changed again\n`);
  team.git("stash", "push", "--include-untracked", "--quiet");
  await team.add("both.yaml");
  writeFileSync(team.path("plain.yaml"), "password_unencrypted: of main\n");
  commitAll(team);
  writeFileSync(team.path("notes.txt"), "mine\n");
  await rotate(team);
  team.git("commit", "--quiet", "--all", "--message", "Change");
  const main = team.git("rev-parse", "main");

  const { stderr, remedies } = await refused(team);
  for (const name of ["a.yaml", "both.yaml", "ignored.yaml"]) {
    expect(stderr).toContain(`${team.path(name)} in stash@{2} is encrypted for it`);
  }
  expect([...remedies.keys()]).toEqual(["in stash@{0}", "in stash@{1}", "in stash@{2}"]);
  for (const [command] of remedies.values()) await team.carryOut(command!);
  expect(await team.org("confirm", ".")).toMatchObject({ exit: 0 });

  expect(team.git("rev-parse", "main")).toBe(main);
  expect(team.git("branch", "--format=%(refname:short)")).toBe("main\n");
  expect(team.git("status", "--porcelain")).toContain("?? notes.txt\n");
  const stashes = team.git("stash", "list", "--format=%gs").trim().split("\n");
  const messages = stashes.map((line) => line.replace(/^On stashed-\w+: /, ""));
  expect(messages).toEqual(["my work", "it's $HOME", expect.stringMatching(/^WIP on /)]);
  const namesIn = (stash: string) => team.git("stash", "show", "--include-untracked", "--name-only", stash);
  expect(namesIn("stash@{0}")).toMatch(/\na\.yaml\nboth\.yaml\nignored\.yaml\nplain\.yaml\n$/);
  expect(team.git("show", "stash@{0}:plain.yaml")).toBe("password: not yet encrypted\n");
  team.git("checkout", "--quiet", "stash@{0}");
  await expectOpen(team, "a.yaml", "both.yaml", "ignored.yaml");
  team.git("checkout", "--quiet", "stash@{1}");
  await expectOpen(team, "a.yaml", "deep/other.yaml");
});

test("from a commit without a branch, the commands for another branch come back to it", async () => {
  const team = await makeTeam();
  team.git("switch", "--quiet", "--detach");
  await rotate(team);
  commitAll(team);
  const here = team.git("rev-parse", "HEAD");
  const { remedies } = await refused(team);
  expect([...remedies.keys()]).toEqual(["on the branch main"]);
  await team.carryOut(remedies.get("on the branch main")![0]!);
  expect(team.git("rev-parse", "HEAD")).toBe(here);
  expect(await team.org("confirm", ".")).toMatchObject({ exit: 0 });
});

test("a stash that may be lost is dropped", async () => {
  const team = await makeTeam();
  writeFileSync(team.path("a.yaml"), `${team.read("a.yaml")}# changed\n`);
  team.git("stash", "--quiet");
  await rotate(team);
  commitAll(team);
  const { remedies } = await refused(team);
  await team.carryOut(remedies.get("in stash@{0}")!.at(-1)!);
  expect(await team.org("confirm", ".")).toMatchObject({ exit: 0 });
});

test("a stash is left alone while something else is not committed", async () => {
  const team = await makeTeam();
  await team.add("stashed.yaml");
  team.git("stash", "--include-untracked", "--quiet");
  await rotate(team);
  commitAll(team);
  writeFileSync(team.path("plain.yaml"), "password: not yet encrypted\n");
  team.git("add", "plain.yaml");
  const { remedies } = await refused(team);
  const [command] = remedies.get("in stash@{0}")!;
  await expect(team.carryOut(command!)).rejects.toThrow();
  // Neither on another branch, nor with the change in a stash.
  expect(team.git("branch", "--show-current").trim()).toBe("main");
  expect(team.git("diff", "--cached", "--name-only").trim()).toBe("plain.yaml");
  expect(team.git("stash", "list").trim().split("\n")).toHaveLength(1);
  team.git("rm", "--quiet", "--force", "plain.yaml");
  await team.carryOut(command!);
  expect(await team.org("confirm", ".")).toMatchObject({ exit: 0 });
});

test("a rotation is not cancelled while a branch needs the new key", async () => {
  const team = await makeTeam();
  await team.org("rotate");
  team.git("switch", "--quiet", "--create", "feature");
  await team.add("new.yaml");
  commitAll(team);
  team.git("switch", "--quiet", "main");
  const { exit, stderr } = await team.org("cancel", ".");
  expect({ exit, stderr }).toMatchObject({
    exit: 15,
    stderr: expect.stringContaining("new.yaml on the branch feature"),
  });
  expect(await team.org("cancel", "--except-ref", "feature", "--except", "new.yaml", ".")).toMatchObject({ exit: 0 });
});

test("where Git is not, or says no", async () => {
  const team = await makeTeam();
  await rotate(team);
  commitAll(team);
  const path = dirname(process.execPath);
  const withoutGit = (args: string[]) =>
    isosops(["org", ...args], { ...team, env: { ...team.env, PATH: join(path, "none") } });
  expect(await withoutGit(["confirm", "."])).toMatchObject({
    exit: 0,
    stderr: expect.stringContaining("Git is not installed"),
  });

  await rotate(team);
  commitAll(team);
  const tree = team.git("rev-parse", "HEAD^{tree}").trim();
  const object = join(team.path(".git/objects"), tree.slice(0, 2), tree.slice(2));
  renameSync(object, join(team.home, "object"));
  const refusal = await team.org("confirm", ".");
  expect(refusal.stderr).toContain("cannot be read, and nothing was destroyed. Git says:");
  expect(refusal.exit).toBe(2);
  renameSync(join(team.home, "object"), object);
  renameSync(team.path(".git/HEAD"), join(team.home, "HEAD"));
  const broken = await team.org("confirm", ".");
  expect(broken).toMatchObject({ exit: 2, stderr: expect.stringContaining("Git says: fatal: not a git repository") });
  expect(broken.stderr).toContain("`--except-ref '*'` ");
  // No Git directory, only a folder of that name.
  rmSync(team.path(".git"), { recursive: true });
  mkdirSync(team.path(".git"));
  const empty = await team.org("confirm", "--except-ref", "none", ".");
  expect(empty).toMatchObject({ exit: 0, stderr: expect.stringContaining("Git does not recognize as a repository") });
});

test("what is not committed in another work tree blocks", async () => {
  const team = await makeTeam();
  await rotate(team);
  commitAll(team);
  team.git("worktree", "add", "--quiet", "--detach", "../tree");
  // As sops wrote it there, so that no keyring knows of it.
  const old = team.git("show", "HEAD~1:a.yaml");
  writeFileSync(join(team.home, "tree", "new.yaml"), old);
  const { stderr } = await refused(team);
  expect(stderr).toContain("tree/new.yaml is encrypted for it");
  expect(await isosops(["org", "reencrypt", "../tree"], team)).toMatchObject({ exit: 0 });
  expect(await team.org("confirm", ".")).toMatchObject({ exit: 0 });
});

test("a clone of one branch blocks until all branches are fetched, or left out", async () => {
  const team = await makeTeam();
  team.git("switch", "--quiet", "--create", "feature");
  await team.add("new.yaml");
  commitAll(team);
  team.git("switch", "--quiet", "main");
  team.git("clone", "--quiet", "--depth=1", `file://${team.cwd}`, "../single");
  const single = { ...team, cwd: join(team.home, "single") };
  const org = (...args: string[]) => isosops(["org", ...args], single);
  expect(await org("rotate")).toMatchObject({ exit: 0 });
  expect(await org("reencrypt", ".")).toMatchObject({ exit: 0 });
  const blocked = await org("confirm", "--except", team.path("new.yaml"), ".");
  expect(blocked).toMatchObject({ exit: 15, stderr: expect.stringContaining("fetches only some of the branches") });
  const [, command] = /Fetch them all: `([^`]+)`/.exec(blocked.stderr)!;
  execFileSync("sh", ["-c", command!], { cwd: single.cwd, env: team.env, stdio: "ignore" });
  const fetched = await org("confirm", "--except", team.path("new.yaml"), ".");
  expect(fetched).toMatchObject({ exit: 15, stderr: expect.stringContaining("on the remote branch origin/feature") });
});

test("no program of the repository's configuration runs, and none of its words are read, where signatures are shown", async () => {
  const team = await makeTeam();
  writeFileSync(team.path("a.yaml"), `${team.read("a.yaml")}\n`);
  writeFileSync(
    join(team.home, "gpg"),
    `#!/bin/sh\ntouch "${team.home}/ran"\necho '[GNUPG:] SIG_CREATED ' >&2\necho x\n`,
    {
      mode: 0o755,
    },
  );
  team.git("config", "gpg.program", join(team.home, "gpg"));
  team.git("config", "commit.gpgSign", "true");
  team.git("commit", "--quiet", "--all", "--message", "Change");
  rmSync(team.path("a.yaml"));
  team.git("commit", "--quiet", "--all", "--message", "Delete");
  team.git("config", "log.showSignature", "true");
  rmSync(join(team.home, "ran"));
  await rotate(team);
  const { stderr } = await refused(team, "--except-ref", "x");
  expect(stderr).toContain("Git last saw it in the commit");
  expect(existsSync(join(team.home, "ran"))).toBe(false);
});

test("no command of a refusal commits plain text that was decrypted in place", async () => {
  const team = await makeTeam();
  await team.add("b.yaml");
  writeFileSync(team.path("c.yaml"), "a: b\n");
  commitAll(team);
  team.git("switch", "--quiet", "--create", "feature");
  await team.add("new.yaml");
  commitAll(team);
  team.git("switch", "--quiet", "main");
  expect(await team.org("rotate")).toMatchObject({ exit: 0 });
  const keys = (await team.org("export")).stdout;
  const decrypt = (name: string) =>
    isosops(["decrypt", "--in-place", name], { cwd: team.cwd, env: { ...team.env, SOPS_AGE_KEY: keys } });
  expect(await decrypt("a.yaml")).toMatchObject({ exit: 0 });
  const isCommitted = () => team.git("log", "--all", "--patch").includes("plain-secret-1");

  // The branch that is checked out.
  const { stderr, remedies } = await refused(team);
  expect(stderr).toContain("a.yaml is in plain text, so commit nothing yet");
  const [restore] = remedies.get("on the branch main")!;
  // Another branch, which Git takes the change along to.
  const [feature] = remedies.get("on the branch feature")!;
  const outcome = await run("sh", ["-c", feature!], team);
  expect(outcome.exit).not.toBe(0);
  expect(outcome.stdout).toContain("a.yaml");
  expect(isCommitted()).toBe(false);
  await team.carryOut(restore!);
  const [renew] = (await refused(team)).remedies.get("on the branch main")!;
  // A file that needs nothing, and is in plain text, is not committed with the others.
  writeFileSync(team.path("c.yaml"), "a: plain-secret-1\n");
  await team.carryOut(renew!);
  expect(isCommitted()).toBe(false);
  expect(team.git("status", "--porcelain")).toContain(" M c.yaml");
  team.git("checkout", "--quiet", "--", "c.yaml");
  await team.carryOut(feature!);
  expect(await team.org("confirm", ".")).toMatchObject({ exit: 0 });
  await expectOpen(team, "a.yaml", "b.yaml");
});

test.each(["taken back", "committed"])("a file that was deleted, and not committed: it is %s first", async (way) => {
  const team = await makeTeam();
  await team.add("deep/it's b.yaml");
  await team.add("c.yaml");
  commitAll(team);
  await rotate(team);
  team.git("checkout", "--quiet", "--", ".");
  rmSync(team.path("deep"), { recursive: true });
  team.git("rm", "--quiet", "c.yaml");
  const { stderr, remedies } = await refused(team);
  expect(stderr).toContain(" is deleted, which is not committed, so commit nothing yet");
  const commands = remedies.get("on the branch main")!;
  expect(commands).toHaveLength(2);
  await team.carryOut(commands[way === "committed" ? 1 : 0]!);
  await team.carryOut((await refused(team)).remedies.get("on the branch main")![0]!);
  const kept = way === "committed" ? ["a.yaml"] : ["a.yaml", "c.yaml", "deep/it's b.yaml"];
  const committed = team.git("ls-tree", "-r", "-z", "--name-only", "HEAD").split("\0");
  expect(committed.filter((name) => /^(?!\.).*yaml$/.test(name))).toEqual(kept);
  const except = way === "committed" ? ["--except", "c.yaml", "--except", "deep/it's b.yaml"] : [];
  expect(await team.org("confirm", ...except, ".")).toMatchObject({ exit: 0 });
  await expectOpen(team, ...kept);
});
