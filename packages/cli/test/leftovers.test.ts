/** What processes that are killed leave beside a file, and who takes it away. */
import { spawn, spawnSync } from "node:child_process";
import { linkSync, mkdirSync, readdirSync, readFileSync, statSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ownProcess } from "../../node/dist/write/process-owner.js";
import { bin, first, isosops, makeFolder, plainYaml } from "./support.js";

const age = ["--age", first.recipient];
const identity = { SOPS_AGE_KEY: first.identity };
const host = ownProcess().replace(/:\d+:[^:]*$/, "");

/** The name of a process that has ended, as the command has it. */
function deadOwner(): string {
  return encodeURIComponent(`${host}:${spawnSync(process.execPath, ["-e", ""]).pid}:1`);
}

const ours = (cwd: string): string[] => readdirSync(cwd).filter((name) => name.startsWith(".isosops-"));

test.runIf(process.platform !== "win32")(
  "SIGKILL leaves nothing that others can read, and the next command takes it away",
  async () => {
    const large = `password: ${"x".repeat(40_000_000)}\n`;
    const cwd = makeFolder({ "file.yaml": large });
    await isosops(["encrypt", "-i", ...age, "file.yaml"], { cwd });
    const locked = readFileSync(join(cwd, "file.yaml"));
    await new Promise<void>((resolve) => {
      const child = spawn(process.execPath, [bin, "decrypt", "--output", "plain.yaml", "file.yaml"], {
        cwd,
        env: { PATH: process.env.PATH, HOME: cwd, ...identity },
      });
      const watcher = watch(cwd, (_, name) => {
        if (name?.endsWith(".tmp") === true) child.kill("SIGKILL");
      });
      child.on("close", () => {
        watcher.close();
        resolve();
      });
    });
    expect(readdirSync(cwd).filter((name) => !name.startsWith("."))).toEqual(["file.yaml"]);
    const [left] = ours(cwd);
    expect(left).toMatch(/\.tmp$/);
    expect(statSync(join(cwd, left!)).mode & 0o777).toBe(0o600);
    writeFileSync(join(cwd, "small.yaml"), plainYaml);
    expect(await isosops(["encrypt", "-i", ...age, "small.yaml"], { cwd })).toMatchObject({ exit: 0, stderr: "" });
    expect(ours(cwd)).toEqual([]);
    expect(readFileSync(join(cwd, "file.yaml")).equals(locked)).toBe(true);
  },
);

test("what a living process has made stays, and so does what is nobody's", async () => {
  const cwd = makeFolder({ "file.yaml": plainYaml });
  const dead = deadOwner();
  const living = [`.isosops-${encodeURIComponent(ownProcess())}.0123456789abcdef.tmp`, ".isosops-notes"];
  for (const name of [...living, `.isosops-${dead}.0123456789abcdef.tmp`]) writeFileSync(join(cwd, name), "");
  mkdirSync(join(cwd, ".isosops-0123456789abcdef.lock"));
  writeFileSync(join(cwd, ".isosops-0123456789abcdef.lock", `${dead}.0123456789abcdef`), "");
  mkdirSync(join(cwd, `.isosops-0123456789abcdef.lock.${dead}.0123456789abcdef`));
  expect(await isosops(["encrypt", "-i", ...age, "file.yaml"], { cwd })).toMatchObject({ exit: 0, stderr: "" });
  expect(ours(cwd).sort()).toEqual(living.sort());
});

test("the whole content of a file that was written into is kept, and named", async () => {
  const cwd = makeFolder({ "file.yaml": plainYaml });
  const left = `.isosops-${deadOwner()}.0123456789abcdef.new`;
  writeFileSync(join(cwd, left), "whole");
  const { exit, stderr } = await isosops(["encrypt", "-i", ...age, "file.yaml"], { cwd });
  expect(exit).toBe(0);
  expect(stderr).toContain(`${left} holds the whole new content`);
  expect(ours(cwd)).toEqual([left]);
});

test.runIf(process.platform !== "win32")(
  "a kill in the middle of writing into a file leaves its content in one of two places",
  async () => {
    const large = `password: ${"x".repeat(40_000_000)}\n`;
    const cwd = makeFolder({ "file.yaml": large });
    linkSync(join(cwd, "file.yaml"), join(cwd, "other.yaml"));
    const outcome = await isosops(["encrypt", "-i", ...age, "file.yaml"], {
      cwd,
      started: (child) => {
        const watcher = watch(cwd, (_, name) => {
          if (name?.endsWith(".new") === true) child.kill("SIGKILL");
        });
        child.on("close", () => watcher.close());
      },
    });
    const whole = ours(cwd).find((name) => name.endsWith(".new"));
    // Unless it was done before the signal came.
    const text = readFileSync(join(cwd, whole ?? "file.yaml"), "utf8");
    expect(outcome.signal === "SIGKILL" || whole === undefined).toBe(true);
    expect(text).toMatch(/^sops:\n[\s\S]*\n {4}version: \S+\n$/m);
  },
);
