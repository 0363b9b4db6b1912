import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  watch,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bin, contentsOf, first, isosops, makeFolder, plainYaml, run, secrets, sops } from "./support.js";

const age = ["--age", first.recipient];
const identity = { SOPS_AGE_KEY: first.identity };
const unix = process.platform !== "win32";
const isRoot = process.getuid?.() === 0;
const programs: [name: string, program: string[]][] = [["isosops", [process.execPath, bin]]];
if (sops !== undefined) programs.push(["sops", [sops]]);

describe.concurrent("writing files", () => {
  test.each([0o600, 0o640, 0o755])("in place keeps mode %o", async (mode) => {
    const cwd = makeFolder({ "file.yaml": plainYaml });
    chmodSync(join(cwd, "file.yaml"), mode);
    const locked = await isosops(["encrypt", "-i", ...age, "file.yaml"], { cwd });
    expect(locked).toEqual({ exit: 0, signal: null, stdout: "", stderr: "" });
    expect(readFileSync(join(cwd, "file.yaml"), "utf8")).toMatch(/^sops:/m);
    if (unix) expect(statSync(join(cwd, "file.yaml")).mode & 0o777).toBe(mode);
    const back = await isosops(["decrypt", "--in-place", "file.yaml"], { cwd, env: identity });
    expect(back).toEqual({ exit: 0, signal: null, stdout: "", stderr: "" });
    expect(contentsOf(cwd)).toEqual({ "file.yaml": Buffer.from(plainYaml).toString("latin1") });
    if (unix) expect(statSync(join(cwd, "file.yaml")).mode & 0o777).toBe(mode);
  });

  test.runIf(unix).each(programs)("in place, a file with two names is the same under both: %s", async (_, program) => {
    const cwd = makeFolder({ "file.yaml": plainYaml });
    linkSync(join(cwd, "file.yaml"), join(cwd, "other.yaml"));
    const both = () => ["file.yaml", "other.yaml"].map((name) => readFileSync(join(cwd, name), "utf8"));
    const call = async (...args: string[]) => {
      expect(await run(program[0]!, [...program.slice(1), ...args], { cwd, env: identity })).toMatchObject({ exit: 0 });
      expect(statSync(join(cwd, "other.yaml")).ino).toBe(statSync(join(cwd, "file.yaml")).ino);
      expect(readdirSync(cwd).sort()).toEqual(["file.yaml", "other.yaml"]);
      expect(both()[1]).toBe(both()[0]);
      return both()[1];
    };
    expect(await call("encrypt", "-i", ...age, "file.yaml")).toMatch(/^sops:/m);
    for (const secret of secrets) expect(both()[1]).not.toContain(secret);
    await call("set", "file.yaml", '["new"]', '"x"');
    expect(await call("decrypt", "-i", "file.yaml")).toMatch(/^new: x$/m);
  });

  test("--output makes a file, with the mode that the umask leaves", async () => {
    const cwd = makeFolder({ "file.yaml": plainYaml });
    const { exit, stdout } = await isosops(["encrypt", ...age, "--output", "out.yaml", "file.yaml"], { cwd });
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: "" });
    expect(readFileSync(join(cwd, "file.yaml"), "utf8")).toBe(plainYaml);
    expect(readdirSync(cwd).sort()).toEqual(["file.yaml", "out.yaml"]);
    if (unix) expect(statSync(join(cwd, "out.yaml")).mode & 0o777).toBe(0o666 & ~process.umask());
  });

  test.runIf(unix)("--output over a file keeps that file's mode", async () => {
    const cwd = makeFolder({ "file.yaml": plainYaml, "out.yaml": "old\n" });
    chmodSync(join(cwd, "out.yaml"), 0o600);
    await isosops(["encrypt", ...age, "--output", "out.yaml", "file.yaml"], { cwd });
    expect(readFileSync(join(cwd, "out.yaml"), "utf8")).toMatch(/^sops:/m);
    expect(statSync(join(cwd, "out.yaml")).mode & 0o777).toBe(0o600);
  });

  test.runIf(unix)("a symbolic link stays one, and its target is written", async () => {
    const cwd = makeFolder();
    mkdirSync(join(cwd, "real"));
    writeFileSync(join(cwd, "real", "file.yaml"), plainYaml);
    symlinkSync("real/file.yaml", join(cwd, "middle.yaml"));
    symlinkSync("middle.yaml", join(cwd, "link.yaml"));
    const { exit } = await isosops(["encrypt", "-i", ...age, "link.yaml"], { cwd });
    expect(exit).toBe(0);
    expect(lstatSync(join(cwd, "link.yaml")).isSymbolicLink()).toBe(true);
    expect(lstatSync(join(cwd, "middle.yaml")).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(cwd, "real", "file.yaml"), "utf8")).toMatch(/^sops:/m);
    expect(readdirSync(join(cwd, "real"))).toEqual(["file.yaml"]);
    symlinkSync("real/new.yaml", join(cwd, "dangling.yaml"));
    const made = await isosops(["decrypt", "--output", "dangling.yaml", "link.yaml"], { cwd, env: identity });
    expect(made.exit, made.stderr).toBe(0);
    expect(readFileSync(join(cwd, "real", "new.yaml"), "utf8")).toBe(plainYaml);
  });

  test.runIf(unix)("links that go in a circle", async () => {
    const cwd = makeFolder({ "file.yaml": plainYaml });
    symlinkSync("b", join(cwd, "a"));
    symlinkSync("a", join(cwd, "b"));
    const { exit, stderr } = await isosops(["encrypt", ...age, "--output", "a", "file.yaml"], { cwd });
    expect(exit).toBe(3);
    expect(stderr).toMatch(/circle/);
  });

  test.runIf(unix)("--output /dev/stdout and /dev/null", async () => {
    const cwd = makeFolder({ "file.yaml": plainYaml });
    const shown = await isosops(["encrypt", ...age, "--output", "/dev/stdout", "file.yaml"], { cwd });
    expect(shown.exit, shown.stderr).toBe(0);
    expect(shown.stdout).toMatch(/^sops:/m);
    const dropped = await isosops(["encrypt", ...age, "--output", "/dev/null", "file.yaml"], { cwd });
    expect(dropped).toEqual({ exit: 0, signal: null, stdout: "", stderr: "" });
    expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
  });

  test.runIf(unix)("--output to a named pipe", async () => {
    const cwd = makeFolder({ "file.yaml": plainYaml });
    execFileSync("mkfifo", [join(cwd, "pipe")]);
    const reader = spawn("cat", ["pipe"], { cwd, stdio: ["ignore", "pipe", "ignore"] });
    let read = "";
    reader.stdout.setEncoding("utf8").on("data", (text: string) => {
      read += text;
    });
    const ended = new Promise((resolve) => reader.on("close", resolve));
    const { exit } = await isosops(["encrypt", ...age, "--output", "pipe", "file.yaml"], { cwd });
    await ended;
    expect(exit).toBe(0);
    expect(read).toMatch(/^sops:/m);
    expect(lstatSync(join(cwd, "pipe")).isFIFO()).toBe(true);
  });

  test.runIf(unix)(
    "a named pipe that nobody reads can be interrupted",
    async () => {
      const cwd = makeFolder({ "file.yaml": plainYaml });
      execFileSync("mkfifo", [join(cwd, "pipe")]);
      for (const args of [
        ["encrypt", ...age, "--output", "pipe", "file.yaml"],
        ["age", "encrypt", "-r", first.recipient, "-o", "pipe", "file.yaml"],
      ]) {
        const outcome = await isosops(args, { cwd, started: (child) => setTimeout(() => child.kill("SIGINT"), 2000) });
        expect(outcome).toMatchObject({ exit: null, signal: "SIGINT", stdout: "" });
      }
    },
    20_000,
  );

  test.runIf(unix)("a disk that is full", async ({ skip }) => {
    if (!existsSync("/dev/full")) return skip("there is no /dev/full here");
    const cwd = makeFolder({ "file.yaml": plainYaml });
    const file = await isosops(["encrypt", ...age, "--output", "/dev/full", "file.yaml"], { cwd });
    expect(file).toMatchObject({ exit: 3, stdout: "" });
    expect(file.stderr).toMatch(/no space/);
    const full = openSync("/dev/full", "w");
    const exit = await new Promise((resolve) => {
      const child = spawn(process.execPath, [bin, "encrypt", ...age, "file.yaml"], {
        cwd,
        stdio: ["ignore", full, "ignore"],
      });
      child.on("close", resolve);
    });
    closeSync(full);
    // As sops returns it for stdout.
    expect(exit).toBe(1);
  });

  test.runIf(unix)("a write that fails halfway leaves the old file and nothing else", async () => {
    const text = `password: ${"x".repeat(1_000_000)}\n`;
    const cwd = makeFolder({ "file.yaml": text });
    const limited = 'trap "" XFSZ; ulimit -f 100; exec "$@"';
    const command = [process.execPath, bin, "encrypt", "-i", ...age, "file.yaml"];
    const outcome = await run("sh", ["-c", limited, "sh", ...command], { cwd });
    expect(outcome).toMatchObject({ exit: 3, stdout: "" });
    expect(outcome.stderr).toMatch(/too large/);
    expect(contentsOf(cwd)).toEqual({ "file.yaml": text });
  });

  // How many files Node itself has open depends on its version. With even fewer, it does not start.
  test.runIf(unix)("too few files that may be open are named, where a program is to be started", async () => {
    const cwd = makeFolder({ "file.yaml": plainYaml, "plain.yaml": plainYaml });
    expect(await isosops(["encrypt", "-i", ...age, "file.yaml"], { cwd })).toMatchObject({ exit: 0 });
    const keyCommand = { SOPS_AGE_KEY_CMD: "cat none" };
    const withKey = { SOPS_AGE_KEY: first.identity };
    const jobs: { args: string[]; env: Record<string, string>; said: RegExp }[] = [
      { args: ["exec-file", "--no-fifo", "file.yaml", "true"], env: withKey, said: /too many files are open/ },
      { args: ["decrypt", "file.yaml"], env: keyCommand, said: /too many files are open/ },
      { args: ["age", "encrypt", "-j", "none", "file.yaml"], env: {}, said: /the plugin none cannot be started/ },
      {
        args: ["encrypt", "--pgp", "85D77543B3D624B63CEA9E6DBC17301B491B3F21", "plain.yaml"],
        env: {},
        said: /too many files are open/,
      },
    ];
    for (const { args, env, said } of jobs) {
      const messages: string[] = [];
      for (let limit = 18; limit < 30; limit += 2) {
        const limited = ["-c", `ulimit -n ${limit}; exec "$@"`, "sh", process.execPath, bin, ...args];
        messages.push((await run("sh", limited, { cwd, env })).stderr);
      }
      expect(messages.join("\n"), args[0]).not.toMatch(/unexpected|TypeError/);
      expect(
        messages.some((message) => said.test(message)),
        args[0],
      ).toBe(true);
    }
  });

  test.runIf(unix)("a file made read-only stays as it is", async ({ skip }) => {
    if (isRoot) return skip("root may write read-only files");
    const cwd = makeFolder({ "file.yaml": plainYaml });
    chmodSync(join(cwd, "file.yaml"), 0o444);
    const { exit, stderr } = await isosops(["encrypt", "-i", ...age, "file.yaml"], { cwd });
    expect(exit).toBe(3);
    expect(stderr).toMatch(/permission denied/);
    expect(readFileSync(join(cwd, "file.yaml"), "utf8")).toBe(plainYaml);
  });

  test.runIf(unix)("a folder that cannot be written to", async ({ skip }) => {
    if (isRoot) return skip("root may write to every folder");
    const cwd = makeFolder({ "file.yaml": plainYaml });
    chmodSync(cwd, 0o555);
    const { exit } = await isosops(["encrypt", "-i", ...age, "file.yaml"], { cwd });
    chmodSync(cwd, 0o755);
    expect(exit).toBe(3);
    expect(readFileSync(join(cwd, "file.yaml"), "utf8")).toBe(plainYaml);
  });
});

