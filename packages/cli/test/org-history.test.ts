/** What repositories tell of the organisation's keys, and what becomes of keyrings that are old, forked or of others: in clones of Git. */
import { execFileSync } from "node:child_process";
import { createHmac, hkdfSync } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { split } from "shlex";
import { expect, test } from "vitest";
import { parse } from "yaml";
import {
  first,
  isosops,
  bin as isosopsPath,
  makeFolder,
  noSops,
  type Outcome,
  run,
  second,
  sops,
  stranger,
} from "./support.js";

/** Somebody with a clone of the team's repository, an age key of their own and a keyring, or none. */
interface Person {
  clone: string;
  home: string;
  org(...args: string[]): Promise<Outcome>;
  call(...args: string[]): Promise<Outcome>;
  git(...args: string[]): string;
  commit(): void;
}

function gitIn(cwd: string, args: string[]): string {
  const names = ["-c", "user.name=test", "-c", "user.email=test@example.org"];
  return execFileSync("git", [...names, ...args], { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

const published = ".isosops/organisation.yaml";

function makeTeam() {
  const folder = makeFolder();
  const origin = join(folder, "origin.git");
  gitIn(folder, ["init", "--bare", "--initial-branch=main", origin]);
  const person = (name: string, key: { identity: string }): Person => {
    const clone = join(folder, name);
    const home = join(folder, `${name}-home`);
    gitIn(folder, ["clone", origin, clone]);
    const env = { ISOSOPS_HOME: home, SOPS_AGE_KEY: key.identity, HOME: folder };
    const git = (...args: string[]) => gitIn(clone, args);
    return {
      clone,
      home,
      org: (...args) => isosops(["org", ...args], { cwd: clone, env }),
      call: (...args) => isosops(args, { cwd: clone, env }),
      git,
      commit() {
        git("add", "--all");
        git("commit", "--allow-empty", "-m", "change");
        git("push", "origin", "HEAD:main");
      },
    };
  };
  return { folder, person };
}

const cluster = (names: readonly string[]) => `kind: ImportCluster
metadata: {name: one}
spec:
  stacks:
    - name: web
      manifests:
${names.map((name) => `        - name: ${name}\n          from_file: ${name}.yaml\n`).join("")}`;
const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: shop}\nstringData:\n  password: hunter2\n";

/** Ann, who has made the organisation, with a repository of one encrypted manifest, and Bob with a clone. */
async function startTeam() {
  const { folder, person } = makeTeam();
  const ann = person("ann", first);
  expect(await ann.org("init", "--recipient", first.recipient)).toMatchObject({ exit: 0 });
  writeFileSync(join(ann.clone, "cluster.yaml"), cluster(["shop", "more"]));
  for (const name of ["shop", "more"]) writeFileSync(join(ann.clone, `${name}.yaml`), secret);
  await encrypted(ann, "shop");
  ann.commit();
  const bob = person("bob", second);
  return { folder, person, ann, bob };
}

async function encrypted(person: Person, name: string): Promise<void> {
  const outcome = await person.call("cluster", "encrypt", "manifest", name, "--key", "password");
  expect(outcome).toMatchObject({ exit: 0 });
}

// biome-ignore lint/suspicious/noExplicitAny: the file as any reader of YAML has it.
const publishedIn = ({ clone }: Person): any => parse(readFileSync(join(clone, published), "utf8"));

async function privateKeys(person: Person): Promise<string[]> {
  return (await person.org("export")).stdout.match(/^AGE-SECRET-KEY-1\S+$/gm) ?? [];
}

async function opensWithSops({ clone }: Person, name: string, keys: readonly string[]): Promise<boolean> {
  const env = { SOPS_AGE_KEY: keys.join("\n") };
  const { exit, stdout } = await run(sops!, ["--disable-version-check", "decrypt", name], { cwd: clone, env });
  return exit === 0 && stdout.includes("hunter2");
}

/** A whole rotation, committed before the old key is destroyed. */
async function rotateWhole({ org, git }: Person, ...flags: string[]): Promise<void> {
  expect(await org("rotate")).toMatchObject({ exit: 0 });
  expect(await org("reencrypt", ".")).toMatchObject({ exit: 0 });
  git("add", "--all");
  git("commit", "-m", "change");
  if (flags.length === 0) git("push", "origin", "HEAD:main");
  expect(await org("confirm", ...flags, ".")).toMatchObject({ exit: 0 });
}

/** Hand a keyring over. */
async function handOver(from: Person, to: Person, key: { recipient: string }, ...flags: string[]): Promise<Outcome> {
  const { exit, stdout } = await from.org("export", "--for", key.recipient);
  expect(exit).toBe(0);
  expect(stdout).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----/);
  const file = join(to.clone, "..", "keyring.age");
  writeFileSync(file, stdout);
  return to.org("join", ...flags, file);
}

test("the keys of a repository, from the first to a rotated one", async () => {
  const { ann } = await startTeam();
  const start = publishedIn(ann);
  expect(start).toMatchObject({ version: 1, generation: 1, keys: [{ state: "current" }] });
  const old = start.keys[0].recipient;
  expect(await ann.org("rotate")).toMatchObject({ exit: 0, stderr: expect.stringContaining(published) });
  const [rotatingKey, newKey] = await privateKeys(ann);
  expect(publishedIn(ann).keys.map(({ state }: { state: string }) => state)).toEqual(["previous", "current"]);
  expect(await ann.org("reencrypt", ".")).toMatchObject({ exit: 0 });
  ann.commit();
  expect(await ann.org("confirm", ".")).toMatchObject({ exit: 0 });
  const end = publishedIn(ann);
  expect(end).toMatchObject({ organisation: start.organisation, generation: 3 });
  expect(end.keys).toEqual([
    expect.objectContaining({ recipient: old, state: "destroyed", destroyed: end.history[2].time }),
    expect.objectContaining({ state: "current", created: end.history[1].time }),
  ]);
  expect(readFileSync(join(ann.clone, published), "utf8")).not.toContain("AGE-SECRET-KEY");

  // RFC 5869 and 2104, by another implementation: rotate is signed by the old key, confirm by the new one.
  const macOf = (index: number, identity: string): string => {
    const { action, recipient, time } = end.history[index];
    const key = hkdfSync("sha256", identity, "", "isosops/organisation-history/v1", 32);
    const before = index === 0 ? "" : end.history[index - 1].mac;
    const text = JSON.stringify([end.organisation, before, action, recipient, time]);
    return createHmac("sha256", Buffer.from(key)).update(text).digest("hex");
  };
  const keys = [...new Set([rotatingKey!, newKey!])];
  const macs = [0, 1, 2].map((index) => keys.map((key) => macOf(index, key) === end.history[index].mac));
  expect(macs).toEqual([
    [false, true],
    [false, true],
    [true, false],
  ]);
  expect(await ann.call("verify", ".")).toMatchObject({ exit: 0 });
});

test("encrypting and checking without a keyring", async ({ skip }) => {
  const { ann, bob } = await startTeam();
  expect(await bob.org("init")).toMatchObject({ exit: 11, stderr: expect.stringContaining("isosops org join FILE") });
  expect(JSON.parse((await bob.org("show", "--json")).stdout)).toMatchObject({
    age_public_key: publishedIn(ann).keys[0].recipient,
    keyring: false,
  });
  expect((await bob.org("show")).stdout).toContain("none here");
  await encrypted(bob, "more");
  if (sops !== undefined) expect(await opensWithSops(bob, "more.yaml", await privateKeys(ann))).toBe(true);
  expect(existsSync(bob.home) && existsSync(join(bob.home, "keyring.json"))).toBe(false);
  expect(await bob.call("cluster", "lint")).toMatchObject({ exit: 0, stderr: "" });
  // What is encrypted already takes the private key, and says where to get it.
  const again = await bob.call("cluster", "encrypt", "manifest", "more", "--set", "stringData.password=other");
  expect(again).toMatchObject({ exit: 13, stderr: expect.stringContaining("isosops org export --for") });
  // A file of somebody else's is found without a keyring, by both.
  expect(
    await bob.call(
      "encrypt",
      "--age",
      stranger.recipient,
      "--in-place",
      "--encrypted-regex",
      "^password$",
      "more.yaml",
    ),
  ).toMatchObject({ exit: 203 });
  writeFileSync(join(bob.clone, "more.yaml"), secret);
  await bob.call("encrypt", "--age", stranger.recipient, "--in-place", "--encrypted-regex", "^password$", "more.yaml");
  const lint = await bob.call("cluster", "lint");
  expect(lint).toMatchObject({ exit: 10, stdout: expect.stringContaining("wrong-recipient") });
  expect((await bob.call("verify", ".")).stdout).toContain("missing-recipient");
  skip(sops === undefined, noSops);
});

test("without organisation.yaml, lint holds files against .sops.yaml", async () => {
  const cwd = makeFolder({ "cluster.yaml": cluster(["shop"]), "shop.yaml": secret });
  const options = { cwd, env: { ISOSOPS_HOME: join(cwd, "none") } };
  const encrypt = ["encrypt", "--age", stranger.recipient, "--encrypted-regex", "^password$", "-i", "shop.yaml"];
  expect(await isosops(encrypt, options)).toMatchObject({ exit: 0 });
  expect((await isosops(["cluster", "lint"], options)).stderr).toContain("not looked at");
  writeFileSync(join(cwd, ".sops.yaml"), `creation_rules:\n  - age: ${stranger.recipient},${first.recipient}\n`);
  const found = await isosops(["cluster", "lint"], options);
  expect(found.stdout).toContain("wrong-recipient");
  expect(found.stdout).toContain(`--add-age ${first.recipient}`);
  expect(found.stdout).not.toContain(`--add-age ${stranger.recipient}`);
});

test("a colleague joins, goes on with an old keyring, and takes over the newest", async () => {
  const { folder, ann, bob } = await startTeam();
  expect(await handOver(ann, bob, second, "--recipient", second.recipient)).toMatchObject({ exit: 0 });
  expect(await privateKeys(bob)).toEqual(await privateKeys(ann));
  // For nobody else.
  const forBob = (await ann.org("export", "--for", second.recipient)).stdout;
  writeFileSync(join(folder, "for-bob.age"), forBob);
  expect(await ann.org("join", join(folder, "for-bob.age"))).toMatchObject({ exit: 13 });

  await rotateWhole(ann);
  ann.commit();
  bob.git("pull");
  const before = readFileSync(join(bob.home, "keyring.json"), "utf8");
  for (const command of [["rotate"], ["confirm", "."], ["cancel", "."], ["reencrypt", "."], ["publish"]]) {
    const refused = await bob.org(...command);
    expect(refused).toMatchObject({ exit: 12, stderr: expect.stringContaining("may be an old copy") });
  }
  const encrypt = await bob.call("cluster", "encrypt", "manifest", "more", "--key", "password");
  expect(encrypt).toMatchObject({ exit: 12, stderr: expect.stringContaining("may be an old copy") });
  const status = await bob.org("status", ".");
  expect(status).toMatchObject({ exit: 10, stderr: expect.stringContaining("may be an old copy") });
  expect(status.stderr).not.toContain("Nothing here needs");
  expect((await bob.org("show")).stderr).toContain("may be an old copy");
  // Lint goes by the key of now, and nobody is told to add one that is destroyed.
  const lint = await bob.call("cluster", "lint");
  expect(lint).toMatchObject({ exit: 0, stderr: expect.stringContaining("may be an old copy") });
  expect(readFileSync(join(bob.home, "keyring.json"), "utf8")).toBe(before);

  // The file of before is refused, the remedy that is named does it.
  expect(await bob.org("join", join(folder, "for-bob.age"))).toMatchObject({ exit: 12 });
  expect(await handOver(ann, bob, second, "--replace")).toMatchObject({ exit: 0 });
  await encrypted(bob, "more");
  expect(await privateKeys(bob)).toEqual(await privateKeys(ann));
});

test("an old keyring stays while files here can be opened by it alone", async () => {
  const { folder, ann, bob } = await startTeam();
  expect(await handOver(ann, bob, second, "--recipient", second.recipient)).toMatchObject({ exit: 0 });
  for (const branch of ["feature", "main"]) {
    if (branch !== "main") bob.git("switch", "-c", branch);
    else bob.git("switch", branch);
    writeFileSync(join(bob.clone, `${branch}.yaml`), secret);
    await bob.call("encrypt", "--organisation", "-i", `${branch}.yaml`);
    bob.git("add", "--all");
    bob.git("commit", "-m", "change");
  }
  const [held] = await privateKeys(bob);
  writeFileSync(join(bob.clone, "key.yaml"), `key: ${held}\n`);
  await bob.call("encrypt", "--organisation", "-i", "key.yaml");
  await rotateWhole(ann);
  ann.commit();
  bob.git("add", "--all");
  bob.git("commit", "-m", "change");
  bob.git("pull", "--no-rebase", "--no-edit");
  const before = readFileSync(join(bob.home, "keyring.json"), "utf8");

  // As the refusal says, one place at a time.
  const places: string[] = [];
  let outcome = await handOver(ann, bob, second, "--replace");
  while (outcome.exit === 15 && places.length < 5) {
    expect(readFileSync(join(bob.home, "keyring.json"), "utf8")).toBe(before);
    const [, place, command] = /^ {2}What is (on the .*?): `(.*?)`/m.exec(outcome.stderr)!;
    places.push(place!);
    for (const words of command!.split(" && ").map((one) => split(one))) {
      if (words[0] === "git") bob.git(...words.slice(1));
      else expect(await bob.call(...words.slice(1)), words.join(" ")).toMatchObject({ exit: 0 });
    }
    outcome = await handOver(ann, bob, second, "--replace");
  }
  expect(outcome).toMatchObject({ exit: 0 });
  expect(places).toEqual(["on the branch main", "on the branch feature"]);
  const keys = await privateKeys(ann);
  expect(await privateKeys(bob)).toEqual(keys);
  for (const file of ["main.yaml", "shop.yaml"]) expect(await opensWithSops(bob, file, keys)).toBe(true);
  const env = { SOPS_AGE_KEY: keys[0]! };
  const opened = await run(sops!, ["--disable-version-check", "decrypt", "key.yaml"], { cwd: bob.clone, env });
  expect(opened.stdout).toBe(`key: ${keys[0]}\n`);
  bob.git("switch", "feature");
  for (const file of ["feature.yaml", "shop.yaml"]) expect(await opensWithSops(bob, file, keys)).toBe(true);

  // Nobody else's keyring is re-encrypted for, though it says that it goes on where this one ends.
  const mallory = makeTeam().person("mallory", stranger);
  await mallory.org("init", "--recipient", stranger.recipient);
  const crafted = JSON.parse(readFileSync(join(mallory.home, "keyring.json"), "utf8"));
  const { organisation, history } = publishedIn(ann);
  const { recipient } = crafted.current;
  const own = history.at(-2).recipient;
  const forged = [
    ...history,
    { action: "rotate", recipient, time: "2026-01-01T00:00:00.000Z", mac: "0".repeat(64) },
    { action: "confirm", recipient: own, time: "2026-01-01T00:00:00.000Z", mac: "0".repeat(64) },
  ];
  const keyring = { ...crafted, organisationId: organisation, history: forged };
  writeFileSync(join(mallory.home, "keyring.json"), JSON.stringify(keyring));
  rmSync(join(mallory.clone, ".isosops"), { recursive: true, force: true });
  const forBob = await mallory.org("export", "--for", second.recipient);
  expect(forBob).toMatchObject({ exit: 0 });
  writeFileSync(join(folder, "mallory.age"), forBob.stdout);
  const text = readFileSync(join(bob.clone, "shop.yaml"), "utf8");
  const refused = await bob.org("join", "--reencrypt", join(folder, "mallory.age"), ".");
  expect(refused).toMatchObject({
    exit: 12,
    stderr: expect.stringContaining("does not go on where your keyring ends"),
  });
  expect(readFileSync(join(bob.clone, "shop.yaml"), "utf8")).toBe(text);
});

test.skipIf(process.platform === "win32")(
  "what a refusal of a keyring says runs in a shell, whatever the file's name",
  async () => {
    const { folder, ann, bob } = await startTeam();
    const bin = join(folder, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "isosops"), `#!/bin/sh\nexec "${process.execPath}" "${isosopsPath}" "$@"\n`, {
      mode: 0o755,
    });
    const env = {
      ISOSOPS_HOME: bob.home,
      SOPS_AGE_KEY: second.identity,
      PATH: `${bin}:${process.env.PATH}`,
      ...{
        GIT_AUTHOR_NAME: "a",
        GIT_AUTHOR_EMAIL: "a@b.example",
        GIT_COMMITTER_NAME: "a",
        GIT_COMMITTER_EMAIL: "a@b.example",
      },
    };
    const shell = (command: string) => run("sh", ["-c", command], { cwd: bob.clone, env });
    expect(await handOver(ann, bob, second, "--recipient", second.recipient)).toMatchObject({ exit: 0 });
    for (const name of ["-x.age", "it's $(touch ran) & \"for\" bob; a `b` $& $' * \u00fc \\ #.age"]) {
      bob.git("reset", "--hard", "origin/main");
      const [old] = await privateKeys(bob);
      writeFileSync(join(bob.clone, "late.yaml"), secret);
      expect(await bob.call("encrypt", "--organisation", "-i", "late.yaml")).toMatchObject({ exit: 0 });
      await rotateWhole(ann);
      ann.commit();
      bob.git("fetch");
      bob.git("reset", "--hard", "origin/main");
      bob.git("add", "late.yaml");
      bob.git("commit", "-m", "change");
      const { stdout } = await ann.org("export", "--for", second.recipient);
      writeFileSync(join(bob.clone, name), stdout);
      const args = ["--replace", ...(name.startsWith("-") ? ["--"] : []), name];
      const refused = await bob.org("join", ...args);
      expect(refused.exit).toBe(15);
      const [, command] = /^ {2}What is on the branch main: `(.*)`$/m.exec(refused.stderr)!;
      expect(await shell(command!)).toMatchObject({ exit: 0 });
      // As somebody calls it who is in the folder.
      const { stderr } = await bob.org("join", "--reencrypt", "--", name, ".");
      const [, next] = /Commit, then: `(.*)`$/m.exec(stderr)!;
      expect(await shell(next!)).toMatchObject({ exit: 0 });
      const keys = await privateKeys(bob);
      expect(keys).not.toContain(old);
      expect(await opensWithSops(bob, "late.yaml", keys)).toBe(true);
      rmSync(join(bob.clone, name));
      expect(existsSync(join(bob.clone, "ran"))).toBe(false);
    }
  },
);

