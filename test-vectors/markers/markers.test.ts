/**
 * A marker in every position of generated files and of files from the real world: with a rule that encrypts everything none is
 * left in plain text, in any format.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { corpusFiles } from "../differential/corpus.js";
import { describeLive, report, seed } from "../differential/differential.js";
import { envDocuments } from "../differential/generate/env.js";
import { iniDocuments } from "../differential/generate/ini.js";
import { jsonDocuments } from "../differential/generate/json.js";
import { yamlTexts } from "../differential/generate/yaml.js";
import type { Tally } from "../differential/property.js";
import type { SopsServer } from "../differential/sops.js";
import { yamlInputs } from "../suites/inputs.js";
import { checkMarked } from "./check.js";
import { type MarkedFormat, markedTexts, marker } from "./marks.js";
import { known, sources } from "./sources.js";

/** One of how many marked texts of a format is looked at: `ISOSOPS_MARKERS=1` for all of them. */
const step = Number(process.env.ISOSOPS_MARKERS ?? 8);
/** How many of the files that others wrote, and of generated ones. */
const files = Math.ceil(400 / step);

/** Of the same texts, others in every run; those of an earlier one with its seed. */
function sampler(): (of?: number) => boolean {
  let state = seed >>> 0;
  return (of = step) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % Math.ceil(of) === 0;
  };
}

async function checkAll(
  texts: Iterable<string>,
  format: MarkedFormat,
  perText: number,
  server: SopsServer | undefined,
  tally: Tally,
): Promise<void> {
  const isChosen = sampler();
  for (const source of texts) {
    const all =
      perText === 0 ? Math.min(step, source.length / 3) : Math.max(1, Math.floor((source.length * 3) / perText));
    for (const { text, at, form } of markedTexts(source, format, () => true)) {
      if (!isChosen(all)) continue;
      try {
        await checkMarked(text, format, tally, server);
      } catch (cause) {
        throw new Error(`seed ${seed}, ${JSON.stringify(form)} at ${at} of ${JSON.stringify(source)}\n${cause}`, {
          cause,
        });
      }
    }
  }
}

const others: Partial<Record<MarkedFormat, () => string[]>> = {
  yaml: () => [
    ...yamlInputs()
      .flatMap(({ sources }) => sources.map(String))
      .filter((_, index) => index % step === 0),
    ...fc.sample(yamlTexts, { numRuns: files, seed }),
    ...ofCorpus("yaml"),
  ],
  json: () => [...fc.sample(jsonDocuments, { numRuns: files, seed }).map(String), ...ofCorpus("json")],
  dotenv: () => [...fc.sample(envDocuments, { numRuns: files, seed }).map(String), ...ofCorpus("dotenv")],
  ini: () => [...fc.sample(iniDocuments, { numRuns: files, seed }).map(String), ...ofCorpus("ini")],
};

function ofCorpus(format: "yaml" | "json" | "dotenv" | "ini"): string[] {
  return corpusFiles(format, files)
    .map(({ bytes }) => bytes.toString())
    .filter((text) => text.length < 4000 && !text.includes("\ufffd"));
}

describeLive("markers in the formats of sops", (server) => {
  test.each(known)("%s: %j, which was wrong once", async (format, text) => {
    const tally: Tally = new Map();
    await checkMarked(text, format, tally, server());
    expect([...tally.keys()]).not.toContainEqual(expect.stringMatching(/refused|in keys|reformatted/));
  });

  describe.each(["yaml", "json", "dotenv", "ini", "binary"] as const)("%s", (format) => {
    test("in every position of small files", async () => {
      const start = performance.now();
      const tally: Tally = new Map();
      await checkAll(sources[format], format, 0, server(), tally);
      report(`markers, ${format}`, tally, performance.now() - start);
      expect(tally.get("opened by sops")).toBeGreaterThan(0);
    }, 1_200_000);

    test.skipIf(others[format] === undefined)(
      "in some positions of generated and real files",
      async () => {
        const start = performance.now();
        const tally: Tally = new Map();
        const texts = others[format]!().filter((text) => !text.includes(marker));
        await checkAll(texts, format, 6, server(), tally);
        report(`markers, ${format} files`, tally, performance.now() - start);
        // A marker breaks the syntax of many; which real files there are depends on the packages that are installed.
        expect(tally.get("opened by sops")).toBeGreaterThan(texts.length / 3);
      },
      1_200_000,
    );
  });
});

describe.each(["toml", "xml"] as const)("markers in %s", (format) => {
  test("in every position of small files", async () => {
    const start = performance.now();
    const tally: Tally = new Map();
    await checkAll(sources[format], format, 0, undefined, tally);
    report(`markers, ${format}`, tally, performance.now() - start);
    expect(tally.get("found by verify: comment")).toBeGreaterThan(0);
  }, 600_000);
});
