/** `isosops git install`, and the hook: what is staged is checked, by the real Git. */
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeRepository, type Repository } from "./git-repository.js";
import { first, secrets } from "./support.js";

const config = `creation_rules:
- path_regex: ^secrets/.*\\.yaml$
  age: ${first.recipient}
- path_regex: (?i)other
  age: ${first.recipient}
`;

function stateOf({ read, path, git, home }: Repository): unknown {
  const hook = path(".git/hooks/pre-commit");
  return {
    attributes: existsSync(path(".gitattributes")) ? read(".gitattributes") : undefined,
    config: git("config", "--local", "--list"),
    global: readFileSync(`${home}/gitconfig`, "utf8"),
    hook: existsSync(hook) ? [readFileSync(hook, "utf8"), statSync(hook).mode] : undefined,
  };
}

test("install, status and uninstall, and nothing of the user's is lost", async () => {
  const repository = makeRepository();
  const { isosops, write, read, git, path } = repository;
  write(".sops.yaml", config);
  write(".gitattributes", "*.png binary\n");
  write(".git/hooks/pre-commit", "#!/bin/sh\necho the first hook >&2\ntest ! -e stop\n");
  chmodSync(path(".git/hooks/pre-commit"), 0o755);
  git("config", "diff.other.textconv", "cat");
  const before = stateOf(repository);
  expect(await isosops("git", "status")).toMatchObject({ exit: 10 });

  const installed = await isosops("git", "install", "--pattern", "*.enc.yaml", "--pattern", "my file.yaml");
  expect(installed).toMatchObject({ exit: 0, stderr: "" });
  expect(installed.stdout).toContain(".sops.yaml, line 4: .gitattributes cannot express path_regex (?i)other.");
  expect(read(".gitattributes")).toMatch(/^\*\.png binary\n# isosops: begin/);
  expect(await isosops("git", "status")).toMatchObject({ exit: 0 });
  for (const [name, driver] of [
    ["secrets/a.yaml", "isosops"],
    ["secrets/deep/b.yaml", "isosops"],
    ["x/c.enc.yaml", "isosops"],
    ["my file.yaml", "isosops"],
    ["secrets/a.json", "unspecified"],
    [".sops.yaml", "unspecified"],
  ]) {
    expect(git("check-attr", "diff", "merge", "--", name!)).toBe(
      `${name}: diff: ${driver}\n${name}: merge: ${driver}\n`,
    );
  }
  expect(git("config", "diff.isosops.cachetextconv")).toBe("false\n");

  // Again, without the patterns: they stay.
  const after = stateOf(repository);
  expect((await isosops("git", "install")).stdout).toMatch(
    /^Drivers: nothing to do\.\n.*nothing to do\.\nHook: nothing/,
  );
  expect(stateOf(repository)).toEqual(after);

  // Another rule: other lines.
  write(".sops.yaml", config.replace("^secrets/", "^private/"));
  expect((await isosops("git", "status")).stdout).toContain(".gitattributes: not as .sops.yaml says");
  await isosops("git", "install");
  expect(read(".gitattributes")).toContain("private/**/*.yaml");
  expect(read(".gitattributes")).not.toContain("secrets/");

  git("config", "diff.isosops.cachetextconv", "true");
  expect((await isosops("git", "status")).stdout).toContain("cachetextconv is set");
  expect(await isosops("git", "uninstall")).toMatchObject({ exit: 0 });
  expect(stateOf(repository)).toEqual(before);
  expect((await isosops("git", "uninstall")).stdout).toBe("Nothing to do.\n");

  await isosops("git", "install", "--global");
  expect(git("config", "--global", "diff.isosops.textconv")).toBe("isosops git textconv\n");
  expect((await isosops("git", "install", "--global")).stdout).toContain("Drivers: nothing to do.");
  await isosops("git", "uninstall", "--global");
  expect(stateOf(repository)).toEqual(before);
});

test("the first hook runs before ours, and stops the commit alone", async () => {
  const { isosops, write, tryGit, git, path } = makeRepository();
  write(".git/hooks/pre-commit", "#!/bin/sh\necho the first hook >&2\ntest ! -e stop\n");
  chmodSync(path(".git/hooks/pre-commit"), 0o755);
  await isosops("git", "install");
  write("a.txt", "a\n");
  git("add", "a.txt");
  write("stop", "");
  const stopped = await tryGit("commit", "--message", "A");
  expect(stopped.exit).not.toBe(0);
  expect(stopped.stderr).toBe("the first hook\n");
  rmSync(path("stop"));
  expect(await tryGit("commit", "--message", "A")).toMatchObject({ exit: 0 });
});

test("a tool that moves our hook and runs it from its own does not run it for ever", async () => {
  const { isosops, write, tryGit, git, path } = makeRepository();
  await isosops("git", "install");
  // As pre-commit and others do.
  renameSync(path(".git/hooks/pre-commit"), path(".git/hooks/pre-commit.legacy"));
  write(".git/hooks/pre-commit", '#!/bin/sh\necho tool >&2\n"$(dirname "$0")/pre-commit.legacy"\n');
  chmodSync(path(".git/hooks/pre-commit"), 0o755);
  expect((await isosops("git", "install")).stdout).toContain("runs the one that was there first");
  // Each start of the tool adds one, up to a number that stops a hook without an end.
  write(".git/hooks/count", "");
  write(
    ".git/hooks/pre-commit.before-isosops",
    `#!/bin/sh
echo x >> .git/hooks/count
test "$(wc -l < .git/hooks/count)" -lt 5 || exit 1
"$(dirname "$0")/pre-commit.legacy"
`,
  );
  write("a.txt", "a\n");
  git("add", "a.txt");
  expect(await tryGit("commit", "--message", "A")).toMatchObject({ exit: 0 });
  expect(readFileSync(path(".git/hooks/count"), "utf8")).toBe("x\n");
});

test("lines that somebody has added to our hook stay", async () => {
  const { isosops, read, write, path } = makeRepository();
  await isosops("git", "install");
  const changed = read(".git/hooks/pre-commit").replace("\nbefore", "\nnpm test\nbefore");
  write(".git/hooks/pre-commit", changed);
  expect((await isosops("git", "install", "--command", "other")).stdout).toContain("stays as it is");
  expect(read(".git/hooks/pre-commit")).toBe(changed);
  expect((await isosops("git", "status")).stdout).toContain("The hook is there");
  expect((await isosops("git", "uninstall")).stdout).toContain("and stays");
  expect(existsSync(path(".git/hooks/pre-commit"))).toBe(true);
  expect(read(".git/hooks/pre-commit")).toBe(changed);
});

test(".gitattributes that is no file, and one that is not UTF-8", async () => {
  const { isosops, write, path, home } = makeRepository();
  write(".sops.yaml", config);
  // A repository can hold the link, and a rule of its own for what would be written behind it.
  writeFileSync(join(home, "profile"), "mine\n");
  symlinkSync("../profile", path(".gitattributes"));
  expect(await isosops("git", "install")).toMatchObject({ exit: 1, stderr: expect.stringContaining("a link") });
  expect(await isosops("git", "uninstall")).toMatchObject({ exit: 0 });
  expect(readFileSync(join(home, "profile"), "utf8")).toBe("mine\n");
  rmSync(path(".gitattributes"));
  const bytes = Buffer.from("caf\xe9 binary\n", "latin1");
  writeFileSync(path(".gitattributes"), bytes);
  await isosops("git", "install");
  expect(readFileSync(path(".gitattributes")).subarray(0, bytes.length)).toEqual(bytes);
  await isosops("git", "uninstall");
  expect(readFileSync(path(".gitattributes"))).toEqual(bytes);
});

test("a hook of another tool is left alone", async () => {
  const { isosops, git, path, write } = makeRepository();
  git("config", "core.hooksPath", ".husky");
  write(".husky/pre-commit", "true\n");
  expect((await isosops("git", "install")).stdout).toContain("Let it run `isosops verify --staged`");
  expect(readFileSync(path(".husky/pre-commit"), "utf8")).toBe("true\n");
  expect((await isosops("git", "install", "--command", "nowhere-to-be-found")).stderr).toContain("not found on PATH");
});

test("an encrypted file that no driver is for is named", async () => {
  const { isosops, write, git } = makeRepository();
  write("lost.yaml", `a: ${secrets[0]}\n`);
  await isosops("encrypt", "-i", "--age", first.recipient, "lost.yaml");
  git("add", "lost.yaml");
  expect((await isosops("git", "install")).stdout).toContain("Encrypted, and not among them: lost.yaml");
  expect((await isosops("git", "status")).stdout).toContain("lost.yaml: encrypted, and no driver is for it");
  await isosops("git", "install", "--pattern", "lost.yaml");
  expect(await isosops("git", "status")).toMatchObject({ exit: 0 });
});

test("the hook looks at the index, not at the work tree", async () => {
  const { isosops, write, read, git, tryGit } = makeRepository();
  write(".sops.yaml", config);
  await isosops("git", "install");
  write("secrets/a.yaml", `a: ${secrets[0]}\n`);
  write("other.txt", "nothing\n");
  git("add", "--all");
  // It is encrypted in the work tree alone.
  const plain = read("secrets/a.yaml");
  expect(await isosops("encrypt", "-i", "secrets/a.yaml")).toMatchObject({ exit: 0 });
  const refused = await tryGit("commit", "--message", "A");
  expect(refused.exit).not.toBe(0);
  expect(refused.stdout + refused.stderr).toMatch(/secrets\/a\.yaml[\s\S]*not-encrypted/);
  expect(refused.stdout + refused.stderr).not.toContain(secrets[0]);
  const encrypted = read("secrets/a.yaml");
  git("add", "--all");
  // And the other way round.
  write("secrets/a.yaml", plain);
  expect(await tryGit("commit", "--message", "A")).toMatchObject({ exit: 0 });
  // `git commit FILE` has an index of its own.
  expect((await tryGit("commit", "--message", "B", "secrets/a.yaml")).exit).not.toBe(0);
  write("secrets/a.yaml", encrypted);

  // The rules that count are staged, too.
  git("rm", "--quiet", "--cached", "secrets/a.yaml");
  write("new/b.yaml", `b: ${secrets[1]}\n`);
  git("add", "new/b.yaml");
  expect(await tryGit("commit", "--message", "C")).toMatchObject({ exit: 0 });
  write(".sops.yaml", config.replace("^secrets/", "^new/"));
  expect(await isosops("verify", "--staged")).toMatchObject({ exit: 0 });
  git("add", ".sops.yaml");
  expect((await isosops("verify", "--staged")).stdout).toMatch(/new\/b\.yaml[\s\S]*not-encrypted/);
  expect(await isosops("verify", "--staged", "x")).toMatchObject({ exit: 8 });
});

test("MACs, moved values and conflict markers", async () => {
  const { isosops, keyless, write, read, git } = makeRepository();
  write(".sops.yaml", config);
  write("secrets/a.yaml", `a: ${secrets[0]}\nb: ${secrets[1]}\nc_unencrypted: 1\n`);
  await isosops("encrypt", "-i", "secrets/a.yaml");
  const encrypted = read("secrets/a.yaml");
  const verify = async (content: string, ...findings: string[]) => {
    write("secrets/a.yaml", content);
    git("add", "--all");
    write("secrets/a.yaml", encrypted);
    const { exit, stdout } = await isosops("verify", "--staged");
    expect({ exit, stdout }).toMatchObject({ exit: findings.length === 0 ? 0 : 10 });
    for (const finding of findings) expect(stdout).toMatch(finding);
  };
  await verify(encrypted);
  await verify(encrypted.replace("c_unencrypted: 1", "c_unencrypted: 2"), "wrong-mac");
  // Without a key, nobody can tell.
  expect(await keyless("verify", "--staged")).toMatchObject({ exit: 0 });
  const [, a, b] = /^a: (.*)\nb: (.*)$/m.exec(encrypted)!;
  await verify(encrypted.replace(`a: ${a}`, `a: ${b}`), "malformed-value");
  await verify(`<<<<<<< HEAD\n${encrypted}=======\n${encrypted}>>>>>>> other\n`, "conflict markers");
});
