/** What is in Git's index alone, or kept by a command of Git that is not finished: found before a key is destroyed. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isosops, run } from "./support.js";
import { commitAll, expectOpen, makeTeam, refused, rotate, type Team } from "./team.js";

/** Writes a file as sops has encrypted it, so that no keyring knows of it. */
function copy(team: Team, name: string, content = team.read("a.yaml"), folder = team.cwd): void {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), content);
}

async function rotateAndCommit(team: Team): Promise<void> {
  await rotate(team);
  team.git("commit", "--quiet", "--message", "Change", "--", "a.yaml");
}

async function confirm(team: Team): Promise<void> {
  expect(await team.org("confirm", ".")).toMatchObject({ exit: 0 });
}

/** What is staged, in a folder of its own. */
function staged(team: Team): string {
  team.git("checkout-index", "--all", "--force", `--prefix=${team.home}/staged/`);
  return join(team.home, "staged");
}

test("a staged file that is not in the work tree is re-encrypted in the index, or is not staged any more", async () => {
  const team = await makeTeam();
  copy(team, "deep/s.yaml");
  copy(team, "it's lost?.yaml");
  team.git("add", "--all");
  rmSync(team.path("deep"), { recursive: true });
  rmSync(team.path("it's lost?.yaml"));
  await rotateAndCommit(team);
  const { stderr, remedies } = await refused(team);
  const place = `in the index of ${team.cwd}`;
  expect([...remedies.keys()]).toEqual([place]);
  for (const name of ["deep/s.yaml", "it's lost?.yaml"]) {
    expect(stderr).toContain(`${team.path(name)} ${place} is encrypted for it`);
  }
  const [keep] = remedies.get(place)!;
  await team.carryOut(keep!);
  await confirm(team);
  await expectOpen({ ...team, cwd: staged(team) }, "deep/s.yaml", "it's lost?.yaml");

  rmSync(team.path("deep"), { recursive: true });
  await rotateAndCommit(team);
  const drop = (await refused(team)).remedies.get(place)!.at(-1);
  await team.carryOut(drop!);
  expect(await team.org("confirm", "--except", "deep", ".")).toMatchObject({ exit: 0 });
});

test("what is staged alone stops the commands for another branch", async () => {
  const team = await makeTeam();
  team.git("switch", "--quiet", "--create", "feature");
  await team.add("new.yaml");
  commitAll(team);
  team.git("switch", "--quiet", "main");
  await rotateAndCommit(team);
  // It does not need the old key, so no refusal names it.
  copy(team, "s.yaml", team.read("a.yaml"));
  team.git("add", "s.yaml");
  rmSync(team.path("s.yaml"));
  const { remedies } = await refused(team);
  expect([...remedies.keys()]).toEqual(["on the branch feature"]);
  const [feature] = remedies.get("on the branch feature")!;
  expect(await run("sh", ["-c", feature!], team)).toMatchObject({ exit: 1, stdout: expect.stringContaining("s.yaml") });
  expect(team.git("show", ":s.yaml")).toBe(team.read("a.yaml"));
  team.git("checkout", "--", "s.yaml");
  commitAll(team);
  await team.carryOut(feature!);
  await confirm(team);
});

test("a staged file that differs in the work tree", async () => {
  const team = await makeTeam();
  copy(team, "s.yaml", `${team.read("a.yaml")}# staged\n`);
  team.git("add", "--all");
  copy(team, "s.yaml");
  await rotateAndCommit(team);
  const place = `in the index of ${team.cwd}`;
  const { stderr, remedies } = await refused(team);
  expect(stderr).toContain(`${team.path("s.yaml")} ${place} is encrypted for it`);
  const [stage, restore] = remedies.get(place)!;
  await team.carryOut(`${restore} && ${stage}`);
  await confirm(team);
  expect(team.git("show", ":s.yaml")).toContain("# staged\n");
  await expectOpen({ ...team, cwd: staged(team) }, "s.yaml");
});

test("a staged file that was decrypted in the work tree is not staged as plain text", async () => {
  const team = await makeTeam();
  copy(team, "s.yaml");
  team.git("add", "--all");
  expect(
    await isosops(["decrypt", "-i", "s.yaml"], { ...team, env: { ...team.env, SOPS_AGE_KEY: await keys(team) } }),
  ).toMatchObject({
    exit: 0,
  });
  await rotateAndCommit(team);
  const place = `in the index of ${team.cwd}`;
  const { stderr, remedies } = await refused(team);
  expect(stderr).toContain("s.yaml is in plain text, so stage nothing yet");
  expect(team.git("diff", "--cached")).not.toContain("plain-secret-1");
  await team.carryOut(remedies.get(place)![0]!);
  await team.carryOut((await refused(team)).remedies.get(place)![0]!);
  await confirm(team);
  await expectOpen({ ...team, cwd: staged(team) }, "s.yaml");
});

const keys = async (team: Team): Promise<string> => (await team.org("export")).stdout;

