/** See README.md. Exit code 1 where something was found. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { build, cache } from "./build.js";

const { values, positionals } = parseArgs({
  options: {
    seconds: { type: "string", default: "180" },
    target: { type: "string", multiple: true },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    keep: { type: "string" },
    merge: { type: "boolean", default: false },
    findings: { type: "string", default: `${cache}/findings` },
  },
  allowPositionals: true,
});
const here = fileURLToPath(new URL(".", import.meta.url));

await build();
globalThis.fuzzCounters = new Uint8Array(1 << 20);
const { targets } = await import(`${cache}/targets.js`);
const names = values.target ?? Object.keys(targets);
for (const name of names)
  if (!Object.hasOwn(targets, name)) throw new Error(`There is no target ${name}: ${Object.keys(targets)}`);

if (positionals.length > 0) {
  for (const path of positionals) {
    for (const name of names) await targets[name].run(new Uint8Array(readFileSync(path)));
    console.log(`${path}: nothing is wrong`);
  }
  process.exit();
}

console.log(`seed ${values.seed}`);
let failures = 0;
for (const [index, name] of names.entries()) failures += await fuzz(name, Number(values.seed) + index);
console.log(failures === 0 ? "nothing was found" : `${failures} found: see ${values.findings}`);
process.exitCode = failures === 0 ? 0 : 1;

/** Gives how many failures there were. */
function fuzz(name, seed) {
  const shared = new SharedArrayBuffer(8 + 64 * 1024);
  const state = new Int32Array(shared, 0, 2);
  const worker = new Worker(`${here}fuzzer.js`, {
    workerData: {
      target: name,
      seconds: Number(values.seconds) / names.length,
      seed,
      shared,
      cache,
      folder: values.findings,
      merges: values.merge,
      kept: values.keep === undefined ? undefined : `${values.keep}/${name}`,
    },
    // Code that makes too much of a small input is found by it.
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
  });
  return new Promise((resolve) => {
    let found = 0;
    let last = -1;
    const finish = async (more) => {
      clearInterval(watch);
      worker.removeAllListeners();
      worker.on("error", () => {});
      await worker.terminate();
      resolve(found + more);
    };
    const report = async (what) => {
      const path = `${values.findings}/${name}-${what}-${Date.now()}`;
      mkdirSync(values.findings, { recursive: true });
      writeFileSync(path, new Uint8Array(shared, 8).slice(0, state[1]));
      console.log(`${name}: ${what}: ${path}`);
      await finish(1);
    };
    const watch = setInterval(() => {
      const runs = Atomics.load(state, 0);
      if (runs === last) void report("hang");
      last = runs;
    }, 30_000);
    worker.on("message", (message) => {
      if (message.kind === "failure") {
        found++;
        console.log(`${name}: ${message.what}: ${message.path}\n${message.stack}`);
        console.log(`the input, in Base64: ${Buffer.from(message.input).toString("base64")}`);
        return;
      }
      const { runs, known, found: inputs, branches } = message;
      console.log(`${name}: ${runs} runs, ${known} known inputs, ${inputs} new ones, ${branches} branches`);
      void finish(0);
    });
    worker.on("error", (error) => {
      console.log(`${name}: ${error.stack ?? error}`);
      void report(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? "memory" : "crash");
    });
  });
}
