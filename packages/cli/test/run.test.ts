/** `run`: the command gets what `@isosops/node/config` sets in a program. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { first, isosops, makeFolder, type RunOptions, second } from "./support.js";

const keys = { SOPS_AGE_KEY: first.identity, SOPS_AGE_RECIPIENTS: first.recipient };
const cwd = makeFolder({
  ".env": "A='one two' # note\nB=env\nC=env\n",
  ".env.local": "B=local\n",
  ".env.production": "C='1\n2'\n",
  "app.yaml": "db: {user: app}\n",
  "exit.sh": '#!/bin/sh\nprintf "%s;" "$A" "$B" "$C" "$db_user" "$@"\nexit 7\n',
});
beforeAll(async () => {
  for (const name of [".env", ".env.production", "app.yaml"]) {
    expect(await isosops(["encrypt", "--in-place", name], { cwd, env: keys })).toMatchObject({ exit: 0 });
  }
});

const run = (args: readonly string[], more: Partial<RunOptions> = {}) =>
  isosops(["run", ...args], { cwd, env: keys, ...more });
const show = ["--", "sh", "exit.sh", "-x", "--mode", "a b"];

describe("run", () => {
  test("runs a command with the values of .env files, its own flags, and its exit code", async () => {
    expect(await run(show)).toMatchObject({ exit: 7, stdout: "one two;local;env;;-x;--mode;a b;", stderr: "" });
    expect(await run(["--mode", "production", ...show.slice(1)])).toMatchObject({
      stdout: "one two;local;1\n2;;-x;--mode;a b;",
    });
    expect(await run(["sh", "exit.sh", "-kms"])).toMatchObject({ exit: 7, stdout: "one two;local;env;;-kms;" });
    expect((await run(["--convention", "vite", "--mode", "production", ...show])).stdout).toContain(
      "one two;local;1\n2;",
    );
  });

  test("takes files, and options of the environment", async () => {
    const shown = (stdout: string) => stdout.split(";").slice(0, 4).join(";");
    expect(shown((await run(["-f", ".env", "--file", "app.yaml", ...show])).stdout)).toBe("one two;env;env;app");
    const env = { ...keys, ISOSOPS_ENV_FILE: "app.yaml", A: "own" };
    expect(shown((await run(show, { env })).stdout)).toBe("own;;;app");
    expect(shown((await run(["-f", ".env", ...show], { env })).stdout)).toBe("own;env;env;");
    expect(shown((await run(["-f", ".env", "--override", ...show], { env })).stdout)).toBe("one two;env;env;");
  });

  test("passes no other variables if asked to", async () => {
    expect(await run(["--pristine", "--", "/usr/bin/env"])).toMatchObject({
      exit: 0,
      stdout: "A=one two\nB=local\nC=env\n",
    });
  });

  test("runs nothing if a file does not open, and names it", async () => {
    const marked = ["--", "sh", "-c", "echo ran"];
    const other = await run(marked, { env: { SOPS_AGE_KEY: second.identity } });
    expect(other).toMatchObject({ exit: 128, stdout: "" });
    expect(other.stderr).toMatch(/\.env: .*SOPS_AGE_KEY \(1 key\)/s);
    expect(await run(["-f", "none.env", ...marked])).toMatchObject({ exit: 100, stdout: "" });
    const tampered = makeFolder({ ".env": "A=1\n" });
    const { stdout } = await isosops(["encrypt", ".env"], { cwd: tampered, env: keys });
    writeFileSync(join(tampered, ".env"), stdout.replace(/^sops_.*\n/gm, ""));
    expect(await run(marked, { cwd: tampered })).toMatchObject({ exit: 1, stdout: "" });
    writeFileSync(join(tampered, ".env"), stdout.replace(/^A=.*\n/m, ""));
    expect(await run(marked, { cwd: tampered })).toMatchObject({ exit: 51, stdout: "" });
  });

  test("says what is missing: the command, the program, files", async () => {
    expect(await run([])).toMatchObject({ exit: 1, stderr: expect.stringContaining("missing command to run") });
    expect(await run(["--", "no-such-program"])).toMatchObject({
      exit: 127,
      stderr: expect.stringContaining("no-such-program cannot be run: there is no such program."),
    });
    expect((await run(["--", "echo $A"])).stderr).toContain("isosops run -- sh -c");
    expect(await run(["--", "./app.yaml"])).toMatchObject({
      exit: 126,
      stderr: expect.stringContaining("permission denied"),
    });
    const empty = await run(["--", "echo", "ran"], { cwd: makeFolder({}) });
    expect(empty).toMatchObject({ exit: 0, stdout: "ran\n", stderr: expect.stringContaining("there is no .env file") });
  });
});
