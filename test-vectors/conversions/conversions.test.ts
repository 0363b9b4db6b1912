/**
 * Conversion from every format to every other, in encryption (`--output-type` of an encrypted file) and in decryption, with
 * sops as the judge: the same text, the same values of every type, and the same refusals. table.ts says where not.
 */
import { describe, expect, test } from "vitest";
import { toData } from "../../packages/core/dist/index.js";
import { vectorBranch } from "../../packages/formats/test/vectors/tree.js";
import { type DataOptions, decrypt, encrypt, SopsError } from "../../packages/isosops/dist/index.js";
import { describeLive } from "../differential/differential.js";
import { identity, recipient } from "../differential/property.js";
import type { Format, TreeOutcome } from "../differential/sops.js";
import { refusals, sources } from "./table.js";

const formats: readonly Format[] = ["yaml", "json", "dotenv", "ini", "binary"];
const recipients = [recipient];
const identities = [identity];

const choices: readonly DataOptions[] = [{}, { integers: "bigint", dates: "string" }];

describeLive("conversions against sops", (server) => {
  describe.each(
    formats.flatMap((from) => Object.entries(sources[from] ?? {}).map(([name, source]) => ({ from, name, source }))),
  )("$from, $name", ({ from, name, source }) => {
    test.each(formats.filter((to) => to !== from))("to %s", async (to) => {
      const differences: string[] = [];
      const options = { format: from, outputFormat: to };
      const encrypted = await server().encrypt(source, { ...options, recipients });
      for (const layout of ["preserve", "sops"] as const) {
        const ours = await attempt(() => encrypt(source, { ...options, recipients, layout }));
        if (ours instanceof SopsError || encrypted.exit !== 0) {
          if (ours instanceof SopsError !== (encrypted.exit !== 0)) differences.push("encrypt");
          continue;
        }
        const [expected, read] = await Promise.all(
          [encrypted.bytes, ours.bytes].map((bytes) => server().decrypt(bytes, { format: to })),
        );
        expect(shown(read!)).toEqual(shown(expected!));
        if (expected!.exit === 0) differences.push(...(await compareDecrypted(encrypted.bytes, to, to, expected!)));
      }
      const own = await server().encrypt(source, { format: from, recipients });
      if (own.exit === 0) {
        const expected = await server().decrypt(own.bytes, options);
        differences.push(...(await compareDecrypted(own.bytes, from, to, expected)));
      }
      const meant = refusals.filter((one) => one.to.includes(to) && one.rows.includes(`${from}: ${name}`));
      const operations = meant.flatMap(({ operation }) => operation ?? ["encrypt", "decrypt"]);
      expect(new Set(differences)).toEqual(new Set(operations));
    });
  });

  test("every refusal is about a row that is there", () => {
    const rows = formats.flatMap((from) => Object.keys(sources[from] ?? {}).map((name) => `${from}: ${name}`));
    for (const refusal of refusals) expect(rows).toEqual(expect.arrayContaining([...refusal.rows]));
  });
});

/** What both decrypt: the text in the other format, and the values, which do not depend on it. */
async function compareDecrypted(text: Uint8Array, format: Format, outputFormat: Format, expected: TreeOutcome) {
  const options = { format, outputFormat, identities, layout: "sops" } as const;
  const ours = await attempt(() => decrypt(text, options));
  if (ours instanceof SopsError || expected.exit !== 0) {
    return ours instanceof SopsError === (expected.exit !== 0) ? [] : ["decrypt"];
  }
  expect(Buffer.from(ours.bytes).toString()).toBe(expected.bytes.toString());
  for (const choice of choices) {
    const { documents } = await decrypt(text, { ...options, ...choice });
    expect(documents).toEqual(expected.branches.map((branch) => toData(vectorBranch(branch), choice)));
  }
  return [];
}

function shown({ exit, message, bytes }: TreeOutcome): unknown {
  return { exit, message, text: bytes.toString() };
}

async function attempt<T>(operation: () => Promise<T>): Promise<T | SopsError> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof SopsError) return error;
    throw error;
  }
}
