// Our command and the sops command on the same files, in turn, each run a process of its own; then whether both say the
// same, so that a fast wrong answer cannot win.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { parse as parseYaml } from "yaml";
import { readKey } from "../test-vectors/tools.js";
import { benchFile, generateData } from "./generate.js";
import { runMeasured } from "./process.js";
import { summarize } from "./statistics.js";

const ourCommand = fileURLToPath(new URL("../packages/cli/bin/isosops.cjs", import.meta.url));

/** Above so many leaves, sops takes so long for encrypting JSON (its time grows with the square) that it runs once only. */
const patience = 50_000;

/**
 * @typedef {object} Comparison
 * @property {"yaml" | "json"} format
 * @property {"encrypt" | "decrypt"} operation
 * @property {Side} ours
 * @property {Side} sops
 * @property {{ seconds: number, cpuSeconds: number, peakBytes: number | undefined }} ratio the medians of sops divided
 *   by ours: so many times faster, so many times less memory
 *
 * @typedef {object} Side
 * @property {number} runs
 * @property {Summary} seconds
 * @property {Summary} cpuSeconds
 * @property {Summary | undefined} peakBytes
 *
 * @typedef {{ min: number, median: number, max: number }} Summary
 */

/**
 * @param {{ version: string, path: string }} sops
 * @param {{ leaves: number, rounds: number, report?: (line: string) => void }} options
 * @returns {Promise<{ comparisons: Comparison[], checks: { name: string, passed: boolean }[] }>}
 */
export async function pairedBench(sops, { leaves, rounds, report = () => {} }) {
  if (!existsSync(new URL("../packages/cli/bundle/main.js", import.meta.url))) {
    throw new Error("the command is not built: run `pnpm build` first");
  }
  const folder = mkdtempSync(join(tmpdir(), "isosops-bench-"));
  try {
    const comparisons = [];
    const checks = [];
    const data = generateData(leaves);
    for (const format of ["json", "yaml"]) {
      const bench = makeBench(sops, folder, format);
      await bench.warmUp();
      const plain = benchFile(leaves, format);
      for (const operation of ["encrypt", "decrypt"]) {
        const once = operation === "encrypt" && format === "json" && leaves > patience;
        comparisons.push(await bench.compare(operation, plain.path, { rounds, sopsRounds: once ? 1 : rounds, report }));
      }
      for (const check of await bench.check(plain, data)) {
        report(`${check.passed ? "same" : "NOT THE SAME"}: ${check.name}`);
        checks.push(check);
      }
    }
    return { comparisons, checks };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function makeBench(sops, folder, format) {
  const { recipient, identity } = readKey("first");
  const env = { PATH: process.env.PATH ?? "", HOME: folder, XDG_CONFIG_HOME: folder, SOPS_AGE_KEY: identity };
  const file = (name) => join(folder, `${name}.${format}`);
  const read = (name) => readFileSync(file(name), "utf8");
  const run = (who, operation, parameters) => {
    const all = [operation, ...(operation === "encrypt" ? ["--age", recipient] : []), ...parameters];
    return who === "sops"
      ? runMeasured(sops.path, all, { env, cwd: folder })
      : runMeasured(process.execPath, [ourCommand, ...all], { env, cwd: folder });
  };

  /** The programs and what they load come from memory from here on; no process remembers an earlier one anyway. */
  async function warmUp() {
    const { path } = benchFile(1000, format);
    for (const who of ["ours", "sops"]) {
      await run(who, "encrypt", ["--output", file("warm"), path]);
      await run(who, "decrypt", ["--output", file("warm-plain"), file("warm")]);
    }
  }

  /** Both encrypt the plain file; both decrypt what sops encrypted. */
  async function compare(operation, plainPath, { rounds, sopsRounds, report }) {
    const input = operation === "encrypt" ? plainPath : file("sops-encrypted");
    const usages = { ours: [], sops: [] };
    for (let round = 0; round < rounds; round++) {
      for (const who of ["ours", "sops"]) {
        if (who === "sops" && round >= sopsRounds) continue;
        const usage = await run(who, operation, ["--output", file(`${who}-${operation}ed`), input]);
        usages[who].push(usage);
        report(`${format} ${operation}, ${who === "sops" ? "sops" : "isosops"}: ${usage.seconds.toFixed(2)} s`);
      }
    }
    const ours = summarizeUsages(usages.ours);
    const theirs = summarizeUsages(usages.sops);
    const ratio = {
      seconds: theirs.seconds.median / ours.seconds.median,
      cpuSeconds: theirs.cpuSeconds.median / ours.cpuSeconds.median,
      peakBytes: ours.peakBytes && theirs.peakBytes ? theirs.peakBytes.median / ours.peakBytes.median : undefined,
    };
    return { format, operation, ours, sops: theirs, ratio };
  }

  async function check(plain, data) {
    const parse = format === "json" ? JSON.parse : (text) => parseYaml(text, { maxAliasCount: 0 });
    // Most of the texts are the same, and parsing takes a while.
    const known = new Map();
    const sameValues = (text) => {
      if (!known.has(text)) known.set(text, isDeepStrictEqual(parse(text), data));
      return known.get(text);
    };
    const sopsDecrypted = read("sops-decrypted");
    const oursDecrypted = read("ours-decrypted");
    await run("ours", "decrypt", ["--layout", "sops", "--output", file("ours-layout"), file("sops-encrypted")]);
    await run("ours", "decrypt", ["--output", file("ours-round"), file("ours-encrypted")]);
    await run("ours", "encrypt", ["--layout", "sops", "--output", file("ours-layout-encrypted"), plain.path]);
    await run("sops", "decrypt", ["--output", file("sops-of-ours"), file("ours-encrypted")]);
    return [
      ["sops decrypts its own file to the values of the source", sameValues(sopsDecrypted)],
      ["we decrypt sops's file to the values of the source", sameValues(oursDecrypted)],
      ["sops decrypts our file to the values of the source", sameValues(read("sops-of-ours"))],
      ["we decrypt our file to the source, byte for byte", read("ours-round") === plain.text],
      ["decrypted with --layout sops, byte for byte what sops writes", read("ours-layout") === sopsDecrypted],
      [
        "encrypted with --layout sops, what sops writes but for what is random",
        maskRandom(read("ours-layout-encrypted")) === maskRandom(read("sops-encrypted")),
      ],
    ].map(([name, passed]) => ({ name: `${format}: ${name}`, passed }));
  }

  return { warmUp, compare, check };
}

/** Ciphertexts by their length alone, without the wrapped key and the time. */
function maskRandom(text) {
  return text
    .replace(/data:([\w+/=]*),iv:[\w+/=]*,tag:[\w+/=]*/g, (_, data) => `data:${data.length}`)
    .replace(/-----BEGIN AGE[\w\s+/=\\-]*?END AGE ENCRYPTED FILE-----/, "")
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ(?="?,?\n)/, "");
}

function summarizeUsages(usages) {
  const peaks = usages.map(({ peakBytes }) => peakBytes);
  return {
    runs: usages.length,
    seconds: summarize(usages.map(({ seconds }) => seconds)),
    cpuSeconds: summarize(usages.map(({ cpuSeconds }) => cpuSeconds)),
    peakBytes: peaks.includes(undefined) ? undefined : summarize(peaks),
  };
}
