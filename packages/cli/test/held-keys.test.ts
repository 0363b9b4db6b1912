/** Files that hold the organisation's private key, as a cluster is given it: through a rotation, as sops and age read them. */
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { first, isosops, makeFolder, type Outcome, second, skippedWithoutSops, sops, stranger } from "./support.js";

interface Team {
  cwd: string;
  env: Record<string, string>;
  org(...args: string[]): Promise<Outcome>;
  path(name: string): string;
  keys(): Promise<string[]>;
  recipient(): Promise<string>;
  encrypt(name: string, text: string, ...readers: string[]): Promise<void>;
}

async function makeTeam(): Promise<Team> {
  const cwd = makeFolder();
  const env = { ISOSOPS_HOME: join(cwd, "..", `${cwd.split("/").at(-1)}-keyring`), SOPS_AGE_KEY: first.identity };
  const team: Team = {
    cwd,
    env,
    org: (...args) => isosops(["org", ...args], { cwd, env }),
    path: (name) => join(cwd, name),
    keys: async () => (await team.org("export")).stdout.match(/^AGE-SECRET-KEY-1\S+$/gm) ?? [],
    recipient: async () => JSON.parse((await team.org("show", "--json")).stdout).age_public_key as string,
    async encrypt(name, text, ...readers) {
      writeFileSync(join(cwd, name), text);
      const args = ["encrypt", "--age", [await team.recipient(), ...readers].join(","), "--in-place", name];
      expect(await isosops(args, { cwd, env })).toMatchObject({ exit: 0 });
    },
  };
  expect(await team.org("init", "--recipient", first.recipient)).toMatchObject({ exit: 0 });
  return team;
}