test("an old keyring makes way where a file that holds its key is encrypted for the key before the newest", async () => {
  const { ann, bob } = await startTeam();
  await ann.org("rotate");
  ann.commit();
  bob.git("pull", "--no-rebase", "--no-edit");
  expect(await handOver(ann, bob, second, "--recipient", second.recipient)).toMatchObject({ exit: 0 });
  const held = await privateKeys(bob);
  expect(held).toHaveLength(2);
  writeFileSync(join(bob.clone, "key.yaml"), `keys: ${JSON.stringify(held.join("\n"))}\n`);
  await bob.call("encrypt", "--organisation", "-i", "key.yaml");
  await ann.org("reencrypt", ".");
  ann.commit();
  expect(await ann.org("confirm", ".")).toMatchObject({ exit: 0 });
  await ann.org("rotate");
  ann.commit();
  bob.git("add", "--all");
  bob.git("commit", "-m", "change");
  bob.git("pull", "--no-rebase", "--no-edit");

  const refused = await handOver(ann, bob, second, "--replace");
  expect(refused.exit).toBe(15);
  expect(refused.stderr).toContain("key.yaml contains its private key");
  const [, command] = /^ {2}What is on .*?: `(.*?)`/m.exec(refused.stderr)!;
  for (const words of command!.split(" && ").map((one) => split(one))) {
    if (words[0] === "git") bob.git(...words.slice(1));
    else expect(await bob.call(...words.slice(1)), words.join(" ")).toMatchObject({ exit: 0 });
  }
  expect(await handOver(ann, bob, second, "--replace")).toMatchObject({ exit: 0 });
  const keys = await privateKeys(ann);
  const [destroyed] = held.filter((key) => !keys.includes(key));
  const env = { SOPS_AGE_KEY: keys.join("\n") };
  const opened = await run(sops!, ["--disable-version-check", "decrypt", "key.yaml"], { cwd: bob.clone, env });
  expect(opened.stdout).not.toContain(destroyed);
  expect(keys.some((key) => opened.stdout.includes(key))).toBe(true);
});

