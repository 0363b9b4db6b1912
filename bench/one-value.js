// What reading one value of a large file takes: `get` with `verify: "value"` and of the whole file, each against parsing the
// file alone, in this process, in turn, by processor time. The ratio is that of the medians.
import { pathToFileURL } from "node:url";
import { storeByName } from "@isosops/formats";
import { encrypt, get } from "isosops";
import { readKey } from "../test-vectors/tools.js";
import { processorTime } from "./processor-time.js";
import { settings } from "./settings.js";
import { summarize } from "./statistics.js";

/**
 * @param {{ leaves: number, rounds?: number, formats?: string[] }} options
 * @returns {Promise<{ format: string, parse: number, value: number, file: number, ratio: number }[]>} milliseconds; `ratio` is
 * of `value` by `parse`
 */
export async function oneValueBench({ leaves, rounds = 9, formats = ["json", "yaml"] }) {
  const { recipient, identity } = readKey("first");
  const results = [];
  for (const format of formats) {
    const { text } = await encrypt(settings(leaves, format), { format, recipients: [recipient] });
    const source = Buffer.from(text);
    const store = storeByName(format);
    const options = { format, identities: [identity], path: lastPath(store.parse(text).branches[0]) };
    const contestants = {
      parse: () => store.parse(source.toString()),
      value: () => get(source, { ...options, verify: "value" }),
      file: () => get(source, options),
    };
    const times = { parse: [], value: [], file: [] };
    for (let round = 0; round <= rounds; round++) {
      for (const [name, work] of Object.entries(contestants)) {
        const start = processorTime();
        await work();
        // The first one is for the compiler.
        if (round > 0) times[name].push(processorTime() - start);
      }
    }
    const [parse, value, file] = Object.values(times).map((each) => summarize(each).median);
    results.push({ format, parse, value, file, ratio: value / parse });
  }
  return results;
}

/** The path of the last encrypted value: of a wide mapping, all keys before it are looked at. */
function lastPath(node) {
  if (node.kind === "leaf") return [];
  const item = node.items.findLast(({ kind }) => kind !== "comment");
  if (item.kind === "entry") return [item.key, ...lastPath(item.value)];
  return [node.items.filter(({ kind }) => kind !== "comment").length - 1, ...lastPath(item)];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  console.table(await oneValueBench({ leaves: 40_000 }));