/** By the real sops, with one key. */
function open({ cwd }: Team, name: string, key: string): string {
  const env = { PATH: process.env.PATH, HOME: cwd, SOPS_AGE_KEY: key };
  return execFileSync(sops!, ["decrypt", name], { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

const keysIn = (text: string) => text.match(/AGE-SECRET-KEY-1[0-9A-Z]+/g) ?? [];

const forms: Record<
  string,
  { name: string; make: (key: string, file: string) => string; read: (text: string) => string }
> = {
  "a Secret": {
    name: "secret.yaml",
    make: (_, file) =>
      `kind: Secret\nstringData:\n  # the key\n  age.agekey: |\n${file.replace(/^(?=.)/gm, "    ")}  other: x\n`,
    read: (text) => parse(text).stringData["age.agekey"],
  },
  "a Secret in Base64, as JSON": {
    name: "secret.json",
    make: (_, file) => JSON.stringify({ kind: "Secret", data: { "age.agekey": Buffer.from(file).toString("base64") } }),
    read: (text) => Buffer.from(JSON.parse(text).data["age.agekey"], "base64").toString(),
  },
  "a Secret behind others, in a file of several documents": {
    name: "several.yaml",
    make: (_, file) =>
      `kind: ConfigMap\ndata:\n  a: b\n---\nkind: Secret\nstringData:\n  other: x\n  age.agekey: |\n${file.replace(/^(?=.)/gm, "    ")}---\nkind: Secret\nstringData: {a: b}\n`,
    read: (text) => parseAllDocuments(text)[1]!.toJS().stringData["age.agekey"],
  },
  "a list of variables": {
    name: "pod.yaml",
    make: (key) => `env:\n  - name: OTHER\n    value: x\n  - name: SOPS_AGE_KEY\n    value: ${key}\n`,
    read: (text) => parse(text).env[1].value,
  },
  "a file of variables": {
    name: "ci.env",
    make: (key) => `OTHER=x\nSOPS_AGE_KEY=${key}\n`,
    read: (text) => /^SOPS_AGE_KEY=(.*)$/m.exec(text)![1]!.replaceAll("\\n", "\n"),
  },
  "keys.txt": { name: "keys.txt", make: (_, file) => file, read: (text) => text },
};

test.skipIf(sops === undefined).each(Object.entries(forms))(
  `%s${skippedWithoutSops}`,
  async (_, { name, make, read }) => {
    const team = await makeTeam();
    const [old] = await team.keys();
    const oldRecipient = await team.recipient();
    await team.encrypt(name, make(old!, (await team.org("export")).stdout));
    const before = open(team, name, old!);
    await team.org("rotate");
    const current = (await team.keys()).find((key) => key !== old)!;

    // Both, so that a cluster opens what is re-encrypted and what is not.
    expect(await team.org("reencrypt", ".")).toMatchObject({ exit: 0, stdout: `${name}\n` });
    expect(() => open(team, name, old!)).toThrow();
    const both = read(open(team, name, current));
    expect(keysIn(both)).toEqual([old, current]);
    // Age itself reads the value.
    writeFileSync(team.path("identities.txt"), both);
    for (const recipient of [oldRecipient, await team.recipient()]) expect(recipientsIn(team)).toContain(recipient);
    rmSync(team.path("identities.txt"));
    expect(await team.org("reencrypt", ".")).toMatchObject({ exit: 0, stdout: "" });

    const refused = await team.org("confirm", ".");
    expect(refused).toMatchObject({
      exit: 15,
      stderr: expect.stringContaining(`${team.path(name)} contains its private key`),
    });
    const [, remedy] = /`isosops (org reencrypt [^`]*)`, once/.exec(refused.stderr)!;
    expect(await isosops([...remedy!.split(" "), "."], team)).toMatchObject({ exit: 0, stdout: `${name}\n` });
    expect(await team.org("confirm", ".")).toMatchObject({ exit: 0 });
    expect(await team.keys()).toEqual([current]);
    const after = open(team, name, current);
    expect(keysIn(read(after))).toEqual([current]);
    // Nothing else has changed.
    const replaced = (text: string) =>
      text
        .replaceAll(old!, current)
        .replaceAll(oldRecipient, "")
        .replaceAll(/age1\w+/g, "");
    if (name !== "secret.json") expect(replaced(after)).toBe(replaced(before));
  },
);

function recipientsIn({ cwd }: Team): string {
  const [path] = (process.env.AGE_BIN ?? "").split(":");
  if (!path) return allRecipients(cwd);
  return execFileSync(path.replace(/age$/, "age-keygen"), ["-y", join(cwd, "identities.txt")], { encoding: "utf8" });
}

function allRecipients(cwd: string): string {
  const args = [
    new URL("../bin/isosops.cjs", import.meta.url).pathname,
    "age",
    "keygen",
    "-y",
    join(cwd, "identities.txt"),
  ];
  return execFileSync(process.execPath, args, { encoding: "utf8" });
}

/** A file as the real sops encrypts it, for the organisation. */
async function encryptBySops(team: Team, name: string, text: string): Promise<void> {
  writeFileSync(team.path(name), text);
  const args = ["encrypt", "--age", await team.recipient(), "--in-place", name];
  execFileSync(sops!, args, { cwd: team.cwd, env: { PATH: process.env.PATH, HOME: team.cwd } });
}

const documents = (...values: string[]) =>
  values.map((value) => `kind: Secret\nstringData:\n  age.agekey: ${value}\n`).join("---\n");

test.skipIf(sops === undefined)(`all documents of a file hold the new key${skippedWithoutSops}`, async () => {
  const team = await makeTeam();
  const [old] = await team.keys();
  await encryptBySops(team, "several.yaml", documents(old!, "none", old!));
  await team.org("rotate");
  const current = (await team.keys()).find((key) => key !== old)!;
  const inDocuments = () =>
    parseAllDocuments(open(team, "several.yaml", current)).map((one) => keysIn(one.toJS().stringData["age.agekey"]));
  expect(await team.org("reencrypt", ".")).toMatchObject({ exit: 0, stdout: "several.yaml\n" });
  expect(inDocuments()).toEqual([[old, current], [], [old, current]]);
  expect(await team.org("confirm", ".")).toMatchObject({ exit: 15 });
  expect(await team.keys()).toHaveLength(2);
  // By hand, so that only the last document has the old one.
  const env = { PATH: process.env.PATH, HOME: team.cwd, SOPS_AGE_KEY: current };
  const set = ["set", "several.yaml", '["stringData"]["age.agekey"]', JSON.stringify(current)];
  execFileSync(sops!, set, { cwd: team.cwd, env });
  expect(inDocuments()[0]).toEqual([current]);
  expect(await team.org("confirm", ".")).toMatchObject({
    exit: 15,
    stderr: expect.stringContaining("several.yaml contains its private key"),
  });
  expect(await team.org("reencrypt", "--drop-old-key", ".")).toMatchObject({ exit: 0 });
  expect(inDocuments()).toEqual([[current], [], [current]]);
  expect(await team.org("confirm", ".")).toMatchObject({ exit: 0 });
});

test.skipIf(sops === undefined)(
  `a file in which one document alone has the new key is not passed over${skippedWithoutSops}`,
  async () => {
    const team = await makeTeam();
    const [old] = await team.keys();
    await team.org("rotate");
    const current = (await team.keys()).find((key) => key !== old)!;
    await encryptBySops(team, "several.yaml", documents(current, old!));
    expect(await team.org("reencrypt", ".")).toMatchObject({ exit: 0, stdout: "several.yaml\n" });
    const [before, after] = parseAllDocuments(open(team, "several.yaml", current)).map(
      (one) => one.toJS().stringData["age.agekey"] as string,
    );
    expect([keysIn(before!), keysIn(after!)]).toEqual([[current], [old, current]]);
  },
);

test.skipIf(sops === undefined)(
  `a file is refused where one of its values cannot be changed${skippedWithoutSops}`,
  async () => {
    const team = await makeTeam();
    const [old] = await team.keys();
    const texts = {
      "later.yaml": documents(old!, `the key ${old} is secret`),
      "same.yaml": `first: ${old}\nsecond: the key ${old} is secret\n`,
      "comment.yaml": `# ${old} is the key\nfirst: ${old}\n`,
    };
    for (const [name, text] of Object.entries(texts)) await encryptBySops(team, name, text);
    const before = Object.keys(texts).map((name) => readFileSync(team.path(name), "utf8"));
    await team.org("rotate");
    const current = (await team.keys()).find((key) => key !== old)!;
    for (const args of [["reencrypt"], ["reencrypt", "--drop-old-key"]]) {
      const refused = await team.org(...args, ".");
      expect(refused.exit).toBe(10);
      for (const name of Object.keys(texts)) expect(refused.stderr).toMatch(new RegExp(`${name}.* by hand`));
      expect(Object.keys(texts).map((name) => readFileSync(team.path(name), "utf8"))).toEqual(before);
    }
    const kept = await team.org("confirm", ".");
    expect(kept.exit).toBe(15);
    for (const name of Object.keys(texts)) expect(kept.stderr).toContain(team.path(name));
    expect(await team.keys()).toHaveLength(2);
    // As the refusal says: the new one in its place, by hand, with sops and what `org export` writes.
    for (const [name, text] of Object.entries(texts)) await encryptBySops(team, name, text.replaceAll(old!, current));
    expect(await team.org("reencrypt", ".")).toMatchObject({ exit: 0 });
    expect(await team.org("confirm", ".")).toMatchObject({ exit: 0 });
  },
);

