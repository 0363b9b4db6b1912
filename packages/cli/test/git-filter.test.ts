/** Plain text in the work tree, encrypted in Git: the filter, as the real Git starts it. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { holdersOf, makeRepository, type Repository } from "./git-repository.js";
import { bin, first, noSops, run, secrets, sops } from "./support.js";

const plain = `# the shop\nuser: shop\npassword: ${secrets[0]}\ntoken: ${secrets[1]}\n`;

async function withFilter(): Promise<Repository> {
  const repository = makeRepository();
  repository.write(".sops.yaml", `creation_rules:\n- path_regex: ^secrets/\n  age: ${first.recipient}\n`);
  expect(await repository.isosops("git", "install", "--filter")).toMatchObject({ exit: 0, stderr: "" });
  expect(repository.git("check-attr", "filter", "secrets/a.yaml")).toBe("secrets/a.yaml: filter: isosops\n");
  return repository;
}

/** Counts how often Git starts the filter. */
function counted({ home, git }: Repository): () => number {
  const program = join(home, "counted");
  writeFileSync(program, `#!/bin/sh\necho x >> '${home}/starts'\nexec '${process.execPath}' '${bin}' git filter\n`);
  chmodSync(program, 0o755);
  git("config", "filter.isosops.process", program);
  return () => {
    const starts = existsSync(`${home}/starts`) ? readFileSync(`${home}/starts`, "utf8").length / 2 : 0;
    writeFileSync(`${home}/starts`, "");
    return starts;
  };
}

const value = (text: string, key: string) => new RegExp(`^${key}: (.*)$`, "m").exec(text)![1];

test("files are encrypted in all that Git keeps, and unchanged ones show no change", async ({ skip }) => {
  const repository = await withFilter();
  const { write, read, git, commit, path, cwd, env, home } = repository;
  write("secrets/a.yaml", plain);
  write("secrets/long.bin", `${"0123456789abcdef".repeat(20_000)}${secrets[2]}\r\n`);
  write("secrets/empty.yaml", "");
  commit();
  const one = git("show", ":secrets/a.yaml");
  expect(one).toContain("ENC[AES256_GCM");
  expect(read("secrets/a.yaml")).toBe(plain);

  // Written again, with the same content: nothing to commit.
  write("secrets/a.yaml", plain);
  expect(git("status", "--porcelain")).toBe("");
  git("add", "--all");
  expect(git("show", ":secrets/a.yaml")).toBe(one);

  // One value.
  write("secrets/a.yaml", plain.replace(secrets[1]!, "changed-secret"));
  expect(git("diff")).toContain("+token: changed-secret");
  git("add", "--all");
  const two = git("show", ":secrets/a.yaml");
  expect(value(two, "password")).toBe(value(one, "password"));
  expect(value(two, "user")).toBe(value(one, "user"));
  expect(value(two, "token")).not.toBe(value(one, "token"));
  // And back: the version of the last commit, byte for byte.
  write("secrets/a.yaml", plain);
  git("add", "--all");
  expect(git("show", ":secrets/a.yaml")).toBe(one);

  // Other branches, and a stash.
  git("switch", "--quiet", "--create", "feature");
  write("secrets/a.yaml", plain.replace(secrets[1]!, "changed-secret"));
  commit();
  git("switch", "--quiet", "main");
  expect(read("secrets/a.yaml")).toBe(plain);
  git("switch", "--quiet", "feature");
  expect(read("secrets/a.yaml")).toContain("changed-secret");
  write("secrets/a.yaml", `${plain}more: stashed-secret\n`);
  git("stash", "--quiet");
  expect(read("secrets/a.yaml")).not.toContain("stashed-secret");
  git("stash", "pop", "--quiet");
  expect(read("secrets/a.yaml")).toContain("stashed-secret");
  commit();
  expect(git("status", "--porcelain")).toBe("");
  const texts = [...secrets, "changed-secret", "stashed-secret"];
  expect(holdersOf(repository, texts).map((name) => name.replace("repository/", ""))).toEqual([
    "secrets/a.yaml",
    "secrets/long.bin",
  ]);

  // Without a key, they are encrypted in the work tree too, and can be committed.
  const { SOPS_AGE_KEY_FILE: _, ...keyless } = env;
  const clone = await run("git", ["clone", "--quiet", cwd, "clone"], { cwd: home, env: keyless });
  expect(clone.exit).toBe(0);
  expect(readFileSync(join(home, "clone/secrets/a.yaml"), "utf8")).toBe(git("show", "HEAD:secrets/a.yaml"));
  git("rm", "-r", "--cached", "--quiet", ".");
  const reset = await run("git", ["reset", "--hard", "--quiet"], { cwd, env: keyless });
  expect(reset.exit).toBe(0);
  expect(reset.stderr).toContain("secrets/a.yaml stays encrypted");
  expect(read("secrets/a.yaml")).toBe(git("show", "HEAD:secrets/a.yaml"));
  expect((await run("git", ["status", "--porcelain"], { cwd, env: keyless })).stdout).toBe("");
  if (sops === undefined) return skip(noSops);
  const decrypted = await run(sops, ["decrypt", path("secrets/a.yaml")], { cwd, env });
  expect(decrypted.stdout).toContain("more: stashed-secret");
}, 120_000);

