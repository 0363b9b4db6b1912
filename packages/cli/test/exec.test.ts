/** `exec-env`, `exec-file` and `filestatus`, beside the sops command. */
import type { ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bin, first, isosops, makeFolder, type RunOptions, run, sops } from "./support.js";
import { hasTerminals, typeOnTerminal } from "./terminal.js";

const keys = { SOPS_AGE_KEY: first.identity, SOPS_AGE_RECIPIENTS: first.recipient };

const plain: Record<string, string> = {
  "file.env": 'PLAIN=one\nNUM=2\n# a comment\nM=a\\nb\nQ="q"\n',
  "file.yaml": `a: one
n: 5
f: 1.50
g: 2.0
big: 123456789.5
small: 1e-7
t: true
nil: null
day: 2024-02-29
at: 2024-02-29T01:02:03.250+02:00
text: |
  x
  y
empty: ""
# a comment
`,
  "other.yaml": "a: two\nz: last\n",
  "nested.yaml": "db:\n  password: one\n  hosts:\n    - h0\n    - port: 1\n",
  "list.yaml": "l:\n  - 1\n",
  "names.yaml": '"a-b.c": 1\n"1x": 2\nok: 4\n',
  "equals.yaml": '"a=b": one\n',
  "zero.yaml": 'n: "x\\0y"\n',
  "zero-name.yaml": '"k\\0": one\n',
  "path.yaml": "PATH: /nowhere\n",
  "two.yaml": "x: 1\n---\ny: 2\n",
  "repeated.json": '{"a": "1", "a": "2"}\n',
  "file.ini": "[db]\nuser = one\n",
  "file.bin": "bytes\n",
};

const locked: Record<string, string> = {};
for (const [name, text] of Object.entries(plain)) {
  const cwd = makeFolder({ [name]: text });
  const { stdout, stderr, exit } = await isosops(["encrypt", name], { cwd, env: keys });
  expect({ name, exit, stderr: exit === 0 ? "" : stderr }).toEqual({ name, exit: 0, stderr: "" });
  locked[name] = stdout;
}

const cwd = makeFolder(locked);
const ours = (args: readonly string[], more: Partial<RunOptions> = {}) => isosops(args, { cwd, env: keys, ...more });

/** The same of sops, where it is there. */
async function expectSame(args: readonly string[], outcome: { exit: number | null; stdout: string }): Promise<void> {
  if (sops === undefined) return;
  const { exit, stdout } = await run(sops, [...args], { cwd, env: keys });
  expect({ exit: outcome.exit, stdout: outcome.stdout }).toEqual({ exit, stdout });
}

/** Runs ours, and sends a signal once the command has written `started`. */
function signalled(args: readonly string[], signal: NodeJS.Signals, folder: string, more: Partial<RunOptions> = {}) {
  return isosops(args, {
    cwd: folder,
    env: keys,
    ...more,
    started(child: ChildProcess) {
      const timer = setInterval(() => {
        if (!existsSync(join(folder, "started"))) return;
        clearInterval(timer);
        child.kill(signal);
      }, 20);
      child.once("close", () => clearInterval(timer));
    },
  });
}

const plainFolders = () =>
  [process.env.XDG_RUNTIME_DIR ?? "", "/dev/shm", tmpdir()]
    .filter((parent) => existsSync(parent))
    .flatMap((parent) => readdirSync(parent))
    .filter((name) => name.endsWith(".plain"));

