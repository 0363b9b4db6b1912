// Whole processes that decrypt a file of ten values, in turn: the executable against sops, the command on Node against Node
// doing nothing.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findBun } from "../runtime-tests/find.js";
import { readKey } from "../test-vectors/tools.js";
import { summarize } from "./statistics.js";

const path = (name) => fileURLToPath(new URL(`../packages/cli/${name}`, import.meta.url));

/**
 * @param {{ path: string }} sops
 * @param {{ rounds: number }} options
 * @returns {{ name: string, milliseconds: { min: number, median: number, max: number }, processor: number | undefined }[]}
 * `processor` is the mean of the processor time in milliseconds, where there is a /proc; the executable is left out without Bun
 */
export function startBench(sops, { rounds }) {
  const folder = mkdtempSync(join(tmpdir(), "isosops-start-"));
  try {
    const { recipient, identity } = readKey("first");
    const env = { PATH: process.env.PATH ?? "", HOME: folder, SOPS_AGE_KEY: identity };
    const options = { cwd: folder, env, stdio: ["ignore", "pipe", "inherit"] };
    writeFileSync(join(folder, "plain.yaml"), Array.from({ length: 10 }, (_, i) => `key${i}: value ${i}\n`).join(""));
    writeFileSync(
      join(folder, "ten.yaml"),
      execFileSync(sops.path, ["encrypt", "--age", recipient, "plain.yaml"], options),
    );
    const contestants = [
      ...(findBun() === undefined ? [] : [["the executable", makeExecutable(folder), "decrypt", "ten.yaml"]]),
      ["sops", sops.path, "decrypt", "ten.yaml"],
      ["the command on Node", process.execPath, path("bin/isosops.cjs"), "decrypt", "ten.yaml"],
      ["node -e 0", process.execPath, "-e", "0"],
    ].map(([name, program, ...parameters]) => ({ name, program, parameters, times: [], processor: 0 }));
    for (let round = 0; round <= rounds; round++) {
      for (const one of contestants) {
        const before = processorOfChildren();
        const begun = performance.now();
        const { status } = spawnSync(one.program, one.parameters, options);
        const time = performance.now() - begun;
        if (status !== 0) throw new Error(`${one.name} ended with exit code ${status}`);
        // The first one brings the files into memory.
        if (round === 0) continue;
        one.times.push(time);
        one.processor += processorOfChildren() - before;
      }
    }
    return contestants.map(({ name, times, processor }) => ({
      name,
      milliseconds: summarize(times),
      processor: Number.isNaN(processor) ? undefined : processor / rounds,
    }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function makeExecutable(folder) {
  const system = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const output = join(folder, "executables");
  execFileSync(process.execPath, [path("executables.js"), "--target", system, "--output", output], { stdio: "pipe" });
  return join(
    output,
    readdirSync(output).find((name) => name.startsWith("isosops-")),
  );
}

/** Of the children that have ended, in milliseconds, in steps of 10 (proc(5), `cutime` and `cstime`); NaN without a /proc. */
function processorOfChildren() {
  try {
    const fields = readFileSync("/proc/self/stat", "latin1").split(") ")[1].split(" ");
    return (Number(fields[13]) + Number(fields[14])) * 10;
  } catch {
    return Number.NaN;
  }
}
