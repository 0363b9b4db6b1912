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
])("shares %j of a file by sops give its data key", (...picked) => {
  expect(open(combineShares(picked.map((index) => shares[index]!)))).toBe(vector.plaintext);
});

test("one share too few gives another key", () => {
  expect(() => open(combineShares([shares[0]!]))).toThrow();
});

test("the same share twice is refused", () => {
  expect(() => combineShares([shares[0]!, shares[0]!])).toThrow("do not fit together");
});

test.each([
  [2, 2],
  [3, 2],
  [5, 3],
  [255, 255],
])("of %i shares any %i give the secret, and fewer do not", (parts, threshold) => {
  const secret = Uint8Array.from({ length: 32 }, (_, index) => index * 7);
  const split = splitSecret(secret, parts, threshold);
  expect(new Set(split.map((share) => share[32])).size).toBe(parts);
  expect(combineShares(split.slice(parts - threshold))).toEqual(secret);
  expect(combineShares(split.slice(0, threshold))).toEqual(secret);
  expect(combineShares(split.slice(0, threshold - 1))).not.toEqual(secret);
});

test.each([
  [2, 1],
  [2, 3],
  [256, 2],
  [3, 2.5],
])("a split into %i parts of which %f are enough is refused", (parts, threshold) => {
  expect(() => splitSecret(new Uint8Array(32), parts, threshold)).toThrow(/shamir_threshold/);
});
