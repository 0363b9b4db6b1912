/**
 * The loop, in a thread of its own so that another one sees when it hangs: an input is changed, run, and kept where a branch
 * was taken that none before has taken, or as often as none before.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { readCorpus, writeCorpus } from "./corpus.js";
import { mutate } from "./mutate.js";
import { randomFrom } from "./random.js";

const { target: name, seconds, seed, folder, cache, shared, kept, merges } = workerData;
const { counters: counterCount, words: codeWords } = JSON.parse(readFileSync(`${cache}/built.json`, "utf8"));

const counters = new Uint8Array(Math.ceil(counterCount / 8) * 8);
globalThis.fuzzCounters = counters;
const { targets } = await import(`${cache}/targets.js`);
const target = targets[name];

/** How often a branch was taken, in steps, as a bit each. */
const steps = new Uint8Array(256);
for (let count = 1; count < 256; count++) {
  steps[count] =
    count < 4 ? 1 << (count - 1) : count < 8 ? 8 : count < 16 ? 16 : count < 32 ? 32 : count < 128 ? 64 : 128;
}
const seen = new Uint8Array(counters.length);

/** Whether the last run did something that none before has done, which it is then no more. */
function look() {
  let isNew = false;
  for (let i = 0; i < counters.length; i++) {
    if (counters[i] === 0) continue;
    const step = steps[counters[i]];
    if ((seen[i] & step) === 0) {
      seen[i] |= step;
      isNew = true;
    }
  }
  return isNew;
}

const longest = 16 * 1024;
/** Of the inputs in the repository. */
const longestKept = 2000;
/** What is being run, for the other thread: the number of runs, the length of the input, and the input. */
const state = new Int32Array(shared, 0, 2);
const current = new Uint8Array(shared, 8);

/** In milliseconds, of the processor. What takes longer grows faster than its input, or does not end. */
const mostTime = (length) => 400 + length * 0.1;

const failures = new Map();

async function run(input) {
  current.set(input.subarray(0, current.length));
  Atomics.store(state, 1, input.length);
  Atomics.add(state, 0, 1);
  counters.fill(0);
  const started = performance.now();
  try {
    await target.run(input);
  } catch (error) {
    return fail(input, error);
  }
  if (performance.now() - started > mostTime(input.length)) await checkTime(input);
  return undefined;
}

/** The machine may have been busy with other things. */
async function checkTime(input) {
  let least = Number.POSITIVE_INFINITY;
  for (let again = 0; again < 3; again++) {
    const started = process.cpuUsage();
    await target.run(input).catch(() => {});
    const { user, system } = process.cpuUsage(started);
    least = Math.min(least, (user + system) / 1000);
  }
  if (least > mostTime(input.length)) {
    fail(input, Object.assign(new Error(`${Math.round(least)} ms for ${input.length} bytes`), { name: "TooSlow" }));
  }
}

function fail(input, error) {
  const place = /at (?:async )?(\S+) \(/.exec(error?.stack ?? "")?.[1] ?? "";
  const kind = `${error?.name}: ${String(error?.message).replace(/\d+/g, "N").slice(0, 100)} at ${place}`;
  if (failures.has(kind)) return error;
  const path = `${folder}/${name}-${createHash("sha256").update(input).digest("hex").slice(0, 12)}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, input);
  failures.set(kind, path);
  const stack = String(error?.stack ?? error).slice(0, 2000);
  parentPort.postMessage({ kind: "failure", what: kind, path, stack, input: input.slice(0, 4000) });
  return error;
}

/** The inputs that were kept in a folder. */
function read(path) {
  if (!existsSync(path)) return [];
  return readdirSync(path).map((file) => new Uint8Array(readFileSync(`${path}/${file}`)));
}

const random = randomFrom(seed);
const words = [...codeWords, ...(target.words ?? [])];
const corpus = [];
const add = (input) => corpus.push({ input, picked: 0 });

const seeds = [new Uint8Array(0), ...(await target.seeds())];
// What was found before, in the repository and by earlier runs here.
const found = [...readCorpus(name), ...(kept ? read(kept) : [])].sort((a, b) => a.length - b.length);
if (merges) {
  await merge();
  process.exit();
}
for (const input of [...seeds, ...found]) {
  await run(input);
  if (look()) add(input);
}
const known = seeds.length + found.length;
const before = corpus.length;

/** Put what takes a branch that nothing smaller takes into the corpus of the repository. */
async function merge() {
  const chosen = [];
  for (const [at, input] of [...seeds, ...found].entries()) {
    const error = await run(input);
    const isNew = counters.some((count, i) => count > 0 && seen[i] === 0);
    look();
    if (isNew && error === undefined && at >= seeds.length && input.length <= longestKept) chosen.push(input);
  }
  writeCorpus(name, chosen);
  parentPort.postMessage({ kind: "end", runs: 0, known: chosen.length, found: 0, branches: branches() });
}

function branches() {
  return seen.reduce((sum, bits) => sum + (bits === 0 ? 0 : 1), 0);
}

const end = performance.now() + seconds * 1000;
let runs = 0;
/** Every other one is the newest for a while; else of a few the one that was taken least often, and small ones before large ones. */
function choose() {
  const newest = corpus[corpus.length - 1];
  if (newest.picked < 2000 && random.once(2)) return newest;
  let chosen = random.pick(corpus);
  for (let i = 0; i < 3; i++) {
    const other = random.pick(corpus);
    if (other.picked * (other.input.length + 64) < chosen.picked * (chosen.input.length + 64)) chosen = other;
  }
  return chosen;
}

while (performance.now() < end) {
  const chosen = choose();
  chosen.picked++;
  const input = mutate(chosen.input, { random, words, other: random.pick(corpus).input, longest });
  const error = await run(input);
  runs++;
  if (error === undefined && look()) {
    add(input);
    if (kept) {
      mkdirSync(kept, { recursive: true });
      writeFileSync(`${kept}/${createHash("sha256").update(input).digest("hex").slice(0, 12)}`, input);
    }
  }
  // A turn of the event loop for whoever waits for one.
  if (runs % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
}
parentPort.postMessage({ kind: "end", runs, known, found: corpus.length - before, branches: branches() });
