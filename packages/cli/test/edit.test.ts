/** `isosops edit FILE` and `isosops FILE`, beside the sops command. */
import { type ChildProcess, spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  bin,
  first,
  isosops,
  makeFolder,
  type Outcome,
  plainYaml,
  type RunOptions,
  run,
  secrets,
  sops,
} from "./support.js";
import { hasTerminals, typeOnTerminal } from "./terminal.js";

const keys = { SOPS_AGE_KEY: first.identity, SOPS_AGE_RECIPIENTS: first.recipient };
const { stdout: locked } = await isosops(["encrypt", "--filename-override", "file.yaml"], {
  cwd: makeFolder(),
  env: keys,
  stdin: plainYaml,
});

/** A folder with an editor, a shell script that finds the file in `$1`. */
function withEditor(script: string, files: Record<string, string> = { "file.yaml": locked }) {
  const cwd = makeFolder({ ...files, "editor.sh": `#!/bin/sh\n${script}\n` });
  chmodSync(join(cwd, "editor.sh"), 0o755);
  return { cwd, env: { ...keys, EDITOR: join(cwd, "editor.sh") } };
}

/** Folders for plain text that are there, of this machine's commands. */
function plainFolders(): string[] {
  return [process.env.XDG_RUNTIME_DIR ?? "", "/dev/shm", tmpdir()]
    .filter((parent) => existsSync(parent))
    .flatMap((parent) => readdirSync(parent).map((name) => join(parent, name)))
    .filter((path) => path.endsWith(".plain"));
}

const read = (cwd: string, name = "file.yaml") => readFileSync(join(cwd, name), "utf8");
const decrypted = async (cwd: string, name = "file.yaml") => {
  const { stdout } = await isosops(["decrypt", name], { cwd, env: keys });
  return stdout;
};
const theirs = (args: string[], options: RunOptions): Promise<Outcome> => run(sops!, args, options);