test("nothing is staged in plain text where the filter cannot encrypt", async () => {
  const repository = await withFilter();
  const { write, git, tryGit, env, cwd, commit } = repository;
  write("secrets/a.yaml", plain);
  commit();
  const { SOPS_AGE_KEY_FILE: _, ...keyless } = env;
  const refused = async (message: string, as = env) => {
    const { exit, stderr } = await run("git", ["add", "--all"], { cwd, env: as });
    expect({ exit, stderr }).toMatchObject({ exit: 128, stderr: expect.stringContaining(message) });
    expect(holdersOf(repository, [...secrets, "other-secret"]).filter((name) => name === "objects")).toEqual([]);
  };
  // Nobody can tell what has changed, and for whom it is.
  write("secrets/a.yaml", plain.replace(secrets[0]!, "other-secret"));
  await refused("secrets/a.yaml", keyless);
  write("secrets/a.yaml", `${plain}<<<<<<< ours\n`);
  await refused("secrets/a.yaml");
  git("checkout", "--quiet", "secrets/a.yaml");
  // It was checked out without a key, and somebody has added a value.
  write("secrets/a.yaml", `added: other-secret\n${git("show", "--no-textconv", ":secrets/a.yaml")}`);
  await refused("`added` is in plain text");
  git("checkout", "--quiet", "secrets/a.yaml");
  // No rule is for it.
  write(".gitattributes", "*.yaml filter=isosops\n");
  write("other.yaml", plain);
  await refused("no rule of .sops.yaml");
  git("config", "filter.isosops.process", "/nowhere/isosops git filter");
  await refused("/nowhere/isosops");
  expect((await tryGit("ls-files", "other.yaml")).stdout).toBe("");
});

test("the filter cannot be uninstalled while it has decrypted files", async () => {
  const repository = await withFilter();
  const { isosops, write, git, tryGit, commit, read } = repository;
  write("secrets/a.yaml", plain);
  commit();
  const refused = await isosops("git", "uninstall");
  expect(refused).toMatchObject({ exit: 1, stderr: expect.stringContaining("secrets/a.yaml") });
  // All that a refusal leaves: the filter, and the hook.
  expect(git("check-attr", "filter", "secrets/a.yaml")).toContain("isosops");
  expect(await isosops("git", "status")).toMatchObject({ exit: 0 });

  expect((await isosops("git", "install", "--no-filter")).stdout).toContain("still in plain text");
  expect((await isosops("git", "uninstall")).exit).toBe(1);
  git("commit", "--quiet", "--message", "Without the filter", ".gitattributes");
  git("rm", "-r", "--cached", "--quiet", ".");
  git("reset", "--quiet", "--hard");
  expect(read("secrets/a.yaml")).toContain("ENC[AES256_GCM");
  expect(await isosops("git", "uninstall")).toMatchObject({ exit: 0 });
  git("add", "--all");
  expect(await tryGit("commit", "--message", "Away with it")).toMatchObject({ exit: 0 });
  expect(holdersOf(repository, secrets)).toEqual([]);
});

test("one process for each command of Git, and none where nothing has changed", async () => {
  const repository = await withFilter();
  const { write, git } = repository;
  const starts = counted(repository);
  for (let at = 0; at < 40; at++) write(`secrets/${at}.yaml`, `${plain}at: ${at}\n`);
  git("add", "--all");
  expect(starts()).toBe(1);
  git("commit", "--quiet", "--message", "All");
  git("status", "--porcelain");
  starts();
  for (let at = 0; at < 40; at++) write(`secrets/${at}.yaml`, `${plain}at: ${at}\n`);
  expect(git("status", "--porcelain")).toBe("");
  expect(starts()).toBe(1);
  // Git has seen them, and later than they were written.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  git("update-index", "--refresh");
  starts();
  expect(git("status", "--porcelain")).toBe("");
  expect(starts()).toBe(0);
});

test("what is no Git", async () => {
  const { cwd, env } = await withFilter();
  const said = await run(process.execPath, [bin, "git", "filter"], { cwd, env, stdin: "hello\n" });
  expect(said).toMatchObject({ exit: 1, stderr: expect.stringContaining("no packet of Git") });
  expect(await run(process.execPath, [bin, "git", "filter"], { cwd, env, stdin: "" })).toMatchObject({ exit: 0 });
});
