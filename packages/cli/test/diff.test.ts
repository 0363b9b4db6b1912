/** What differs between versions of encrypted files: in plain text, and without a value that is secret. */
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { holdersOf, makeRepository, type Repository } from "./git-repository.js";
import { first, isosops, makeFolder, noSops, type Outcome, run, second, secrets, sops, stranger } from "./support.js";

const plain = `# owner: the shop
user: shop
db:
    password: ${secrets[0]}
    port: 5432
users:
    - name: ann
      token: ${secrets[1]}
    - name: ben
      token: t-ben
hosts_unencrypted:
    - one
`;

async function withFile(): Promise<Repository> {
  const repository = makeRepository();
  repository.write("a.yaml", plain);
  expect(await repository.isosops("encrypt", "-i", "--age", first.recipient, "a.yaml")).toMatchObject({ exit: 0 });
  repository.commit();
  return repository;
}

const edits: readonly (readonly [path: string, value: string])[] = [
  ['["db"]["password"]', '"changed-secret"'],
  ['["db"]["port"]', "5433"],
  ['["new"]', '"added-secret"'],
  ['["hosts_unencrypted"][0]', '"two"'],
];

async function edit(repository: Repository): Promise<void> {
  for (const [path, value] of edits)
    expect(await repository.isosops("set", "a.yaml", path, value)).toMatchObject({ exit: 0 });
}

const allSecrets = [...secrets, "changed-secret", "added-secret", "5432", "5433", "t-ben"];

function expectMasked(text: string): void {
  for (const secret of allSecrets) expect(text).not.toContain(secret);
}

test("the lines of the plain text, as Git shows those of what sops decrypts", async ({ skip }) => {
  const repository = await withFile();
  await edit(repository);
  const { exit, stdout } = await repository.isosops("diff");
  expect(exit).toBe(0);
  if (sops === undefined) return skip(noSops);
  const folder = makeFolder();
  for (const [name, encrypted] of [
    ["a.yaml", repository.git("show", "HEAD:a.yaml")],
    ["b.yaml", repository.read("a.yaml")],
  ] as const) {
    writeFileSync(`${folder}/${name}`, encrypted);
    const decrypted = await run(sops, ["decrypt", "-i", name], { cwd: folder, env: repository.env });
    expect(decrypted.exit).toBe(0);
  }
  const diff = await run("git", ["diff", "--no-index", "a.yaml", "b.yaml"], { cwd: folder });
  // After the names. Git says behind each place in which part of the file it is.
  const lines = (text: string) => text.slice(text.indexOf("\n@@") + 1).replaceAll(/^(@@ .* @@).*/gm, "$1");
  expect(lines(stdout)).toBe(lines(diff.stdout));
});

test("--verbose says which keys opened the versions, in the words of sops", async () => {
  const repository = await withFile();
  await edit(repository);
  const { stderr } = await repository.isosops("diff", "--masked", "--verbose");
  expect(stderr.match(/Data key recovered successfully/g)).toHaveLength(2);
});

test("a masked diff names each change, and shows no secret", async () => {
  const repository = await withFile();
  await edit(repository);
  const { exit, stdout } = await repository.isosops("diff", "--masked");
  expect(exit).toBe(0);
  expectMasked(stdout);
  expect(stdout.replaceAll(/[0-9a-f]{8}/g, "F").replaceAll(/ +/g, " ")).toBe(
    [
      "a.yaml",
      " changed db.password F -> F",
      " changed db.port F -> F",
      " changed hosts_unencrypted[0] one -> two",
      " added new F",
      "",
    ].join("\n"),
  );
  // The key of the fingerprints is of the run.
  const [one, other] = [stdout, (await repository.isosops("diff", "--masked")).stdout];
  expect(/password +(\S+)/.exec(one)![1]).not.toBe(/password +(\S+)/.exec(other)![1]);

  const stat = await repository.isosops("diff", "--stat");
  expect(stat.stdout).toBe(" a.yaml | 1 added, 3 changed\n");
  const markdown = await repository.isosops("diff", "--markdown");
  expectMasked(markdown.stdout);
  expect(markdown.stdout).toContain("| changed | <code>db&#46;password</code> |");
});

interface Json {
  files: {
    file: string;
    compared: string;
    encrypted: object;
    brokenMac: string[];
    keepsDataKey: boolean;
    readers: { added: string[]; removed: string[] };
    settings: object[];
    changes: { kind: string; what: string; path: (string | number)[]; before?: Side; after?: Side; exposed: boolean }[];
  }[];
}
interface Side {
  text?: string;
  fingerprint?: string;
}

const json = async (run: Promise<Outcome>): Promise<Json["files"][0]> => {
  const { stdout } = await run;
  return (JSON.parse(stdout) as Json).files[0]!;
};

