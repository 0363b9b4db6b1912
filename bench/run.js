// `pnpm bench`: all measurements, the table for the README, and the gates. `--help` says what can be chosen.
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { findSops } from "../test-vectors/tools.js";
import { ageBench, findAge } from "./age.js";
import { bundleSizes } from "./bundles.js";
import { cipherBench } from "./cipher.js";
import { growthBench } from "./growth.js";
import { longBinaryBench } from "./long-binary.js";
import { oneValueBench } from "./one-value.js";
import { pairedBench } from "./paired.js";
import { stageBench } from "./stages.js";
import { startBench } from "./start.js";
import { ageTable, fixed, milliseconds, pairedTable, sizes as sizeText, table } from "./tables.js";
import { verifyBench } from "./verify.js";

const help = `Measures isosops against the sops command, and says where it is too slow (exit code 1).

  pnpm bench [--quick] [--rounds N] [--json FILE] [--only NAMES]

  --quick        10,000 leaves instead of 100,000, 2 rounds, lower gates; about a minute
  --rounds N     runs of each command per measurement (3; with --quick 2)
  --json FILE    write the figures to FILE
  --only NAMES   some of paired,stages,shapes,cipher,value,long,age,verify,bundles

  SOPS_BIN       the sops to compare with; else the one that \`pnpm vectors\` has built
  AGE_BIN        the age to compare with; else the one that \`.ci/run\` has built`;

/**
 * So many times faster than sops at least. A full run is judged by wall clock. A quick run has a tenth of the leaves, of
 * which starting Node takes as long as the work, and sops's quadratic parts are a hundredth; it is judged by processor
 * time, which other work on the machine hardly changes, and by half of what was measured: it only shows that nothing broke.
 */
const gates = {
  full: { "json decrypt": 10, "json encrypt": 40, "yaml decrypt": 2, "yaml encrypt": 2 },
  quick: { "json decrypt": 0.25, "json encrypt": 0.5, "yaml decrypt": 0.6, "yaml encrypt": 0.6 },
};
/** The value cipher against one-shot noble. It does not depend on the size of a file; a quick run is on a busy machine. */
const cipherGate = { full: 8, quick: 6 };
/** One value of a large file, with `verify: "value"`, may take so many times what parsing the file takes. */
const valueGate = 2;
/** A long BINARY file, in MiB, and the most memory, in MiB. */
const longGates = { full: { mebibytes: 2048, memory: 300 }, quick: { mebibytes: 64, memory: 300 } };
/**
 * How the time of parsing and rendering grows for ten times the input, in characters of the large file. The small file of a
 * full run is beyond the processor's caches, as the large one is. Of an awkward file more is allowed: in a section of hundreds
 * of thousands of keys, a table of them is slower to look into than a small one. What is quadratic would take a hundred times
 * as long, and a quick run, which has small files, of which a stage takes few milliseconds, looks for that alone.
 */
const shapes = {
  full: { size: 4_000_000, settings: 16_000_000, gate: 12, awkward: 20 },
  quick: { size: 300_000, settings: 300_000, gate: 70, awkward: 70 },
};

/**
 * Large age files, by wall clock of the fastest run: of so short a run, chance only ever adds to the time. A quick run has
 * a small file, on which starting Node takes as long as the work; it looks at processor time against age-encryption, and
 * at memory.
 */
const ageGates = {
  full: { mebibytes: 256, memoryMebibytes: [16, 256, 1024], age: 0.7, "age-encryption": 6 },
  quick: { mebibytes: 64, memoryMebibytes: [16, 64], "age-encryption": 2 },
};
/** In MiB, whatever the size of the file. Garbage collection is late on a busy machine, which a quick run allows for. */
const memoryGate = { full: 120, quick: 160 };

/**
 * `isosops verify` over a tree of files, by processor time: at most so many times what a program takes that reads the files and
 * does nothing with them, and an encrypted file in at most so large a part of what `sops filestatus` takes for it.
 */
const verifyGates = {
  full: { files: 5000, reading: 20, sops: 10 },
  quick: { files: 1000, reading: 30, sops: 4 },
};

