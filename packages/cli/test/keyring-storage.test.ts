/** The keyring's file among processes that change it at the same time, some of which are killed. */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { initialize, unprotected } from "@isosops/gitops";
import { expect, test } from "vitest";
import { ownProcess } from "../../node/dist/write/process-owner.js";
import { fileStorage } from "../dist/keyring/file-storage.js";
import { makeFolder } from "./support.js";

const module = (path: string): string => JSON.stringify(new URL(`../dist/${path}`, import.meta.url).href);

/** Counts up in the keyring, and says on stdout when a step has been taken. */
const counting = `
  const { fileStorage } = await import(${module("keyring/file-storage.js")});
  const storage = fileStorage(process.argv[1]);
  for (let left = Number(process.argv[2]); left > 0; left--) {
    await storage.update((state) => ({ ...state, generation: state.generation + 1 }));
    process.stdout.write("x");
  }
`;

function count(path: string, times: number, killAfter?: number): Promise<{ said: number; killed: boolean }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", counting, path, String(times)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = 0;
    child.stdout.on("data", (piece: Buffer) => {
      said += piece.length;
      if (killAfter !== undefined && said >= killAfter) child.kill("SIGKILL");
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code !== 0 && signal !== "SIGKILL") reject(new Error(`exit code ${code}`));
      else resolve({ said, killed: signal !== null });
    });
  });
}

async function keyring(): Promise<{ path: string; folder: string }> {
  const folder = join(makeFolder(), "config", "isosops");
  const path = join(folder, "keyring.json");
  await initialize({ storage: fileStorage(path), protector: unprotected, actor: "test" });
  return { path, folder };
}

test("no change is lost, and none is made twice", async () => {
  const { path, folder } = await keyring();
  const runs = await Promise.all([
    ...[1, 2, 3].map(() => count(path, 40)),
    ...[3, 11, 19].map((killAfter) => count(path, 1000, killAfter)),
  ]);
  const said = runs.reduce((sum, run) => sum + run.said, 0);
  const killed = runs.filter((run) => run.killed).length;
  expect(killed).toBe(3);
  // A process that is killed may have taken a step that it did not get to say.
  const generation = (await fileStorage(path).update((state) => ({ ...state! }))).generation;
  expect(generation).toBeGreaterThanOrEqual(said);
  expect(generation).toBeLessThanOrEqual(said + killed);
  expect(readdirSync(folder)).toEqual(["keyring.json"]);
});

test.skipIf(process.platform === "win32")("nobody else may read it, whatever it was", async () => {
  const { path, folder } = await keyring();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  chmodSync(path, 0o644);
  await fileStorage(path).update((state) => ({ ...state!, enabled: false }));
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("the lock of a process that is gone does not count, and that of another machine does", async () => {
  const { path } = await keyring();
  const lock = `${path}.lock`;
  const child = spawn(process.execPath, ["-e", ""]);
  await new Promise((resolve) => child.on("close", resolve));
  const leave = (owner: string): void => {
    mkdirSync(lock);
    writeFileSync(join(lock, `${encodeURIComponent(owner)}.0123456789abcdef`), "");
  };
  const host = ownProcess().replace(/:\d+:[^:]*$/, "");
  expect(host).toContain(hostname());
  leave(`${host}:${child.pid}:1`);
  await fileStorage(path).update((state) => ({ ...state!, enabled: false }));
  // The number of a living process that was started at another time.
  leave(`${host}:${process.pid}:1`);
  if (process.platform !== "win32") await fileStorage(path).update((state) => ({ ...state!, enabled: true }));
  leave(`elsewhere:${process.pid}:1`);
  await expect(fileStorage(path).update((state) => ({ ...state!, enabled: false }))).rejects.toMatchObject({
    code: "busy",
    message: expect.stringContaining(`process ${process.pid} on elsewhere`),
  });
  expect((await fileStorage(path).read())?.enabled).toBe(true);
}, 60_000);

test.skipIf(spawnSync("unshare", ["--pid", "--fork", "true"]).status !== 0)(
  "a process of a container that is called like its host may run (skipped where `unshare` may not make one)",
  async () => {
    const { path } = await keyring();
    const script = `
      const { takeLock } = await import(${module("../../node/dist/write/lock.js")});
      await takeLock(process.argv[1], () => new Error("busy"));
      process.stdout.write("held");
      setTimeout(() => {}, 60_000);
    `;
    const args = ["--pid", "--fork", "--kill-child", process.execPath, "--input-type=module", "-e", script];
    const child = spawn("unshare", [...args, `${path}.lock`], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const update = fileStorage(path).update((state) => ({ ...state!, enabled: false }));
    await expect(update).rejects.toMatchObject({ code: "busy" });
    child.kill("SIGKILL");
  },
);

test("a damaged keyring is never written over", async () => {
  const { path } = await keyring();
  const whole = readFileSync(path, "utf8");
  for (const text of ["", "null", whole.slice(0, -20), whole.replace('"version": 1', '"version": 2')]) {
    writeFileSync(path, text);
    const options = { storage: fileStorage(path), protector: unprotected, actor: "test" };
    await expect(initialize(options)).rejects.toMatchObject({ code: "keyring" });
    expect(readFileSync(path, "utf8")).toBe(text);
  }
});

test("a keyring behind a symbolic link stays there", async () => {
  const { path, folder } = await keyring();
  const { symlinkSync, lstatSync } = await import("node:fs");
  const link = join(makeFolder(), "keyring.json");
  symlinkSync(path, link);
  await fileStorage(link).update((state) => ({ ...state!, enabled: false }));
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect((await fileStorage(path).read())?.enabled).toBe(false);
  expect(readdirSync(folder)).toEqual(["keyring.json"]);
});
