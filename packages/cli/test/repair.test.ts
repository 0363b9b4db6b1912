/** `isosops repair`: files edited by hand in a real Git repository, held against the real sops before and after. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  first,
  isosops,
  makeFolder,
  type Outcome,
  type RunOptions,
  run,
  second,
  skippedWithoutSops,
  sops,
  tools,
} from "./support.js";
import { hasTerminals, isosopsOnTerminal } from "./terminal.js";

const files: Record<string, string> = {
  "a.yaml": `# of the shop\nuser: shop   # the name\npassword: "plain-secret-1"\nnested:\n    pin: 424242\n    hosts: [one, two]\n`,
  "a.json": `{"user": "shop", "password": "plain-secret-1", "nested": {"pin": 424242, "hosts": ["one", "two"]}}\n`,
  "a.env": "user=shop\npassword=plain-secret-1\npin=424242\n",
  "a.ini": "[top]\nuser = shop\npassword = plain-secret-1\npin = 424242\n",
};

interface Repository {
  cwd: string;
  read(name: string): string;
  write(name: string, text: string): void;
  git(...args: string[]): string;
  /** Our command, which has no terminal to ask on. */
  call(...args: string[]): Promise<Outcome>;
  /** The same with a terminal, on which somebody types this line. */
  answer(line: string, ...args: string[]): Promise<Outcome>;
  /** Whether sops opens the file, its MAC included, and what it has then: every version that is there. */
  sops(name: string): Promise<Outcome>;
}

const versions = tools.findSops().map(({ path }) => path);

/** What sops 3.13 makes of a file. Whether it opens and which values it has then is the same to the other versions. */
async function opens(name: string, options: RunOptions): Promise<Outcome> {
  const decrypt = (path: string, ...flags: string[]) =>
    run(path, ["--disable-version-check", "decrypt", ...flags, name], options);
  // They put comments, and the end of the last line, into places of their own.
  const values = async (path: string) => {
    const { exit, stdout } = await decrypt(path, "--output-type", "json");
    return { opens: exit === 0, stdout: stdout.trimEnd() };
  };
  const expected = await values(sops!);
  for (const path of versions) {
    expect({ path, ...(await values(path)) }).toEqual({ path, ...expected });
  }
  return decrypt(sops!);
}

/** A repository with this file, encrypted by sops itself and committed. */
async function makeRepository(name: string, text = files[name]!, flags: string[] = []): Promise<Repository> {
  const cwd = makeFolder({ [name]: text });
  const env = { SOPS_AGE_KEY: first.identity };
  const options = { cwd, env, noTerminal: true };
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.org", ...args], { cwd, encoding: "utf8" });
  const repository: Repository = {
    cwd,
    read: (file) => readFileSync(join(cwd, file), "utf8"),
    write: (file, content) => writeFileSync(join(cwd, file), content),
    git,
    call: (...args) => isosops(args, options),
    answer: (line, ...args) => isosopsOnTerminal(line, args, { cwd, env }),
    sops: (file) => opens(file, options),
  };
  const encrypt = ["--disable-version-check", "encrypt", "--age", first.recipient, ...flags, "--in-place", name];
  const { exit, stderr } = await run(sops!, encrypt, options);
  expect(stderr).toBe("");
  expect(exit).toBe(0);
  git("init", "--quiet");
  git("add", ".");
  git("commit", "--quiet", "--message", "sealed");
  return repository;
}

const rule = ["--encrypted-regex", "^(password|pin)$"];

/** Those of the values. */
function ciphertextsOf(text: string): string[] {
  return [...text.matchAll(/ENC\[AES256_GCM,[^\]]*\]/g)].map(([found]) => found).slice(0, -1);
}

/** The ciphertext of a key in a file of any of the formats, and with it what is in front of it. */
function replaceCiphertext(text: string, key: string, value: string): string {
  const found = new RegExp(`(${key}"?\\s*[:=]\\s*)"?ENC\\[[^\\]]*\\]"?`);
  expect(text).toMatch(found);
  return text.replace(found, `$1${value}`);
}

