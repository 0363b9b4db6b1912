import { createDecipheriv } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { combineShares, splitSecret } from "./shamir.js";

const vector: { shares: string[]; value: string; additionalData: string; plaintext: string } = JSON.parse(
  readFileSync(new URL("../test/vectors/shamir.json", import.meta.url), "utf8"),
);
const shares = vector.shares.map((share) => Uint8Array.from(Buffer.from(share, "hex")));

function open(dataKey: Uint8Array): string {
  const [data, iv, tag] = ["data", "iv", "tag"].map((name) =>
    Buffer.from(new RegExp(`${name}:([^,]+)`).exec(vector.value)![1]!, "base64"),
  ) as [Buffer, Buffer, Buffer];
  const cipher = createDecipheriv("aes-256-gcm", dataKey, iv);
  cipher.setAAD(Buffer.from(vector.additionalData));
  cipher.setAuthTag(tag);
  return cipher.update(data, undefined, "utf8") + cipher.final("utf8");
}

test.each([
  [0, 1],
  [1, 2],
  [2, 0],
  [0, 1, 2],
])("shares %j of a file by sops give its data key", async (...picked) => {
  expect(open(await combineShares(picked.map((index) => shares[index]!)))).toBe(vector.plaintext);
});

test("shares may be Buffers", async () => {
  expect(open(await combineShares(shares.slice(1).map((share) => Buffer.from(share))))).toBe(vector.plaintext);
  const split = await splitSecret(Buffer.from("secret"), 2, 2);
  expect(Buffer.from(await combineShares(split)).toString()).toBe("secret");
});

test.each([
  ["the same share twice", [shares[0]!, shares[0]!]],
  ["a single share", [shares[0]!]],
  ["shares of two lengths", [shares[0]!, shares[1]!.subarray(1)]],
  ["empty shares", [new Uint8Array(0), new Uint8Array(0)]],
])("%s: they do not fit together", async (_, unfit) => {
  await expect(combineShares(unfit)).rejects.toMatchObject({
    code: "data_key",
    message: expect.stringContaining("do not fit together"),
  });
});

test.each([
  [2, 2],
  [3, 2],
  [5, 3],
  [255, 255],
])("of %i shares any %i give the secret, and fewer do not", async (parts, threshold) => {
  const secret = Uint8Array.from({ length: 32 }, (_, index) => index * 7);
  const split = await splitSecret(secret, parts, threshold);
  expect(new Set(split.map((share) => share[32])).size).toBe(parts);
  expect(await combineShares(split.slice(parts - threshold))).toEqual(secret);
  expect(await combineShares(split.slice(0, threshold))).toEqual(secret);
  if (threshold > 2) expect(await combineShares(split.slice(0, threshold - 1))).not.toEqual(secret);
});

test.each([
  [2, 1],
  [2, 3],
  [256, 2],
  [3, 2.5],
])("a split into %i parts of which %f are enough is refused", async (parts, threshold) => {
  await expect(splitSecret(new Uint8Array(32), parts, threshold)).rejects.toThrow(/shamir_threshold/);
});