test.skipIf(sops === undefined)(
  `the current key is never written where the old one stands in plain text${skippedWithoutSops}`,
  async () => {
    const team = await makeTeam();
    const [old] = await team.keys();
    await encryptBySops(team, "mixed.yaml", `password: x\nkey_unencrypted: ${old}\n`);
    const before = readFileSync(team.path("mixed.yaml"), "utf8");
    expect(before).toContain(old);
    await team.org("rotate");
    for (const args of [["reencrypt"], ["reencrypt", "--drop-old-key"]]) {
      expect(await team.org(...args, ".")).toMatchObject({
        exit: 10,
        stderr: expect.stringMatching(/mixed\.yaml.* in plain text/),
      });
      expect(readFileSync(team.path("mixed.yaml"), "utf8")).toBe(before);
    }
    expect(await team.org("confirm", ".")).toMatchObject({ exit: 15 });
    // As the refusal says.
    const { stderr } = await team.org("reencrypt", ".");
    const [, remedy] = /`isosops (encrypt --select KEY [^`]*)`/.exec(stderr)!;
    const args = remedy!.replace("KEY", "key_unencrypted").split(" ");
    const identity = (await team.keys()).join("\n");
    expect(await isosops(args, { ...team, env: { SOPS_AGE_KEY: identity } })).toMatchObject({ exit: 0 });
    expect(await team.org("reencrypt", "--drop-old-key", ".")).toMatchObject({ exit: 0 });
    expect(await team.org("confirm", ".")).toMatchObject({ exit: 0 });
    const [current] = await team.keys();
    expect(keysIn(open(team, "mixed.yaml", current!))).toEqual([current]);
  },
);

/** A team that has destroyed its first key, and is replacing the second. */
async function makeLaterTeam(
  ...readers: string[]
): Promise<{ team: Team; lost: string; recipient: string; late: string }> {
  const team = await makeTeam();
  const [lost] = await team.keys();
  const recipient = await team.recipient();
  writeFileSync(team.path("late.yaml"), "password: x\n");
  const args = ["encrypt", "--age", [recipient, ...readers].join(","), "--in-place", "late.yaml"];
  execFileSync(sops!, args, { cwd: team.cwd, env: { PATH: process.env.PATH, HOME: team.cwd } });
  const late = readFileSync(team.path("late.yaml"), "utf8");
  rmSync(team.path("late.yaml"));
  await team.org("rotate");
  expect(await team.org("confirm", ".")).toMatchObject({ exit: 0 });
  await team.org("rotate");
  return { team, lost: lost!, recipient, late };
}

test.skipIf(sops === undefined)(
  `a file for a destroyed key is re-encrypted where another one brings back the private key${skippedWithoutSops}`,
  async () => {
    const { team, lost, recipient, late } = await makeLaterTeam();
    // As a colleague's branch has them, whose keyring is a copy from before.
    writeFileSync(team.path("late.yaml"), late);
    await encryptBySops(team, "a-key.yaml", `key: ${lost}\n`);
    const [current] = (await team.keys()).filter((key) => key !== lost);
    const refused = await team.org("confirm", ".");
    expect(refused).toMatchObject({
      exit: 15,
      stderr: expect.stringContaining(
        `${team.path("a-key.yaml")} contains the private key of ${recipient}, which was destroyed before, encrypted (\`isosops org reencrypt --drop-old-key\`)`,
      ),
    });
    expect(await team.org("reencrypt", "--drop-old-key", ".")).toMatchObject({
      exit: 0,
      stdout: "late.yaml\na-key.yaml\n",
    });
    expect(open(team, "late.yaml", current!)).toBe("password: x\n");
    expect(readFileSync(team.path("late.yaml"), "utf8")).not.toContain(recipient);
    expect(keysIn(open(team, "a-key.yaml", current!))).toEqual([current]);
    const confirmed = await team.org("confirm", ".");
    expect(confirmed).toMatchObject({ exit: 0, stderr: expect.not.stringContaining("warning") });
  },
);