test("an old copy of a keyring is restored", async () => {
  const { folder, ann } = await startTeam();
  cpSync(ann.home, join(folder, "copy"), { recursive: true });
  const [old] = (await ann.org("show")).stdout.match(/age1\S+/)!;
  await rotateWhole(ann);
  cpSync(ann.home, join(folder, "newest"), { recursive: true });
  const file = readFileSync(join(ann.clone, "shop.yaml"), "utf8");

  rmSync(ann.home, { recursive: true });
  cpSync(join(folder, "copy"), ann.home, { recursive: true });
  const status = await ann.org("status", ".");
  expect(status).toMatchObject({ exit: 10, stderr: expect.stringContaining("may be an old copy") });
  for (const { stdout, stderr } of [status, await ann.call("cluster", "lint"), await ann.call("doctor")]) {
    expect(`${stdout}${stderr}`).toContain("may be an old copy");
    expect(`${stdout}${stderr}`).not.toContain(`--add-age ${old}`);
  }
  expect((await ann.org("rotate")).exit).toBe(12);
  expect(readFileSync(join(ann.clone, "shop.yaml"), "utf8")).toBe(file);
  // Nobody else shall take the destroyed key for the current one, as that of the old copy is.
  const told = readFileSync(join(ann.clone, published), "utf8");
  const forced = await ann.org("publish", "--force");
  expect(forced).toMatchObject({ exit: 12, stderr: expect.stringContaining("may be an old copy") });
  expect(readFileSync(join(ann.clone, published), "utf8")).toBe(told);

  rmSync(ann.home, { recursive: true });
  cpSync(join(folder, "newest"), ann.home, { recursive: true });
  expect(await ann.org("status", ".")).toMatchObject({ exit: 0 });

  // A file that was encrypted for the old key meanwhile, somewhere else: found without a keyring.
  writeFileSync(join(ann.clone, "late.yaml"), secret);
  const late = await run(sops!, ["--disable-version-check", "encrypt", "--age", old, "-i", "late.yaml"], {
    cwd: ann.clone,
  });
  expect(late.exit).toBe(0);
  rmSync(ann.home, { recursive: true });
  const verify = await ann.call("verify", ".");
  expect(verify).toMatchObject({ exit: 10, stdout: expect.stringContaining("extra-recipient") });
  writeFileSync(join(ann.clone, "later.yaml"), secret);
  const refused = await ann.call("encrypt", "--age", old, "-i", "later.yaml");
  expect(refused).toMatchObject({ exit: 1, stderr: expect.stringContaining("was destroyed") });
});