const { values: chosen } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    json: { type: "string" },
    only: { type: "string", default: "paired,stages,shapes,cipher,value,long,age,verify,bundles" },
    help: { type: "boolean", default: false },
  },
});
if (chosen.help) {
  console.log(help);
  process.exit();
}
const mode = chosen.quick ? "quick" : "full";
const rounds = Number(chosen.rounds ?? (chosen.quick ? 2 : 3));
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error(`--rounds ${chosen.rounds}: give a whole number from 1 up.`);
  process.exit(2);
}
const leaves = chosen.quick ? 10_000 : 100_000;
const wanted = chosen.only.split(",");

const figures = {
  mode,
  leaves,
  rounds,
  node: process.version,
  processor: cpus()[0]?.model,
  cores: availableParallelism(),
};
/** @type {{ name: string, figure: number | undefined, bound: string, passed: boolean }[]} */
const verdicts = [];
const atLeast = (name, figure, bound) => {
  verdicts.push({ name, figure, bound: `at least ${bound}`, passed: figure >= bound });
};
const atMost = (name, figure, bound) => {
  verdicts.push({ name, figure, bound: `at most ${bound}`, passed: figure <= bound });
};

const measurements = { paired, stages, shapes: growth, cipher, value, long, age, verify, bundles, start };
for (const name of wanted) {
  if (measurements[name] === undefined) {
    console.error(`--only ${name}: there are ${Object.keys(measurements).join(", ")}.`);
    process.exit(2);
  }
}
console.log(
  `Node ${process.version}, ${figures.cores} cores (${figures.processor}), load ${loadavg()[0].toFixed(1)}\n`,
);
for (const name of wanted) await measurements[name]();
printVerdicts();
if (chosen.json !== undefined)
  writeFileSync(chosen.json, `${JSON.stringify({ ...figures, verdicts }, undefined, 2)}\n`);

async function paired() {
  const [sops] = findSops();
  if (sops === undefined) {
    console.log(
      "skipped: the comparison with sops. No sops was found: set SOPS_BIN, or run `pnpm vectors` (needs Go).\n",
    );
    return;
  }
  console.log(`## Against sops ${sops.version}, ${leaves.toLocaleString("en")} leaves\n`);
  const report = process.stderr.isTTY ? (line) => console.error(line) : undefined;
  const { comparisons, checks } = await pairedBench(sops, { leaves, rounds, report });
  figures.paired = { sops: sops.version, comparisons, checks };
  console.log(pairedTable(comparisons, sops.version));
  for (const { name, passed } of checks) console.log(`${passed ? "  same" : "  DIFFERENT"}: ${name}`);
  console.log("");
  for (const { format, operation, ratio } of comparisons) {
    const name = `${format} ${operation}`;
    if (mode === "full") atLeast(`${name}, times as fast as sops`, ratio.seconds, gates.full[name]);
    else atLeast(`${name}, processor time of sops by ours`, ratio.cpuSeconds, gates.quick[name]);
  }
  for (const { name, passed } of checks) verdicts.push({ name, figure: undefined, bound: "the same", passed });
}

async function stages() {
  console.log("## Where the time goes: milliseconds of processor time, in one process, the least of several runs\n");
  const results = await stageBench({ sizes: chosen.quick ? [10_000] : [10_000, 100_000] });
  figures.stages = results;
  const rows = results.map(({ format, operation, leaves, parse, walk, render }) => [
    `${format} ${operation}`,
    leaves.toLocaleString("en"),
    ...[parse, walk, render, parse + walk + render].map(milliseconds),
  ]);
  console.log(table(["", "leaves", "parse", "walk", "render", "together"], rows));
}

async function growth() {
  const { size, settings: settingsSize, gate, awkward } = shapes[mode];
  console.log("## Growth: the stage that grows most for ten times the input, and its milliseconds then\n");
  const results = growthBench({ size, settings: settingsSize, gate, awkward });
  figures.shapes = results;
  const rows = results.map(({ format, shape, stage, growth, milliseconds: time }) => [
    `${format}: ${shape}`,
    stage,
    growth === 0 ? "" : `${fixed(growth)}x`,
    milliseconds(time),
  ]);
  console.log(table(["", "stage", "growth", "ms"], rows));
  for (const format of new Set(results.map((result) => result.format))) {
    const own = results.filter((result) => result.format === format && result.shape !== "settings");
    const settings = results.find((result) => result.format === format && result.shape === "settings");
    atMost(`${format}, growth of a settings file (${settings.stage})`, settings.growth, gate);
    const worst = own.reduce((most, one) => (one.growth > most.growth ? one : most));
    atMost(
      `${format}, the most growth of ${own.length} awkward shapes (${worst.shape}, ${worst.stage})`,
      worst.growth,
      awkward,
    );
  }
}

