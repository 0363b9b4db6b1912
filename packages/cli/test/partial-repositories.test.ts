/** Repositories of which a part is elsewhere: Git LFS, submodules, nested repositories, sparse checkouts and partial clones. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { isosops } from "./support.js";
import { commitAll, expectOpen, makeTeam, refused, rotate, type Team } from "./team.js";

const cache = process.env.ISOSOPS_CACHE ?? join(process.env.HOME ?? "", ".cache", "isosops");
const lfsFolder = [...(process.env.PATH ?? "").split(delimiter), join(cache, "git-lfs-3.3.0")].find((folder) =>
  existsSync(join(folder, "git-lfs")),
);
const noLfs = lfsFolder === undefined ? " (skipped: git-lfs is not installed)" : "";

/** A pointer as Git LFS writes it, with the content where it keeps it. */
function writePointer(team: Team, name: string, content: string): string {
  const oid = createHash("sha256").update(content).digest("hex");
  const object = team.path(join(".git/lfs/objects", oid.slice(0, 2), oid.slice(2, 4), oid));
  mkdirSync(dirname(object), { recursive: true });
  writeFileSync(object, content);
  const size = Buffer.byteLength(content);
  writeFileSync(team.path(name), `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${size}\n`);
  return object;
}

test("a file in Git LFS is searched where its content is, and refused where it is not", async () => {
  const team = await makeTeam();
  const object = writePointer(team, "s.yaml", `${team.read("a.yaml")}# large\n`);
  writePointer(team, "image.bin", "no secret\n");
  commitAll(team);
  await rotate(team);
  team.git("commit", "--quiet", "--all", "--message", "Change");
  const { stderr, remedies } = await refused(team);
  expect(stderr.match(/^ {2}\/.*$/gm)).toEqual([`  ${team.path("s.yaml")} on the branch main is encrypted for it`]);
  // The pointer is no plain text.
  expect(remedies.get("on the branch main")![0]).toContain("git lfs checkout && isosops org reencrypt");
  rmSync(object);
  const absent = await refused(team);
  expect(absent.stderr).toContain(
    `${team.path("s.yaml")} on the branch main cannot be read: its content is in Git LFS, and not in this clone`,
  );
  expect(absent.stderr).toContain(`git -C ${team.cwd} lfs fetch --all`);
  expect([...absent.remedies.keys()]).toEqual([]);
  expect(await team.org("confirm", "--except", "s.yaml", ".")).toMatchObject({ exit: 0 });
});

