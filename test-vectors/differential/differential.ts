/** Runs the comparison with generated documents: `ISOSOPS_DOCUMENTS` of them, from the seed `ISOSOPS_SEED` if it is given. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { broken } from "./generate/broken.js";
import { compare, identity, type Tally } from "./property.js";
import { type Selection, selections } from "./rules.js";
import { type Format, missing, type SopsServer, startSops } from "./sops.js";

export const documents = Number(process.env.ISOSOPS_DOCUMENTS ?? 100);
export const seed: number =
  process.env.ISOSOPS_SEED === undefined
    ? (Date.now() ^ (Math.random() * 2 ** 31)) | 0
    : Number(process.env.ISOSOPS_SEED);

const formats: readonly Format[] = ["yaml", "json", "dotenv", "ini", "binary"];

/** A document and rule that differed once. */
export type Known = Partial<Selection> & { source: string; outputFormat?: Format };

/**
 * The test of a format. One document of ten is damaged at some place, to compare what is refused; one of five is
 * converted to another format.
 */
export function differential(
  format: Format,
  generated: fc.Arbitrary<string | Uint8Array>,
  known: readonly Known[] = [],
): void {
  describeLive(`${format} against sops`, (server) => {
    if (known.length > 0) {
      test("documents that differed once", async () => {
        for (const one of known) {
          await compare(server(), { format, rule: {}, macOnlyEncrypted: false, ...one }, new Map());
        }
      });
    }
    const source = fc.oneof({ weight: 9, arbitrary: generated }, { weight: 1, arbitrary: broken(generated) });
    const outputFormat = fc.oneof(
      { weight: 4, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constantFrom(...formats) },
    );
    test(
      `${documents} documents, seed ${seed}`,
      async () => {
        const start = performance.now();
        const tally: Tally = new Map();
        await fc.assert(
          fc.asyncProperty(source, selections, outputFormat, (text, selection, output) =>
            compare(server(), { format, source: text, ...selection, outputFormat: output }, tally),
          ),
          { numRuns: documents, seed },
        );
        report(format, tally, performance.now() - start);
        // Most documents are there to be compared, not to be refused.
        expect(tally.get("compared")).toBeGreaterThan(documents * 0.6);
        expect(tally.get("replayed")).toBeGreaterThan(documents * 0.6);
      },
      60_000 + documents * 1_000,
    );
  });
}

/** Tests that need the server, which is theirs alone. Where there is none, they are skipped with the reason, or fail in CI. */
export function describeLive(name: string, define: (server: () => SopsServer) => void): void {
  if (missing !== undefined) {
    console.log(`Skipped: ${name}, because ${missing}.`);
    if (process.env.ISOSOPS_REQUIRE_LIVE) test("the sops server is there", () => expect(missing).toBeUndefined());
  }
  describe.skipIf(missing !== undefined)(name, () => {
    let server: SopsServer;
    beforeAll(async () => {
      server = await startSops([identity]);
    });
    afterAll(() => server?.close());
    define(() => server);
  });
}

export function report(name: string, tally: Tally, milliseconds: number): void {
  const counts = [...tally].map(([what, count]) => `\n  ${String(count).padStart(6)}  ${what}`).sort();
  console.log(`${name}: no differences, ${(milliseconds / 1000).toFixed(1)} s${counts.join("")}`);
}
