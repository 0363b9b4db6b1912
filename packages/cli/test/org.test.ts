/** `isosops org`, from the first key to a rotated one, with what goes wrong on the way. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { gnupg, makeHome, noGnupg } from "../../keys/test/gnupg-home.js";
import {
  contentsOf,
  first,
  isosops,
  makeFolder,
  type Outcome,
  plainYaml,
  second,
  skippedWithoutSops,
  sops,
  stranger,
  tools,
} from "./support.js";

const allSops = tools.findSops();
// The tests compare in the middle, and do the rest without sops. This tells of it in the report.
if (sops === undefined) test.skip(`sops opens what is written${skippedWithoutSops}`, () => {});

interface Team {
  cwd: string;
  env: Record<string, string>;
  call(...args: string[]): Promise<Outcome>;
  path(name: string): string;
  read(name: string): string;
}

/** An organisation with its keyring, which by default is for the key `first`: a passphrase takes its time. */
async function makeTeam(
  init: string[] = ["--recipient", first.recipient],
  env: Record<string, string> = keyEnv,
): Promise<Team> {
  const cwd = makeFolder();
  const team: Team = {
    cwd,
    env: { ISOSOPS_HOME: join(cwd, "home"), ...env },
    call: (...args) => isosops(["org", ...args], { cwd, env: team.env }),
    path: (name) => join(cwd, name),
    read: (name) => readFileSync(join(cwd, name), "utf8"),
  };
  expect(await team.call("init", ...init)).toMatchObject({ exit: 0 });
  return team;
}

const keyEnv = { SOPS_AGE_KEY: first.identity };

async function publicKey({ call }: Team): Promise<string> {
  return (JSON.parse((await call("show", "--json")).stdout) as { age_public_key: string }).age_public_key;
}

/** The private keys that are kept. No message of the command may hold one. */
async function privateKeys({ call }: Team): Promise<string[]> {
  const { stdout } = await call("export");
  return stdout.match(/^AGE-SECRET-KEY-1\S+$/gm) ?? [];
}

async function addFile(team: Team, name: string, text = plainYaml, flags: string[] = []): Promise<void> {
  mkdirSync(dirname(team.path(name)), { recursive: true });
  writeFileSync(team.path(name), text);
  const args = ["encrypt", "--age", await publicKey(team), ...flags, "--in-place", name];
  expect(await isosops(args, team)).toMatchObject({ exit: 0 });
}

function openWithSops(team: Team, name: string, keys: readonly string[], flags: string[] = []): string[] {
  const env: NodeJS.ProcessEnv = { PATH: process.env.PATH, HOME: team.cwd, SOPS_AGE_KEY: keys.join("\n") };
  const options: Parameters<typeof execFileSync>[2] = { cwd: team.cwd, env, encoding: "utf8" };
  return allSops.map(({ path }) => execFileSync(path, ["-d", ...flags, name], options) as string);
}