describe.skipIf(process.platform === "win32")("exec-env", () => {
  const list = "/usr/bin/env | /usr/bin/sort";

  test.each(Object.keys(plain))("the variables of sops: %s", async (name) => {
    const args = ["exec-env", "--pristine", name, list];
    const outcome = await ours(args);
    expect(outcome.exit).toBe(/^(?:nested|list|equals|zero|file\.ini)/.test(name) ? 1 : 0);
    if (outcome.exit === 1) expect(outcome.stderr).not.toMatch(/\bone\b|x\0y/);
    await expectSame(args, outcome);
  });

  test("the file's values come before those of the environment, and those of later files before earlier ones", async () => {
    const args = ["exec-env", "file.env", "echo $PLAIN $HOME $OTHER"];
    const env = { ...keys, PLAIN: "mine", OTHER: "there" };
    expect((await ours(args, { env })).stdout).toBe(`one ${cwd} there\n`);
    const several = await ours(["exec-env", "--pristine", "file.yaml", "other.yaml", "echo $a $n $z"]);
    expect(several.stdout).toBe("two 5 last\n");
  });

  test("nested values, flattened", async () => {
    const { stdout } = await ours(["exec-env", "--pristine", "--flatten", "nested.yaml", list]);
    expect(stdout).toBe(`PWD=${cwd}\ndb_hosts_0=h0\ndb_hosts_1_port=1\ndb_password=one\n`);
    const folder = makeFolder({ "clash.yaml": "a_b: 1\na:\n  b: 2\n" });
    await isosops(["encrypt", "-i", "clash.yaml"], { cwd: folder, env: keys });
    const clash = await isosops(["exec-env", "--flatten", "clash.yaml", list], { cwd: folder, env: keys });
    expect(clash).toMatchObject({ exit: 1, stdout: "" });
    expect(clash.stderr).toContain("two values would both be a_b");
  });

  test.each([
    [["exec-env", "file.env", "exit 7"], 7],
    [["exec-env", "file.env", "missing-program"], 127],
    [["exec-env", "--same-process", "file.env", "echo $PLAIN; exit 4"], 4],
    [["exec-env", "--same-process", "--background", "file.env", "true"], 8],
    [["exec-env", "file.env"], 1],
    [["exec-env"], 1],
    [["exec-env", "missing.yaml", "true"], 2],
    [["exec-env", "--user", "no-such-user", "file.env", "true"], 1],
    // A command that ends before it has read the pipe ends sops with 1 at times: its folder is gone when sops opens it.
    [["exec-file", "file.env", "cat {} >/dev/null; exit 7"], 7],
    [["exec-file", "file.env"], 1],
    [["exec-file", "--filename", "../x", "file.env", "true"], 1],
    [["exec-file", "--filename", "/x", "file.env", "true"], 1],
    [["exec-file", "--filename", "a/x", "file.env", "true"], 1],
  ])("the exit code of sops: %j", async (args, exit) => {
    const outcome = await ours(args);
    expect(outcome.exit).toBe(exit);
    await expectSame(args, outcome);
  });

  test.each([
    [["exec-env", "file.env", "--", "echo $PLAIN"]],
    [["exec-env", "--", "file.env", "echo $PLAIN"]],
    [["exec-env", "file.env", "--", "echo $PLAIN --pristine"]],
    [["exec-env", "file.env", list, "--pristine"]],
    [["exec-file", "other.yaml", "--output-type", "json", "cat {}"]],
    [["exec-file", "other.yaml", "cat {}", "--output-type=json"]],
    [["exec-file", "other.yaml", "--filename", "x", "--", "cat {}"]],
    [["exec-file", "other.yaml", "--filename", "x", "basename {}; cat {}"]],
  ])("flags stand anywhere, and -- before the command, as in sops: %j", async ([...args]) => {
    const outcome = await ours(args);
    expect(outcome).toMatchObject({ exit: 0, stderr: "" });
    await expectSame(args, outcome);
  });

  test("what follows -- is one command, so that no word of it is taken for a file", async () => {
    const args = ["exec-env", "file.env", "--", "echo", "$PLAIN"];
    const outcome = await ours(args);
    expect(outcome).toMatchObject({ exit: 1, stdout: "" });
    expect(outcome.stderr).toContain("isosops exec-env FILE 'COMMAND ARGUMENT'");
    if (sops !== undefined) expect(await run(sops, args, { cwd, env: keys })).toMatchObject({ exit: 1, stdout: "" });
  });

  const canReplace = "execve" in process;
  test.skipIf(!canReplace)(
    `in the same process, with the signals of a new one${canReplace ? "" : " (skipped: this Node has no process.execve)"}`,
    async () => {
      let pid: number | undefined;
      const { stdout, stderr } = await ours(["exec-env", "--same-process", "file.env", "echo $$; yes | head -1"], {
        started: (child) => {
          pid = child.pid;
        },
      });
      expect({ stdout, stderr }).toEqual({ stdout: `${pid}\ny\n`, stderr: "" });
    },
  );

  test.skipIf(process.getuid?.() !== 0)("as another user", async () => {
    for (const args of [
      ["exec-env", "--user", "nobody", "file.env", "id; echo $HOME $USER $LOGNAME $PLAIN"],
      ["exec-file", "--user", "nobody", "file.env", "stat -c '%U %a' {}; cat {}"],
    ]) {
      const outcome = await ours(args);
      expect(outcome).toMatchObject({ exit: 0, stderr: "" });
      expect(outcome.stdout).toContain("nobody");
      await expectSame(args, outcome);
    }
  });

  test("in the background", async () => {
    const { exit, stderr } = await ours([
      "exec-env",
      "--background",
      "file.env",
      `sleep 0.3; echo $PLAIN > background`,
    ]);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: expect.stringContaining("deprecated") });
    await expect
      .poll(() => existsSync(join(cwd, "background")) && readFileSync(join(cwd, "background"), "utf8"))
      .toBe("one\n");
  });

  test("a signal is passed on, and the exit code is that of the command", async () => {
    for (const command of ["exec-env", "exec-file"]) {
      const folder = makeFolder(locked);
      const script = "trap 'exit 9' TERM; touch started; while :; do sleep 0.05; done";
      expect(await signalled([command, "file.env", script], "SIGTERM", folder)).toMatchObject({ exit: 9 });
      // One that ends the command ends us.
      const plainScript = "touch started; exec sleep 20";
      const other = makeFolder(locked);
      expect(await signalled([command, "file.env", plainScript], "SIGHUP", other)).toMatchObject({
        exit: null,
        signal: "SIGHUP",
      });
    }
  });

  test.skipIf(!hasTerminals)("on a terminal: the command has it, and Ctrl+C reaches it once", async () => {
    for (const command of ["exec-env", "exec-file"]) {
      const script = `test -t 0 && test -t 1 && echo on a terminal; trap 'echo interrupted; exit 6' INT; read answer; echo "got $answer"; while :; do sleep 0.05; done`;
      const outcome = await typeOnTerminal(
        [
          ["on a terminal", "hello\n"],
          ["got hello", "\u0003"],
        ],
        [command, "file.env", script],
        { cwd, env: keys },
      );
      expect(outcome.exit).toBe(6);
      expect(outcome.stdout.match(/interrupted/g)).toHaveLength(1);
    }
  });
});

