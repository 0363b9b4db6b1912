// Where the time goes inside our engine, in this process: parsing, the walk with its ciphers, rendering.
import { pathToFileURL } from "node:url";
import { binary } from "@isosops/formats/binary";
import { env } from "@isosops/formats/env";
import { ini } from "@isosops/formats/ini";
import { json } from "@isosops/formats/json";
import { toml } from "@isosops/formats/toml";
import { xml } from "@isosops/formats/xml";
import { yaml } from "@isosops/formats/yaml";
import { decrypt, encrypt } from "isosops";
import { readKey } from "../test-vectors/tools.js";
import { processorTime } from "./processor-time.js";
import { settings } from "./settings.js";
import { summarize } from "./statistics.js";

const stores = { json, yaml, dotenv: env, ini, binary, toml, xml };
/** So many files instead of one, where a stage takes so few milliseconds that chance would decide. */
const repeats = { binary: 5, dotenv: 4 };
const stages = ["parse", "walk", "render"];

/** A store that remembers what it took; the engine cannot tell it from the store itself. */
function timed(store) {
  const taken = { parse: 0, render: 0 };
  const documents = [];
  const timing = (side, stage) => (first, options) => {
    const start = processorTime();
    const result = side[stage](first, options);
    // A long string is joined only when somebody reads it. Whoever writes it to a file does.
    if (typeof result === "string") Buffer.byteLength(result);
    taken[stage] += processorTime() - start;
    documents.push(result);
    return result;
  };
  const timedSide = (side) => ({ ...side, parse: timing(side, "parse"), render: timing(side, "render") });
  return {
    store: { ...timedSide(store), plain: store.plain === undefined ? undefined : timedSide(store.plain) },
    taken,
    documents,
  };
}

/**
 * Milliseconds for a file. So many files are done and kept in memory that every size comes to the same number of leaves:
 * a small tree that dies young costs the garbage collector nothing, and a large file would look slow beside it.
 */
async function measure(store, files, runs, work) {
  const times = { parse: [], walk: [], render: [] };
  for (let run = 0; run <= runs; run++) {
    const { store: timedStore, taken, documents } = timed(store);
    const start = processorTime();
    for (let file = 0; file < files; file++) await work(timedStore);
    const total = processorTime() - start;
    documents.length = 0;
    // The first one is for the compiler.
    if (run === 0) continue;
    times.parse.push(taken.parse / files);
    times.render.push(taken.render / files);
    times.walk.push((total - taken.parse - taken.render) / files);
  }
  return Object.fromEntries(stages.map((stage) => [stage, summarize(times[stage]).min]));
}

/**
 * The least of several runs, in milliseconds of processor time: what disturbs a run only ever adds to it. `walk` is all that is neither parsing nor rendering: the walk, the value cipher, the MAC, and
 * wrapping or unwrapping the data key (some milliseconds, whatever the size).
 *
 * @param {{ sizes: number[], formats?: string[] }} options
 * @returns {Promise<{ format: string, operation: string, leaves: number, parse: number, walk: number, render: number }[]>}
 */
export async function stageBench({ sizes, formats = Object.keys(stores) }) {
  const { recipient, identity } = readKey("first");
  const results = [];
  const largest = Math.max(...sizes);
  const runs = largest > 10_000 ? 5 : 15;
  for (const format of formats) {
    for (const leaves of sizes) {
      const text = settings(leaves, format);
      const encrypted = (await encrypt(text, { format, recipients: [recipient] })).text;
      const work = {
        encrypt: (store) => encrypt(text, { format: store, recipients: [recipient] }),
        decrypt: (store) => decrypt(encrypted, { format: store, identities: [identity] }),
      };
      for (const operation of ["encrypt", "decrypt"]) {
        results.push({
          format,
          operation,
          leaves,
          ...(await measure(
            stores[format],
            Math.round(largest / leaves) * (repeats[format] ?? 1),
            runs,
            work[operation],
          )),
        });
      }
    }
  }
  return results;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const formats = process.argv.slice(2);
  const results = await stageBench({ sizes: [10_000, 100_000], ...(formats.length > 0 ? { formats } : {}) });
  for (const { format, operation, leaves, ...times } of results) {
    const text = stages.map((stage) => `${stage} ${times[stage].toFixed(1)}`).join(", ");
    console.log(`${format} ${operation}, ${leaves} leaves, ms: ${text}`);
  }
}