test("from the first key to a rotated one", async () => {
  const team = await makeTeam([], { ISOSOPS_PASSPHRASE: "correct horse" });
  const { call } = team;
  const before = await publicKey(team);
  await addFile(team, "repo/a.yaml");
  await addFile(team, "repo/deep/b.enc", "A=plain-secret-1\n", ["--input-type", "dotenv", "--output-type", "dotenv"]);
  writeFileSync(team.path("repo/.sops.yaml"), `creation_rules:\n  - age: ${before}\n`);
  writeFileSync(team.path("repo/notes.md"), `The key is ${before}.\n`);
  writeFileSync(team.path("repo/.gitignore"), "deep\n");

  expect(await call("status", "repo")).toMatchObject({ exit: 0, stdout: "" });
  const rotated = await call("rotate");
  expect(rotated).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^age1\S{58}\n$/) });
  expect(rotated.stderr).toContain("`isosops org reencrypt .`");
  const after = rotated.stdout.trim();
  expect(await publicKey(team)).toBe(after);

  const left = ["repo/.sops.yaml", "repo/a.yaml", "repo/deep/b.enc"];
  const status = await call("status", "repo");
  expect(status.exit).toBe(10);
  expect(status.stdout).toBe(left.map((name) => `${name}: the old key\n`).join(""));
  const refused = await call("confirm", "repo");
  expect(refused).toMatchObject({ exit: 15, stdout: "" });
  for (const name of left) expect(refused.stderr).toContain(team.path(name));
  expect(refused.stderr).not.toContain("notes.md");

  const untouched = contentsOf(team.path("repo"));
  const dry = await call("reencrypt", "--dry-run", "repo");
  expect(dry).toMatchObject({ exit: 0, stdout: left.map((name) => `${name}\n`).join("") });
  expect(contentsOf(team.path("repo"))).toEqual(untouched);
  const done = await call("reencrypt", "repo");
  expect(done).toMatchObject({ exit: 0, stdout: dry.stdout });
  expect(done.stderr).toContain("`isosops org confirm repo`");
  expect(team.read("repo/.sops.yaml")).toBe(`creation_rules:\n  - age: ${after}\n`);
  for (const name of left) expect(team.read(name)).not.toContain(before);
  expect(await call("status", "repo")).toMatchObject({ exit: 0, stdout: "" });
  expect(await call("confirm", "repo")).toMatchObject({ exit: 0, stdout: "" });

  const keys = await privateKeys(team);
  expect(keys).toHaveLength(1);
  for (const text of openWithSops(team, "repo/a.yaml", keys)) expect(text).toContain("plain-secret-1");
  const dotenv = ["--input-type", "dotenv", "--output-type", "dotenv"];
  for (const text of openWithSops(team, "repo/deep/b.enc", keys, dotenv)) expect(text).toBe("A=plain-secret-1\n");

  const log = JSON.parse((await call("log", "--json")).stdout) as Record<string, string>[];
  expect(log.map(({ action }) => action)).toEqual(["init", "rotate", "confirm"]);
  expect(log[0]!.actor).toMatch(/.@./);
  expect(log[2]!.detail).toBe(`destroyed ${before}`);
  expect((await call("log")).stdout).toMatch(/^\d{4}-.*Z {2}\S+@\S+ {2}init {2}age1/);
});

