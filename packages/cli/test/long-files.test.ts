import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readKey } from "../../../test-vectors/tools.js";

const { identity, recipient } = readKey("first");
const folder = mkdtempSync(join(tmpdir(), "isosops-long-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

const mebibyte = 2 ** 20;
/** As a whole, this many bytes would take more memory than the test allows. */
const longLength = 64 * mebibyte + 5;

function digestOf(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

/** Random bytes, of which a string of UTF-8 cannot be made. */
function writePlain(name: string, length: number): string {
  const descriptor = openSync(at(name), "w");
  const piece = Buffer.alloc(mebibyte);
  for (let written = 0; written < length; ) {
    crypto.getRandomValues(piece.subarray(0, 65_536));
    written += writeSync(descriptor, piece, 0, Math.min(mebibyte, length - written));
  }
  closeSync(descriptor);
  return digestOf(at(name));
}

interface Run {
  readonly exit: number | null;
  readonly stderr: string;
  /** SHA-256 of stdout. */
  readonly stdout: string;
  /** Peak resident memory in bytes. */
  readonly memory: number;
}

const bin = new URL("../bin/isosops.cjs", import.meta.url).pathname;

/** Runs the command, which tells its peak memory on a fourth descriptor when it ends. */
function run(...args: string[]): Promise<Run> {
  const preload = at("memory.mjs");
  writeFileSync(
    preload,
    `import { writeSync } from "node:fs";
process.on("exit", () => writeSync(3, String(process.resourceUsage().maxRSS)));
`,
  );
  const child = spawn(process.execPath, ["--import", preload, bin, ...args], {
    env: { PATH: process.env.PATH, HOME: folder, SOPS_AGE_KEY: identity },
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const hash = createHash("sha256");
  let [stderr, memory] = ["", ""];
  child.stdout!.on("data", (piece) => hash.update(piece));
  child.stderr!.on("data", (piece) => (stderr += piece));
  child.stdio[3]!.on("data", (piece) => (memory += piece));
  return new Promise((resolve) => {
    child.on("close", (exit) => resolve({ exit, stderr, stdout: hash.digest("hex"), memory: Number(memory) * 1024 }));
  });
}

test("a long file goes through encrypt and decrypt in place, to a file and to stdout, in bounded memory", async () => {
  const plain = writePlain("long.bin", longLength);
  symlinkSync("long.bin", at("link.bin"));
  const runs = [await run("encrypt", "--age", recipient, "-i", "link.bin")];
  expect(statSync(at("long.bin")).size).toBeGreaterThan((longLength / 3) * 4);
  runs.push(await run("decrypt", "long.bin"));
  expect(runs[1]!.stdout).toBe(plain);
  runs.push(await run("decrypt", "--output", "out.bin", "long.bin"));
  expect(digestOf(at("out.bin"))).toBe(plain);
  runs.push(await run("encrypt", "--age", recipient, "--output", "other.bin", "out.bin"));
  runs.push(await run("decrypt", "-i", "other.bin"));
  expect(digestOf(at("other.bin"))).toBe(plain);
  for (const { exit, stderr, memory } of runs) {
    expect([exit, stderr]).toEqual([0, ""]);
    expect(memory / mebibyte).toBeGreaterThan(20);
    expect(memory / mebibyte).toBeLessThan(300);
  }
  expect(readdirSync(folder).filter((name) => name.startsWith(".isosops"))).toEqual([]);
}, 300_000);

test("of a long file that was changed or cut, nothing is written", async () => {
  writePlain("short.bin", 20 * mebibyte);
  await run("encrypt", "--age", recipient, "-i", "short.bin");
  const file = openSync(at("short.bin"), "r+");
  writeSync(file, "AAAAAAAA", 15 * mebibyte);
  closeSync(file);
  const changed = digestOf(at("short.bin"));
  const nothing = createHash("sha256").digest("hex");
  expect(await run("decrypt", "short.bin")).toMatchObject({ exit: 25, stdout: nothing });
  expect(await run("decrypt", "-i", "short.bin")).toMatchObject({ exit: 25 });
  expect(await run("decrypt", "--output", "never.bin", "short.bin")).toMatchObject({ exit: 25 });
  expect(digestOf(at("short.bin"))).toBe(changed);
  truncateSync(at("short.bin"), 17 * mebibyte);
  const cut = await run("decrypt", "short.bin");
  expect(cut).toMatchObject({ exit: 1, stdout: nothing });
  expect(cut.stderr.length).toBeLessThan(2000);
  expect(readdirSync(folder).filter((name) => name === "never.bin" || name.startsWith(".isosops"))).toEqual([]);
}, 300_000);