test("nobody is told to encrypt for a destroyed key, whatever the repository's file has become", async () => {
  const { folder, ann } = await startTeam();
  cpSync(ann.home, join(folder, "copy"), { recursive: true });
  const [old] = (await ann.org("show")).stdout.match(/age1\S+/)!;
  const path = join(ann.clone, published);
  // Without the breaks of its lines.
  const said = async (...args: string[]) => {
    const { stdout, stderr } = await ann.call(...args);
    return `${stdout}${stderr}`.replaceAll(/\s+/g, " ");
  };
  const early = readFileSync(path, "utf8");
  const foreign = ["encrypt", "--age", stranger.recipient, "--encrypted-regex", "^password$", "-i", "more.yaml"];
  expect(await ann.call(...foreign)).toMatchObject({ exit: 0 });
  // Before the rotation, that is the remedy.
  expect(await said("cluster", "lint")).toContain(`--add-age ${old}`);
  await rotateWhole(ann);
  const late = readFileSync(path, "utf8");
  // The keyring knows better than a file of before the rotation.
  writeFileSync(path, early);
  expect(await said("verify", ".")).not.toContain(`--add-age ${old}`);
  expect(await said("verify", ".")).toContain("--add-age age1");

  rmSync(ann.home, { recursive: true });
  cpSync(join(folder, "copy"), ann.home, { recursive: true });
  for (const text of [
    late,
    `<<<<<<< HEAD\n${late}=======\n${early}>>>>>>> feature\n`,
    `<<<<<<< HEAD\n${early}=======\n${late}>>>>>>> feature\n`,
    late.replaceAll("\n", "\r\n").replace("version: 1", "version: none"),
  ]) {
    writeFileSync(path, text);
    for (const command of [
      ["cluster", "lint"],
      ["doctor", "."],
      ["verify", "."],
      ["cluster", "encrypt", "manifest", "more", "--key", "password"],
    ]) {
      expect(await said(...command), command.join(" ")).not.toContain(`--add-age ${old}`);
    }
  }
});

