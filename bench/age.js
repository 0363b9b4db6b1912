// age files: our command, the age command and npm's age-encryption on the same files, in turn, each run a process of its own;
// then the memory our side takes by the size of the file.
import { execFileSync } from "node:child_process";
import { randomFillSync } from "node:crypto";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "../test-vectors/tools.js";
import { runMeasured } from "./process.js";
import { summarize } from "./statistics.js";

const ourCommand = fileURLToPath(new URL("../packages/cli/bin/isosops.cjs", import.meta.url));
const peerScript = fileURLToPath(new URL("age-file.js", import.meta.url));
const mebibyte = 1_048_576;

/** The age command: `AGE_BIN`, else the one that `.ci/run` installs. */
export function findAge() {
  for (const path of [process.env.AGE_BIN, join(cacheFolder(), "age-1.3.1", "age")]) {
    if (path && existsSync(path))
      return { path, version: execFileSync(path, ["--version"], { encoding: "utf8" }).trim() };
  }
  return undefined;
}

/**
 * @typedef {{ seconds: Summary, cpuSeconds: Summary, peakBytes: Summary | undefined, runs: number }} Side
 * @typedef {{ min: number, median: number, max: number }} Summary
 */

/**
 * @param {{ path: string }} age
 * @param {{ mebibytes: number, rounds: number, memoryMebibytes: number[], report?: (line: string) => void }} options
 * @returns {Promise<{
 *   comparisons: { operation: "encrypt" | "decrypt", sides: Record<"isosops" | "age" | "age-encryption", Side> }[],
 *   memory: { operation: string, mebibytes: number, peakBytes: number | undefined }[],
 *   checks: { name: string, passed: boolean }[] }>}
 */
export async function ageBench(age, { mebibytes, rounds, memoryMebibytes, report = () => {} }) {
  const folder = mkdtempSync(join(tmpdir(), "isosops-age-bench-"));
  try {
    const file = (name) => join(folder, name);
    const key = file("key.txt");
    const { recipient } = await makeKey(key);
    const env = { PATH: process.env.PATH ?? "", HOME: folder };
    const run = async (who, operation, input, output) => {
      // What the last run wrote may be thrown away before this one starts, and not by it.
      rmSync(file(output), { force: true });
      const flags = operation === "encrypt" ? ["-r", recipient] : ["-i", key];
      const files = ["-o", file(output), file(input)];
      const commands = {
        isosops: [process.execPath, ourCommand, "age", operation, ...flags, ...files],
        age: [age.path, ...(operation === "decrypt" ? ["-d"] : []), ...flags, ...files],
        "age-encryption": [process.execPath, peerScript, operation, key, file(input), file(output)],
      };
      const [command, ...parameters] = commands[who];
      const usage = await runMeasured(command, parameters, { env, cwd: folder });
      report(`${operation}, ${who}: ${usage.seconds.toFixed(2)} s`);
      return usage;
    };

    writeRandom(file("plain"), mebibytes * mebibyte);
    const comparisons = [];
    for (const operation of ["encrypt", "decrypt"]) {
      const input = operation === "encrypt" ? "plain" : "age-encrypt";
      const usages = { isosops: [], age: [], "age-encryption": [] };
      for (let round = 0; round < rounds; round++) {
        for (const who of Object.keys(usages)) {
          // It takes ten times as long, and so needs no second round to be told from chance.
          if (who === "age-encryption" && round > 0) continue;
          usages[who].push(await run(who, operation, input, `${who}-${operation}`));
        }
      }
      comparisons.push({ operation, sides: Object.fromEntries(Object.entries(usages).map(summarizeUsages)) });
    }
    await run("age", "decrypt", "isosops-encrypt", "age-of-isosops");
    const checks = [
      ["age decrypts our file to the source", "age-of-isosops"],
      ["we decrypt age's file to the source", "isosops-decrypt"],
      ["age-encryption decrypts age's file to the source", "age-encryption-decrypt"],
    ].map(([name, output]) => ({ name, passed: sameBytes(file("plain"), file(output)) }));
    for (const side of ["isosops", "age", "age-encryption"]) {
      for (const operation of ["encrypt", "decrypt"]) rmSync(file(`${side}-${operation}`), { force: true });
    }

    const memory = [];
    for (const size of memoryMebibytes) {
      // Zeros that take no place on the disk; to the cipher they are bytes as any others.
      writeFileSync(file("zeros"), "");
      truncateSync(file("zeros"), size * mebibyte);
      for (const [operation, input] of [
        ["encrypt", "zeros"],
        ["decrypt", "memory-encrypt"],
      ]) {
        const { peakBytes } = await run("isosops", operation, input, `memory-${operation}`);
        memory.push({ operation, mebibytes: size, peakBytes });
      }
    }
    return { comparisons, memory, checks };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function makeKey(path) {
  const { generateIdentity } = await import("@isosops/age");
  const { identity, recipient } = await generateIdentity();
  writeFileSync(path, `# public key: ${recipient}\n${identity}\n`);
  return { recipient };
}

function summarizeUsages([who, usages]) {
  const peaks = usages.map(({ peakBytes }) => peakBytes);
  return [
    who,
    {
      runs: usages.length,
      seconds: summarize(usages.map(({ seconds }) => seconds)),
      cpuSeconds: summarize(usages.map(({ cpuSeconds }) => cpuSeconds)),
      peakBytes: peaks.includes(undefined) ? undefined : summarize(peaks),
    },
  ];
}

function writeRandom(path, length) {
  const piece = new Uint8Array(mebibyte);
  const descriptor = openSync(path, "w");
  for (let written = 0; written < length; written += piece.length) writeSync(descriptor, randomFillSync(piece));
  closeSync(descriptor);
}

function sameBytes(...paths) {
  const files = paths.map((path) => ({ descriptor: openSync(path, "r"), buffer: Buffer.alloc(mebibyte) }));
  try {
    for (;;) {
      const [one, other] = files.map(({ descriptor, buffer }) => buffer.subarray(0, readSync(descriptor, buffer)));
      if (!one.equals(other)) return false;
      if (one.length === 0) return true;
    }
  } finally {
    for (const { descriptor } of files) closeSync(descriptor);
  }
}