async function cipher() {
  console.log("## A value: ours is the whole ENC[...] form, the others' the bytes alone\n");
  const results = await cipherBench();
  figures.cipher = results;
  for (const { name, ratio, text } of results) {
    console.log(text);
    if (/\b21 bytes, one-shot @noble/.test(name)) atLeast(`${name}, times as fast`, ratio, cipherGate[mode]);
  }
  console.log("");
}

async function value() {
  const leaves = 40_000;
  console.log(`## One value of ${leaves.toLocaleString("en")}: milliseconds of processor time\n`);
  const results = await oneValueBench({ leaves });
  figures.value = results;
  const rows = results.map(({ format, parse, value, file }) => [format, ...[parse, value, file].map(milliseconds)]);
  console.log(table(["", "parsing the file", 'get, verify: "value"', "get of the whole file"], rows));
  for (const { format, ratio } of results) atMost(`${format}, one value by parsing the file`, ratio, valueGate);
}

async function long() {
  const { mebibytes, memory } = longGates[mode];
  console.log(`## A BINARY file of ${mebibytes} MiB\n`);
  const results = await longBinaryBench({ mebibytes, sops: findSops()[0] });
  figures.long = results;
  const inMebibytes = (bytes) => (bytes === undefined ? "" : String(Math.round(bytes / 1_048_576)));
  const rows = results.map(({ who, operation, seconds, peakBytes }) => [
    `${who} ${operation}`,
    `${fixed(seconds)} s`,
    inMebibytes(peakBytes),
  ]);
  console.log(table(["", "wall clock", "peak memory, MiB"], rows));
  for (const { who, operation, peakBytes } of results) {
    if (who !== "isosops" || peakBytes === undefined) continue;
    atMost(`binary ${operation} of ${mebibytes} MiB, peak memory in MiB`, peakBytes / 1_048_576, memory);
  }
}

async function age() {
  const command = findAge();
  if (command === undefined) {
    console.log("skipped: the comparison with age. No age was found: set AGE_BIN, or run `.ci/run` (needs Go).\n");
    return;
  }
  const gate = ageGates[mode];
  console.log(`## age files of ${gate.mebibytes} MiB, against age ${command.version} and npm's age-encryption\n`);
  const report = process.stderr.isTTY ? (line) => console.error(line) : undefined;
  const results = await ageBench(command, { ...gate, rounds: mode === "full" ? rounds + 2 : rounds, report });
  figures.age = { version: command.version, ...results };
  console.log(ageTable(results, gate.mebibytes));
  for (const { operation, sides } of results.comparisons) {
    const times = (who, what) => sides[who][what].min / sides.isosops[what].min;
    if (mode === "full") {
      atLeast(`age ${operation}, times as fast as age`, times("age", "seconds"), gate.age);
      const name = `age ${operation}, times as fast as age-encryption`;
      atLeast(name, times("age-encryption", "seconds"), gate["age-encryption"]);
    } else {
      const name = `age ${operation}, processor time of age-encryption by ours`;
      atLeast(name, times("age-encryption", "cpuSeconds"), gate["age-encryption"]);
    }
  }
  for (const { operation, mebibytes, peakBytes } of results.memory) {
    if (peakBytes === undefined) continue;
    atMost(`age ${operation} of ${mebibytes} MiB, peak memory in MiB`, peakBytes / 1_048_576, memoryGate[mode]);
  }
  for (const { name, passed } of results.checks) verdicts.push({ name, figure: undefined, bound: "the same", passed });
}