describe.skipIf(process.platform === "win32")("edit", () => {
  test.each(["yaml", "json", "env", "ini", "txt"])("a new file is the example of sops: .%s", async (ending) => {
    const { cwd, env } = withEditor('cat "$1"', {});
    const outcome = await isosops(["edit", `new.${ending}`], { cwd, env });
    expect(outcome).toMatchObject({ exit: 200, stderr: "error: File has not changed, exiting.\n" });
    expect(outcome.stdout).toContain("Welcome to SOPS! Edit this file as you please!");
    expect(existsSync(join(cwd, `new.${ending}`))).toBe(false);
    if (sops === undefined) return;
    expect(await theirs(["edit", `new.${ending}`], { cwd, env })).toMatchObject({ exit: 200, stdout: outcome.stdout });
  });

  test.each(["edit", undefined])("what was saved is encrypted: %s", async (command) => {
    const { cwd, env } = withEditor(`sed -i s/${secrets[0]}/hunter2/ "$1"`);
    const args = [command, "file.yaml"].filter((arg) => arg !== undefined);
    expect(await isosops(args, { cwd, env })).toEqual({ exit: 0, signal: null, stdout: "", stderr: "" });
    expect(await decrypted(cwd)).toBe(plainYaml.replace(secrets[0]!, "hunter2"));
    const changed = read(cwd)
      .split("\n")
      .filter((line) => !locked.includes(line));
    // The time is in seconds, and may be the same.
    const keysOfLines = changed.map((line) => /^ *(\w+): /.exec(line)![1]);
    expect(keysOfLines.filter((key) => key !== "lastmodified")).toEqual(["password", "mac"]);
    if (sops === undefined) return;
    const { stdout } = await theirs(["decrypt", "--output-type", "json", "file.yaml"], { cwd, env });
    expect(JSON.parse(stdout).password).toBe("hunter2");
  });

  test("a new file, for the recipients of its rule", async () => {
    const { cwd, env } = withEditor(`echo 'password: hunter2' > "$1"`, {
      ".sops.yaml": `creation_rules:\n  - path_regex: \\.yaml$\n    encrypted_regex: ^pass\n    age: ${first.recipient}\n`,
    });
    const { SOPS_AGE_RECIPIENTS: _, ...own } = env;
    expect(await isosops(["edit", "new.yaml"], { cwd, env: own })).toMatchObject({ exit: 0, stderr: "" });
    expect(read(cwd, "new.yaml")).toMatch(/^password: ENC\[[\s\S]*encrypted_regex: \^pass\n/);
    expect(await decrypted(cwd, "new.yaml")).toBe("password: hunter2\n");
    // Before the editor opens.
    expect(await isosops(["edit", "new.json"], { cwd, env: own })).toMatchObject({ exit: 1, stdout: "" });
    expect(await isosops(["edit", "nowhere/new.yaml"], { cwd, env: own })).toMatchObject({ exit: 3 });
  });

  test("the plain text is in memory, for its owner alone, and gone afterwards", async () => {
    const { cwd, env } = withEditor('stat -c "%n %a" "$1" "$(dirname "$1")"');
    const { stdout } = await isosops(["edit", "file.yaml"], { cwd, env });
    const [file, folder] = stdout.trim().split("\n");
    expect(file).toMatch(/\/file\.yaml 600$/);
    expect(folder).toMatch(/\.plain 700$/);
    const path = folder!.replace(/ 700$/, "");
    expect(existsSync(path)).toBe(false);
    if (process.platform !== "linux" || !existsSync("/dev/shm")) return;
    // TMPFS_MAGIC of Linux.
    expect(statfsSync(join(path, "..")).type).toBe(0x01021994);
  });

  test.each([
    ["an editor that fails", "exit 1", 201],
    ["an editor that was killed", "kill -9 $$", 201],
    ["an editor that removes the file", 'rm "$1"', 2],
    ["an editor that changes nothing", 'touch "$1"', 200],
  ])("the file stays as it is: %s", async (_, script, exit) => {
    const { cwd, env } = withEditor(`echo "$1" >> opened; ${script}`);
    expect(await isosops(["edit", "file.yaml"], { cwd, env })).toMatchObject({ exit, stdout: "" });
    expect(read(cwd)).toBe(locked);
    expect(existsSync(read(cwd, "opened").trim())).toBe(false);
    if (sops === undefined) return;
    expect(await theirs(["edit", "file.yaml"], { cwd, env })).toMatchObject({ exit });
  });

  test("an editor that saves by renaming another file", async () => {
    const { cwd, env } = withEditor('echo "a: 1" > "$1~" && mv "$1~" "$1"');
    expect(await isosops(["edit", "file.yaml"], { cwd, env })).toMatchObject({ exit: 0 });
    expect(await decrypted(cwd)).toBe("a: 1\n");
  });

  test("an editor that does not wait is told how", async () => {
    const { cwd, env } = withEditor("");
    writeFileSync(join(cwd, "code"), "#!/bin/sh\n");
    chmodSync(join(cwd, "code"), 0o755);
    const options = { cwd, env: { ...env, EDITOR: join(cwd, "code") } };
    const { exit, stderr } = await isosops(["edit", "file.yaml"], options);
    expect(exit).toBe(200);
    expect(stderr).toContain("give it the flag --wait");
    const waiting = { cwd, env: { ...env, EDITOR: `${join(cwd, "code")} --wait` } };
    expect((await isosops(["edit", "file.yaml"], waiting)).stderr).not.toContain("--wait");
  });

  test.each([
    `./editor.sh -a "b c"`,
    "./editor.sh 'x \\y' # comment",
    "./editor.sh a\\ b",
    "./editor.sh $HOME ~ *",
    `./editor.sh "a\\"b\\nc"`,
    "./editor.sh ''",
    `./editor.sh a#b "x"'y'`,
    `./editor.sh "unclosed`,
    "./editor.sh back\\",
    "missing-editor",
    "/missing/editor",
  ])("the command is split as sops splits it: %s", async (EDITOR) => {
    const { cwd, env } = withEditor('while [ $# -gt 1 ]; do echo "[$1]"; shift; done');
    const options = { cwd, env: { ...env, EDITOR } };
    const ours = await isosops(["edit", "file.yaml"], options);
    expect([200, 201]).toContain(ours.exit);
    if (sops === undefined) return;
    const { exit, stdout } = await theirs(["edit", "file.yaml"], options);
    expect({ exit: ours.exit, stdout: ours.stdout }).toEqual({ exit, stdout });
  });

  test("SOPS_EDITOR comes first, an empty one does not count, and without any vim, nano and vi are tried", async () => {
    const { cwd, env } = withEditor("echo of EDITOR");
    for (const name of ["other", "nano"]) {
      writeFileSync(join(cwd, name), `#!/bin/sh\necho of ${name}\n`);
      chmodSync(join(cwd, name), 0o755);
    }
    const cases: [Record<string, string>, string, number][] = [
      [{ SOPS_EDITOR: "./other" }, "of other\n", 200],
      [{ SOPS_EDITOR: "" }, "of EDITOR\n", 200],
      [{ EDITOR: "", PATH: cwd }, "of nano\n", 200],
      [{ EDITOR: "", PATH: "/missing" }, "", 201],
    ];
    for (const [more, stdout, exit] of cases) {
      const options = { cwd, env: { ...env, ...more } };
      const ours = await run(process.execPath, [bin, "edit", "file.yaml"], options);
      expect({ more, stdout: ours.stdout, exit: ours.exit }).toEqual({ more, stdout, exit });
      if (sops === undefined) continue;
      expect(await theirs(["edit", "file.yaml"], options)).toMatchObject({ stdout, exit });
    }
  });

  test.each([
    ["yaml", "a: [hunter2"],
    ["yaml", ""],
    ["yaml", "- hunter2"],
    ["yaml", "sops: hunter2"],
    ["json", ""],
    ["json", '{"a": hunter2}'],
    ["env", "hunter2"],
  ])("what is not valid opens the editor again: .%s %j", async (ending, text) => {
    const script = `echo x >> opened; if [ -e second ]; then echo '${ending === "json" ? '{"a": 1}' : "a=1: 2"}' > "$1"; else touch second; printf %s '${text}' > "$1"; fi`;
    const { cwd, env } = withEditor(script, {});
    const { exit, stderr } = await isosops(["edit", `file.${ending}`], { cwd, env, stdin: "\n" });
    expect({ exit, opened: read(cwd, "opened") }).toEqual({ exit: 0, opened: "x\nx\n" });
    expect(stderr).toContain("Press enter to return to the editor, or Ctrl+C to exit.");
    expect(stderr).not.toContain("hunter2");
    expect(await decrypted(cwd, `file.${ending}`)).toContain("1");
    if (sops === undefined || ending === "json") return;
    const other = withEditor(script, {});
    expect((await theirs(["edit", `file.${ending}`], { ...other, stdin: "\n" })).exit).toBe(0);
    expect(read(other.cwd, "opened")).toBe("x\nx\n");
  });

  test("without anybody to ask, what is not valid ends the command, which sops would repeat forever", async () => {
    const { cwd, env } = withEditor(`echo x >> opened; echo 'a: [hunter2' > "$1"`);
    const { exit, stderr } = await isosops(["edit", "file.yaml"], { cwd, env });
    expect({ exit, opened: read(cwd, "opened") }).toEqual({ exit: 2, opened: "x\n" });
    expect(stderr).toContain("stdin has ended");
    expect(read(cwd)).toBe(locked);
  });

  test("a file that was changed meanwhile is not overwritten, and the edit is kept, encrypted", async () => {
    const { cwd, env } = withEditor(`echo 'a: hunter2' > "$1"; echo '# another' >> file.yaml`);
    const { exit, stderr } = await isosops(["edit", "file.yaml"], { cwd, env });
    expect(exit).toBe(3);
    expect(read(cwd)).toBe(`${locked}# another\n`);
    const kept = /Your edit is in (\S+), encrypted/.exec(stderr)![1]!;
    expect(kept).toMatch(/^file\.edited-\w+\.yaml$/);
    expect(read(cwd, kept)).not.toContain("hunter2");
    expect(await decrypted(cwd, kept)).toBe("a: hunter2\n");
    expect(statSync(join(cwd, kept)).mode & 0o777).toBe(0o600);
    // One that did not exist.
    const fresh = withEditor(`echo 'a: hunter2' > "$1"; echo other > new.yaml`, {});
    expect(await isosops(["edit", "new.yaml"], fresh)).toMatchObject({ exit: 3 });
    expect(read(fresh.cwd, "new.yaml")).toBe("other\n");
  });

  test("with the master keys, the block is shown, and its rule changed", async () => {
    const { cwd, env } = withEditor('cat "$1"; sed -i "s/unencrypted_suffix: .*/encrypted_regex: ^token$/" "$1"');
    const { exit, stdout } = await isosops(["edit", "-s", "file.yaml"], { cwd, env });
    expect(exit).toBe(0);
    expect(stdout).toContain(plainYaml);
    expect(stdout).toContain(`recipient: ${first.recipient}`);
    expect(read(cwd)).toContain(`password: ${secrets[0]}\n`);
    expect(read(cwd)).toMatch(/token: "ENC\[/);
    if (sops === undefined) return;
    const opened = await theirs(["decrypt", "--output-type", "json", "file.yaml"], { cwd, env });
    expect(JSON.parse(opened.stdout).nested.token).toBe(secrets[1]);
  });

  test("the call of vscode-sops", async () => {
    const { cwd, env } = withEditor(`echo 'a: hunter2' > "$1"`);
    const args = ["--config", "/dev/null", "--output-type", "yaml", "--input-type", "yaml", "file.yaml"];
    expect(await isosops(args, { cwd, env })).toMatchObject({ exit: 0, stderr: "" });
    expect(await decrypted(cwd)).toBe("a: hunter2\n");
  });

  test.each([
    [["encyrpt", "file.yaml"], "encrypt"],
    [["decrpyt"], "decrypt"],
    [["verfy"], "verify"],
    [["updatekey"], "updatekeys"],
  ])("a mistyped command is not a new file: %j", async (args, meant) => {
    const { cwd, env } = withEditor("echo opened");
    const { exit, stdout, stderr } = await isosops(args, { cwd, env });
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: "" });
    expect(stderr).toContain(`Did you mean \`isosops ${meant}\`?`);
  });

  test("a file that is named like a command, and one that has no ending", async () => {
    const { cwd, env } = withEditor("cat", { encyrpt: locked });
    expect((await isosops(["--input-type", "yaml", "encyrpt"], { cwd, env })).exit).toBe(200);
    expect((await isosops(["./new"], { cwd, env })).exit).toBe(200);
    expect((await isosops(["notes"], { cwd, env })).exit).toBe(200);
  });

  test("what cannot be edited", async () => {
    const { cwd, env } = withEditor("", { "plain.yaml": "a: 1\n", "file.yaml": locked });
    for (const [args, exit] of [
      [["edit"], 100],
      [["edit", "plain.yaml"], 1],
      [["edit", "."], 2],
    ] as const) {
      expect(await isosops(args, { cwd, env })).toMatchObject({ exit, stdout: "" });
      if (sops !== undefined) expect((await theirs([...args], { cwd, env })).exit).toBe(exit);
    }
    expect(await isosops(["edit", "file.yaml"], { cwd, env: { ...env, SOPS_AGE_KEY: "" } })).toMatchObject({
      exit: 128,
    });
  });

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("a signal ends editor and command: %s", async (signal) => {
    const { cwd, env } = withEditor('echo "$1" $$ > opened; echo "a: 1" > "$1"; exec sleep 60');
    let killed = false;
    const started = (child: ChildProcess) => {
      const timer = setInterval(() => {
        if (killed || !existsSync(join(cwd, "opened")) || !read(cwd, "opened").endsWith("\n")) return;
        killed = true;
        clearInterval(timer);
        child.kill(signal);
      }, 20);
    };
    const { exit, stderr } = await isosops(["edit", "file.yaml"], { cwd, env, started });
    expect({ exit, killed }).toEqual({ exit: 1, killed: true });
    expect(stderr).toContain("User canceled operation");
    const [path, editor] = read(cwd, "opened").trim().split(" ");
    expect(existsSync(join(path!, ".."))).toBe(false);
    expect(() => process.kill(Number(editor), 0)).toThrow(/ESRCH/);
    expect(read(cwd)).toBe(locked);
  });

  test("a kill at any moment leaves no plain text, and a whole encrypted file", async () => {
    const { cwd, env } = withEditor(`sed -i s/hunter[0-9]*/hunter$$/ "$1"; sleep 0.05`);
    expect(await isosops(["set", "file.yaml", '["password"]', '"hunter0"'], { cwd, env })).toMatchObject({ exit: 0 });
    const before = new Set(plainFolders());
    const added = () => plainFolders().filter((path) => !before.has(path));
    const begun = performance.now();
    await isosops(["edit", "file.yaml"], { cwd, env });
    // The delays go round until 100 commands were killed; those that end before they are become the new measure.
    let whole = performance.now() - begun;
    let killed = 0;
    for (let round = 0; killed < 100; round++) {
      expect(round, "commands that ended before they were killed").toBeLessThan(300);
      const after = (whole * ((round % 100) + 0.5)) / 100;
      const { signal } = await isosops(["edit", "file.yaml"], {
        cwd,
        env,
        started: (child) => void setTimeout(() => child.kill("SIGKILL"), after),
      });
      if (signal === "SIGKILL") killed++;
      else whole = Math.min(whole, after);
      await expect.poll(added, { timeout: 20_000, interval: 10 }).toEqual([]);
      expect(read(cwd)).toMatch(/^sops:\n[\s\S]*\n {4}version: \S+\n$/m);
      expect(read(cwd)).not.toMatch(/hunter\d/);
    }
    expect(await decrypted(cwd)).toMatch(/^password: hunter\d+$/m);
  }, 240_000);

  test.skipIf(!hasTerminals)("on a terminal: again after a mistake, and Ctrl+C at the question", async () => {
    const script = `echo x >> opened; printf 'editing\\n'; read answer; echo "a: $answer" > "$1"`;
    const { cwd, env } = withEditor(script);
    const again = await typeOnTerminal(
      [
        ["editing", "[\n"],
        ["Press enter", "\n"],
        ["editing", "2\n"],
      ],
      ["edit", "file.yaml"],
      { cwd, env },
    );
    expect(again.exit).toBe(0);
    expect(await decrypted(cwd)).toBe("a: 2\n");
    const before = read(cwd);
    const cancelled = await typeOnTerminal(
      [
        ["editing", "[\n"],
        ["Press enter", "\u0003"],
      ],
      ["edit", "file.yaml"],
      { cwd, env },
    );
    expect(cancelled.exit).toBe(1);
    expect(cancelled.stdout).toContain("User canceled operation");
    expect(read(cwd)).toBe(before);
  });

  test.skipIf(!hasTerminals)("on a terminal, Ctrl+C belongs to the editor while it runs", async () => {
    const { cwd, env } = withEditor(`trap 'echo interrupted; echo "a: 3" > "$1"; exit 0' INT; echo editing; sleep 10`);
    const outcome = await typeOnTerminal([["editing", "\u0003"]], ["edit", "file.yaml"], { cwd, env });
    expect(outcome).toMatchObject({ exit: 0 });
    expect(outcome.stdout).toContain("interrupted");
    expect(await decrypted(cwd)).toBe("a: 3\n");
  });

  const vi = ["vim", "vi"].find((name) => spawnSync("sh", ["-c", `command -v ${name}`]).status === 0);
  test.skipIf(!hasTerminals || vi === undefined)(
    `on a terminal, in vi${vi === undefined ? " (skipped: there is no vim and no vi)" : ""}`,
    async () => {
      const { cwd, env } = withEditor("");
      const steps: [string, string][] = [["token", `:%s/${secrets[0]}/hunter2/\r:wq\r`]];
      const outcome = await typeOnTerminal(steps, ["edit", "file.yaml"], {
        cwd,
        env: { ...env, EDITOR: vi!, TERM: "vt100" },
      });
      expect(outcome.exit).toBe(0);
      expect(await decrypted(cwd)).toBe(plainYaml.replace(secrets[0]!, "hunter2"));
    },
  );
});