test("what the last commit has is not reported as staged, and one that keeps nothing old is none", async () => {
  const team = await makeTeam();
  await rotate(team);
  expect([...(await refused(team)).remedies.keys()]).toEqual(["on the branch main"]);
  // Staged for the new key; the work tree has the old version again.
  const old = team.git("show", "HEAD:a.yaml");
  team.git("add", "--all");
  commitAll(team);
  await confirm(team);
  writeFileSync(team.path("a.yaml"), old);
  team.git("add", "a.yaml");
  team.git("reset", "--quiet");
  team.git("checkout", "--quiet", "--", "a.yaml");
  // Former commits, as in the reflog, are history.
  team.git("update-ref", "ORIG_HEAD", "HEAD~1");
  await rotateAndCommit(team);
  await confirm(team);
});

test("the index of another work tree, and of one whose folder is gone", async () => {
  const team = await makeTeam();
  team.git("worktree", "add", "--quiet", "-b", "other", "../tree");
  const tree = join(team.home, "tree");
  copy(team, "s.yaml", undefined, tree);
  team.git("-C", "../tree", "add", "s.yaml");
  rmSync(join(tree, "s.yaml"));
  await rotateAndCommit(team);
  team.git("-C", "../tree", "merge", "--quiet", "main");
  const { stderr, remedies } = await refused(team);
  const place = `in the index of ${tree}`;
  expect([...remedies.keys()]).toEqual([place]);
  expect(stderr).toContain(`${join(tree, "s.yaml")} ${place} is encrypted for it`);
  await team.carryOut(remedies.get(place)![0]!);
  await confirm(team);
  await expectOpen({ ...team, cwd: tree }, "s.yaml");

  await rotateAndCommit(team);
  team.git("-C", "../tree", "commit", "--quiet", "--message", "Change");
  rmSync(tree, { recursive: true });
  const gone = await refused(team);
  expect(gone.remedies.get("on the branch other")).toEqual([`git -C ${team.path(".git")} worktree prune`]);
  await team.carryOut(gone.remedies.get("on the branch other")![0]!);
  await team.carryOut((await refused(team)).remedies.get("on the branch other")![0]!);
  expect(await team.org("confirm", "--except", tree, ".")).toMatchObject({ exit: 0 });
});

test("a conflict that is left without a merge", async () => {
  const team = await makeTeam();
  copy(team, "a.yaml", `${team.read("a.yaml")}# stashed\n`);
  team.git("stash", "--quiet");
  copy(team, "a.yaml", `${team.read("a.yaml")}# committed\n`);
  commitAll(team);
  expect((await run("git", ["stash", "pop"], team)).exit).toBe(1);
  team.git("stash", "drop", "--quiet");
  expect(await team.org("rotate")).toMatchObject({ exit: 0 });
  const { stderr, remedies } = await refused(team);
  const place = `in the index of ${team.cwd}`;
  expect(stderr).toContain(`${team.path("a.yaml")} ${place} is encrypted for it`);
  expect(stderr).toContain("resolve it and `git add` the file");
  await team.carryOut(remedies.get(place)!.at(-1)!);
  await team.carryOut((await refused(team)).remedies.get("on the branch main")![0]!);
  await confirm(team);
});

test("what a rebase has stashed, and what it goes back to", async () => {
  const team = await makeTeam();
  diverge(team);
  copy(team, "s.yaml", `${team.read("a.yaml")}# stashed\n`);
  team.git("add", "s.yaml");
  expect((await run("git", ["rebase", "--autostash", "main"], team)).exit).toBe(1);
  expect(existsSync(team.path(".git/rebase-merge/autostash"))).toBe(true);
  expect(await team.org("rotate")).toMatchObject({ exit: 0 });
  // Even where the branches may be lost.
  const { stderr, remedies } = await refused(team, "--except-ref", "main", "--except-ref", "feature");
  const place = `in the autostash of the rebase under way in ${team.cwd}`;
  expect(stderr).toContain(`${team.path("s.yaml")} ${place} is encrypted for it`);
  expect(remedies.get(place)).toEqual(["git rebase --abort"]);
  expect(remedies.has(`in rebase-merge/orig-head of the rebase under way in ${team.cwd}`)).toBe(true);
  // No branch is switched to meanwhile.
  const all = await refused(team);
  expect(all.remedies.get("on the branch main")).toEqual(["git rebase --abort"]);
  expect(all.remedies.get("on the branch feature")).toEqual(["git rebase --abort"]);
  await team.carryOut("git rebase --abort");
  await commitStaged(team);
  await endWithBranches(team);
  await expectOpen(team, "a.yaml", "s.yaml");
});

test("a rebase in another work tree, whose branch no other can switch to", async () => {
  const team = await makeTeam();
  diverge(team);
  team.git("switch", "--quiet", "main");
  team.git("worktree", "add", "--quiet", "../tree", "feature");
  const tree = join(team.home, "tree");
  expect((await run("git", ["rebase", "main"], { ...team, cwd: tree })).exit).toBe(1);
  await rotate(team);
  commitAll(team);
  const { remedies } = await refused(team);
  expect(remedies.get("on the branch feature")).toEqual([`cd ${tree} && git rebase --abort`]);
  await team.carryOut(remedies.get("on the branch feature")![0]!);
  await endWithBranches(team);
});

