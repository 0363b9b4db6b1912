/**
 * The public suites of YAML and JSON, with sops as the judge: what it takes we take, with the same values, types, comments
 * and order, in both directions, and what it refuses we refuse. deviations.ts says where not, and why.
 */
import { describe, expect, test } from "vitest";
import { storeByName } from "../../packages/formats/dist/index.js";
import { fromTree } from "../../packages/formats/test/vectors/tree.js";
import { decrypt, encrypt, SopsError } from "../../packages/isosops/dist/index.js";
import { describeLive } from "../differential/differential.js";
import { identity, recipient } from "../differential/property.js";
import type { SopsServer } from "../differential/sops.js";
import { type Deviation, deviations } from "./deviations.js";
import { type Input, jsonInputs, yamlInputs } from "./inputs.js";

type Format = "yaml" | "json";

const layouts = ["preserve", "sops"] as const;
const identities = [identity];

/** What differs; nothing where sops and we are of one mind. Throws where the difference is of no kind that is known. */
async function compare(server: SopsServer, format: Format, source: Uint8Array): Promise<Deviation["what"][]> {
  const keys = { format, recipients: [recipient] };
  const theirs = await server.encrypt(source, keys);
  const ours = await Promise.all(layouts.map((layout) => attempt(() => encrypt(source, { ...keys, layout }))));
  const [preserved, sorted] = ours;
  expect(preserved instanceof SopsError, "both layouts are of one mind").toBe(sorted instanceof SopsError);
  if (preserved instanceof SopsError || sorted instanceof SopsError) return theirs.exit === 0 ? ["we refuse it"] : [];
  if (theirs.exit !== 0) return ["we take it"];

  const { branches } = storeByName(format).parse(Buffer.from(source).toString(), { layout: "sops" });
  const read = await server.read(source, format);
  expect(branches.map((branch) => fromTree(branch))).toEqual(read.branches);

  const found = new Set<Deviation["what"]>();
  const expected = await server.decrypt(theirs.bytes, { format });
  expect(expected.exit, expected.message).toBe(0);
  const { text } = await decrypt(theirs.bytes, { format, identities, layout: "sops" });
  if (text !== expected.bytes.toString()) {
    found.add("sops writes what it cannot read");
    expect(await server.read(text, format)).toMatchObject({ exit: 0, branches: expected.branches });
  }
  for (const written of [preserved!, sorted!]) {
    const again = await server.decrypt(written.text, { format });
    expect(again.exit, again.message).toBe(0);
    expect(again.bytes.toString()).toBe(expected.bytes.toString());
  }
  const back = await decrypt(preserved!.text, { format, identities });
  // Other bytes in some places that the README of the formats lists, and never other values.
  if (Buffer.compare(back.bytes, source) !== 0)
    expect((await server.read(back.text, format)).branches).toEqual(read.branches);
  return [...found];
}

async function attempt<T>(operation: () => Promise<T>): Promise<T | SopsError> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof SopsError) return error;
    throw error;
  }
}

const suites: Readonly<Record<Format, Input[]>> = { yaml: yamlInputs(), json: jsonInputs() };

describeLive("the public suites against sops", (server) => {
  describe.each(Object.entries(suites) as [Format, Input[]][])("%s", (format, inputs) => {
    test.each(inputs)("$name", async ({ name, sources }) => {
      const listed = deviations.filter((one) => one.format === format && one.inputs.includes(name));
      for (const source of sources) {
        expect(await compare(server(), format, source)).toEqual(listed.map(({ what }) => what));
      }
    });
  });

  test("every deviation is about an input that is there", () => {
    for (const { format, inputs } of deviations) {
      expect(suites[format].map(({ name }) => name)).toEqual(expect.arrayContaining([...inputs]));
    }
  });
});