test.skipIf(sops === undefined)(
  `a private key stays while a file that needs it cannot be re-encrypted${skippedWithoutSops}`,
  async () => {
    const { team, lost, late } = await makeLaterTeam(stranger.recipient);
    writeFileSync(team.path("late.yaml"), late);
    await encryptBySops(team, "a-key.yaml", `key: ${lost}\n`);
    const current = (await team.keys())[0]!;
    // No rule says that the stranger may read the file.
    const refused = await team.org("reencrypt", "--drop-old-key", "--new-data-keys", ".");
    expect(refused).toMatchObject({
      exit: 10,
      stderr: expect.stringContaining("a-key.yaml was not re-encrypted: it contains a private key"),
    });
    expect(keysIn(open(team, "a-key.yaml", current))).toEqual([lost]);
    const args = ["reencrypt", "--drop-old-key", "--new-data-keys", "--allow-recipient", stranger.recipient, "."];
    expect(await team.org(...args)).toMatchObject({ exit: 0 });
    expect(keysIn(open(team, "a-key.yaml", current))).toEqual([current]);
    expect(open(team, "late.yaml", current)).toBe("password: x\n");
  },
);

test.skipIf(sops === undefined)(
  `a file for a destroyed key is named, also on a branch${skippedWithoutSops}`,
  async () => {
    const { team, recipient, late } = await makeLaterTeam();
    const git = (...args: string[]) =>
      execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@team.example", ...args], { cwd: team.cwd });
    git("init", "--quiet", "--initial-branch=main");
    writeFileSync(team.path("late.yaml"), late);
    git("add", ".");
    git("commit", "--quiet", "--message", "Add");
    git("branch", "feature");
    git("tag", "v1");
    rmSync(team.path("late.yaml"));
    git("commit", "--quiet", "--all", "--message", "Remove");
    expect(await team.org("reencrypt", ".")).toMatchObject({ exit: 0, stderr: expect.not.stringContaining("warning") });
    writeFileSync(team.path("late.yaml"), late);
    const here = `warning: late.yaml is encrypted for ${recipient}, which was destroyed`;
    expect(await team.org("reencrypt", ".")).toMatchObject({
      exit: 0,
      stdout: "",
      stderr: expect.stringContaining(here),
    });
    expect(readFileSync(team.path("late.yaml"), "utf8")).toBe(late);
    const { exit, stderr } = await team.org("confirm", ".");
    expect(exit).toBe(0);
    expect(stderr).toContain(here);
    expect(stderr).toContain(`warning: late.yaml on the branch feature is encrypted for ${recipient}`);
    // What is deployed from an old tag is nothing that anybody can change.
    expect(stderr).not.toContain("the tag");
  },
);