test("a fingerprint says same or different", async () => {
  const repository = await withFile();
  await repository.isosops("set", "a.yaml", '["copy"]', '"same"');
  await repository.isosops("set", "a.yaml", '["other"]', '"same"');
  await repository.isosops("set", "a.yaml", '["number"]', "1");
  await repository.isosops("set", "a.yaml", '["text"]', '"1"');
  const { changes } = await json(repository.isosops("diff", "--json"));
  const of = (name: string) => changes.find(({ path }) => path[0] === name)!.after!.fingerprint!;
  expect(of("copy")).toMatch(/^[0-9a-f]{8}$/);
  expect(of("copy")).toBe(of("other"));
  expect(of("number")).not.toBe(of("text"));
});

test("nobody can try guesses in a file of another data key", async () => {
  // Anybody may encrypt for the public key of those who run the diff.
  const repository = await withFile();
  await repository.isosops("unset", "a.yaml", '["db"]["password"]');
  repository.write("guesses.yaml", `a: ${secrets[0]}\n`);
  await repository.isosops("encrypt", "-i", "--age", first.recipient, "guesses.yaml");
  repository.git("add", "--intent-to-add", "guesses.yaml");
  const { stdout } = await repository.isosops("diff", "--json");
  const prints = (JSON.parse(stdout) as Json).files.map(
    ({ changes: [change] }) => (change!.before ?? change!.after)!.fingerprint,
  );
  expect(prints).toHaveLength(2);
  expect(new Set(prints).size).toBe(2);
});

test("without a key, ciphertexts are compared", async () => {
  const repository = await withFile();
  await edit(repository);
  const diff = await json(repository.keyless("diff", "--json"));
  expect(diff.compared).toBe("ciphertexts");
  // What sops set keeps its ciphertext.
  expect(diff.changes.map(({ kind, path }) => [kind, path.join(".")])).toEqual([
    ["unknown", "db.password"],
    ["unknown", "db.port"],
    ["changed", "hosts_unencrypted.0"],
    ["added", "new"],
  ]);
  expect(diff.changes.filter(({ before, after }) => before?.fingerprint ?? after?.fingerprint)).toEqual([]);
  // No one else is asked, either.
  const asked = await json(repository.isosops("diff", "--json", "--no-key"));
  expect(asked).toEqual(diff);
  const plain = await repository.keyless("diff");
  expect(plain).toMatchObject({ exit: 128, stdout: "", stderr: expect.stringContaining("--masked") });

  // Of a rotated file, all ciphertexts are others. Only a key tells.
  repository.commit();
  await repository.isosops("rotate", "-i", "a.yaml");
  const rotated = await json(repository.keyless("diff", "--json"));
  expect(new Set(rotated.changes.map(({ kind }) => kind))).toEqual(new Set(["unknown"]));
  expect((await json(repository.isosops("diff", "--json"))).changes).toEqual([]);
});

test("readers, rules and MACs", async () => {
  const repository = await withFile();
  await repository.isosops("rotate", "-i", "--add-age", second.recipient, "a.yaml");
  const added = await json(repository.isosops("diff", "--json"));
  expect(added.readers).toEqual({ added: [second.recipient], removed: [] });
  repository.commit();
  // A reader is taken out of the block, as `sops updatekeys` does: the data key stays.
  repository.write(".sops.yaml", `creation_rules:\n- age: ${first.recipient}\n`);
  expect(await repository.isosops("updatekeys", "--yes", "a.yaml")).toMatchObject({ exit: 0 });
  const removed = await json(repository.isosops("diff", "--json", "HEAD", "--", "a.yaml"));
  expect(removed).toMatchObject({ readers: { added: [], removed: [second.recipient] }, keepsDataKey: true });
  expect((await repository.isosops("diff", "--masked")).stdout).toContain("warning: The data key is still the one");

  repository.write("a.yaml", repository.read("a.yaml").replace("- one", "- other"));
  const broken = await json(repository.isosops("diff", "--json"));
  expect(broken.brokenMac).toEqual(["after"]);
  repository.git("checkout", "--quiet", "a.yaml");
  await repository.isosops("encrypt", "-i", "--deselect", "port", "a.yaml");
  const { settings, changes } = await json(repository.isosops("diff", "--json"));
  expect(settings).toMatchObject([{ name: "rule", before: "unencryptedSuffix: _unencrypted" }]);
  // It was secret, so the plain value is not shown.
  expect(changes).toMatchObject([{ kind: "changed", path: ["db", "port"], exposed: true }]);
});

