/** Refs that are no branches, remotes with `/` in their names, and repositories in which Git fails: before a key is destroyed. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commitAll, expectOpen, makeTeam, refused, rotate, type Team } from "./team.js";

/** A commit of `feature` with a file that no other has, named by `ref` alone. */
function nameAlone(team: Team, ref: string): void {
  team.git("switch", "--quiet", "--create", "feature");
  writeFileSync(team.path("s.yaml"), `${team.read("a.yaml")}# alone\n`);
  commitAll(team);
  team.git("switch", "--quiet", "main");
  team.git("update-ref", ref, "feature");
  team.git("branch", "--quiet", "--delete", "--force", "feature");
}

test("every ref is searched, and re-encrypted or deleted", async () => {
  const team = await makeTeam();
  const refs = ["refs/pull/1/head", "refs/notes/x", "refs/original/refs/heads/main", "refs/worktree/own", "refs/it's"];
  for (const ref of refs) nameAlone(team, ref);
  await rotate(team);
  commitAll(team);
  const { stderr, remedies } = await refused(team);
  expect([...remedies.keys()].sort()).toEqual(refs.map((ref) => `in the ref ${ref}`).sort());
  for (const ref of refs) expect(stderr).toContain(`${team.path("s.yaml")} in the ref ${ref} is encrypted for it`);
  await team.carryOut(remedies.get("in the ref refs/original/refs/heads/main")!.at(-1)!);
  remedies.delete("in the ref refs/original/refs/heads/main");
  for (const [command] of remedies.values()) await team.carryOut(command!);
  expect(team.git("branch", "--show-current")).toBe("main\n");
  expect(await team.org("confirm", ".")).toMatchObject({ exit: 0 });
  for (const ref of refs.filter((one) => !one.startsWith("refs/original"))) {
    team.git("checkout", "--quiet", "--detach", ref);
    await expectOpen(team, "s.yaml");
  }
});

test("replaced commits, and refs of files and folders", async () => {
  const team = await makeTeam();
  const main = team.git("rev-parse", "main").trim();
  nameAlone(team, `refs/replace/${main}`);
  const own = (...args: string[]) => team.git("--no-replace-objects", ...args);
  own("reset", "--quiet", "--hard");
  mkdirSync(team.path("folder"));
  writeFileSync(team.path("folder/in.yaml"), `${team.read("a.yaml")}# folder\n`);
  own("add", "--all");
  own("update-ref", "refs/tags/folder", own("write-tree").trim());
  own("reset", "--quiet", "--hard");
  own("tag", "file", own("hash-object", "-w", "a.yaml").trim());
  own("tag", "--annotate", "--message", "x", "annotated", "file");
  await rotate(team);
  own("commit", "--quiet", "--all", "--message", "Change");
  const { stderr, remedies } = await refused(team);
  const replaced = `in the ref refs/replace/${main}`;
  expect([...remedies.keys()].sort()).toEqual(
    [replaced, "in the tag annotated", "in the tag file", "in the tag folder"].sort(),
  );
  expect(stderr).toContain(`${team.path("folder/in.yaml")} in the tag folder is encrypted for it`);
  await team.carryOut(remedies.get(replaced)![0]!);
  const flags = ["annotated", "file", "folder"].flatMap((tag) => remedies.get(`in the tag ${tag}`)![0]!.split(" "));
  expect(await team.org("confirm", ...flags, ".")).toMatchObject({ exit: 0 });
});

