import { createDecipheriv } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { combineShares } from "./shamir.js";

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