describe.skipIf(sops === undefined).concurrent(`isosops repair${skippedWithoutSops}`, () => {
  test.each(Object.keys(files))("encrypts what was edited to plain text: %s", async (name) => {
    const repository = await makeRepository(name, files[name], rule);
    const sealed = repository.read(name);
    const value = name === "a.json" || name === "a.yaml" ? '"changed by hand"' : "changed by hand";
    const edited = replaceCiphertext(sealed, "password", value);
    repository.write(name, edited);
    expect((await repository.sops(name)).exit).not.toBe(0);
    // What fails says how it is repaired.
    const failed = await repository.call("decrypt", name);
    expect(failed.exit).toBe(25);
    expect(failed.stderr).toContain(`\`isosops repair ${name}\``);
    const verified = await repository.call("verify", name);
    expect(verified.stdout.replace(/\s+/g, " ")).toContain(`\`isosops repair ${name}\``);

    const refused = await repository.call("repair", name);
    expect(refused.exit).toBe(51);
    expect(refused.stderr).toMatch(/in plain text: (?:top\.)?password \(line \d+\)\n/);
    expect(refused.stderr).toMatch(/\n {4}changed: (?:top\.)?password\n/);
    expect(refused.stderr).not.toContain("changed by hand");
    expect(repository.read(name)).toBe(edited);

    const dry = await repository.call("repair", "--dry-run", name);
    expect(dry.exit).toBe(0);
    expect(repository.read(name)).toBe(edited);

    const repaired = await repository.call("repair", "--accept-changes", name);
    expect(repaired.exit).toBe(0);
    expect(repaired.stdout).toMatch(/^a\.\w+: encrypted: (?:top\.)?password; sealed with what was accepted\.\n$/);
    const { exit, stdout } = await repository.sops(name);
    expect(exit).toBe(0);
    expect(stdout).toContain("changed by hand");
    expect(repository.read(name)).not.toContain("changed by hand");
    // The other ciphertext stays.
    expect(ciphertextsOf(repository.read(name))).toContain(ciphertextsOf(sealed)[1]);
    expect((await repository.call("repair", name)).stdout).toBe(`${name}: nothing to repair.\n`);
  });

  test.each(Object.keys(files))("seals an edited plain value again once it is accepted: %s", async (name) => {
    const repository = await makeRepository(name, files[name], rule);
    const sealed = repository.read(name);
    const edited = sealed.replace(/shop\b(?!.*ENC)/, "market");
    // Of YAML, the comment has the word first.
    const really = name === "a.yaml" ? sealed.replace("user: shop", "user: market") : edited;
    repository.write(name, really);
    expect((await repository.sops(name)).exit).toBe(51);
    const failed = await repository.call("decrypt", name);
    expect(failed.exit).toBe(51);
    expect(failed.stderr).toContain(`\`isosops repair ${name}\``);
    const refused = await repository.call("repair", name);
    expect(refused.exit).toBe(51);
    const commit = repository.git("rev-parse", "--short", "HEAD").trim();
    expect(refused.stderr).toContain(`Since the commit ${commit} of `);
    expect(refused.stderr).toMatch(/\n {4}changed: (?:top\.)?user\n/);
    expect(refused.stderr.match(/ {4}(?:added|changed|removed):/g)).toHaveLength(1);
    expect(repository.read(name)).toBe(really);
    // What it says to look at shows the change.
    const command = /With what it holds: (git .*)\n/.exec(refused.stderr)![1]!;
    expect(repository.git(...command.split(" ").slice(1))).toMatch(/^\+.*market/m);

    expect((await repository.call("repair", "--accept-changes", name)).exit).toBe(0);
    const { exit, stdout } = await repository.sops(name);
    expect(exit).toBe(0);
    expect(stdout).toContain("market");
    expect(ciphertextsOf(repository.read(name))).toEqual(ciphertextsOf(sealed));
    // Nothing else has changed but when it was sealed, and the MAC.
    const lines = (text: string) => text.split("\n").filter((line) => !/lastmodified|mac\b|_mac/.test(line));
    expect(lines(repository.read(name))).toEqual(lines(really));
  });

  test.skipIf(!hasTerminals).each([
    ["yes", true],
    ["Y", true],
    ["no", false],
    ["", false],
    ["yes please", false],
  ])("asks on the terminal, where there is one, and takes the answer: %j", async (line, meant) => {
    const repository = await makeRepository("a.yaml", files["a.yaml"], rule);
    const sealed = repository.read("a.yaml");
    const edited = sealed.replace("user: shop", "user: market").replace("nested:\n", "nested:\n    password: added\n");
    repository.write("a.yaml", edited);
    const { exit, stdout } = await repository.answer(line, "repair", "a.yaml");
    // What a person answers to is shown before.
    const [shown, after] = stdout.split("[y/N]");
    expect(shown).toContain("in plain text: nested.password (line 5)");
    expect(shown).toContain("changed: user");
    expect(shown).toContain("a.yaml: Is all of this meant, and the file to be sealed with it?");
    expect(exit).toBe(meant ? 0 : 51);
    if (meant) {
      expect(after).toContain("a.yaml: encrypted: nested.password; sealed with what was accepted.");
      expect((await repository.sops("a.yaml")).stdout).toMatch(/user: market(?:.|\n)*password: added/);
    } else {
      expect(after).toContain("the changes were not accepted, so nothing was repaired");
      expect(repository.read("a.yaml")).toBe(edited);
    }
  });

  test.skipIf(!hasTerminals)("asks nothing on a terminal where the answer is known", async () => {
    const repository = await makeRepository("a.yaml", files["a.yaml"], rule);
    const edited = repository.read("a.yaml").replace("user: shop", "user: market");
    repository.write("a.yaml", edited);
    const dry = await repository.answer("yes", "repair", "--dry-run", "a.yaml");
    expect(dry).toMatchObject({ exit: 0, stdout: expect.not.stringContaining("[y/N]") });
    expect(repository.read("a.yaml")).toBe(edited);
    const accepted = await repository.answer("no", "repair", "--accept-changes", "a.yaml");
    expect(accepted).toMatchObject({ exit: 0, stdout: expect.not.stringContaining("[y/N]") });
    expect((await repository.sops("a.yaml")).stdout).toContain("user: market");
  });

  test("asks nobody where the MAC vouches for what is in plain text", async () => {
    const repository = await makeRepository("a.yaml");
    repository.write("a.yaml", replaceCiphertext(repository.read("a.yaml"), "password", "plain-secret-1"));
    expect((await repository.sops("a.yaml")).exit).not.toBe(0);
    const { exit, stdout, stderr } = await repository.call("repair", "a.yaml");
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    expect(stdout).toBe("a.yaml: encrypted: password.\n");
    expect(repository.read("a.yaml")).not.toContain("plain-secret-1");
    expect((await repository.sops("a.yaml")).stdout).toContain("plain-secret-1");
  });

  test.each([
    // The value that was `user` would be sealed as a password, and the last of two wins.
    [
      "a.json",
      (text: string) => text.replace(/^(.*"user": "shop",)\n(.*"password": .*)\n/m, "$2\n$1\n"),
      "user",
      "password",
    ],
    ["a.yaml", (text: string) => text, "user", "pin"],
    ["a.env", (text: string) => text, "user", "pin_of_user"],
    ["a.ini", (text: string) => text, "user", "pin_of_user"],
  ])("asks where the MAC fits, and a plain value has got the name of a secret: %s", async (name, order, from, to) => {
    const repository = await makeRepository(name, order(files[name]!), [
      "--encrypted-regex",
      "^(password|pin|pin_of_user)$",
    ]);
    const sealed = repository.read(name);
    const edited = sealed.replace(new RegExp(`^(\\W*)${from}(\\W+shop)`, "m"), `$1${to}$2`);
    expect(edited).not.toBe(sealed);
    repository.write(name, edited);
    const refused = await repository.call("repair", name);
    expect(refused.exit).toBe(51);
    expect(refused.stderr).toContain("the MAC fits the values, and does not cover the names");
    expect(refused.stderr).toMatch(new RegExp(`\n {4}added: (?:top\\.)?${to}\n`));
    expect(refused.stderr).toMatch(new RegExp(`\n {4}removed: (?:top\\.)?${from}\n`));
    expect(repository.read(name)).toBe(edited);
    expect((await repository.call("repair", "--accept-changes", name)).stderr).toContain(`removed: `);
    expect((await repository.sops(name)).exit).toBe(0);
  });

  test("asks where no earlier version tells of the names", async () => {
    const repository = await makeRepository("a.yaml");
    const edited = replaceCiphertext(repository.read("a.yaml"), "password", "plain-secret-1");
    repository.write("a.yaml", edited);
    repository.git("rm", "--quiet", "--cached", "a.yaml");
    repository.git("commit", "--quiet", "--amend", "--allow-empty", "--message", "empty");
    const refused = await repository.call("repair", "a.yaml");
    expect(refused).toMatchObject({ exit: 51, stderr: expect.stringContaining("Git has no earlier version") });
    expect(repository.read("a.yaml")).toBe(edited);
    expect(await repository.call("repair", "--accept-changes", "a.yaml")).toMatchObject({ exit: 0 });
    expect((await repository.sops("a.yaml")).stdout).toContain("plain-secret-1");
  });

  test("shows all that has changed beside what was added", async () => {
    const repository = await makeRepository("a.yaml", files["a.yaml"], rule);
    const sealed = repository.read("a.yaml");
    const added = sealed.replace("nested:\n", "nested:\n    password: added\n");
    const cases: [string, string][] = [
      [added.replace("# of the shop", "# of the mall"), "Comments have changed."],
      [added.replace("nested:\n", "nothing: null\nnested:\n"), "added: nothing"],
      [added.replace("nested:\n", "items: []\nnested:\n"), "added: items"],
      [added.replace("nested:\n", 'text: ""\nnested:\n'), "added: text"],
      [added.replace(first.recipient, second.recipient), "Other keys open the file."],
      [added.replace("user:", "owner:"), "removed: user"],
      // Two changes of the order, one of which the MAC does not see.
      [added.replace(/^(user: .*\n)(password: .*\n)/m, "$2$1"), "The other values are in another order."],
      [
        added.replace(/^( +)mac: /m, "$1mac_only_encrypted: true\n$1mac: "),
        "`mac_only_encrypted`, by which values are sealed",
      ],
    ];
    for (const [text, says] of cases) {
      expect(text).not.toBe(added);
      repository.write("a.yaml", text);
      const { exit, stderr } = await repository.call("repair", "a.yaml");
      expect({ exit, stderr }).toEqual({ exit: 51, stderr: expect.stringContaining(says) });
      expect(stderr).toContain("added: nested.password");
    }
  });

  test("tells values that were added from others that have changed", async () => {
    const repository = await makeRepository("a.yaml", files["a.yaml"], rule);
    const sealed = repository.read("a.yaml");
    repository.write("a.yaml", sealed.replace("nested:\n", "nested:\n    password: added\n"));
    const added = await repository.call("repair", "a.yaml");
    expect(added.exit).toBe(51);
    expect(added.stderr).toContain("a.yaml: but for what was added in plain text, the MAC fits.");
    expect(added.stderr).toContain("in plain text: nested.password (line 5)");
    repository.write(
      "a.yaml",
      repository
        .read("a.yaml")
        .replace("hosts: [one, two]", "hosts: [two, one]")
        .replace("hosts:\n        - one\n        - two\n", "hosts:\n        - two\n        - one\n"),
    );
    const both = await repository.call("repair", "a.yaml");
    expect(both.stderr).toContain("the MAC does not fit");
    expect(both.stderr).toMatch(
      /\n {4}added: nested\.password\n {4}changed: nested\.hosts\[0\]\n {4}changed: nested\.hosts\[1\]\n/,
    );
    expect((await repository.call("repair", "--accept-changes", "a.yaml")).exit).toBe(0);
    expect((await repository.sops("a.yaml")).stdout).toContain("password: added");
  });

  test("never repairs what does not decrypt, and says what restores it", async () => {
    const repository = await makeRepository("a.yaml");
    const sealed = repository.read("a.yaml");
    const [user, password] = ciphertextsOf(sealed).filter((one) => one.includes("type:str"));
    const damages: Record<string, string> = {
      "one ciphertext in the place of another": sealed.replace(password!, user!),
      "a ciphertext that was cut": sealed.replace(password!, password!.slice(0, -20)),
      "a ciphertext with another byte": sealed.replace(
        password!,
        password!.replace(/data:(.)/, (_, sign) => `data:${sign === "A" ? "B" : "A"}`),
      ),
      "a key with another name": sealed.replace("password:", "passwort:"),
      "a rule that leaves it plain": sealed.replace("unencrypted_suffix: _unencrypted", "encrypted_regex: ^pin$"),
    };
    for (const [damage, text] of Object.entries(damages)) {
      expect(text, damage).not.toBe(sealed);
      repository.write("a.yaml", text);
      const { exit, stderr } = await repository.call("repair", "--accept-changes", "a.yaml");
      expect(exit, damage).toBe(25);
      const command = /`(git checkout [0-9a-f]+ -- a\.yaml)`/.exec(stderr)?.[1];
      expect(command, stderr).toBeDefined();
      expect(repository.read("a.yaml"), damage).toBe(text);
      repository.git(...command!.split(" ").slice(1));
      expect((await repository.sops("a.yaml")).exit, damage).toBe(0);
    }
  });

  test.skipIf(process.platform === "win32").each([
    ["from outside of the repository", "elsewhere", "../it's one/a.yaml"],
    ["from a folder of the repository", "it's one/below", "../a.yaml"],
    ["from another repository", "other", "../it's one/a.yaml"],
    ["through a symbolic link", "elsewhere", "a link.yaml"],
    ["by its absolute path", "elsewhere", ""],
  ])("prints what restores a file %s", async (_, from, name) => {
    const repository = await makeRepository("a.yaml", files["a.yaml"], rule);
    const folder = makeFolder();
    symlinkSync(repository.cwd, join(folder, "it's one"));
    const cwd = join(folder, from);
    mkdirSync(cwd, { recursive: true });
    if (from === "other") execFileSync("git", ["init", "--quiet"], { cwd, stdio: "pipe" });
    if (name === "a link.yaml") symlinkSync(join(repository.cwd, "a.yaml"), join(cwd, name));
    const sealed = repository.read("a.yaml");
    repository.write("a.yaml", sealed.replace(/data:..../, "data:"));
    const options = { cwd, env: { SOPS_AGE_KEY: first.identity }, noTerminal: true };
    const { exit, stderr } = await isosops(["repair", name || join(repository.cwd, "a.yaml")], options);
    expect(exit).toBe(25);
    const [, command] = /`(git [^`]*checkout [0-9a-f]+ -- [^`]*)`/.exec(stderr) ?? [];
    expect(command, stderr).toBeDefined();
    expect(await run("sh", ["-c", command!], { cwd }), command).toMatchObject({ exit: 0 });
    expect(repository.read("a.yaml")).toBe(sealed);
  });

  test("says so where the rule, the readers or the MAC itself have changed", async () => {
    const repository = await makeRepository("a.yaml", files["a.yaml"], rule);
    const sealed = repository.read("a.yaml");
    repository.write(
      "a.yaml",
      sealed.replace("^(password|pin)$", "^(password|pin|user)$").replace(/^( +)mac: .*\n/m, ""),
    );
    const { exit, stderr } = await repository.call("repair", "a.yaml");
    expect(exit).toBe(51);
    expect(stderr).toContain("the MAC is missing");
    expect(stderr).toContain("The rule by which values are encrypted is another one.");
    repository.write("a.yaml", sealed.replace(first.recipient, second.recipient).replace("user: shop", "user: mall"));
    expect((await repository.call("repair", "a.yaml")).stderr).toContain("Other keys open the file.");
  });

  test("knows nothing of what has changed outside of Git, and repairs all the same", async () => {
    const cwd = makeFolder({ "b.yaml": files["a.yaml"]! });
    const options = { cwd, env: { SOPS_AGE_KEY: first.identity, GIT_CEILING_DIRECTORIES: cwd }, noTerminal: true };
    await run(sops!, ["encrypt", "-a", first.recipient, ...rule, "-i", "b.yaml"], options);
    const path = join(cwd, "b.yaml");
    writeFileSync(path, readFileSync(path, "utf8").replace("user: shop", "user: mall"));
    const refused = await isosops(["repair", "b.yaml"], options);
    expect(refused.exit).toBe(51);
    expect(refused.stderr).toContain("Git has no earlier version whose MAC is right");
    expect((await isosops(["repair", "--accept-changes", "b.yaml"], options)).exit).toBe(0);
    expect((await opens("b.yaml", options)).exit).toBe(0);
  });

  test("compares with the last version whose MAC is right, and not with a broken one after it", async () => {
    const repository = await makeRepository("a.yaml", files["a.yaml"], rule);
    const commit = repository.git("rev-parse", "--short", "HEAD").trim();
    repository.write("a.yaml", repository.read("a.yaml").replace("user: shop", "user: mall"));
    repository.git("commit", "--quiet", "--all", "--message", "broken");
    const { stderr } = await repository.call("repair", "a.yaml");
    expect(stderr).toContain(`Since the commit ${commit} of `);
    expect(stderr).toContain("changed: user");
  });

  test("opens what is for the organisation with the keyring, and several files at once", async () => {
    const folder = makeFolder();
    const env = { ISOSOPS_HOME: join(folder, "home"), SOPS_AGE_KEY: second.identity };
    const options = { cwd: folder, env, noTerminal: true };
    await isosops(["org", "init", "--recipient", second.recipient], options);
    const { age_public_key: recipient } = JSON.parse((await isosops(["org", "show", "--json"], options)).stdout) as {
      age_public_key: string;
    };
    for (const name of ["a.yaml", "a.json"]) {
      writeFileSync(join(folder, name), files[name]!);
      await isosops(["encrypt", "--age", recipient, ...rule, "-i", name], options);
      const path = join(folder, name);
      writeFileSync(
        path,
        readFileSync(path, "utf8")
          .replace(/"?shop"?/, '"mall"')
          .replace('# of the "mall"', "# of the shop"),
      );
    }
    writeFileSync(
      join(folder, "a.yaml"),
      readFileSync(join(folder, "a.yaml"), "utf8").replace("user: shop", "user: mall"),
    );
    const { exit, stdout } = await isosops(["repair", "--accept-changes", "a.yaml", "none.yaml", "a.json"], options);
    expect(exit).toBe(100);
    expect(stdout).toMatch(/^a\.yaml: sealed .*\na\.json: sealed .*\n$/);
    const keys = { ...env, SOPS_AGE_KEY: (await isosops(["org", "export"], options)).stdout };
    for (const name of ["a.yaml", "a.json"]) {
      expect((await opens(name, { cwd: folder, env: keys })).stdout).toContain("mall");
    }
  });
});