test("remotes and branches with slashes in their names are told apart", async () => {
  const team = await makeTeam();
  const servers = ["team", "team/origin"];
  for (const name of servers) {
    const server = join(team.home, name.replace("/", "-"));
    execFileSync("git", ["init", "--quiet", "--bare", "--initial-branch=main", server]);
    team.git("remote", "add", name, server);
    team.git("push", "--quiet", name, "main", "main:topic/one", "main:renewed");
    team.git("fetch", "--quiet", name);
  }
  // One has no remote any more.
  team.git("update-ref", "refs/remotes/gone/main", "main");
  team.git("branch", "--quiet", "renewed");
  await rotate(team);
  commitAll(team);
  for (let tries = 0; ; tries++) {
    const { exit, stderr } = await team.org("confirm", ".");
    if (exit === 0) break;
    expect(tries).toBeLessThan(9);
    const [, place, command] = /^ {2}What is (.*?): .*?`([^`]+)`/m.exec(stderr)!;
    if (place === "on the remote branch gone/main") {
      expect(command).toContain("git update-ref refs/remotes/gone/main HEAD");
    }
    if (place === "on the remote branch team/origin/topic/one")
      expect(command).toContain("git push team/origin topic/one");
    await team.carryOut(command!);
  }
  for (const name of servers) {
    const server = join(team.home, name.replace("/", "-"));
    const there = execFileSync("git", ["-C", server, "for-each-ref", "--format=%(refname)"], { encoding: "utf8" });
    expect(there.trim().split("\n")).toEqual(["refs/heads/main", "refs/heads/renewed", "refs/heads/topic/one"]);
    for (const branch of ["main", "topic/one", "renewed"]) {
      team.git("checkout", "--quiet", "--detach", `refs/remotes/${name}/${branch}`);
      await expectOpen(team, "a.yaml");
    }
  }
});

test("where Git cannot say when a missing file was last there, the error names a way on", async () => {
  const team = await makeTeam();
  await team.add("gone.yaml");
  commitAll(team);
  rmSync(team.path("gone.yaml"));
  await rotate(team);
  commitAll(team);
  const id = team.git("rev-parse", "HEAD~1").trim();
  const object = team.path(join(".git/objects", id.slice(0, 2), id.slice(2)));
  const kept = readFileSync(object);
  rmSync(object);
  const { exit, stderr } = await team.org("confirm", ".");
  expect({ exit, stderr }).toMatchObject({ exit: 2, stderr: expect.stringContaining("Git says: ") });
  expect(stderr).not.toContain("unexpected");
  expect(stderr).toContain("`--except-ref '*'` leaves out all branches");
  expect(await team.org("confirm", "--except-ref", "*", "--except", "gone.yaml", ".")).toMatchObject({ exit: 0 });
  writeFileSync(object, kept);
});

test("the files of a commit that a refusal names are as many as fit, and none is committed besides", async () => {
  const team = await makeTeam();
  mkdirSync(team.path("many"));
  for (let index = 0; index < 520; index++) writeFileSync(team.path(`many/${index}.yaml`), team.read("a.yaml"));
  writeFileSync(team.path("many/line\nbreak.yaml"), team.read("a.yaml"));
  writeFileSync(team.path("other.txt"), "a: b\n");
  commitAll(team);
  await rotate(team);
  writeFileSync(team.path("other.txt"), "a: plain-secret-1\n");
  for (let tries = 0; ; tries++) {
    const { exit, stderr } = await team.org("confirm", ".");
    if (exit === 0) break;
    expect(tries).toBeLessThan(3);
    await team.carryOut(/^ {2}What is on the branch main: `([^`]+)`/m.exec(stderr)![1]!);
  }
  expect(team.git("log", "--all", "-S", "plain-secret-1", "--oneline")).toBe("");
  expect(team.git("status", "--porcelain")).toContain(" M other.txt");
  await expectOpen(team, "a.yaml", "many/7.yaml", "many/line\nbreak.yaml");
}, 240_000);

test("a file beside the published keys that was decrypted is not committed on another branch", async () => {
  const team = await makeTeam();
  writeFileSync(team.path(".isosops/own.yaml"), "password: not set\n");
  commitAll(team);
  team.git("branch", "feature");
  await rotate(team);
  commitAll(team);
  writeFileSync(team.path(".isosops/own.yaml"), "password: plain-secret-1\n");
  const [command] = (await refused(team)).remedies.get("on the branch feature")!;
  await expect(team.carryOut(command!)).rejects.toThrow();
  expect(team.git("log", "--all", "-S", "plain-secret-1", "--oneline")).toBe("");
  team.git("checkout", "--quiet", "--", ".isosops/own.yaml");
  await team.carryOut(command!);
  expect(await team.org("confirm", ".")).toMatchObject({ exit: 0 });
});
