/** What the history of a real repository still tells, by the command that searches it. */
import { expect, test } from "vitest";
import { makeRepository } from "./git-repository.js";
import { first, type Outcome, run, second, secrets } from "./support.js";

interface Found {
  plain: { file: string; versions: number; names: string[]; first: { id: string }; last: { id: string } }[];
  formerReaders: { reader: string; files: string[]; versions: number; last: { id: string } }[];
  contents: number;
}

const found = ({ stdout }: Outcome): Found => JSON.parse(stdout) as Found;

test("versions in plain text, on branches, in tags and stashes", async () => {
  const { isosops, keyless, write, read, git, commit, cwd, env } = makeRepository();
  const id = () => git("rev-parse", "HEAD").trim();
  write(".sops.yaml", `creation_rules:\n- encrypted_regex: ^(password|token)$\n  age: ${first.recipient}\n`);
  write("a.yaml", `user: shop\npassword: old-secret-0\n`);
  commit();
  const start = id();
  write("a.yaml", `user: shop\npassword: ${secrets[0]}\ntoken: ${secrets[1]}\n`);
  write("notes.txt", `nothing\nthe token is ${secrets[1]}, they say\n`);
  commit();
  const last = id();
  await isosops("encrypt", "-i", "a.yaml");
  write("notes.txt", "nothing\n");
  commit();
  const encrypted = read("a.yaml");

  // Without a key: the other versions of the file.
  const sealed = await keyless("git", "scan", "--json");
  expect(sealed.exit).toBe(10);
  expect(found(sealed).plain).toMatchObject([
    { file: "a.yaml", versions: 2, names: ["password", "token"], first: { id: start }, last: { id: last } },
  ]);
  // With it, the values in all files.
  const opened = await isosops("git", "scan", "--json");
  expect(found(opened).plain).toMatchObject([
    { file: "a.yaml", versions: 2, names: ["password", "token"] },
    { file: "notes.txt", versions: 1, names: ["a.yaml: token"], last: { id: last } },
  ]);
  const text = await isosops("git", "scan");
  expect(text.exit).toBe(10);
  expect(text.stdout).toContain(`  notes.txt: 1 version, in ${last.slice(0, 12)} of `);
  for (const secret of [...secrets, "old-secret-0"]) expect(opened.stdout + text.stdout).not.toContain(secret);

  // On another branch, in an old tag, and in a stash.
  git("switch", "--quiet", "--create", "feature");
  write("other.yaml", `password: ${secrets[0]}\n`);
  commit();
  git("switch", "--quiet", "--orphan", "release");
  write("release.txt", `${secrets[0]}\n`);
  git("add", "--all");
  const old = { ...env, GIT_COMMITTER_DATE: "2001-01-01T00:00:00Z" };
  expect(await run("git", ["commit", "--quiet", "--message", "Old"], { cwd, env: old })).toMatchObject({ exit: 0 });
  git("tag", "v0");
  git("switch", "--quiet", "main");
  git("branch", "--quiet", "--delete", "--force", "release");
  write("a.yaml", `password: ${secrets[0]}\n`);
  write("untracked.txt", `${secrets[1]}\n`);
  git("stash", "push", "--quiet", "--include-untracked");
  write("b.yaml", encrypted);
  expect(found(await isosops("git", "scan", "--json")).plain.map(({ file }) => file)).toEqual(["a.yaml", "notes.txt"]);
  const all = found(await isosops("git", "scan", "--all", "--json"));
  expect(all.plain.map(({ file, versions }) => [file, versions])).toEqual([
    ["a.yaml", 3],
    ["notes.txt", 1],
    ["other.yaml", 1],
    ["release.txt", 1],
    ["untracked.txt", 1],
  ]);
});

test("a merge that brings a secret, and a file that was decrypted later", async () => {
  const { isosops, keyless, write, git, commit, tryGit } = makeRepository();
  write("a.yaml", "a: a-first-secret\n");
  await isosops("encrypt", "-i", "--age", first.recipient, "a.yaml");
  write("x.txt", "1\n");
  commit();
  git("switch", "--quiet", "--create", "feature");
  write("x.txt", "2\n");
  commit();
  git("switch", "--quiet", "main");
  write("x.txt", "3\n");
  commit();
  expect((await tryGit("merge", "feature")).exit).toBe(1);
  write("x.txt", "a-first-secret\n");
  commit();
  await isosops("decrypt", "-i", "a.yaml");
  commit();
  const { plain } = found(await isosops("git", "scan", "--json"));
  expect(plain.map(({ file, names }) => [file, names])).toEqual([
    ["a.yaml", ["a"]],
    ["x.txt", ["a.yaml: a"]],
  ]);
  git("checkout", "--quiet", "HEAD~1");
  expect(found(await isosops("git", "scan", "--json")).plain).toMatchObject([{ file: "x.txt", names: ["a.yaml: a"] }]);
  expect(found(await keyless("git", "scan", "--json")).plain).toEqual([]);
});

test("versions that a former reader opens", async () => {
  const { isosops, write, git, commit } = makeRepository();
  write("a.yaml", "a: a-first-secret\n");
  await isosops("encrypt", "-i", "--age", `${first.recipient},${second.recipient}`, "a.yaml");
  commit();
  await isosops("set", "a.yaml", '["b"]', '"x"');
  commit();
  const last = git("rev-parse", "HEAD").trim();
  await isosops("rotate", "-i", "--rm-age", second.recipient, "a.yaml");
  commit();
  const scanned = await isosops("git", "scan", "--json");
  expect(scanned.exit).toBe(0);
  expect(found(scanned).formerReaders).toMatchObject([
    { reader: second.recipient, files: ["a.yaml"], versions: 2, last: { id: last } },
  ]);
  expect((await isosops("git", "scan")).stdout).toContain("Readers who are gone");
});

test("a file with more values than a call takes arguments", async () => {
  const { isosops, write, read, commit } = makeRepository();
  const count = 150_000;
  const entries = Array.from({ length: count }, (_, at) => [`key${at}`, `New-${at}`]);
  write("old.json", "{}");
  write("new.json", JSON.stringify(Object.fromEntries(entries)));
  expect(await isosops("encrypt", "-i", "--age", first.recipient, "new.json")).toMatchObject({ exit: 0 });
  const diff = await isosops("diff", "--masked", "old.json", "new.json");
  expect(diff).toMatchObject({ exit: 0, stderr: "" });
  expect(diff.stdout.match(/^ {2}added {5}key/gm)).toHaveLength(count);
  write("notes.txt", `New-${count - 1}\n`);
  commit();
  expect(found(await isosops("git", "scan", "--json")).plain).toMatchObject([
    { file: "notes.txt", names: expect.arrayContaining([`new.json: key${count - 1}`]) },
  ]);
  expect(read("new.json")).not.toContain("New-");
});

test("a repository without commits, and none", async () => {
  const { isosops } = makeRepository();
  expect(await isosops("git", "scan")).toMatchObject({
    exit: 1,
    stderr: expect.stringContaining("no commit here yet"),
  });
});