test("what a merge has stashed, and what it takes in", async () => {
  const team = await makeTeam();
  diverge(team);
  copy(team, "taken.yaml", `${team.read("a.yaml")}# taken\n`);
  commitAll(team);
  team.git("switch", "--quiet", "main");
  copy(team, "s.yaml", `${team.read("a.yaml")}# stashed\n`);
  team.git("add", "s.yaml");
  expect((await run("git", ["merge", "--autostash", "feature"], team)).exit).toBe(1);
  // The only name of what is merged.
  team.git("branch", "--quiet", "--delete", "--force", "feature");
  team.git("rm", "--quiet", "--force", "--cached", "taken.yaml");
  rmSync(team.path("taken.yaml"));
  expect(await team.org("rotate")).toMatchObject({ exit: 0 });
  const { stderr, remedies } = await refused(team);
  expect(stderr).toContain(`${team.path("s.yaml")} in the autostash of the merge under way in ${team.cwd}`);
  const place = `in MERGE_HEAD of the merge under way in ${team.cwd}`;
  expect(stderr).toContain(`${team.path("taken.yaml")} ${place} is encrypted for it`);
  expect(remedies.get(place)).toEqual(["git merge --abort"]);
  await team.carryOut("git merge --abort");
  await commitStaged(team);
  await endWithBranches(team);
  await expectOpen(team, "a.yaml", "s.yaml");
});

test.each([
  ["cherry-pick", "CHERRY_PICK_HEAD", "git cherry-pick --abort"],
  ["revert", "REVERT_HEAD", "git revert --abort"],
])("a %s that is not finished", async (command, name, abort) => {
  const team = await makeTeam();
  diverge(team);
  copy(team, "taken.yaml", `${team.read("a.yaml")}# taken\n`);
  writeFileSync(team.path("both.txt"), "later\n");
  commitAll(team);
  const taken = team.git("rev-parse", "HEAD").trim();
  team.git("switch", "--quiet", "main");
  team.git("branch", "--quiet", "--delete", "--force", "feature");
  expect((await run("git", [command, taken], team)).exit).toBe(1);
  team.git("rm", "--quiet", "--force", "--cached", "--ignore-unmatch", "taken.yaml");
  rmSync(team.path("taken.yaml"), { force: true });
  expect(await team.org("rotate")).toMatchObject({ exit: 0 });
  const { stderr, remedies } = await refused(team);
  const place = `in ${name} of the ${command} under way in ${team.cwd}`;
  expect(stderr).toContain(`${team.path("taken.yaml")} ${place} is encrypted for it`);
  expect(remedies.get(place)).toEqual([abort]);
  await team.carryOut(abort);
  await endWithBranches(team);
});

test("a bisection", async () => {
  const team = await makeTeam();
  for (const text of ["1", "2", "3", "4"]) {
    writeFileSync(team.path("both.txt"), text);
    commitAll(team);
  }
  await rotateAndCommit(team);
  team.git("bisect", "start", "HEAD", "HEAD~5");
  const { remedies } = await refused(team);
  expect([...remedies.keys()].some((place) => place.startsWith("in refs/bisect/good-"))).toBe(true);
  expect(new Set([...remedies.values()].flat())).toEqual(new Set(["git bisect reset"]));
  await team.carryOut("git bisect reset");
  await confirm(team);
});

/** Branches `main` and `feature` that do not merge. */
function diverge(team: Team): void {
  team.git("switch", "--quiet", "--create", "feature");
  writeFileSync(team.path("both.txt"), "of feature\n");
  commitAll(team);
  team.git("switch", "--quiet", "main");
  writeFileSync(team.path("both.txt"), "of main\n");
  commitAll(team);
  team.git("switch", "--quiet", "feature");
}

/** What was stashed is staged again: it is re-encrypted in the index, and committed before other branches. */
async function commitStaged(team: Team): Promise<void> {
  const [command] = (await refused(team)).remedies.get(`in the index of ${team.cwd}`)!;
  await team.carryOut(command!);
  commitAll(team);
}

/** Carries out the first command of each place, until nothing is refused. */
async function endWithBranches(team: Team): Promise<void> {
  for (let tries = 0; tries < 6; tries++) {
    const { exit, stderr } = await team.org("confirm", ".");
    if (exit === 0) return;
    const lines = [...stderr.matchAll(/^ {2}What is .*?: .*?`([^`]+)`/gm)].map(([, command]) => command!);
    if (lines.length === 0) expect(await team.org("reencrypt", ".")).toMatchObject({ exit: 0 });
    // Later ones stand for what is switched to once the first is done.
    else await team.carryOut(lines[0]!);
  }
  await confirm(team);
}
