/** Git merges encrypted files in real repositories, by the merge driver, and no plaintext is left anywhere. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, inflateSync } from "node:zlib";
import { decrypt, encrypt, formatForPath, generateIdentity, openToEdit, updateRecipients } from "isosops";
import { describe, expect, test } from "vitest";
import { bin, first, isosops, keyPath, makeFolder, type Outcome, run, second, tools } from "./support.js";
import { hasTerminals, typeOnTerminal } from "./terminal.js";

interface Repository {
  readonly cwd: string;
  read(name: string): string;
  write(name: string, content: string): void;
  /** What Git says, and its exit code. */
  git(...args: string[]): { readonly exit: number | null; readonly said: string };
  /** Throws if Git fails. */
  done(...args: string[]): string;
  /** Changes the plain text of an encrypted file, and commits it. */
  change(name: string, edit: (plain: string) => string): Promise<void>;
  plain(name: string): Promise<string>;
  isosops(...args: string[]): Promise<Outcome>;
  /** Every byte of the repository and of the folder for temporary files, with compressed objects as they are inside. */
  everything(): string;
}

const identities = [first.identity];

function makeRepository({ withKey = true } = {}): Repository {
  const home = makeFolder();
  const cwd = join(home, "repository");
  const temporary = join(home, "tmp");
  mkdirSync(cwd);
  mkdirSync(temporary);
  const driver = `'${process.execPath}' '${bin}' git merge-driver %O %A %B %L %P`;
  writeFileSync(
    join(home, "gitconfig"),
    `[user]\nname = Ann\nemail = ann@team.example\n[init]\ndefaultBranch = main\n[merge "isosops"]\nname = encrypted files\ndriver = "${driver}"\n[advice]\nskippedCherryPicks = false\n`,
  );
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: home,
    GIT_CONFIG_GLOBAL: join(home, "gitconfig"),
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_EDITOR: "true",
    TMPDIR: temporary,
    ...(withKey ? { SOPS_AGE_KEY_FILE: keyPath("first") } : {}),
  };
  const git: Repository["git"] = (...args) => {
    const { status, stdout, stderr } = spawnSync("git", args, { cwd, env, encoding: "utf8" });
    return { exit: status, said: stdout + stderr };
  };
  const repository: Repository = {
    cwd,
    read: (name) => readFileSync(join(cwd, name), "utf8"),
    write: (name, content) => writeFileSync(join(cwd, name), content),
    git,
    done(...args) {
      const { exit, said } = git(...args);
      if (exit !== 0) throw new Error(`git ${args.join(" ")}: ${said}`);
      return said;
    },
    async change(name, edit) {
      const options = { format: formatForPath(name), identities };
      const opened = await openToEdit(repository.read(name), options);
      const { text } = await opened.seal(edit(new TextDecoder().decode(opened.bytes)));
      repository.write(name, text);
      repository.done("commit", "--quiet", "--all", "--message", "Change");
    },
    plain: async (name) =>
      new TextDecoder().decode(
        (await decrypt(repository.read(name), { format: formatForPath(name), identities })).bytes,
      ),
    isosops: (...args) => isosops(args, { cwd, env }),
    everything() {
      const pieces: string[] = [];
      const visit = (folder: string): void => {
        for (const name of readdirSync(folder)) {
          const path = join(folder, name);
          if (statSync(path).isDirectory()) visit(path);
          else pieces.push(...contents(readFileSync(path)));
        }
      };
      // Packs are searched as loose objects.
      for (const pack of packsOf(join(cwd, ".git", "objects", "pack"))) {
        const ids = execFileSync("git", ["show-index"], { cwd, input: readFileSync(pack.replace(/\.pack$/, ".idx")) });
        for (const line of ids.toString().trim().split("\n"))
          pieces.push(execFileSync("git", ["cat-file", "-p", line.split(" ")[1]!], { cwd }).toString("latin1"));
      }
      visit(cwd);
      visit(temporary);
      return pieces.join("\n");
    },
  };
  repository.done("init", "--quiet");
  repository.write(
    ".gitattributes",
    "*.yaml merge=isosops\n*.json merge=isosops\n*.env merge=isosops\n*.ini merge=isosops\n*.bin merge=isosops\n",
  );
  repository.done("add", ".gitattributes");
  return repository;
}

function packsOf(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".pack"))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function contents(bytes: Buffer): string[] {
  const found = [bytes.toString("latin1")];
  for (const open of [inflateSync, gunzipSync]) {
    try {
      found.push(open(bytes).toString("latin1"));
    } catch {
      // It is not compressed.
    }
  }
  return found;
}