describe("interruptions", () => {
  const large = `password: |\n${"  0123456789012345678901234567890123456789\n".repeat(100_000)}`;

  test("a reader that has seen enough", async () => {
    const cwd = makeFolder({ "file.yaml": large });
    const child = spawn(process.execPath, [bin, "encrypt", ...age, "file.yaml"], {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let message = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      message += text;
    });
    child.stdout.once("data", () => child.stdout.destroy());
    const exit = await new Promise((resolve) => child.on("close", resolve));
    expect({ exit, message }).toEqual({ exit: 141, message: "" });
  });

  test.runIf(unix)("SIGINT while the file is written leaves the old or the new one, and nothing else", async () => {
    const cwd = makeFolder({ "file.yaml": large });
    let seen = false;
    const outcome = await isosops(["encrypt", "-i", ...age, "file.yaml"], {
      cwd,
      started: (child) => {
        const watcher = watch(cwd, (_, name) => {
          if (name?.endsWith(".tmp") !== true) return;
          seen = true;
          child.kill("SIGINT");
        });
        child.on("close", () => watcher.close());
      },
    });
    expect(seen).toBe(true);
    // It may come when all is done already.
    expect(outcome.signal ?? outcome.exit).toSatisfy((end) => end === "SIGINT" || end === 0);
    expect(readdirSync(cwd)).toEqual(["file.yaml"]);
    const text = readFileSync(join(cwd, "file.yaml"), "utf8");
    expect(text === large || /^sops:\n[\s\S]*\n {4}version: \S+\n$/m.test(text)).toBe(true);
  });

  test.runIf(unix)("SIGINT before that leaves the old one", async () => {
    const cwd = makeFolder();
    const outcome = await isosops(["encrypt", ...age, "--filename-override", "x.yaml", "--output", "out.yaml"], {
      cwd,
      stdin: plainYaml,
      started: (child) => child.kill("SIGINT"),
    });
    expect(outcome).toMatchObject({ signal: "SIGINT", stdout: "" });
    expect(readdirSync(cwd)).toEqual([]);
  });
});
