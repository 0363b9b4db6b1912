import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decrypt, encrypt, passphraseIdentity, passphraseRecipient } from "@isosops/age";
import { describe, expect, test } from "vitest";
import { age, besideAge, liveEnv, liveReason, skipLive } from "../../age/test/real-age.js";
import { bin, first, isosops, keyPath, makeFolder, run, second } from "./support.js";

/*
 * `isosops age`, held against age, age-keygen and age-inspect where they are found.
 */

const text = "some text\nof two lines\n";
const bytes = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) % 251));
const vector = (name: string): string => fileURLToPath(new URL(`../../age/test/vectors/${name}`, import.meta.url));
const call = (args: string[], cwd: string) => isosops(["age", ...args], { cwd });

describe("age keygen", () => {
  test.each([
    [[], /^AGE-SECRET-KEY-1[0-9A-Z]{58}$/m, /^age1[0-9a-z]{58}$/],
    [["-pq"], /^AGE-SECRET-KEY-PQ-1[0-9A-Z]{58}$/m, /^age1pq1[0-9a-z]{1900,}$/],
    [["--pq"], /^AGE-SECRET-KEY-PQ-1[0-9A-Z]{58}$/m, /^age1pq1[0-9a-z]{1900,}$/],
  ])("%j makes a key pair", async (flags, identity, recipient) => {
    const cwd = makeFolder();
    const made = await call(["keygen", ...flags, "-o", "key.txt"], cwd);
    expect(made).toMatchObject({ exit: 0, stdout: "" });
    const file = readFileSync(join(cwd, "key.txt"), "utf8");
    const stated = /^# public key: (\S+)$/m.exec(file)![1]!;
    expect(file).toMatch(/^# created: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)\n/);
    expect(file).toMatch(identity);
    expect(stated).toMatch(recipient);
    expect(made.stderr).toBe(`Public key: ${stated}\n`);
    if (process.platform !== "win32") expect(statSync(join(cwd, "key.txt")).mode & 0o777).toBe(0o600);
    expect((await call(["keygen", "-y", "key.txt"], cwd)).stdout).toBe(`${stated}\n`);
    if (!skipLive) {
      expect(execFileSync(besideAge("age-keygen"), ["-y", "key.txt"], { cwd, encoding: "utf8" })).toBe(`${stated}\n`);
    }
  });

  test("does not write over a key", async () => {
    const cwd = makeFolder({ "key.txt": "mine" });
    const outcome = await call(["keygen", "-o", "key.txt"], cwd);
    expect(outcome.exit).toBe(1);
    expect(outcome.stderr).toContain("key.txt already exists");
    expect(readFileSync(join(cwd, "key.txt"), "utf8")).toBe("mine");
  });

  test("-y reads stdin, and names the line of a mistake without a word of it", async () => {
    const cwd = makeFolder();
    const good = await isosops(["age", "keygen", "-y"], { cwd, stdin: readFileSync(keyPath("first")) });
    expect(good.stdout).toBe(`${first.recipient}\n`);
    const bad = await isosops(["age", "keygen", "-y"], { cwd, stdin: `# a\nhunter2\n` });
    expect(bad.exit).toBe(1);
    expect(bad.stderr).toContain("line 2");
    expect(bad.stderr).not.toContain("hunter2");
  });
});

describe("age encrypt and decrypt", () => {
  test.each([
    ["-r", ["-r", first.recipient]],
    ["-r twice, armored", ["-r", second.recipient, "-r", first.recipient, "-a"]],
    ["-R", ["-R", "recipients.txt"]],
    ["-i", ["-i", keyPath("first")]],
  ])("by %s, for age too", async (_, flags) => {
    const cwd = makeFolder({ in: bytes, "recipients.txt": `# both\n${first.recipient}\n\n${second.recipient}\n` });
    const locked = await call(["encrypt", ...flags, "-o", "out.age", "in"], cwd);
    expect(locked).toMatchObject({ exit: 0, stdout: "", stderr: "" });
    const armored = flags.includes("-a");
    expect(readFileSync(join(cwd, "out.age")).subarray(0, 5).toString()).toBe(armored ? "-----" : "age-e");
    const opened = await call(["decrypt", "-i", keyPath("first"), "-o", "back", "out.age"], cwd);
    expect(opened).toMatchObject({ exit: 0, stdout: "", stderr: "" });
    expect(Buffer.compare(readFileSync(join(cwd, "back")), bytes)).toBe(0);
    if (skipLive) return;
    expect(Buffer.compare(execFileSync(age, ["-d", "-i", keyPath("first"), "out.age"], { cwd }), bytes)).toBe(0);
  });

  test("from stdin to stdout", async () => {
    const cwd = makeFolder();
    const locked = await isosops(["age", "encrypt", "-a", "-r", first.recipient], { cwd, stdin: text });
    expect(locked).toMatchObject({ exit: 0, stderr: "" });
    const opened = await isosops(["age", "decrypt", "-i", keyPath("first"), "-"], { cwd, stdin: locked.stdout });
    expect(opened).toMatchObject({ exit: 0, stdout: text, stderr: "" });
  });

  test.each(["ed25519", "ed25519-pkcs8", "rsa", "rsa-pkcs1", "rsa-pkcs8"])("with the SSH key %s", async (name) => {
    const cwd = makeFolder();
    const opened = await call(["decrypt", "-i", vector(`ssh/${name}`), vector(`ssh/${name}.age`)], cwd);
    expect(opened).toMatchObject({ exit: 0, stdout: `for ${name}.pub` });
    const locked = await call(["encrypt", "-i", vector(`ssh/${name}`), "-o", "out.age", vector("first.key")], cwd);
    expect(locked.exit, locked.stderr).toBe(0);
    expect((await call(["decrypt", "-i", vector(`ssh/${name}`), "out.age"], cwd)).exit).toBe(0);
  });

  test("a file of SSH keys of which age takes one", async () => {
    const keys = ["ecdsa", "ed25519"].map((name) => readFileSync(vector(`ssh/${name}.pub`), "utf8")).join("");
    const cwd = makeFolder({ keys, in: text });
    const locked = await call(["encrypt", "-R", "keys", "-o", "out.age", "in"], cwd);
    expect(locked.exit).toBe(0);
    expect(locked.stderr).toContain("keys: line 1 is an SSH key of a type");
  });

  test.skipIf(skipLive)(`with the plugin age-plugin-batchpass${liveReason}`, async () => {
    const cwd = makeFolder({ in: text });
    const env = { PATH: liveEnv.PATH!, AGE_PASSPHRASE: "correct horse", AGE_PASSPHRASE_WORK_FACTOR: "8" };
    const locked = await isosops(["age", "encrypt", "-j", "batchpass", "-o", "out.age", "in"], { cwd, env });
    expect(locked.exit, locked.stderr).toBe(0);
    const theirs = await run(age, ["-d", "-j", "batchpass", "out.age"], { cwd, env });
    expect(theirs.stdout).toBe(text);
    const ours = await isosops(["age", "decrypt", "-j", "batchpass", "out.age"], { cwd, env });
    expect(ours.stdout).toBe(text);
    const wrong = await isosops(["age", "decrypt", "-j", "batchpass", "out.age"], {
      cwd,
      env: { ...env, AGE_PASSPHRASE: "wrong" },
    });
    expect(wrong).toMatchObject({ exit: 1, stdout: "" });
    expect(wrong.stderr).toContain("the plugin batchpass reported an error: incorrect passphrase");
  });
});

// A key file that is of no use is told, whatever else fits; one that is not needed is not.
describe("a key file beside one that fits", () => {
  const short = readFileSync(vector("ssh/ed25519"), "utf8").slice(0, 200);
  test.each([
    ["a broken SSH key", short, "no complete PEM block"],
    ["an SSH key of nothing", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", "SSH"],
    ["an SSH key of another type", readFileSync(vector("ssh/ecdsa"), "utf8"), "ecdsa"],
    ["an encrypted SSH key without its .pub file", readFileSync(vector("ssh/rsa-pkcs1-encrypted"), "utf8"), ".pub"],
    ["an identity that is cut short", first.identity.slice(0, 40), "line 1"],
    ["no identity", "# nothing\n", "holds no identity"],
    ["a recipient", first.recipient, "this is a recipient"],
    ["an encrypted SSH key", readFileSync(vector("ssh/ed25519-encrypted"), "utf8"), undefined],
    ["an SSH key that does not fit", readFileSync(vector("ssh/ed25519"), "utf8"), undefined],
    ["another key", second.identity, undefined],
  ])("%s", async (_, key, message) => {
    const cwd = makeFolder({ key, fits: first.identity });
    writeFileSync(join(cwd, "in.age"), await encrypt(Buffer.from(text), [first.recipient]));
    const args = ["-d", "-i", "key", "-i", "fits", "in.age"];
    const ours = await call(["decrypt", ...args.slice(1)], cwd);
    expect(ours).toMatchObject({ exit: message === undefined ? 0 : 1, stdout: message === undefined ? text : "" });
    expect(ours.stderr).toContain(message ?? "");
    expect(ours.stderr).not.toMatch(/[a-z]\(\)/);
    if (skipLive) return;
    const theirs = await run(age, args, { cwd });
    expect({ exit: theirs.exit, stdout: theirs.stdout }).toEqual({ exit: ours.exit, stdout: ours.stdout });
  });
});

describe("what goes wrong", () => {
  test("a file that is damaged at its end leaves what was there, and nothing beside it", async () => {
    const locked = await encrypt(new Uint8Array(bytes), [first.recipient]);
    const cwd = makeFolder({ "in.age": Buffer.from(locked.subarray(0, -1)), out: "as before" });
    symlinkSync("out", join(cwd, "link"));
    for (const output of ["out", "link", "new"]) {
      const outcome = await call(["decrypt", "-i", keyPath("first"), "-o", output, "in.age"], cwd);
      expect(outcome.exit).toBe(1);
      expect(outcome.stderr).toContain("in.age: the payload was changed or truncated in chunk 5");
    }
    expect(readFileSync(join(cwd, "out"), "utf8")).toBe("as before");
    expect(readdirSync(cwd).sort()).toEqual(["in.age", "link", "out"]);
  });

  test.each([
    ["nobody to encrypt for", ["encrypt"], "There are no recipients"],
    ["a passphrase with others", ["encrypt", "-p", "-r", first.recipient], "--passphrase cannot be combined"],
    ["a wrong recipient", ["encrypt", "-r", "age1nothing"], "--recipient: the recipient age1... is incomplete"],
    ["a secret for a recipient", ["encrypt", "-r", first.identity], "--recipient: this is an identity, a secret"],
    ["a missing file", ["encrypt", "-r", first.recipient, "gone"], "gone: the input cannot be read: no such file"],
    ["a missing key file", ["decrypt", "-i", "gone", "in"], "gone: the file cannot be read: no such file"],
    ["no age file", ["decrypt", "-i", keyPath("first"), "in"], "in: this is not an age file"],
    ["stdin twice", ["decrypt", "-i", "-"], "stdin (-) can be read for one purpose only"],
    ["the same file twice", ["encrypt", "-r", first.recipient, "-o", "./in", "in"], "in is also an input"],
    ["two files", ["encrypt", "-r", first.recipient, "in", "in"], "one input file at a time"],
    ["no command", [], "Say what to do"],
    ["another command", ["sign"], "'age'"],
  ])("%s", async (_, args, message) => {
    const cwd = makeFolder({ in: text });
    const outcome = await call(args, cwd);
    expect(outcome).toMatchObject({ exit: 1, stdout: "" });
    expect(outcome.stderr).toContain(message);
    expect(readdirSync(cwd)).toEqual(["in"]);
  });

  test("a key for a file with a passphrase, and no key for a file without one", async () => {
    const passphrase = await encrypt(Buffer.from(text), [passphraseRecipient("x", { workFactor: 1 })]);
    const cwd = makeFolder({
      "p.age": Buffer.from(passphrase),
      "x.age": Buffer.from(await encrypt(new Uint8Array(bytes), [first.recipient])),
    });
    const withKey = await call(["decrypt", "-i", keyPath("first"), "p.age"], cwd);
    expect(withKey.stderr).toContain("The file is encrypted with a passphrase");
    const without = await call(["decrypt", "x.age"], cwd);
    expect(without.stderr).toContain("The file is not encrypted with a passphrase");
  });
});

describe.skipIf(skipLive)(`age inspect${liveReason}`, () => {
  test.each(["0.age", "65537.armored.age", "both.age", "ssh/rsa.age"])("%s, as age-inspect", async (name) => {
    for (const flags of [[], ["--json"]]) {
      const ours = await call(["inspect", ...flags, vector(name)], makeFolder());
      const theirs = execFileSync(besideAge("age-inspect"), [...flags, vector(name)], { encoding: "utf8" });
      expect(ours).toMatchObject({ exit: 0, stdout: theirs, stderr: "" });
      const piped = await isosops(["age", "inspect", ...flags], {
        cwd: makeFolder(),
        stdin: readFileSync(vector(name)),
      });
      expect(piped.stdout).toBe(theirs.replace(vector(name), "<stdin>"));
    }
  });
});

// A terminal of its own for the command, which Node cannot make.
const noScript = !existsSync("/usr/bin/script") || process.platform !== "linux";
if (noScript) console.log("passphrases on a terminal are skipped: there is no /usr/bin/script of util-linux");

describe.skipIf(noScript)("a passphrase on a terminal", () => {
  /** Types a line when a prompt is there, and gives all that the terminal showed. */
  async function type(args: string, lines: readonly [prompt: string, answer: string][], cwd: string): Promise<string> {
    const waiting = [...lines];
    const outcome = await run("/usr/bin/script", ["-qefc", `'${process.execPath}' '${bin}' age ${args}`, "/dev/null"], {
      cwd,
      keepStdin: true,
      started(child) {
        let shown = "";
        child.stdout!.on("data", (piece: string) => {
          shown += piece;
          if (waiting.length === 0 || !shown.includes(waiting[0]![0])) return;
          shown = "";
          const [, answer] = waiting.shift()!;
          setTimeout(() => child.stdin!.write(`${answer}\n`), 100);
        });
      },
    });
    return outcome.stdout;
  }

  test("is asked for twice, not shown, and opens the file", async () => {
    const cwd = makeFolder({ in: text });
    const shown = await type(
      "encrypt -p -o out.age in",
      [
        ["Enter passphrase", "correct horse"],
        ["Confirm passphrase", "correct horse"],
      ],
      cwd,
    );
    expect(shown).not.toContain("correct horse");
    const file = new Uint8Array(readFileSync(join(cwd, "out.age")));
    expect(Buffer.from(await decrypt(file, [passphraseIdentity("correct horse")])).toString()).toBe(text);
    await type("decrypt -o back out.age", [["Enter passphrase", "correct horse"]], cwd);
    expect(readFileSync(join(cwd, "back"), "utf8")).toBe(text);
    expect(await type("decrypt -o back out.age", [["Enter passphrase", "wrong"]], cwd)).toContain(
      "the passphrase is wrong",
    );
  });

  test("is drawn where none is typed, and shown", async () => {
    const cwd = makeFolder({ in: text });
    const shown = await type("encrypt -p -o out.age in", [["Enter passphrase", ""]], cwd);
    const drawn = /autogenerated passphrase "((?:[a-z]+-){9}[a-z]+)"/.exec(shown)![1]!;
    const file = new Uint8Array(readFileSync(join(cwd, "out.age")));
    expect(Buffer.from(await decrypt(file, [passphraseIdentity(drawn)])).toString()).toBe(text);
  });

  test("opens an encrypted identity file, and an encrypted SSH key", async () => {
    const lock = passphraseRecipient("correct horse", { workFactor: 5 });
    const keys = await encrypt(new Uint8Array(readFileSync(keyPath("first"))), [lock], { armor: true });
    const cwd = makeFolder({ "keys.age": keys });
    writeFileSync(join(cwd, "in.age"), await encrypt(Buffer.from(text), [first.recipient]));
    const shown = await type("decrypt -i keys.age -o back in.age", [["identity file", "correct horse"]], cwd);
    expect(shown).toContain('Enter passphrase for identity file "keys.age":');
    expect(readFileSync(join(cwd, "back"), "utf8")).toBe(text);
    expect(await type("keygen -y keys.age", [["identity file", "correct horse"]], cwd)).toContain(first.recipient);
    expect((await call(["keygen", "-y", "keys.age"], cwd)).stderr).toContain("A passphrase is needed");
    for (const name of ["ed25519-encrypted", "rsa-pkcs1-encrypted", "rsa-des3"]) {
      const args = `decrypt -i '${vector(`ssh/${name}`)}' -o ${name} '${vector(`ssh/${name}.age`)}'`;
      await type(args, [["Enter passphrase for", "correct horse"]], cwd);
      expect(readFileSync(join(cwd, name), "utf8")).toBe(`for ${name}.pub`);
    }
  });
});