describe("the keyring", () => {
  test("is for its owner alone, and there is one", async () => {
    const team = await makeTeam();
    if (process.platform !== "win32") {
      expect(statSync(team.path("home")).mode & 0o777).toBe(0o700);
      expect(statSync(team.path("home/keyring.json")).mode & 0o777).toBe(0o600);
      chmodSync(team.path("home/keyring.json"), 0o640);
      expect((await team.call("show")).stderr).toContain("other users may read the keyring");
    }
    expect(readdirSync(team.path("home"))).toEqual(["keyring.json"]);
    expect(team.read("home/keyring.json")).not.toMatch(/AGE-SECRET-KEY/);
    const again = await team.call("init");
    expect(again).toMatchObject({ exit: 11, stdout: "" });
    expect(again.stderr).toContain("has a key already");
  });

  test("is in the folder that sops users expect", async () => {
    const cwd = makeFolder();
    const env = keyEnv;
    expect((await isosops(["org", "init", "--recipient", first.recipient], { cwd, env })).exit).toBe(0);
    const folder = process.platform === "win32" ? undefined : join(cwd, "config", "isosops");
    if (folder !== undefined) expect(readdirSync(folder)).toEqual(["keyring.json"]);
  });

  test.each(["x", "short one", "aaaaaaaaaaaaaaaaaaaa", "abababababab", "\u{1f511}".repeat(12)])(
    "is not made with the passphrase %j",
    async (passphrase) => {
      const cwd = makeFolder();
      const env = { ISOSOPS_HOME: join(cwd, "home"), ISOSOPS_PASSPHRASE: passphrase };
      const outcome = await isosops(["org", "init"], { cwd, env });
      expect(outcome).toMatchObject({ exit: 13, stdout: "" });
      expect(outcome.stderr).toContain("The passphrase is too short");
      expect(outcome.stderr).not.toContain(`"${passphrase}"`);
      expect(readdirSync(cwd)).toEqual([]);
    },
  );

  test("is opened by a passphrase, by the right one alone", async () => {
    const team = await makeTeam([], { ISOSOPS_PASSPHRASE: "correct horse" });
    const before = team.read("home/keyring.json");
    for (const [passphrase, message] of [
      ["battery staple", "The passphrase does not open the keyring's private key. It is that of ISOSOPS_PASSPHRASE."],
      ["", "or set ISOSOPS_PASSPHRASE"],
    ]) {
      for (const command of ["rotate", "export"]) {
        const env = { ...team.env, ISOSOPS_PASSPHRASE: passphrase! };
        const outcome = await isosops(["org", command], { cwd: team.cwd, env, noTerminal: true });
        expect(outcome).toMatchObject({ exit: 13, stdout: "", stderr: expect.stringContaining(message!) });
        expect(outcome.stderr).not.toMatch(/battery|horse/);
      }
    }
    expect(team.read("home/keyring.json")).toBe(before);
    // Nobody needs it for the public key.
    expect((await isosops(["org", "show"], { ...team, env: { ISOSOPS_HOME: team.env.ISOSOPS_HOME! } })).exit).toBe(0);
  });

  test("is opened by the identities of other keys, and stays for these", async () => {
    const team = await makeTeam(["--recipient", second.recipient, "--recipient", first.recipient]);
    expect((await team.call("rotate")).exit).toBe(0);
    expect(await privateKeys(team)).toHaveLength(2);
    const as = (key: string) => isosops(["org", "export"], { ...team, env: { ...team.env, SOPS_AGE_KEY: key } });
    expect((await as(second.identity)).stdout.match(/^AGE-SECRET/gm)).toHaveLength(2);
    const byStranger = await as(stranger.identity);
    expect(byStranger).toMatchObject({ exit: 13, stdout: "" });
    expect(byStranger.stderr).toContain(`It is encrypted for ${second.recipient}, ${first.recipient}.`);
    expect(byStranger.stderr).toContain("SOPS_AGE_KEY (1 key)");
    const command = { ...team.env, SOPS_AGE_KEY: "", SOPS_AGE_KEY_CMD: `printf ${first.identity}` };
    expect((await isosops(["org", "export"], { ...team, env: command })).exit).toBe(0);
  });

  test.each([
    ["an invalid recipient", ["--recipient", "age1nothing"]],
    ["a secret for a recipient", ["--recipient", second.identity]],
  ])("is not made for %s", async (_, flags) => {
    const cwd = makeFolder();
    const outcome = await isosops(["org", "init", ...flags], { cwd, env: { ISOSOPS_HOME: join(cwd, "home") } });
    expect(outcome).toMatchObject({ exit: 1, stdout: "", stderr: expect.stringContaining("--recipient: ") });
    expect(existsSync(join(cwd, "home"))).toBe(false);
  });

  test("that is damaged is never written over", async () => {
    const team = await makeTeam();
    const whole = team.read("home/keyring.json");
    for (const text of ["", whole.slice(0, -30), whole.replace(/"recipient": "age1./, '"recipient": "age1x')]) {
      writeFileSync(team.path("home/keyring.json"), text);
      for (const args of [["init"], ["rotate"], ["export"]]) {
        const outcome = await team.call(...args);
        // The public key that was changed is seen where the private one is opened.
        const expected = args[0] === "init" && text.length > whole.length - 5 ? 11 : 12;
        expect(outcome, `${args} ${text.length}`).toMatchObject({ exit: expected, stdout: "" });
        expect(outcome.stderr).toMatch(/keyring|has a key already/);
      }
      expect(team.read("home/keyring.json")).toBe(text);
    }
  });

  test("that is not there yet", async () => {
    const cwd = makeFolder();
    const env = { ISOSOPS_HOME: join(cwd, "home") };
    for (const args of [["show"], ["rotate"], ["log"], ["export"], ["enable"], ["status", "."]]) {
      const outcome = await isosops(["org", ...args], { cwd, env });
      expect(outcome, args.join(" ")).toMatchObject({ exit: 11, stdout: "" });
      expect(outcome.stderr).toContain("`isosops org init`");
    }
    const json = await isosops(["org", "show", "--json"], { cwd, env });
    expect(json.exit).toBe(11);
    expect(JSON.parse(json.stdout)).toMatchObject({ initialized: false, age_public_key: null });
  });

  test("in a folder that cannot be written", async () => {
    const cwd = makeFolder({ file: "" });
    const options = { cwd, env: { ISOSOPS_HOME: join(cwd, "file", "home") } };
    const outcome = await isosops(["org", "init", "--recipient", first.recipient], options);
    expect(outcome.exit).toBeGreaterThan(1);
    expect(outcome.stderr).toMatch(/keyring\.json: the keyring cannot be (read|written): a part of its path is not/);
  });
});

test("encryption is enabled and disabled", async () => {
  const { call } = await makeTeam();
  const disabled = await call("disable");
  expect(disabled).toMatchObject({ exit: 0, stderr: expect.stringContaining("warning: fields marked") });
  expect((await call("show")).stdout).toContain("disabled");
  expect((await call("enable")).exit).toBe(0);
  expect((await call("show")).stdout).toContain("Encryption:    enabled");
});

describe("a rotation", () => {
  test("is begun once, whoever is at it at the same time", async () => {
    const team = await makeTeam();
    const outcomes = await Promise.all([1, 2, 3].map(() => team.call("rotate")));
    expect(outcomes.map(({ exit }) => exit).sort((a, b) => a! - b!)).toEqual([0, 14, 14]);
    expect(await publicKey(team)).toBe(outcomes.find(({ exit }) => exit === 0)!.stdout.trim());
    expect(await privateKeys(team)).toHaveLength(2);
  });

  test("that is killed while it re-encrypts is taken up again", async () => {
    const team = await makeTeam();
    const names = Array.from({ length: 150 }, (_, index) => `repo/${index}.yaml`);
    await addFile(team, names[0]!);
    for (const name of names.slice(1)) writeFileSync(team.path(name), team.read(names[0]!));
    await team.call("rotate");
    const next = await publicKey(team);
    const changed = () => names.filter((name) => team.read(name).includes(next));
    const killed = await isosops(["org", "reencrypt", "repo"], {
      ...team,
      started(child) {
        const poll = setInterval(() => {
          if (changed().length < 3 && child.exitCode === null) return;
          clearInterval(poll);
          child.kill("SIGKILL");
        }, 5);
      },
    });
    expect(killed.signal).toBe("SIGKILL");
    const done = changed();
    expect(done.length).toBeGreaterThan(0);
    expect(done.length).toBeLessThan(names.length);

    // What there is can be opened, old or new.
    const keys = await privateKeys(team);
    for (const name of [names[0]!, done.at(-1)!, names.at(-1)!]) {
      for (const text of openWithSops(team, name, keys)) expect(text).toContain("plain-secret-1");
    }
    const status = JSON.parse((await team.call("status", "--json", "repo")).stdout) as { files: { state: string }[] };
    const count = (state: string) => status.files.filter((file) => file.state === state).length;
    expect([count("current"), count("previous")]).toEqual([done.length, names.length - done.length]);
    expect((await team.call("confirm", "repo")).exit).toBe(15);
    expect((await team.call("cancel", "repo")).exit).toBe(15);

    const resumed = await team.call("reencrypt", "repo");
    expect(resumed.exit).toBe(0);
    expect(resumed.stdout.split("\n")).toHaveLength(names.length - done.length + 1);
    expect((await team.call("confirm", "repo")).exit).toBe(0);
    const [key] = await privateKeys(team);
    for (const text of openWithSops(team, names.at(-1)!, [key!])) expect(text).toContain("plain-secret-1");
  });

  test("by two at once does every file", async () => {
    const team = await makeTeam();
    await addFile(team, "repo/0.yaml");
    for (let index = 1; index < 40; index++) writeFileSync(team.path(`repo/${index}.yaml`), team.read("repo/0.yaml"));
    await team.call("rotate");
    const outcomes = await Promise.all([1, 2].map(() => team.call("reencrypt", "repo")));
    expect(outcomes.map(({ exit }) => exit)).toEqual([0, 0]);
    expect((await team.call("confirm", "repo")).exit).toBe(0);
  });

  test("is cancelled, unless files depend on the new key", async () => {
    const team = await makeTeam();
    await addFile(team, "repo/a.yaml");
    const before = await publicKey(team);
    await team.call("rotate");
    expect((await team.call("cancel", "repo")).exit).toBe(0);
    expect(await publicKey(team)).toBe(before);
    expect((await team.call("cancel", "repo")).exit).toBe(14);

    await team.call("rotate");
    await team.call("reencrypt", "repo");
    // Wherever one looks: the command remembers what it has written.
    mkdirSync(team.path("empty"));
    for (const path of ["repo", "empty"]) {
      const refused = await team.call("cancel", path);
      expect(refused).toMatchObject({ exit: 15, stderr: expect.stringContaining(team.path("repo/a.yaml")) });
    }
    expect((await team.call("cancel", "--force", "empty")).exit).toBe(0);
    expect(await publicKey(team)).toBe(before);
  });

  test("keeps the ciphertexts, or makes new ones", async () => {
    const team = await makeTeam();
    await addFile(team, "a.yaml");
    const ciphertexts = () => team.read("a.yaml").match(/^.*: ENC\[.*$/gm);
    const before = ciphertexts();
    await team.call("rotate");
    await team.call("reencrypt", "a.yaml");
    expect(ciphertexts()).toEqual(before);
    await team.call("confirm", "a.yaml");
    await team.call("rotate");
    await team.call("reencrypt", "--new-data-keys", "a.yaml");
    for (const line of ciphertexts()!) expect(before).not.toContain(line);
    for (const text of openWithSops(team, "a.yaml", await privateKeys(team))) expect(text).toContain("plain-secret-1");
  });

  test("gives no new data key to a reader whom only the file names", async () => {
    const team = await makeTeam();
    await addFile(team, "repo/a.yaml");
    const own = await publicKey(team);
    // Put there by somebody without a key.
    const text = team.read("repo/a.yaml");
    const [entry] = /^ +- enc: \|\n(?:.*\n)+?.*END AGE.*\n +recipient: .*\n/m.exec(text)!;
    writeFileSync(team.path("repo/a.yaml"), text.replace(entry, entry + entry.replace(own, stranger.recipient)));
    await team.call("rotate");
    const before = team.read("repo/a.yaml");
    const renew = (...flags: string[]) => team.call("reencrypt", "--new-data-keys", ...flags, "repo");
    expect(await renew()).toMatchObject({ exit: 10, stderr: expect.stringContaining(stranger.recipient) });
    expect(await renew("--allow-recipient", second.recipient)).toMatchObject({ exit: 10 });
    writeFileSync(team.path("repo/.sops.yaml"), `creation_rules:\n- path_regex: b\n  age: ${stranger.recipient}\n`);
    expect(await renew()).toMatchObject({ exit: 10 });
    expect(team.read("repo/a.yaml")).toBe(before);
    // Named by the flag, or by the rule for the file.
    writeFileSync(team.path("repo/.sops.yaml"), `creation_rules:\n- path_regex: a\n  age: ${stranger.recipient}\n`);
    expect(await renew()).toMatchObject({ exit: 0 });
    for (const plain of openWithSops(team, "repo/a.yaml", [stranger.identity]))
      expect(plain).toContain("plain-secret-1");
    rmSync(team.path("repo/.sops.yaml"));
    writeFileSync(team.path("repo/a.yaml"), before);
    expect(await renew("--allow-recipient", stranger.recipient)).toMatchObject({ exit: 0 });
  });

  test.skipIf(noGnupg !== undefined)("wraps a new data key for keys of other types as well", async () => {
    const home = makeHome(gnupg!);
    try {
      const fingerprint = home.makeKey("org", "rsa2048", { usage: "cert,encr" });
      const gpgEnv = { GNUPGHOME: home.folder, SOPS_GPG_EXEC: gnupg!.path };
      const team = await makeTeam(["--recipient", first.recipient], { ...keyEnv, ...gpgEnv });
      mkdirSync(team.path("repo"));
      const rule = `creation_rules:\n- age: ${await publicKey(team)}\n  pgp: ${fingerprint}\n`;
      writeFileSync(team.path("repo/.sops.yaml"), rule);
      writeFileSync(team.path("repo/a.yaml"), "password: plain-secret-1\n");
      const encrypted = await isosops(["encrypt", "-i", "a.yaml"], { cwd: team.path("repo"), env: gpgEnv });
      expect(encrypted).toMatchObject({ exit: 0 });
      const before = team.read("repo/a.yaml");
      await team.call("rotate");
      const renew = () => team.call("reencrypt", "--new-data-keys", "repo");
      // Not without its rule: anybody may have added the key.
      writeFileSync(team.path("repo/.sops.yaml"), rule.replace(/ {2}pgp.*\n/, ""));
      expect(await renew()).toMatchObject({ exit: 10, stderr: expect.stringContaining(`the pgp key ${fingerprint}`) });
      expect(team.read("repo/a.yaml")).toBe(before);
      writeFileSync(team.path("repo/.sops.yaml"), rule);
      expect(await renew()).toMatchObject({ exit: 0 });
      const ciphertext = (text: string) => /password: (ENC\S+)/.exec(text)![1];
      expect(ciphertext(team.read("repo/a.yaml"))).not.toBe(ciphertext(before));
      const opened = await isosops(["decrypt", "repo/a.yaml"], { cwd: team.cwd, env: gpgEnv });
      expect(opened).toMatchObject({ exit: 0, stdout: "password: plain-secret-1\n" });
      for (const { path } of allSops) {
        const env = { PATH: process.env.PATH ?? "", HOME: team.cwd, ...gpgEnv };
        const printed = execFileSync(path, ["--decrypt", team.path("repo/a.yaml")], { env, encoding: "utf8" });
        expect(printed).toBe("password: plain-secret-1\n");
      }
    } finally {
      home.remove();
    }
  });

  test("is not confirmed while a file cannot be read", async () => {
    const team = await makeTeam();
    await addFile(team, "repo/a.yaml");
    const old = await publicKey(team);
    await team.call("rotate");
    await team.call("reencrypt", "repo");
    // What no user, not even root, can read at once.
    writeFileSync(team.path("repo/huge.bin"), old);
    truncateSync(team.path("repo/huge.bin"), 2 ** 31 + 4096);
    const refused = await team.call("confirm", "repo");
    expect(refused).toMatchObject({ exit: 15, stderr: expect.stringContaining("huge.bin cannot be read") });
    expect(await team.call("reencrypt", "repo")).toMatchObject({ exit: 10, stdout: "" });
    expect(await team.call("status", "repo")).toMatchObject({ exit: 10, stdout: expect.stringContaining("huge.bin") });
  });

  test("is not confirmed while a file is damaged, or its folder is not there", async () => {
    const team = await makeTeam();
    await addFile(team, "repo/a.yaml");
    await team.call("rotate");
    writeFileSync(team.path("repo/b.yaml"), `<<<<<<< ours\n${team.read("repo/a.yaml")}`);
    const reencrypted = await team.call("reencrypt", "repo");
    expect(reencrypted).toMatchObject({ exit: 10, stdout: "repo/a.yaml\n" });
    expect(reencrypted.stderr).toContain("repo/b.yaml was not re-encrypted: YAML, line");
    expect(await team.call("status", "repo")).toMatchObject({ exit: 10, stdout: expect.stringMatching(/b\.yaml: ca/) });
    expect((await team.call("confirm", "repo")).exit).toBe(15);
    expect(await team.call("confirm", "typo")).toMatchObject({ exit: 100, stderr: expect.stringContaining("typo") });
    rmSync(team.path("repo/b.yaml"));
    expect((await team.call("confirm", "repo")).exit).toBe(0);
  });

  test("finds a key in a file of any size, and what is behind a link that is named", async () => {
    const team = await makeTeam();
    await addFile(team, "repo/a.yaml");
    symlinkSync("repo", team.path("link"));
    await addFile(team, "repo/large.yaml", `password: ${"x".repeat(3_000_000)}\n`);
    await team.call("rotate");
    expect((await team.call("status", "link")).stdout).toBe("link/a.yaml: the old key\nlink/large.yaml: the old key\n");
    expect(await team.call("reencrypt", "link")).toMatchObject({ exit: 0 });
    expect((await team.call("confirm", "repo")).exit).toBe(0);
  });

  test.skipIf(process.platform === "win32")("finds what links in folders lead to", async () => {
    const team = await makeTeam();
    const recipient = await publicKey(team);
    for (const folder of ["one", "other", "repo/inside"]) mkdirSync(team.path(folder), { recursive: true });
    for (const name of ["one/a.yaml", "other/b.yaml", "repo/inside/c.yaml"]) {
      writeFileSync(team.path(name), plainYaml);
      // Without the keyring, which would know of them.
      const args = ["encrypt", "--age", recipient, "--in-place", name];
      expect(await isosops(args, { cwd: team.cwd, env: { ISOSOPS_HOME: team.path("none") } })).toMatchObject({
        exit: 0,
      });
    }
    for (const [target, link] of [
      ["../one/a.yaml", "repo/link.yaml"],
      ["../other", "repo/linked"],
      ["inside/c.yaml", "repo/same.yaml"],
      ["inside", "repo/again"],
      [".", "repo/here"],
      ["nowhere", "repo/dangling"],
    ] as const) {
      symlinkSync(target, team.path(link));
    }
    await team.call("rotate");
    const refused = await team.call("confirm", "repo");
    expect(refused.exit).toBe(15);
    expect(
      refused.stderr
        .match(/\/\S+ (?=is encrypted|cannot be read)/g)
        ?.map((path) => path.trim())
        .sort(),
    ).toEqual(["repo/inside/c.yaml", "repo/link.yaml", "repo/linked"].map((path) => team.path(path)));
    expect(refused.stderr).toContain("it is a symbolic link to a folder elsewhere. Name that folder beside the others");
    expect(await team.call("reencrypt", "repo", "other")).toMatchObject({ exit: 0 });
    const [identity] = await privateKeys(team);
    for (const name of ["one/a.yaml", "other/b.yaml", "repo/inside/c.yaml"]) {
      for (const text of openWithSops(team, name, [identity!])) expect(text).toContain("plain-secret-1");
    }
    expect(await team.call("confirm", "repo", "other")).toMatchObject({ exit: 0 });
  });

  test("waits for a process on another machine, until it is said to be gone", async () => {
    const team = await makeTeam();
    const state = JSON.parse(team.read("home/keyring.json"));
    const owner = "elsewhere:7:1";
    state.leases.push({ id: "1", recipient: state.current.recipient, paths: ["/there/a.yaml"], owner });
    writeFileSync(team.path("home/keyring.json"), JSON.stringify(state));
    await team.call("rotate");
    const refused = await team.call("confirm", "home");
    expect(refused.exit).toBe(15);
    expect(refused.stderr).toContain(`/there/a.yaml is being written by ${owner}`);
    expect((await team.call("confirm", "--gone", owner, "home")).exit).toBe(0);
  });
});

describe("a file that another command writes", () => {
  test("is remembered, wherever it is", async () => {
    const team = await makeTeam();
    await addFile(team, "far/a.yaml");
    writeFileSync(team.path("b.yaml"), plainYaml);
    const recipient = await publicKey(team);
    const args = ["encrypt", "--age", recipient, "--output", "far/b.yaml", "b.yaml"];
    expect(await isosops(args, team)).toMatchObject({ exit: 0 });
    mkdirSync(team.path("empty"));
    await team.call("rotate");
    const refused = await team.call("confirm", "empty");
    expect(refused.exit).toBe(15);
    for (const name of ["far/a.yaml", "far/b.yaml"]) expect(refused.stderr).toContain(team.path(name));
  });

  test("is not encrypted for a key that was destroyed", async () => {
    const team = await makeTeam();
    const old = await publicKey(team);
    writeFileSync(team.path("a.yaml"), plainYaml);
    mkdirSync(team.path("empty"));
    await team.call("rotate");
    const replaced = await isosops(["encrypt", "--age", old, "--in-place", "a.yaml"], team);
    expect(replaced).toMatchObject({ exit: 1, stderr: expect.stringContaining(`${old} is being replaced`) });
    await team.call("confirm", "empty");
    const outcome = await isosops(["encrypt", "--age", old, "--in-place", "a.yaml"], team);
    expect(outcome).toMatchObject({ exit: 1, stdout: "", stderr: expect.stringContaining(`${old} was destroyed`) });
    expect(outcome.stderr).toContain(await publicKey(team));
    expect(team.read("a.yaml")).toBe(plainYaml);
    // One that somebody else opens as well can be edited all the same.
    const home = { ...team.env, ISOSOPS_HOME: team.path("none") };
    const both = ["encrypt", "--age", `${old},${first.recipient}`, "--in-place", "a.yaml"];
    expect((await isosops(both, { cwd: team.cwd, env: home })).exit).toBe(0);
    expect((await isosops(["set", "a.yaml", '["user"]', '"me"'], team)).exit).toBe(0);
  });

  test.each([
    ["the old key", 1, 128],
    ["both keys", 0, 0],
  ])("is not put back to what it was before it was re-encrypted: %s", async (_, from, exit) => {
    const team = await makeTeam();
    await addFile(team, "a.yaml");
    await team.call("rotate");
    // It asks for a key once it has read the file, and gets none before that is another one.
    const keys = (await privateKeys(team)).slice(from).join("\n");
    const script = team.path("key.mjs");
    writeFileSync(
      script,
      `import { existsSync, writeFileSync } from "node:fs";
writeFileSync("asked", "");
while (!existsSync("go")) await new Promise((resolve) => setTimeout(resolve, 20));
console.log(${JSON.stringify(keys)});
`,
    );
    const env = { ...team.env, SOPS_AGE_KEY: "", SOPS_AGE_KEY_CMD: `"${process.execPath}" key.mjs` };
    const setting = isosops(["set", "a.yaml", '["user"]', '"shopkeeper"'], { cwd: team.cwd, env });
    while (!existsSync(team.path("asked"))) await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await team.call("reencrypt", "a.yaml")).exit).toBe(0);
    const reencrypted = team.read("a.yaml");
    writeFileSync(team.path("go"), "");
    // It does its work again, on what the file holds by then.
    expect(await setting).toMatchObject({ exit });
    const recipients = (file: string) => file.match(/^ +(?:- )?recipient: .*$/gm);
    expect(recipients(team.read("a.yaml"))).toEqual(recipients(reencrypted));
    if (exit !== 0) expect(team.read("a.yaml")).toBe(reencrypted);
    else expect((await team.call("status", "a.yaml")).exit).toBe(0);
    expect((await team.call("confirm", "a.yaml")).exit).toBe(0);
  });
});

test("what is not given", async () => {
  const { call } = await makeTeam();
  for (const name of ["reencrypt", "status", "confirm", "cancel"]) {
    const outcome = await call(name);
    expect(outcome).toMatchObject({ exit: 100, stderr: expect.stringContaining(`\`isosops org ${name} .\``) });
  }
  expect((await call("rotate", "now")).exit).toBe(1);
  expect((await call()).stderr).toContain("isosops org --help");
});
