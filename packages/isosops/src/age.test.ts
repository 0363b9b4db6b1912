import { expect, test } from "vitest";
import { ageSource, ageWrapper, generateIdentity } from "./age.js";

const dataKey = Uint8Array.from({ length: 32 }, (_, index) => index);

test("each recipient gets the data key wrapped on its own, and opens it alone", async () => {
  const [one, two, stranger] = await Promise.all([generateIdentity(), generateIdentity(), generateIdentity()]);
  const keys = await ageWrapper([one.recipient, ` ${two.recipient} `, one.recipient]).wrap(dataKey);
  expect(keys.map((key) => key.fields.get("recipient"))).toEqual([one.recipient, two.recipient]);
  expect(await ageSource([one.identity]).unwrap(keys[0]!)).toEqual(dataKey);
  expect(await ageSource([one.identity]).unwrap(keys[1]!)).toBeUndefined();
  expect(await ageSource([`# keys\n${stranger.identity}\r\n\n${two.identity}\n`]).unwrap(keys[1]!)).toEqual(dataKey);
});

test("what was tried is said by its public side", async () => {
  const { identity, recipient } = await generateIdentity();
  expect(await ageSource([`# a key\n${identity}\n`]).describe()).toBe(recipient);
});

test("a wrapped key that was damaged is told from one for somebody else", async () => {
  const { identity, recipient } = await generateIdentity();
  const [key] = await ageWrapper([recipient]).wrap(dataKey);
  const enc = key!.fields.get("enc") as string;
  const cut = { type: "age", fields: new Map([["enc", enc.replace("-----END", "---END")]]) };
  await expect(ageSource([identity]).unwrap(cut)).rejects.toMatchObject({ name: "SopsError", code: "data_key" });
  await expect(ageSource([identity]).unwrap({ type: "age", fields: new Map() })).rejects.toMatchObject({
    code: "metadata",
  });
});

test.each([
  ["a lone recipient", () => ageWrapper("age1" as never), "invalid_option"],
  ["a lone identity", () => ageSource("AGE-SECRET-KEY-1" as never), "invalid_option"],
  ["no recipient", () => ageWrapper(["age1nonsense"]), "invalid_recipient"],
  ["no identity", () => ageSource(["AGE-SECRET-KEY-1NONSENSE"]), "invalid_identity"],
])("%s is refused", (_, run, code) => {
  expect(run).toThrow(expect.objectContaining({ name: "SopsError", code }));
});