test("a file that is in plain text now", async () => {
  const repository = await withFile();
  await repository.isosops("decrypt", "-i", "a.yaml");
  const { stdout } = await repository.isosops("diff", "--masked");
  expectMasked(stdout);
  expect(stdout).toContain("warning: The file was encrypted, and is in plain text now.");
  const keyless = await repository.keyless("diff", "--masked");
  expectMasked(keyless.stdout);
  expect(keyless.stdout).toContain("it was encrypted, and is in plain text now");
});

test("commits, the two sides of a pull request, the index, and two files", async () => {
  const repository = await withFile();
  repository.git("switch", "--quiet", "--create", "feature");
  await repository.isosops("set", "a.yaml", '["feature"]', '"f"');
  repository.commit();
  repository.git("switch", "--quiet", "main");
  await repository.isosops("set", "a.yaml", '["later"]', '"l"');
  repository.commit();
  const places = async (...args: string[]) => {
    const { exit, stdout } = await repository.isosops("diff", "--json", ...args);
    expect(exit).toBe(0);
    return (JSON.parse(stdout) as Json).files.flatMap(({ changes }) =>
      changes.map(({ kind, path }) => `${kind} ${path.join(".")}`),
    );
  };
  expect(await places("main...feature")).toEqual(["added feature"]);
  expect(await places("main..feature")).toEqual(["added feature", "removed later"]);
  expect(await places("main", "feature", "--", "a.yaml")).toEqual(["added feature", "removed later"]);
  expect(await places("main", "feature", "--", "b.yaml")).toEqual([]);
  expect(await places("HEAD~1", "--", "a.yaml")).toEqual(["added later"]);
  repository.git("checkout", "--quiet", "feature", "--", "a.yaml");
  expect(await places()).toEqual([]);
  expect(await places("--staged")).toEqual(["added feature", "removed later"]);
  repository.write("old.yaml", repository.git("show", "main:a.yaml"));
  expect(await places("old.yaml", "a.yaml")).toEqual(["added feature", "removed later"]);
  repository.git("reset", "--quiet", "--hard");
  mkdirSync(repository.path("sub"));
  repository.git("mv", "a.yaml", "sub/b.yaml");
  const renamed = await repository.isosops("diff", "--staged", "--masked");
  expect(renamed.stdout).toBe("a.yaml -> sub/b.yaml\n  no value has changed\n");

  // Git lists a file with another time, and finds it unchanged when it shows it.
  repository.git("reset", "--quiet", "--hard");
  utimesSync(repository.path("a.yaml"), 1, 1);
  expect(repository.git("diff-files", "--name-only")).toBe("a.yaml\n");
  expect(await repository.isosops("diff", "--masked")).toMatchObject({ exit: 0, stdout: "", stderr: "" });

  const wrong = await repository.isosops("diff", "--masked", "nowhere");
  expect(wrong).toMatchObject({ exit: 2, stdout: "", stderr: expect.stringContaining("nowhere is no commit") });
  // It is no flag of Git.
  const flag = await repository.isosops("diff", "--masked", "--", "--output=x");
  expect(flag).toMatchObject({ exit: 0, stdout: "" });
});

test("what a terminal would obey is escaped", async () => {
  const repository = makeRepository();
  const text = "\u001b[31mred\u001b[0m\u202e";
  repository.write("a.json", JSON.stringify({ [`k${text}`]: `v${text}`, [`u${text}_unencrypted`]: `p${text}` }));
  await repository.isosops("encrypt", "-i", "--age", first.recipient, "a.json");
  repository.git("add", "--intent-to-add", "a.json");
  writeFileSync(repository.path("esc.txt"), `${text}\n`);
  for (const args of [
    ["diff"],
    ["diff", "--masked"],
    ["diff", "--json"],
    ["diff", "--markdown"],
    ["git", "textconv", "a.json"],
    ["git", "textconv", "esc.txt"],
  ]) {
    const { exit, stdout } = await repository.isosops(...args);
    expect({ args, exit }).toEqual({ args, exit: 0 });
    expect(stdout).toMatch(/u001b|x1b|u1b/);
    for (const character of ["\u001b", "\u202e"]) expect(stdout).not.toContain(character);
  }
});