test("two rotate from copies of a keyring", async () => {
  const { ann, bob } = await startTeam();
  expect(await handOver(ann, bob, second, "--recipient", second.recipient)).toMatchObject({ exit: 0 });
  await rotateWhole(ann);
  // Without having looked at what Ann has done.
  await rotateWhole(bob, "--except-ref", "*");
  await encrypted(bob, "more");
  ann.commit();
  bob.git("add", "--all");
  bob.git("commit", "-m", "change");
  bob.git("fetch");
  expect(() => bob.git("merge", "origin/main")).toThrow();
  expect((await bob.org("status", ".")).stderr).toContain("conflict markers");
  for (const file of ["shop.yaml", "cluster.yaml", published]) bob.git("checkout", "origin/main", "--", file);
  const refused = await bob.call("cluster", "encrypt", "manifest", "more", "--key", "password");
  expect(refused).toMatchObject({ exit: 12, stderr: expect.stringContaining("changed twice") });
  expect((await bob.org("publish")).exit).toBe(12);

  // What the message says to do.
  const command = /`(SOPS_AGE_KEY_CMD=\S+ \S+ \S+ sops rotate -i [^`]*) FILE`/.exec(refused.stderr)![1]!;
  const [, add, remove] = /--add-age (\S+) --rm-age (\S+)/.exec(command)!;
  const keys = await privateKeys(bob);
  const env = { SOPS_AGE_KEY: keys.join("\n") };
  const flags = ["--disable-version-check", "rotate", "-i", "--add-age", add!, "--rm-age", remove!, "more.yaml"];
  expect(await run(sops!, flags, { cwd: bob.clone, env })).toMatchObject({ exit: 0 });
  // What is committed is for the other key still.
  const early = await handOver(ann, bob, second, "--replace");
  expect(early).toMatchObject({
    exit: 15,
    stderr: expect.stringContaining("more.yaml on the branch main is encrypted"),
  });
  bob.git("commit", "--all", "-m", "change");
  expect(await handOver(ann, bob, second)).toMatchObject({ exit: 11 });
  expect(await handOver(ann, bob, second, "--replace")).toMatchObject({ exit: 0 });
  for (const file of ["shop.yaml", "more.yaml"]) {
    expect(await opensWithSops(bob, file, await privateKeys(ann))).toBe(true);
  }
  expect(await bob.org("status", ".")).toMatchObject({ exit: 0 });
});

test("nobody without the keys changes what a keyring believes", async () => {
  const { ann, bob } = await startTeam();
  const path = join(ann.clone, published);
  const good = readFileSync(path, "utf8");
  const own = publishedIn(ann).keys[0].recipient;
  const forged = good
    .replace("generation: 1", "generation: 2")
    .replace("state: current", "state: previous")
    .replace(
      "history:",
      `  - recipient: ${stranger.recipient}\n    state: current\n    created: "2026-01-01T00:00:00.000Z"\nhistory:`,
    )
    .concat(
      `  - action: rotate\n    recipient: ${stranger.recipient}\n    time: "2026-01-01T00:00:00.000Z"\n    mac: "${"0".repeat(64)}"\n`,
    );
  for (const [text, said] of [
    [forged, "changed by somebody"],
    [good.replaceAll(own, stranger.recipient), "changed"],
    [good.replace(/mac: ".*"/, `mac: "${"1".repeat(64)}"`), "changed by somebody"],
    [good.replace("generation: 1", "generation: 2"), "damaged"],
    [good.replace("state: current", "state: destroyed"), "damaged"],
    [good.slice(0, 300), "damaged"],
  ] as const) {
    writeFileSync(path, text);
    for (const command of [
      ["cluster", "encrypt", "manifest", "more", "--key", "password"],
      ["org", "rotate"],
    ]) {
      const refused = await ann.call(...command);
      expect(refused, said).toMatchObject({ exit: 12, stderr: expect.stringContaining(said) });
    }
    // From a folder that is in no repository, too: who has changed the file.
    const [cwd, env] = [join(ann.clone, ".."), { ISOSOPS_HOME: ann.home, SOPS_AGE_KEY: first.identity }];
    const elsewhere = ["cluster", "encrypt", "stack", "-f", join(basename(ann.clone), "cluster.yaml")];
    const { stderr } = await isosops(elsewhere, { cwd, env });
    const [, showing] = /`(git [^`]* log -p [^`]*)`/.exec(stderr) ?? [];
    if (said === "changed by somebody") expect(showing, stderr).toBeDefined();
    if (showing !== undefined) expect((await run("sh", ["-c", showing], { cwd })).stdout).toContain("generation: 1");
    expect(readFileSync(join(ann.clone, "more.yaml"), "utf8")).toBe(secret);
    expect(await ann.org("publish")).toMatchObject({ exit: 12 });
    expect(await ann.org("publish", "--force")).toMatchObject({ exit: 0 });
    expect(readFileSync(path, "utf8")).toBe(good);
  }

  // A colleague is not made to join somebody else's organisation by a file in the post.
  const mallory = makeTeam().person("mallory", stranger);
  await mallory.org("init", "--recipient", stranger.recipient);
  expect(await handOver(mallory, bob, second)).toMatchObject({ exit: 12 });
  expect(existsSync(join(bob.home, "keyring.json"))).toBe(false);
  // Nor by one of the same organisation with another key.
  const bundle = JSON.parse(readFileSync(join(mallory.home, "keyring.json"), "utf8"));
  const { organisation, history } = publishedIn(ann);
  const crafted = { ...bundle, organisationId: organisation, history };
  writeFileSync(join(mallory.home, "keyring.json"), JSON.stringify(crafted));
  rmSync(join(mallory.clone, ".isosops"), { recursive: true });
  expect(await handOver(mallory, bob, second)).toMatchObject({ exit: 12 });
});

test("a passphrase is changed during a rotation, for both keys or none", async () => {
  const cwd = makeFolder();
  const org = (args: string[], env: Record<string, string>) =>
    isosops(["org", ...args], { cwd, env: { ISOSOPS_HOME: join(cwd, "home"), ...env }, noTerminal: true });
  const old = { ISOSOPS_PASSPHRASE: "correct horse battery" };
  const now = { ISOSOPS_PASSPHRASE: "staple of another kind" };
  expect(await org(["init"], old)).toMatchObject({ exit: 0 });
  expect(await org(["rotate"], old)).toMatchObject({ exit: 0 });
  const keys = (await org(["export"], old)).stdout;
  const both = { ISOSOPS_NEW_PASSPHRASE: now.ISOSOPS_PASSPHRASE };
  expect(await org(["passwd"], { ...now, ...both })).toMatchObject({ exit: 13 });
  expect(await org(["passwd"], { ...old, ISOSOPS_NEW_PASSPHRASE: "short" })).toMatchObject({ exit: 13 });
  expect((await org(["export"], old)).stdout).toBe(keys);
  expect(await org(["passwd"], { ...old, ...both })).toMatchObject({ exit: 0 });
  expect(await org(["export"], old)).toMatchObject({ exit: 13, stdout: "" });
  expect((await org(["export"], now)).stdout).toBe(keys);
  expect((await org(["log"], now)).stdout).toContain("passwd");
  expect(await org(["passwd", "--recipient", first.recipient], now)).toMatchObject({ exit: 0 });
  expect((await org(["export"], { SOPS_AGE_KEY: first.identity })).stdout).toBe(keys);
}, 60_000);

test("a keyring that was forged from the published history replaces none, and a link to a device is not read", async () => {
  const { person, folder } = makeTeam();
  const alice = person("alice", first);
  expect(await alice.org("init", "--recipient", first.recipient)).toMatchObject({ exit: 0 });
  const mallory = person("mallory", second);
  expect(await mallory.org("init", "--recipient", second.recipient)).toMatchObject({ exit: 0 });
  interface Keyring {
    organisationId: string;
    current: { recipient: string };
    history: unknown[];
  }
  const state = (one: Person) => JSON.parse(readFileSync(join(one.home, "keyring.json"), "utf8")) as Keyring;
  // The history is public: with it, anybody can name a key of their own as the next one.
  const [own, forged] = [state(alice), state(mallory)];
  const time = "2026-01-01T00:00:00.000Z";
  const mac = "00".repeat(32);
  const [before, after] = [own.current.recipient, forged.current.recipient];
  const events = [
    { action: "rotate", recipient: after, time, mac },
    { action: "confirm", recipient: before, time, mac },
  ];
  const history = [...own.history, ...events];
  const changed = { ...forged, organisationId: own.organisationId, destroyed: [before], history };
  writeFileSync(join(mallory.home, "keyring.json"), JSON.stringify(changed), { mode: 0o600 });
  const env = (one: Person, key: { identity: string }) => ({ ISOSOPS_HOME: one.home, SOPS_AGE_KEY: key.identity });
  const exported = await isosops(["org", "export", "--for", first.recipient], {
    cwd: folder,
    env: env(mallory, second),
  });
  writeFileSync(join(folder, "keyring.age"), exported.stdout);
  const joined = await isosops(["org", "join", "keyring.age"], { cwd: folder, env: env(alice, first) });
  expect(joined).toMatchObject({ stderr: expect.stringContaining("does not have your keyring's private keys") });
  expect(joined.exit).not.toBe(0);
  expect(state(alice)).toEqual(own);

  if (process.platform === "win32") return;
  rmSync(join(alice.clone, published));
  symlinkSync("/dev/zero", join(alice.clone, published));
  writeFileSync(join(alice.clone, "a.yaml"), "a: b\n");
  const read = await isosops(["encrypt", "--organisation", "a.yaml"], { cwd: alice.clone, env: env(alice, first) });
  expect(read).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining(
      "organisation.yaml: it cannot be read: it is a symbolic link that leads out of the repository",
    ),
  });
});
