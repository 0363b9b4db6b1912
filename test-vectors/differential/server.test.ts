/**
 * The server is the command: on a sample of every format, of good and of broken files, both end with the same exit code
 * and print the same.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Rule } from "../../packages/isosops/dist/index.js";
import { encryptFlags, endings, findSops, readKey, runSops, sopsVersions, twoAtATime } from "../tools.js";
import { listCases, plainBytes, readCase, readIfThere, readPlain } from "../vectors.js";
import { mask } from "./mask.js";
import { type Format, missing, type SopsServer, startSops } from "./sops.js";

const { identity, recipient } = readKey("first");
const command = findSops().find(({ version }) => version === sopsVersions[0]);
const reason = missing ?? (command === undefined ? "no sops 3.13.3 was found" : undefined);
if (reason !== undefined) console.log(`Skipped: the sops server against the command, because ${reason}.`);
if (process.env.ISOSOPS_REQUIRE_LIVE)
  test("the server and the command are there", () => expect(reason).toBeUndefined());

const perFormat = 40;

interface Sample {
  format: Format;
  text: string | Uint8Array;
  options: Rule & { macOnlyEncrypted?: boolean; indent?: number };
  isBroken?: boolean;
}

const good: Sample[] = listCases("good").map((name) => {
  const description = readCase("good", name);
  const { format, options } = description as Sample;
  return { format, options, text: plainBytes(readPlain(name, description), format) };
});
const broken: Sample[] = listCases("broken").map((name) => {
  const { format } = readCase("broken", name) as { format: Format };
  return { format, isBroken: true, options: {}, text: readIfThere("broken", name, `input.${endings[format]}`)! };
});

describe.skipIf(reason !== undefined)("the server answers as the command ends", () => {
  let server: SopsServer;
  beforeAll(async () => {
    server = await startSops([identity]);
  });
  afterAll(() => server.close());

  const shown = ({ exit, bytes }: { exit: number; bytes: Uint8Array }) =>
    `exit ${exit}\n${mask(Buffer.from(bytes).toString("latin1"))}`;

  for (const format of Object.keys(endings) as Format[]) {
    const isOf = (sample: Sample) => sample.format === format;
    const samples = [...good.filter(isOf).slice(0, perFormat), ...broken.filter(isOf).slice(0, perFormat / 2)];
    test(`${format}, ${samples.length} files`, async () => {
      const exits = new Set<number>();
      await twoAtATime(samples, async ({ text, options, isBroken }) => {
        const { macOnlyEncrypted, indent, ...rule } = options;
        const [theirs, ours] = await Promise.all([
          runSops(command!, encryptFlags({ ...options }, [recipient]), { text, format }),
          server.encrypt(text, { format, rule, macOnlyEncrypted, indent, recipients: [recipient] }),
        ]);
        expect(shown(ours)).toBe(shown(theirs));
        exits.add(theirs.exit);
        const encrypted = isBroken ? text : theirs.bytes;
        const [theirsRead, oursRead] = await Promise.all([
          runSops(command!, ["--decrypt"], { text: encrypted, format, identities: [identity] }),
          server.decrypt(encrypted, { format }),
        ]);
        expect(shown(oursRead)).toBe(shown(theirsRead));
        exits.add(theirsRead.exit);
      });
      expect(exits).toContain(0);
      expect(exits.size).toBeGreaterThan(1);
    }, 300_000);
  }

  test("conversions", async () => {
    await twoAtATime(
      good.filter((_, index) => index % 6 === 0),
      async ({ format, text, options }) => {
        const { macOnlyEncrypted, indent, ...rule } = options;
        for (const outputFormat of Object.keys(endings) as Format[]) {
          if (outputFormat === format) continue;
          const [theirs, ours] = await Promise.all([
            runSops(command!, [...encryptFlags({ ...options }, [recipient]), "--output-type", outputFormat], {
              text,
              format,
            }),
            server.encrypt(text, { format, outputFormat, rule, macOnlyEncrypted, indent, recipients: [recipient] }),
          ]);
          expect(shown(ours)).toBe(shown(theirs));
        }
      },
    );
  }, 300_000);
});

test.skipIf(missing !== undefined)("a job that does not end takes no other job with it", async () => {
  const server = await startSops([identity], { timeout: 500 });
  // sops takes time that grows with the square of a file's size.
  const long = JSON.stringify(Array.from({ length: 30_000 }, (_, index) => index));
  const options = { format: "json", recipients: [recipient] } as const;
  const [late, small] = await Promise.all([
    server.encrypt(`{"a":${long}}`, options),
    server.encrypt('{"a":1}', options),
  ]);
  expect(late).toMatchObject({ exit: -1, message: "timeout" });
  expect(small.exit).toBe(0);
  await server.close();
});
