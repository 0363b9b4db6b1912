// Whether parsing and rendering stay linear, whatever a file looks like: ten times the size in at most so many times the time.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { entry, leaf, mapping, sequence } from "@isosops/core";
import { storeByName } from "@isosops/formats";
import { processorTime } from "./processor-time.js";
import { deepShapes, shapes } from "./shapes.js";

/** Below that, in milliseconds of the large file, chance decides, and nothing can be quadratic. */
const least = 15;
const mostRounds = 6;
const factor = 10;

/** When garbage is collected is chance, and takes longer than most stages: here before each of them, hardly within. */
const collect = () => globalThis.gc?.();

const ciphertext = "ENC[AES256_GCM,data:c2VjcmV0,iv:aXY=,tag:dGFn,type:str]";

/** What the engine does to every value and comment, and how it is taken back. */
function lock(document) {
  const plain = [];
  const visit = (node) => {
    for (const item of node.items) {
      const value = item.kind === "entry" ? item.value : item;
      if (value.kind === "mapping" || value.kind === "sequence") visit(value);
      else if (value.text.length > 0) {
        plain.push({ type: value.type, text: value.text });
        if (value.kind === "leaf") value.type = "str";
        value.text = ciphertext;
        value.changed = true;
      }
    }
  };
  for (const branch of document.branches) visit(branch);
  document.metadata = mapping([
    entry(
      "age",
      sequence([mapping([entry("recipient", leaf("str", "age1x")), entry("enc", leaf("str", "-----\nx\n"))])]),
    ),
    entry("lastmodified", leaf("str", "2024-01-01T00:00:00Z")),
    entry("mac", leaf("str", ciphertext)),
  ]);
  return plain;
}

function unlock(document, plain) {
  let index = 0;
  const visit = (node) => {
    for (const item of node.items) {
      const value = item.kind === "entry" ? item.value : item;
      if (value.kind === "mapping" || value.kind === "sequence") visit(value);
      else if (value.text === ciphertext) {
        const before = plain[index++];
        if (value.kind === "leaf") value.type = before?.type ?? "str";
        value.text = before?.text ?? "";
        value.changed = true;
      }
    }
  };
  for (const branch of document.branches) visit(branch);
  document.metadata = undefined;
}

/**
 * Milliseconds of each stage, there and back, for some copies of a file. A stage is done with all copies before the next one
 * begins, and what was made is kept: ten small files then lie in memory as one large file does, where they would else be in
 * the processor's caches still, and die young, which costs nothing.
 */
function run(format, text, copies, isDeep) {
  const store = storeByName(format);
  const taken = {};
  const kept = [];
  const stage = (name, items, work) => {
    collect();
    const start = processorTime();
    const results = items.map(work);
    // A long string is joined only when somebody reads it.
    for (const result of results) if (typeof result === "string") Buffer.byteLength(result);
    taken[name] = processorTime() - start;
    kept.push(results);
    return results;
  };
  const isBytes = store.plain !== undefined;
  // Each with a string of its own, not yet looked at.
  const sources = Array.from({ length: copies }, () => {
    const bytes = new TextEncoder().encode(text);
    return isBytes ? bytes : new TextDecoder().decode(bytes);
  });
  const documents = stage("parse", sources, (source) => (isBytes ? store.plain.parse(source) : store.parse(source)));
  const plain = documents.map(lock);
  const encrypted = stage("render", documents, (document) => store.render(document, { layout: "preserve" }));
  if (!isDeep) stage("render as sops", documents, (document) => store.render(document, { layout: "sops" }));
  const again = stage("parse encrypted", encrypted, (source) => store.parse(source));
  for (const [index, document] of again.entries()) unlock(document, plain[index]);
  stage("render decrypted", again, (document) =>
    isBytes ? store.plain.render(document) : store.render(document, { layout: "preserve" }),
  );
  if (!isDeep) stage("render decrypted as sops", again, (document) => store.render(document, { layout: "sops" }));
  return taken;
}

/**
 * The stage that grows most, by the least of several runs, since what disturbs a run only ever adds to it: rounds go on
 * until no stage grows beyond the gate, or it is clear that one does. Ten of the small files are done for a large one.
 */
function measure(format, shape, size, gate, isDeep) {
  const large = shape(size, size);
  const small = shape(size / factor, size);
  const best = { small: {}, large: {} };
  const note = (which, taken) => {
    for (const [stage, time] of Object.entries(taken)) {
      best[which][stage] = Math.min(best[which][stage] ?? Number.POSITIVE_INFINITY, time);
    }
  };
  for (let i = 0; i < 3; i++) run(format, small, 1, isDeep);
  // The first run of a size is not like those after it. It would stand in the least of one size and not of the other.
  run(format, small, factor, isDeep);
  run(format, large, 1, isDeep);
  let worst;
  for (let round = 1; round <= mostRounds; round++) {
    note("small", run(format, small, factor, isDeep));
    note("large", run(format, large, 1, isDeep));
    const growths = Object.entries(best.large).map(([stage, time]) => ({
      stage,
      milliseconds: time,
      growth: time < least ? 0 : (factor * time) / best.small[stage],
    }));
    worst = growths.reduce((most, one) => (one.growth > most.growth ? one : most));
    if (round > 1 && worst.growth <= gate) break;
  }
  return { ...worst, megabytes: large.length / 1e6 };
}

/**
 * For every format and shape, the stage that grows most from a tenth of the size to the size. In a process of its own, with
 * so much room that garbage is collected between the stages.
 *
 * @param {{ size: number, settings: number, gate: number, awkward: number, formats?: string[] }} options `size` of an awkward file and `settings` of
 * a settings file, in characters; at which
 * growth a settings file has been measured enough, and an awkward one
 * @returns {{ format: string, shape: string, stage: string, growth: number, milliseconds: number, megabytes: number }[]}
 */
export function growthBench({ size, settings, gate, awkward, formats = Object.keys(shapes) }) {
  const room = [
    "--expose-gc",
    "--single-threaded-gc",
    "--min-semi-space-size=512",
    "--max-semi-space-size=512",
    "--initial-heap-size=3000",
    "--max-old-space-size=4000",
  ];
  const own = [
    fileURLToPath(import.meta.url),
    "--size",
    String(size),
    "--settings",
    String(settings),
    "--gate",
    String(gate),
    "--awkward",
    String(awkward),
    ...formats,
  ];
  const { status, stdout } = spawnSync(process.execPath, [...room, ...own], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`The growth of shapes could not be measured: exit code ${status}.`);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    options: {
      size: { type: "string", default: "1000000" },
      settings: { type: "string", default: "4000000" },
      gate: { type: "string", default: "12" },
      awkward: { type: "string", default: "20" },
      shape: { type: "string" },
    },
    allowPositionals: true,
  });
  for (const format of positionals.length > 0 ? positionals : Object.keys(shapes)) {
    for (const isDeep of [false, true]) {
      for (const [shape, make] of Object.entries((isDeep ? deepShapes : shapes)[format] ?? {})) {
        if (values.shape !== undefined && values.shape !== shape) continue;
        const [size, gate] = shape === "settings" ? [values.settings, values.gate] : [values.size, values.awkward];
        const result = measure(format, make, Number(size), Number(gate), isDeep);
        console.log(JSON.stringify({ format, shape, ...result }));
      }
    }
  }
}