const plain = "db:\n    password: secret-of-db\n    user: secret-user\nother: secret-other\nlast: secret-last\n";
const secretWord = /secret-|s3cret/;

async function withFile(options?: { withKey: boolean }): Promise<Repository> {
  const repository = makeRepository(options);
  const { text } = await encrypt(plain, { format: "yaml", recipients: [first.recipient] });
  repository.write("a.yaml", text);
  repository.done("add", "--all");
  repository.done("commit", "--quiet", "--message", "Add");
  return repository;
}

/** Two branches that changed values next to each other; the work tree is on `main`. */
async function diverge(
  repository: Repository,
  ours: (text: string) => string = (text) => text.replace("secret-of-db", "s3cret-ours"),
  theirs: (text: string) => string = (text) => text.replace("secret-user", "s3cret-theirs"),
): Promise<void> {
  repository.done("branch", "side");
  await repository.change("a.yaml", ours);
  repository.done("checkout", "--quiet", "side");
  await repository.change("a.yaml", theirs);
  repository.done("checkout", "--quiet", "main");
}

const both = plain.replace("secret-of-db", "s3cret-ours").replace("secret-user", "s3cret-theirs");

function expectNoSecrets(repository: Repository): void {
  expect(repository.everything()).not.toMatch(secretWord);
}

describe.each(["merge", "rebase", "cherry-pick", "stash pop", "revert"])("git %s", (operation) => {
  test("merges by keys what Git takes for one conflict", async () => {
    const repository = await withFile();
    await diverge(repository);
    switch (operation) {
      case "merge":
        repository.done("merge", "--quiet", "--no-edit", "side");
        break;
      case "rebase":
        repository.done("checkout", "--quiet", "side");
        repository.done("rebase", "--quiet", "main");
        break;
      case "cherry-pick":
        repository.done("cherry-pick", "side");
        break;
      case "stash pop":
        repository.done("checkout", "--quiet", "side");
        repository.done("reset", "--quiet", "--mixed", "HEAD~1");
        repository.done("stash");
        repository.done("checkout", "--quiet", "main");
        repository.done("stash", "pop");
        break;
      case "revert":
        repository.done("merge", "--quiet", "--no-edit", "side");
        repository.done("revert", "--no-edit", "side");
    }
    const wanted = operation === "revert" ? plain.replace("secret-of-db", "s3cret-ours") : both;
    expect(await repository.plain("a.yaml")).toBe(wanted);
    expectNoSecrets(repository);
  });
});

test("lines between markers are found where plaintext is left", async () => {
  const repository = await withFile();
  repository.write("b.txt", "secret-in-plain\n");
  repository.done("add", "b.txt");
  expect(() => expectNoSecrets(repository)).toThrow();
  repository.done("commit", "--quiet", "--message", "Leak");
  repository.done("rm", "--quiet", "b.txt");
  repository.done("gc", "--quiet");
  expect(() => expectNoSecrets(repository)).toThrow();
});