test.skipIf(sops === undefined)(`what "cluster argocd" writes into Git${skippedWithoutSops}`, async () => {
  const team = await makeTeam();
  const [old] = await team.keys();
  writeFileSync(team.path("cluster.yaml"), "kind: ImportCluster\nmetadata:\n  name: a\nspec:\n  stacks: []\n");
  await isosops(["cluster", "decryption", "enable"], team);
  expect(await isosops(["cluster", "argocd", "-o", "argocd.enc.yaml"], team)).toMatchObject({ exit: 0 });
  await team.org("rotate");
  expect(await team.org("reencrypt", ".")).toMatchObject({ exit: 0 });
  const current = (await team.keys()).find((key) => key !== old)!;
  const keyOf = (text: string) => parseAllDocuments(text)[0]!.toJS().stringData["age.agekey"] as string;
  expect(keysIn(keyOf(open(team, "argocd.enc.yaml", current)))).toEqual([old, current]);
  expect(await team.org("confirm", ".")).toMatchObject({ exit: 15 });
  expect(await team.org("reencrypt", "--drop-old-key", ".")).toMatchObject({ exit: 0 });
  // As it would be written by now.
  expect(await team.org("confirm", ".")).toMatchObject({ exit: 0 });
  const rewritten = open(team, "argocd.enc.yaml", current);
  await isosops(["cluster", "argocd", "-o", "argocd.enc.yaml"], team);
  expect(open(team, "argocd.enc.yaml", current)).toBe(rewritten);
});

test("the current key goes to no reader whom only the file names, and into no data key that the old one knows", async () => {
  const team = await makeTeam();
  const [old] = await team.keys();
  await team.encrypt("ci.env", `SOPS_AGE_KEY=${old}\n`, second.recipient);
  const before = readFileSync(team.path("ci.env"), "utf8");
  await team.org("rotate");
  const refused = await team.org("reencrypt", ".");
  expect(refused).toMatchObject({ exit: 10, stderr: expect.stringContaining(second.recipient) });
  expect(readFileSync(team.path("ci.env"), "utf8")).toBe(before);
  expect(await team.org("reencrypt", "--allow-recipient", second.recipient, ".")).toMatchObject({ exit: 0 });
  const ciphertext = (text: string) => /^SOPS_AGE_KEY=(.*)$/m.exec(text)![1];
  const after = readFileSync(team.path("ci.env"), "utf8");
  expect(ciphertext(after)).not.toBe(ciphertext(before));
  const enc = (text: string) => /^sops_age__list_\d+__map_enc=(.*)$/m.exec(text)![1];
  // The new data key is not the one that the old key opens: the new value put into the old file is none of it.
  writeFileSync(team.path("mixed.env"), before.replace(ciphertext(before)!, ciphertext(after)!));
  expect(enc(before)).not.toBe(enc(after));
  const mixed = await isosops(["decrypt", "--ignore-mac", "mixed.env"], {
    ...team,
    env: { SOPS_AGE_KEY: second.identity },
  });
  expect(mixed.exit).not.toBe(0);
});

