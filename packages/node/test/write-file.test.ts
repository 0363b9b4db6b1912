import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { FileChangedError, replaceFile, writeFileAtomic, writeFileInPieces } from "../src/index.js";
import { takeLock } from "../src/write/lock.js";
import { ownProcess } from "../src/write/process-owner.js";
import { lockOf } from "../src/write/temporary-file.js";
import { isUnchanged } from "../src/write/write-file.js";

const top = mkdtempSync(join(tmpdir(), "isosops-write-"));
afterAll(() => rmSync(top, { recursive: true }));

let count = 0;
let folder: string;
let file: string;
beforeEach(() => {
  folder = join(top, String(count++));
  mkdirSync(folder);
  file = join(folder, "file");
  writeFileSync(file, "old");
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test.skipIf(process.platform === "win32")("mode and symbolic links are kept (Windows has neither)", async () => {
  chmodSync(file, 0o640);
  symlinkSync("file", join(folder, "link"));
  await writeFileAtomic(join(folder, "link"), "new");
  expect(readFileSync(file, "utf8")).toBe("new");
  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect(readdirSync(folder).sort()).toEqual(["file", "link"]);
});

const memory = "/dev/shm";
test.skipIf(!existsSync(memory))(
  `a link in ${memory} is followed (skipped where there is no such folder)`,
  async () => {
    const inMemory = mkdtempSync(join(memory, "isosops-write-"));
    try {
      writeFileSync(join(inMemory, "file"), "old");
      symlinkSync("file", join(inMemory, "link"));
      await writeFileAtomic(join(inMemory, "link"), "new");
      expect(readFileSync(join(inMemory, "file"), "utf8")).toBe("new");
      expect(lstatSync(join(inMemory, "link")).isSymbolicLink()).toBe(true);
    } finally {
      rmSync(inMemory, { recursive: true });
    }
  },
);

test("a reader sees the old file or the new one: the old one keeps its content where it is open", async () => {
  const before = statSync(file).ino;
  await writeFileAtomic(file, "new");
  expect(statSync(file).ino).not.toBe(before);
});

test("a file with two names is overwritten under both", async () => {
  linkSync(file, join(folder, "other"));
  await writeFileAtomic(file, "new content");
  expect(readFileSync(join(folder, "other"), "utf8")).toBe("new content");
  expect(readdirSync(folder).sort()).toEqual(["file", "other"]);
});

test("replaceFile writes where the file holds what was read, and refuses where it does not", async () => {
  await replaceFile(file, bytes("old"), "new");
  expect(readFileSync(file, "utf8")).toBe("new");
  const refused = replaceFile(file, bytes("old"), "newer");
  await expect(refused).rejects.toBeInstanceOf(FileChangedError);
  await expect(refused).rejects.toMatchObject({ name: "SopsError", code: "write_file" });
  rmSync(file);
  await expect(replaceFile(file, bytes("new"), "newer")).rejects.toBeInstanceOf(FileChangedError);
  expect(readdirSync(folder)).toEqual([]);
});

test("pieces that end with an error leave the old file", async () => {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield bytes("new");
    throw new Error("cut short");
  }
  await expect(writeFileInPieces(file, pieces())).rejects.toThrow("cut short");
  expect(readFileSync(file, "utf8")).toBe("old");
  expect(readdirSync(folder)).toEqual(["file"]);
});

test("a folder that is not there is an error that names the file", async () => {
  const path = join(folder, "none", "file");
  await expect(writeFileAtomic(path, "new")).rejects.toMatchObject({
    code: "write_file",
    message: expect.stringMatching(/none.file: the file cannot be written: no such file or folder\. .*its folder/),
  });
});

/** A process that has ended, as the names of temporary files have it. */
function deadOwner(): string {
  const ended = spawnSync(process.execPath, ["-e", ""]).pid;
  return encodeURIComponent(ownProcess().replace(/:\d+:[^:]*$/, `:${ended}:1`));
}

test("what a killed process left is removed, but for a whole content, which is told of", async () => {
  const owner = deadOwner();
  const left = `.isosops-${owner}.0123456789abcdef.new`;
  const othersOfAnotherHost = ".isosops-other%3A1%3A1.0123456789abcdef.new";
  for (const name of [left, othersOfAnotherHost, `.isosops-${owner}.0123456789abcdef.tmp`]) {
    writeFileSync(join(folder, name), "whole");
  }
  const told: string[] = [];
  await writeFileAtomic(file, "new", { onWarning: (message) => told.push(message) });
  expect(told).toEqual([expect.stringContaining(join(folder, left))]);
  expect(readdirSync(folder).sort()).toEqual([left, othersOfAnotherHost, "file"].sort());
});

test("whether a file with hard links is unchanged is known when nobody is writing it", async () => {
  linkSync(file, join(folder, "other"));
  const { dev, ino } = statSync(file, { bigint: true });
  const lock = lockOf(folder, createHash("sha256").update(`${dev}:${ino}`).digest("hex"));
  const release = await takeLock(lock, () => new Error("busy"));
  writeFileSync(file, "half");
  const answer = isUnchanged(file, bytes("half"));
  setTimeout(() => {
    writeFileSync(file, "whole");
    release();
  }, 100);
  expect(await answer).toBe(false);
  expect(await isUnchanged(file, bytes("whole"))).toBe(true);
});

test("many files are replaced at once with one listener for each signal, and none is left", async () => {
  const folder = mkdtempSync(join(tmpdir(), "isosops-many-"));
  const before = process.listenerCount("SIGTERM");
  let most = 0;
  try {
    const files = Array.from({ length: 30 }, (_, index) => join(folder, `${index}.txt`));
    for (const file of files) writeFileSync(file, "old");
    const work = files.map((file) => replaceFile(file, Buffer.from("old"), "new"));
    const timer = setInterval(() => (most = Math.max(most, process.listenerCount("SIGTERM"))), 0);
    await Promise.all(work.map((one) => one.then(() => (most = Math.max(most, process.listenerCount("SIGTERM"))))));
    clearInterval(timer);
    for (const file of files) expect(readFileSync(file, "utf8")).toBe("new");
    expect(readdirSync(folder)).toHaveLength(files.length);
    expect(most).toBe(before + 1);
    expect(process.listenerCount("SIGTERM")).toBe(before);
    await expect(replaceFile(files[0]!, Buffer.from("old"), "newer")).rejects.toMatchObject({ code: "write_file" });
    expect(readdirSync(folder)).toHaveLength(files.length);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