describe("a conflict", () => {
  const conflicting = async () => {
    const repository = await withFile();
    await diverge(
      repository,
      (text) => text.replace("secret-of-db", "s3cret-ours").replace("secret-last", "s3cret-last"),
      (text) => text.replace("secret-of-db", "s3cret-theirs").replace("secret-user", "s3cret-user"),
    );
    const { exit, said } = repository.git("merge", "side");
    expect(exit).toBe(1);
    expect(said).toContain("db.password: both sides changed it");
    return repository;
  };

  test("has encrypted values between markers, and all else is merged", async () => {
    const repository = await conflicting();
    expect(repository.read("a.yaml").match(/^[<=>]{7}.*$/gm)).toEqual([
      "<<<<<<< ours",
      "=======",
      expect.stringMatching(/^>>>>>>> theirs ENC\[/),
    ]);
    expectNoSecrets(repository);
    for (const command of [["decrypt"], ["verify"], ["encrypt", "--age", first.recipient], ["set", "--idempotent"]]) {
      const args = command[0] === "set" ? ["set", "a.yaml", '["other"]', '"x"'] : [...command, "a.yaml"];
      const { exit, stdout, stderr } = await repository.isosops(...args);
      expect(exit).not.toBe(0);
      expect(stdout + stderr).toContain("isosops git resolve");
    }
  });

  test.each([
    ["--ours", "s3cret-ours"],
    ["--theirs", "s3cret-theirs"],
  ])("is resolved by %s", async (flag, value) => {
    const repository = await conflicting();
    expect(await repository.isosops("git", "resolve", flag, "a.yaml")).toMatchObject({ exit: 0 });
    expect(await repository.plain("a.yaml")).toBe(
      plain.replace("secret-of-db", value).replace("secret-last", "s3cret-last").replace("secret-user", "s3cret-user"),
    );
    repository.done("add", "a.yaml");
    repository.done("commit", "--quiet", "--no-edit");
    expectNoSecrets(repository);
    const again = await repository.isosops("git", "resolve", flag, "a.yaml");
    expect(again).toMatchObject({ exit: 1, stderr: expect.stringContaining("no conflicts") });
  });

  test.runIf(hasTerminals)("shows both values on a terminal, and takes one or another", async () => {
    const options = (repository: Repository) => ({ cwd: repository.cwd, env: { SOPS_AGE_KEY_FILE: keyPath("first") } });
    const question = "Take (o)urs";
    for (const [steps, value] of [
      [[[question, "t\n"]], "s3cret-theirs"],
      [
        [
          [question, "x\n"],
          [question, "o\n"],
        ],
        "s3cret-ours",
      ],
      [
        [
          [question, "v\n"],
          ["The value", "s3cret-typed\n"],
        ],
        "s3cret-typed",
      ],
    ] as const) {
      const repository = await conflicting();
      const { exit, stdout } = await typeOnTerminal(steps, ["git", "resolve", "a.yaml"], options(repository));
      expect(exit).toBe(0);
      expect(stdout).toMatch(/db\.password[\s\S]*ours: +s3cret-ours[\s\S]*theirs: +s3cret-theirs/);
      expect(stdout).not.toContain("s3cret-typed");
      expect(await repository.plain("a.yaml")).toContain(`password: ${value}\n`);
      expectNoSecrets(repository);
    }
  });

  test("asks on a terminal alone", async () => {
    const repository = await conflicting();
    const before = repository.read("a.yaml");
    const { exit, stderr } = await run(process.execPath, [bin, "git", "resolve", "a.yaml"], {
      cwd: repository.cwd,
      env: { SOPS_AGE_KEY_FILE: keyPath("first") },
      noTerminal: true,
    });
    expect(exit).toBe(1);
    expect(stderr).toContain("--ours");
    expect(stderr).not.toMatch(secretWord);
    expect(repository.read("a.yaml")).toBe(before);
  });

  test("where one version has a wrong MAC: both stand between markers, and only the right one is taken", async () => {
    const repository = await withFile();
    repository.done("branch", "side");
    await repository.change("a.yaml", (text) => text.replace("secret-of-db", "s3cret-ours"));
    repository.done("checkout", "--quiet", "side");
    const lines = repository.read("a.yaml").split("\n");
    const at = lines.findIndex((line) => line.startsWith("other:"));
    repository.write("a.yaml", lines.filter((_, index) => index !== at).join("\n"));
    repository.done("commit", "--quiet", "--all", "--message", "Remove a line by hand");
    repository.done("checkout", "--quiet", "main");
    const { exit, said } = repository.git("merge", "side");
    expect(exit).toBe(1);
    expect(said).toMatch(/`theirs`: .*MAC/);
    expect(repository.read("a.yaml")).toContain("\n>>>>>>> theirs -\n");
    expect((await repository.isosops("git", "resolve", "--theirs", "a.yaml")).exit).toBe(51);
    expect((await repository.isosops("git", "resolve", "--ours", "a.yaml")).exit).toBe(0);
    expect(await repository.plain("a.yaml")).toBe(plain.replace("secret-of-db", "s3cret-ours"));
  });
});

test("criss-cross: the base is a merge of two, with its conflict or without", async () => {
  const repository = await withFile();
  await diverge(repository);
  repository.done("branch", "main-before");
  repository.done("merge", "--quiet", "--no-edit", "side");
  repository.done("checkout", "--quiet", "side");
  repository.done("merge", "--quiet", "--no-edit", "main-before");
  await repository.change("a.yaml", (text) => text.replace("secret-other", "s3cret-side"));
  repository.done("checkout", "--quiet", "main");
  await repository.change("a.yaml", (text) => text.replace("secret-last", "s3cret-main"));
  repository.done("merge", "--quiet", "--no-edit", "side");
  expect(await repository.plain("a.yaml")).toBe(
    both.replace("secret-other", "s3cret-side").replace("secret-last", "s3cret-main"),
  );

  const torn = await withFile();
  await diverge(
    torn,
    (text) => text.replace("secret-of-db", "s3cret-1"),
    (text) => text.replace("secret-of-db", "s3cret-2"),
  );
  torn.done("branch", "main-before");
  expect(torn.git("merge", "side").exit).toBe(1);
  expect((await torn.isosops("git", "resolve", "--ours", "a.yaml")).exit).toBe(0);
  torn.done("commit", "--quiet", "--all", "--no-edit");
  torn.done("checkout", "--quiet", "side");
  expect(torn.git("merge", "main-before").exit).toBe(1);
  expect((await torn.isosops("git", "resolve", "--ours", "a.yaml")).exit).toBe(0);
  torn.done("commit", "--quiet", "--all", "--no-edit");
  torn.done("checkout", "--quiet", "main");
  // Neither side has changed the other's choice, so this is a conflict once more, as it is for Git with plain files.
  const { exit, said } = torn.git("merge", "side");
  expect([exit, said]).toEqual([1, expect.stringContaining("db.password: both sides changed it")]);
  expectNoSecrets(torn);
});

test("more than two branches at once are refused in words, and merge one after the other", async () => {
  const repository = await withFile();
  await diverge(repository);
  repository.done("checkout", "--quiet", "-b", "third", "main~1");
  await repository.change("a.yaml", (text) => text.replace("secret-other", "s3cret-third"));
  repository.done("checkout", "--quiet", "main");
  const before = repository.read("a.yaml");
  const { exit, said } = repository.git("merge", "--no-edit", "side", "third");
  expect(exit).not.toBe(0);
  expect(said).toMatch(/octopus/i);
  repository.done("reset", "--quiet", "--hard");
  expect(repository.read("a.yaml")).toBe(before);
  repository.done("merge", "--quiet", "--no-edit", "side");
  repository.done("merge", "--quiet", "--no-edit", "third");
  expect(await repository.plain("a.yaml")).toBe(both.replace("secret-other", "s3cret-third"));
  expectNoSecrets(repository);
});

test("a file that is not encrypted is merged by its lines", async () => {
  const repository = makeRepository();
  const text = Array.from({ length: 9 }, (_, index) => `line${index}: x\n`).join("");
  repository.write("a.yaml", text);
  repository.done("add", "--all");
  repository.done("commit", "--quiet", "--message", "Add");
  repository.done("branch", "side");
  const commit = (content: string) => {
    repository.write("a.yaml", content);
    repository.done("commit", "--quiet", "--all", "--message", "Change");
  };
  commit(text.replace("line0: x", "line0: ours"));
  repository.done("checkout", "--quiet", "side");
  commit(text.replace("line8: x", "line8: theirs"));
  repository.done("checkout", "--quiet", "main");
  repository.done("merge", "--quiet", "--no-edit", "side");
  expect(repository.read("a.yaml")).toBe(text.replace("line0: x", "line0: ours").replace("line8: x", "line8: theirs"));
});

test("a reader that .sops.yaml names gets the new data key, and another does not", async () => {
  for (const isNamed of [true, false]) {
    const repository = makeRepository();
    const { text } = await encrypt(plain, { format: "yaml", recipients: [first.recipient, second.recipient] });
    repository.write("a.yaml", text);
    const rule = (...keys: string[]) => `creation_rules:\n  - age: ${keys.join(",")}\n`;
    const { recipient } = await generateIdentity();
    repository.write(".sops.yaml", rule(first.recipient, ...(isNamed ? [recipient] : [])));
    repository.done("add", "--all");
    repository.done("commit", "--quiet", "--message", "Add");
    repository.done("branch", "side");
    // One side removes a reader, so that the data key is new; the other adds one.
    const without = await updateRecipients(text, { format: "yaml", identities, remove: [second.recipient] });
    repository.write("a.yaml", without.text);
    repository.done("commit", "--quiet", "--all", "--message", "Remove a reader");
    repository.done("checkout", "--quiet", "side");
    const more = await updateRecipients(text, { format: "yaml", identities, add: [recipient] });
    repository.write("a.yaml", more.text);
    await repository.change("a.yaml", (content) => content.replace("secret-of-db", "s3cret-new"));
    repository.done("checkout", "--quiet", "main");
    const { exit, said } = repository.git("merge", "--no-edit", "side");
    if (isNamed) {
      expect(exit).toBe(0);
      expect(repository.read("a.yaml")).toContain(recipient);
      expect(repository.read("a.yaml")).not.toContain(second.recipient);
      expect(await repository.plain("a.yaml")).toBe(plain.replace("secret-of-db", "s3cret-new"));
    } else {
      expect([exit, said]).toEqual([1, expect.stringContaining(recipient)]);
    }
    expectNoSecrets(repository);
  }
});

describe("without a key", () => {
  const keyless = async () => {
    const repository = await withFile({ withKey: false });
    await diverge(repository);
    const said = repository.done("merge", "--no-edit", "side");
    expect(said).toContain("isosops git repair a.yaml");
    return repository;
  };
  const withKey = (repository: Repository, ...args: string[]) =>
    isosops(args, { cwd: repository.cwd, env: { SOPS_AGE_KEY_FILE: keyPath("first") } });

  test("ciphertexts are merged, nobody takes the file, and a repair gives it the MAC", async () => {
    const repository = await keyless();
    expect(await withKey(repository, "decrypt", "a.yaml")).toMatchObject({
      exit: 51,
      stderr: expect.stringContaining("isosops git repair"),
    });
    for (const { path } of tools.findSops()) {
      const { exit, stderr } = await run(path, ["decrypt", "a.yaml"], {
        cwd: repository.cwd,
        env: { SOPS_AGE_KEY_FILE: keyPath("first") },
      });
      expect([exit === 0, stderr]).toEqual([false, expect.stringContaining("isosops git repair")]);
    }
    expect((await repository.isosops("git", "repair", "a.yaml")).exit).toBe(128);
    expect(await withKey(repository, "git", "repair", "a.yaml")).toMatchObject({ exit: 0 });
    expect(await repository.plain("a.yaml")).toBe(both);
    expect((await withKey(repository, "git", "repair", "a.yaml")).stdout).toContain("nothing to repair");
    expectNoSecrets(repository);
  });

  test("one such merge after another is checked down to versions with a MAC", async () => {
    const repository = await keyless();
    repository.done("checkout", "--quiet", "-b", "third", "main~1");
    await repository.change("a.yaml", (text) => text.replace("secret-other", "s3cret-third"));
    repository.done("checkout", "--quiet", "main");
    repository.done("merge", "--no-edit", "third");
    expect(await withKey(repository, "git", "repair", "a.yaml")).toMatchObject({ exit: 0 });
    expect(await repository.plain("a.yaml")).toBe(both.replace("secret-other", "s3cret-third"));
  });

  test.each([
    [
      "an older value put back",
      (text: string, old: string) => text.replace(/ {4}password: .*/, / {4}password: .*/.exec(old)![0]),
    ],
    ["a value removed", (text: string) => text.replace(/other: .*\n/, "")],
    [
      "a value swapped for its neighbour's",
      (text: string) => text.replace(/last: .*/, `last: ${/other: (.*)/.exec(text)![1]}`),
    ],
  ])("%s afterwards gets no MAC", async (_, tamper) => {
    const repository = await keyless();
    const old = repository.done("show", "main~1:a.yaml");
    const base = repository.done("show", "side~1:a.yaml");
    const changed = tamper(repository.read("a.yaml"), base);
    expect(changed).not.toBe(repository.read("a.yaml"));
    expect(old).not.toBe(base);
    repository.write("a.yaml", changed);
    const { exit } = await withKey(repository, "git", "repair", "a.yaml");
    expect([25, 51]).toContain(exit);
    expect(repository.read("a.yaml")).toBe(changed);
    expect(await withKey(repository, "git", "repair", "--take-merge", "a.yaml")).toMatchObject({ exit: 0 });
    expect(await repository.plain("a.yaml")).toBe(both);
  });

  test("a conflict is resolved with a key", async () => {
    const repository = await withFile({ withKey: false });
    await diverge(
      repository,
      (text) => text.replace("secret-of-db", "s3cret-ours"),
      (text) => text.replace("secret-of-db", "s3cret-theirs"),
    );
    expect(repository.git("merge", "side").exit).toBe(1);
    expect((await repository.isosops("git", "resolve", "--theirs", "a.yaml")).exit).toBe(128);
    expect(await withKey(repository, "git", "resolve", "--theirs", "a.yaml")).toMatchObject({ exit: 0 });
    expect(await repository.plain("a.yaml")).toBe(plain.replace("secret-of-db", "s3cret-theirs"));
    expectNoSecrets(repository);
  });
});