async function verify() {
  const gate = verifyGates[mode];
  const [sops] = findSops();
  const result = await verifyBench(sops, { files: gate.files, rounds });
  figures.verify = result;
  const { files, encrypted, seconds, cpuSeconds, found } = result;
  console.log(
    `## isosops verify, ${files.toLocaleString("en")} files, ${encrypted.toLocaleString("en")} of them encrypted\n`,
  );
  const row = (name, times) => [name, ...times.map((time) => (time === undefined ? "" : `${fixed(time)} s`))];
  const rows = [
    row("isosops verify", [seconds.ours, cpuSeconds.ours]),
    row("reading the files alone, in Node", [seconds.reading, cpuSeconds.reading]),
  ];
  if (sops !== undefined) {
    const times = [seconds.sopsAFile * encrypted, cpuSeconds.sopsAFile * encrypted];
    rows.push(row(`sops ${sops.version} filestatus for each encrypted file (from a sample)`, times));
  } else console.log("skipped: the comparison with sops. No sops was found: set SOPS_BIN, or run `pnpm vectors`.\n");
  console.log(table(["", "wall clock", "processor"], rows));
  atMost("verify, processor time of reading the files alone", cpuSeconds.ours / cpuSeconds.reading, gate.reading);
  if (sops !== undefined) {
    const times = (cpuSeconds.sopsAFile * encrypted) / cpuSeconds.ours;
    atLeast("verify, processor time of sops filestatus by ours", times, gate.sops);
  }
  verdicts.push({
    name: "verify finds what was planted",
    figure: undefined,
    bound: "all of it, and nothing else",
    passed: found,
  });
}

async function bundles() {
  console.log("## Bundles, minified by esbuild\n");
  const results = (await bundleSizes()).map(({ metafile: _, ...result }) => result);
  figures.bundles = results;
  const rows = results.map(({ name, bytes, gzip, lazy }) => [name, ...[bytes, gzip, lazy].map(sizeText)]);
  console.log(table(["", "minified", "gzipped", "more on demand, gzipped"], rows));
  for (const { name, gzip, budget } of results) atMost(`${name}, kB gzipped`, gzip / 1000, budget / 1000);
}

/** A full run is judged by the least wall clock: of so short a process, chance only ever adds to the time. */
async function start() {
  const [sops] = findSops();
  if (sops === undefined) {
    console.log("skipped: the start. No sops was found: set SOPS_BIN, or run `pnpm vectors` (needs Go).\n");
    return;
  }
  console.log(`## Ten values, whole processes in turn, milliseconds; sops ${sops.version}\n`);
  const results = startBench(sops, { rounds: chosen.quick ? 10 : 60 });
  figures.start = results;
  const rows = results.map(({ name, milliseconds: { median, min }, processor }) => [
    name,
    ...[median, min, processor].map((time) => (time === undefined ? "" : milliseconds(time))),
  ]);
  console.log(table(["", "median", "least", "processor, mean"], rows));
  const named = (name) => results.find((result) => result.name === name);
  for (const [name, other, bound] of [
    ["the executable", "sops", 1],
    ["the command on Node", "node -e 0", 1.6],
  ]) {
    const one = named(name);
    if (one === undefined) console.log(`skipped: ${name}. There is no Bun: node runtime-tests/install.js\n`);
    else {
      const [ours, theirs] = [one, named(other)];
      console.log(
        `${name} by ${other}: median ${(ours.milliseconds.median / theirs.milliseconds.median).toFixed(2)}, least ${(ours.milliseconds.min / theirs.milliseconds.min).toFixed(2)}, processor ${(ours.processor / theirs.processor).toFixed(2)}`,
      );
      if (mode === "full")
        atMost(`${name}, least time by that of ${other}`, ours.milliseconds.min / theirs.milliseconds.min, bound);
    }
  }
  console.log("");
}

function printVerdicts() {
  console.log(`## Gates${mode === "quick" ? " of a quick run" : ""}\n`);
  for (const { name, figure, bound, passed } of verdicts) {
    console.log(`${passed ? "ok    " : "FAILED"} ${name}: ${figure === undefined ? "" : `${fixed(figure)}, `}${bound}`);
  }
  if (verdicts.some(({ passed }) => !passed)) process.exitCode = 1;
}