test("Markdown shows names as text", async () => {
  const repository = makeRepository();
  const name = "a|b`</code>@ann [x](http://x) #1\n# h";
  repository.write("a.json", JSON.stringify({ [name]: 1, [`${name}_unencrypted`]: name }));
  await repository.isosops("encrypt", "-i", "--age", first.recipient, "a.json");
  repository.git("add", "--intent-to-add", "a.json");
  const { stdout } = await repository.isosops("diff", "--markdown");
  const cells = stdout.split("\n").filter((line) => line.startsWith("| added"));
  expect(cells).toHaveLength(2);
  for (const cell of cells) {
    expect(cell.split("|")).toHaveLength(6);
    expect(cell.replaceAll(/<code>[A-Za-z0-9 &#;]*<\/code>/g, "C")).toMatch(/^\| added \| C \| {2}\| C \|$/);
  }
});

test("Git's own commands through the driver, and nothing of it stays", async () => {
  const repository = await withFile();
  repository.write(".gitattributes", "*.yaml diff=isosops\n");
  repository.git("config", "diff.isosops.textconv", "isosops git textconv");
  repository.commit();
  await edit(repository);
  const changed = [`-    password: ${secrets[0]}`, "+    password: changed-secret"];
  for (const line of changed) expect(repository.git("diff")).toContain(line);
  repository.commit();
  for (const line of changed) {
    expect(repository.git("log", "--patch", "--max-count=1")).toContain(line);
    expect(repository.git("show")).toContain(line);
  }
  const blame = repository.git("blame", "--line-porcelain", "a.yaml");
  expect(blame).toContain("\tuser: shop");
  expect(blame).toContain("\t    password: changed-secret");
  repository.git("stash", "list");
  expect(holdersOf(repository, ["changed-secret", "added-secret", secrets[0]!])).toEqual([]);
});

test("the message of a commit, which Git keeps with its diff, has no plain text", async ({ skip }) => {
  if (process.platform === "win32") return skip("Windows does not tell which command of Git asks.");
  const repository = await withFile();
  const { git, read } = repository;
  repository.write(".gitattributes", "*.yaml diff=isosops\n");
  git("config", "diff.isosops.textconv", "isosops git textconv");
  git("config", "core.editor", "sed -i.bak 1s/^/Change/");
  git("config", "alias.ci", "-c core.pager=cat commit -v");
  repository.commit();
  await edit(repository);
  git("ci", "--all");
  for (const line of [/^- {4}password: ENC\[/m, /^\+ {4}password: ENC\[/m])
    expect(read(".git/COMMIT_EDITMSG")).toMatch(line);
  expect(holdersOf(repository, ["changed-secret", "added-secret", secrets[0]!])).toEqual([]);
  expect(git("show")).toContain("+    password: changed-secret");
  // What is not staged, too, which a filter may have decrypted.
  repository.write("a.yaml", "password: decrypted-secret\n");
  git("-c", "commit.verbose=2", "commit", "--allow-empty");
  expect(read(".git/COMMIT_EDITMSG")).toContain("a.yaml");
  expect(holdersOf(repository, ["changed-secret", "decrypted-secret"])).toEqual(["repository/a.yaml"]);
});

test("textconv shows what cannot be decrypted as it is, and says why", async () => {
  const repository = await withFile();
  const content = repository.read("a.yaml");
  const sealed = await repository.keyless("git", "textconv", "a.yaml");
  expect(sealed).toMatchObject({ exit: 0, stdout: `# isosops: no key at hand opens this version.\n${content}` });
  repository.write("broken.yaml", content.replace("- one", "- other"));
  const broken = await repository.isosops("git", "textconv", "broken.yaml");
  expect(broken.stdout).toMatch(/^# isosops: the MAC of this version is wrong\.\n/);
  expect(broken.stdout).toContain(secrets[0]);
  repository.write("marked.yaml", `<<<<<<< ours\n${content}=======\n${content}>>>>>>> theirs\n`);
  const marked = await repository.isosops("git", "textconv", "marked.yaml");
  expect(marked.exit).toBe(0);
  expect(marked.stdout).toMatch(/^# isosops: this version cannot be decrypted: .*\n<<<<<<< ours\n/);
  repository.write("plain.yaml", "a: 1\n");
  expect((await repository.isosops("git", "textconv", "plain.yaml")).stdout).toBe("a: 1\n");
  expect(await repository.isosops("git", "textconv", "none.yaml")).toMatchObject({ exit: 2 });
});

test("a file that cannot be compared does not stop the others", async () => {
  const repository = await withFile();
  repository.write("b.yaml", repository.read("a.yaml"));
  repository.commit();
  repository.write("a.yaml", `<<<<<<< ours\n${repository.read("a.yaml")}=======\n>>>>>>> theirs\n`);
  await repository.isosops("set", "b.yaml", '["new"]', '"x"');
  const { exit, stdout } = await repository.isosops("diff", "--masked");
  expect(exit).not.toBe(0);
  expect(stdout).toMatch(/a\.yaml\n {2}cannot be compared: .*conflict/);
  expect(stdout).toMatch(/added +new/);
  const { stderr } = await isosops(["diff"], {
    cwd: repository.cwd,
    env: { ...repository.env, SOPS_AGE_KEY: stranger.identity },
  });
  expect(stderr).toContain("a.yaml");
});