describe.skipIf(process.platform === "win32")("exec-file", () => {
  test.each([
    ["exec-file", "file.env", "cat {}"],
    [
      "exec-file",
      "--no-fifo",
      "file.yaml",
      "cat {} {} > /dev/null && stat -c '%F %a' {} && stat -c '%a' $(dirname {})",
    ],
    ["exec-file", "file.yaml", "stat -c '%F %a' {}"],
    ["exec-file", "--output-type", "json", "other.yaml", "cat {}"],
    ["exec-file", "--filename", "x y.yaml", "other.yaml", "basename '{}'"],
    ["exec-file", "file.bin", "cat {}"],
    ["exec-file", "file.env", "true"],
  ])("as sops: %j", async (...args) => {
    const outcome = await ours(args);
    expect(outcome).toMatchObject({ exit: 0, stderr: "" });
    await expectSame(args, outcome);
  });

  test("what nobody reads, or not to its end, is no error and no hang", async () => {
    const folder = makeFolder({ "large.bin": Buffer.alloc(1_000_000, "x") });
    await isosops(["encrypt", "-i", "large.bin"], { cwd: folder, env: keys });
    for (const [script, stdout] of [
      ["head -c 3 {}", "xxx"],
      ["rm {}; echo gone", "gone\n"],
      ["exec 3<{}; sleep 5 <&3 >/dev/null 2>&1 & echo started", "started\n"],
    ] as const) {
      const begun = performance.now();
      expect(await isosops(["exec-file", "large.bin", script], { cwd: folder, env: keys })).toMatchObject({
        exit: 0,
        stdout,
      });
      expect(performance.now() - begun).toBeLessThan(4_000);
    }
  });

  test("several files", async () => {
    const { stdout } = await ours(["exec-file", "other.yaml", "file.bin", "cat {2} {1}; echo {} {3} | wc -w"]);
    expect(stdout).toBe(`${plain["file.bin"]}${plain["other.yaml"]}3\n`);
  });

  test("in the background, the file stays until the command has ended", async () => {
    const before = new Set(plainFolders());
    // Until another command has removed what it takes for a leftover.
    const script = "until [ -e go ]; do sleep 0.05; done; cat {} > read; mv read done";
    expect(await ours(["exec-file", "--background", "other.yaml", script])).toMatchObject({ exit: 0 });
    expect(await ours(["exec-file", "other.yaml", "true"])).toMatchObject({ exit: 0 });
    writeFileSync(join(cwd, "go"), "");
    await expect.poll(() => existsSync(join(cwd, "done")), { timeout: 20_000 }).toBe(true);
    expect(readFileSync(join(cwd, "done"), "utf8")).toBe(plain["other.yaml"]);
    await expect
      .poll(() => plainFolders().filter((name) => !before.has(name)), { timeout: 20_000, interval: 10 })
      .toEqual([]);
  });

  test.each(["--no-fifo", "--filename=x"])(
    "a kill leaves no plain text: %s",
    async (flag) => {
      const before = new Set(plainFolders());
      const begun = performance.now();
      await ours(["exec-file", flag, "other.yaml", "sleep 0.05"]);
      let whole = performance.now() - begun;
      let killed = 0;
      for (let round = 0; killed < 20; round++) {
        expect(round, "commands that ended before they were killed").toBeLessThan(100);
        const after = (whole * ((round % 20) + 0.5)) / 20;
        const { signal } = await ours(["exec-file", flag, "other.yaml", "sleep 0.05"], {
          started: (child) => void setTimeout(() => child.kill("SIGKILL"), after),
        });
        if (signal === "SIGKILL") killed++;
        else whole = Math.min(whole, after);
        await expect
          .poll(() => plainFolders().filter((name) => !before.has(name)), { timeout: 20_000, interval: 10 })
          .toEqual([]);
      }
    },
    120_000,
  );

  test("what killed processes have left is removed by the next one", async () => {
    const folder = makeFolder(locked);
    const owner = await run("sh", ["-c", "echo $$"], { cwd: folder });
    const { ownProcess } = (await import("../../node/dist/write/process-owner.js")) as { ownProcess(): string };
    const host = ownProcess().replace(/:\d+:[^:]*$/, "");
    const name = (pid: string, start: string) =>
      `.isosops-${Buffer.from(`${host}:${pid}:${start}`).toString("base64url")}.0123456789abcdef.plain`;
    const env = { ...keys, XDG_RUNTIME_DIR: "", TMPDIR: folder };
    const dead = join("/dev/shm", name(owner.stdout.trim(), "1"));
    if (!existsSync("/dev/shm")) return;
    const { mkdirSync, rmSync } = await import("node:fs");
    mkdirSync(dead);
    const living = join(
      "/dev/shm",
      `.isosops-${Buffer.from(ownProcess()).toString("base64url")}.fedcba9876543210.plain`,
    );
    mkdirSync(living);
    writeFileSync(join(dead, "secret"), "one");
    try {
      expect(await isosops(["exec-file", "file.env", "true"], { cwd: folder, env })).toMatchObject({ exit: 0 });
      expect([existsSync(dead), existsSync(living)]).toEqual([false, true]);
    } finally {
      rmSync(living, { recursive: true });
      rmSync(dead, { recursive: true, force: true });
    }
  });
});

