/** Puts the targets and our packages into one file, with counters in all that is ours. */
import { mkdirSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { instrument } from "./instrument.js";

const here = fileURLToPath(new URL(".", import.meta.url));
export const cache = `${here}.cache`;

/** Build the targets. Gives how many counters there are; the texts of our code are in `texts.json`. */
export async function build() {
  let counters = 0;
  const texts = new Set();
  const bundle = await rolldown({
    cwd: here,
    input: { targets: "targets/index.js" },
    platform: "node",
    checks: { pluginTimings: false },
    external: builtinModules.flatMap((name) => [name, `node:${name}`]),
    plugins: [
      {
        name: "counters",
        transform(code, id) {
          if (!/\/packages\/\w+\/dist\/.*\.js$/.test(id)) return undefined;
          const instrumented = instrument(code, () => counters++);
          for (const text of instrumented.texts) texts.add(text);
          return { code: instrumented.code };
        },
      },
    ],
  });
  mkdirSync(cache, { recursive: true });
  await bundle.write({ dir: cache, format: "esm", codeSplitting: false });
  await bundle.close();
  // Messages are of no use in an input.
  const words = [...texts].filter((text) => text.length > 0 && text.length <= 40 && !/ \w+ \w+ /.test(text));
  writeFileSync(`${cache}/built.json`, JSON.stringify({ counters, words }));
}
