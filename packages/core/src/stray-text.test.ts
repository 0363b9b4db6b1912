/** The output is parsed again if a store has kept little of the source. */
import { expect, test } from "vitest";
import { storeByName } from "../../formats/dist/index.js";
import { ageSource, ageWrapper, generateIdentity } from "../../isosops/dist/age.js";
import { encrypt, open, reseal, type Store } from "../dist/index.js";
import { renewDataKey } from "../dist/rewrap.js";

const yaml = storeByName("yaml");
const { identity, recipient } = await generateIdentity();
const wrappers = [ageWrapper([recipient])];
const keySources = [ageSource([identity])];

/** Reformats every file, also in layout `preserve`, and damages it. */
const damaging: Store = {
  ...yaml,
  render: (document, options) => yaml.render({ ...document, memo: undefined }, options).replace("a: ", "a: [\n"),
};

test("no layout returns a file that nobody could read", async () => {
  const { text } = await encrypt("a: 1\n", { store: yaml, wrappers });
  const unwritable = { code: "unwritable", message: expect.stringContaining("could not be read back") };
  await expect(encrypt("a: 1\n", { store: damaging, wrappers })).rejects.toMatchObject(unwritable);
  const file = await open(text, { store: yaml, keySources });
  await expect(reseal(file, { store: damaging })).rejects.toMatchObject(unwritable);
  await expect(renewDataKey(text, { store: damaging, keySources, wrappers: () => [wrappers] })).rejects.toMatchObject(
    unwritable,
  );
});