test("a key in plain text, in an age file and among other words", async () => {
  const team = await makeTeam();
  const [old] = await team.keys();
  const recipient = await team.recipient();
  await team.org("rotate");
  writeFileSync(team.path("notes.txt"), `The key is ${old}.\n`);
  expect(await team.org("confirm", ".")).toMatchObject({
    exit: 15,
    stderr: expect.stringMatching(/notes\.txt contains its private key in plain text: remove it/),
  });
  const current = await team.recipient();
  writeFileSync(team.path("key.txt"), `${old}\n`);
  await isosops(["age", "encrypt", "-r", current, "-o", "key.txt.age", "key.txt"], team);
  rmSync(team.path("notes.txt"));
  rmSync(team.path("key.txt"));
  expect(await team.org("confirm", ".")).toMatchObject({
    exit: 15,
    stderr: expect.stringContaining("key.txt.age contains"),
  });
  expect(await team.org("reencrypt", "--drop-old-key", ".")).toMatchObject({
    exit: 10,
    stderr: expect.stringMatching(/key\.txt\.age .*is not a SOPS file\. Write it again/),
  });
  rmSync(team.path("key.txt.age"));
  await team.encrypt("words.yaml", `text: the key ${old} is secret\n`);
  expect(await team.org("reencrypt", ".")).toMatchObject({ exit: 10, stderr: expect.stringContaining("by hand") });
  rmSync(team.path("words.yaml"));
  // A keyring is meant to have it, and what others can open is theirs.
  writeFileSync(team.path("copy.json"), readFileSync(join(team.env.ISOSOPS_HOME!, "keyring.json")));
  writeFileSync(team.path("theirs.yaml"), `key: ${old}\n`);
  const args = ["encrypt", "--age", stranger.recipient, "--in-place", "theirs.yaml"];
  expect(await isosops(args, team)).toMatchObject({ exit: 0 });
  expect(recipient).not.toBe(current);
  expect(await team.org("confirm", "--except", "words.yaml", "--except", "key.txt.age", ".")).toMatchObject({
    exit: 0,
  });
});

test("a rotation is not cancelled while a file holds the key that would be destroyed", async () => {
  const team = await makeTeam();
  const old = await team.recipient();
  const [oldKey] = await team.keys();
  await team.encrypt("ci.env", "OTHER=x\n");
  const before = readFileSync(team.path("ci.env"), "utf8");
  await team.org("rotate");
  const current = (await team.keys()).find((key) => key !== oldKey)!;
  const both = [old, await team.recipient()].join(",");
  // Both open it, so that nothing of it would be lost.
  writeFileSync(team.path("ci.env"), `SOPS_AGE_KEY=${current}\n`);
  expect(await isosops(["encrypt", "--age", both, "-i", "ci.env"], team)).toMatchObject({ exit: 0 });
  writeFileSync(team.path("notes.txt"), `The key is ${current}.\n`);
  expect(await team.org("cancel", ".")).toMatchObject({
    exit: 15,
    stderr: expect.stringMatching(
      /ci\.env contains its private key, encrypted.*notes\.txt contains its .*in plain text/s,
    ),
  });
  expect(await team.keys()).toHaveLength(2);
  // As the refusal says.
  rmSync(team.path("notes.txt"));
  writeFileSync(team.path("ci.env"), before);
  expect(await team.org("cancel", ".")).toMatchObject({ exit: 0 });
  expect(await team.recipient()).toBe(old);
});