describe("filestatus", () => {
  const folder = makeFolder({
    ...locked,
    "plain.yaml": "a: 1\n",
    "plain.env": "A=1\n",
    "plain.json": "{}",
    "plain.ini": "[a]\nb = 1\n",
    "empty.yaml": "",
    "bad.yaml": "a: [",
    "no-mac.yaml": locked["file.yaml"]!.replace(/^ {4}mac: .*\n/m, ""),
    "no-version.yaml": locked["file.yaml"]!.replace(/^ {4}version: .*\n/m, ""),
    "null.yaml": "a: 1\nsops: null\n",
    named: locked["file.yaml"]!,
  });

  test.each([
    ...Object.keys(locked).map((name) => [name]),
    ...["plain.yaml", "plain.env", "plain.json", "plain.ini", "empty.yaml", "bad.yaml"].map((name) => [name]),
    ...["no-mac.yaml", "no-version.yaml", "null.yaml", "missing.yaml", "named", "."].map((name) => [name]),
    ["--input-type", "yaml", "named"],
    ["--input-type", "yaml", "file.env"],
    ["file.yaml", "plain.yaml"],
    [],
  ])("as sops: %j %j %j", async (...given) => {
    const args = ["filestatus", ...given];
    const { exit, stdout } = await isosops(args, { cwd: folder, env: keys });
    expect(stdout).toMatch(exit === 0 ? /^\{"encrypted":(?:true|false)\}\n$/ : /^$/);
    if (sops === undefined) return;
    const theirs = await run(sops, args, { cwd: folder, env: keys });
    expect({ exit, stdout }).toEqual({ exit: theirs.exit, stdout: theirs.stdout });
  });
});

test("the commands are not loaded at every start", () => {
  const main = readFileSync(new URL("../bundle/main.js", import.meta.url), "utf8");
  for (const word of ["mkfifo", "initgroups", "TMPFS", "nothing is encrypted"]) expect(main).not.toContain(word);
  expect(existsSync(bin)).toBe(true);
});