test.skipIf(lfsFolder === undefined)(`what a refusal says of Git LFS, by git-lfs itself${noLfs}`, async () => {
  const team = await makeTeam();
  team.env.PATH = `${team.env.PATH}${delimiter}${lfsFolder}`;
  const server = join(team.home, "server");
  execFileSync("git", ["init", "--quiet", "--bare", "--initial-branch=main", server]);
  team.git("remote", "add", "origin", `file://${server}`);
  team.git("lfs", "install", "--local");
  team.git("switch", "--quiet", "--create", "feature");
  writeFileSync(team.path(".gitattributes"), "large.yaml filter=lfs diff=lfs merge=lfs -text\n");
  writeFileSync(team.path("large.yaml"), team.read("a.yaml"));
  commitAll(team);
  expect(team.git("show", "HEAD:large.yaml")).toMatch(/^version https:/);
  team.git("switch", "--quiet", "main");
  team.git("push", "--quiet", "origin", "main", "feature");
  await rotate(team);
  commitAll(team);
  rmSync(team.path(".git/lfs/objects"), { recursive: true });
  const { stderr } = await refused(team);
  await team.carryOut(/`(git -C \S+ lfs fetch --all)`/.exec(stderr)![1]!);
  for (let tries = 0; ; tries++) {
    const { exit, stderr: told } = await team.org("confirm", ".");
    if (exit === 0) break;
    expect(tries).toBeLessThan(4);
    await team.carryOut(/^ {2}What is .*?: `([^`]+)`/m.exec(told)![1]!);
  }
  team.git("switch", "--quiet", "feature");
  expect(team.git("show", "HEAD:large.yaml")).toMatch(/^version https:/);
  await expectOpen(team, "large.yaml");
});

/** A repository beside the team's, with a file for the organisation on a branch of its own. */
function makeOther(team: Team, name: string): string {
  const other = join(team.home, name);
  const git = (...args: string[]) => execFileSync("git", ["-C", other, ...args], { env: team.env, stdio: "pipe" });
  execFileSync("git", ["init", "--quiet", "--initial-branch=main", other]);
  writeFileSync(join(other, "readme"), "\n");
  git("add", "--all");
  git("commit", "--quiet", "--message", "Change");
  git("switch", "--quiet", "--create", "feature");
  writeFileSync(join(other, "s.yaml"), team.read("a.yaml"));
  git("add", "--all");
  git("commit", "--quiet", "--message", "Change");
  git("switch", "--quiet", "main");
  return other;
}

const local = ["-c", "protocol.file.allow=always"];

test("a submodule that is not checked out, or was never cloned", async () => {
  const team = await makeTeam();
  const other = makeOther(team, "other");
  team.git(...local, "submodule", "--quiet", "add", other, "libs/sub");
  commitAll(team);
  team.git("-C", "libs/sub", "branch", "--quiet", "feature", "origin/feature");
  team.git("submodule", "--quiet", "deinit", "--force", "libs/sub");
  await rotate(team);
  commitAll(team);
  const { stderr, remedies } = await refused(team);
  expect(stderr).toContain(`${team.path("libs/sub/s.yaml")} on the branch feature is encrypted for it`);
  await team.carryOut(remedies.get("on the branch feature")![0]!);
  const again = await refused(team);
  await team.carryOut(again.remedies.get("on the branch feature")![0]!);
  await team.carryOut((await refused(team)).remedies.get("on the remote branch origin/feature")![0]!);
  expect(await team.org("confirm", ".")).toMatchObject({ exit: 0 });
  team.git("-C", "libs/sub", "switch", "--quiet", "feature");
  await expectOpen(team, "libs/sub/s.yaml");

  await rotate(team);
  team.git("clone", "--quiet", team.cwd, "../fresh");
  const fresh = { ...team, cwd: join(team.home, "fresh") };
  const except = ["--except", team.cwd];
  const refusal = await isosops(["org", "confirm", ...except, "."], fresh);
  expect(refusal).toMatchObject({
    exit: 15,
    stderr: expect.stringContaining("libs/sub: this submodule is not cloned here"),
  });
  const [, command] = /Clone it: `([^`]+)`/.exec(refusal.stderr)!;
  execFileSync("sh", ["-c", command!.replace("git ", "git -c protocol.file.allow=always ")], {
    ...fresh,
    stdio: "pipe",
  });
  const cloned = await isosops(["org", "confirm", ...except, "."], fresh);
  expect(cloned.stderr).toContain("libs/sub/s.yaml on the remote branch origin/feature is encrypted for it");
});

test("nested repositories: one without files, a bare one, and the work tree of one elsewhere", async () => {
  const team = await makeTeam();
  const other = makeOther(team, "other");
  execFileSync("git", ["clone", "--quiet", "--bare", other, team.path("bare.git")]);
  execFileSync("git", ["clone", "--quiet", "--no-checkout", other, team.path("empty")]);
  execFileSync("git", ["-C", other, "worktree", "add", "--quiet", team.path("tree"), "feature"]);
  writeFileSync(team.path(".gitignore"), "bare.git\nempty\ntree\n");
  await rotate(team);
  commitAll(team);
  const { stderr } = await refused(team);
  expect(stderr).toContain(`${team.path("bare.git/s.yaml")} on the branch feature is encrypted for it`);
  expect(stderr).toContain(`${team.path("empty/s.yaml")} on the remote branch origin/feature is encrypted for it`);
  expect(stderr).toContain(`${team.path("tree/s.yaml")} on the branch feature is encrypted for it`);
  rmSync(team.path("empty"), { recursive: true });
  rmSync(team.path("tree"), { recursive: true });
  const [add] = (await refused(team)).remedies.get("on the branch feature")!;
  await team.carryOut(add!);
  await team.carryOut((await refused(team)).remedies.get("on the branch feature")![0]!);
  expect(await team.org("confirm", "--except", "tree", ".")).toMatchObject({ exit: 0 });
});

test.each([
  ["by folders", "--cone"],
  ["by patterns", "--no-cone"],
])("a sparse checkout %s", async (_, mode) => {
  const team = await makeTeam();
  await team.add("shown/b.yaml");
  await team.add("hidden/deep/c.yaml");
  commitAll(team);
  team.git("branch", "feature");
  team.git("sparse-checkout", "set", mode, "shown", ...(mode === "--cone" ? [".isosops"] : ["/a.yaml", "/.isosops"]));
  expect(existsSync(team.path("hidden"))).toBe(false);
  await rotate(team);
  const { stderr } = await refused(team);
  expect(stderr).toContain(`${team.path("hidden/deep/c.yaml")} on the branch main is encrypted for it`);
  for (let tries = 0; ; tries++) {
    const { exit, stderr: told } = await team.org("confirm", ".");
    if (exit === 0) break;
    expect(tries).toBeLessThan(4);
    await team.carryOut(/^ {2}What is .*?: `([^`]+)`/m.exec(told)![1]!);
  }
  team.git("checkout", "--quiet", "--force", "feature");
  await expectOpen(team, "a.yaml", "shown/b.yaml", "hidden/deep/c.yaml");
});

test("a partial clone fetches nothing, and is refused until it has everything", async () => {
  const team = await makeTeam();
  team.git("switch", "--quiet", "--create", "feature");
  writeFileSync(team.path("s.yaml"), `${team.read("a.yaml")}# partial\n`);
  commitAll(team);
  team.git("switch", "--quiet", "main");
  for (const name of ["allowFilter", "allowAnySHA1InWant"]) team.git("config", `uploadpack.${name}`, "true");
  team.git("clone", "--quiet", "--filter=blob:none", `file://${team.cwd}`, "../part");
  const part = { ...team, cwd: join(team.home, "part") };
  const org = (...args: string[]) => isosops(["org", ...args], part);
  expect(await org("rotate")).toMatchObject({ exit: 0 });
  expect(await org("reencrypt", ".")).toMatchObject({ exit: 0 });
  const except = ["--except", team.cwd];
  const packs = () => execFileSync("git", ["-C", part.cwd, "count-objects", "-v"], { encoding: "utf8" });
  const before = packs();
  const blocked = await org("confirm", ...except, ".");
  expect(blocked).toMatchObject({ exit: 15, stderr: expect.stringContaining("such as s.yaml in origin/feature") });
  expect(packs()).toBe(before);
  const [, command] = /Fetch them: `([^`]+)`/.exec(blocked.stderr)!;
  execFileSync("sh", ["-c", command!], { cwd: part.cwd, env: team.env, stdio: "pipe" });
  const fetched = await org("confirm", ...except, ".");
  expect(fetched).toMatchObject({
    exit: 15,
    stderr: expect.stringContaining("s.yaml on the remote branch origin/feature"),
  });
  expect(readFileSync(join(part.cwd, ".git/config"), "utf8")).toContain("promisor = true");
});
