import { expect, test } from "vitest";
import { firstInvalidByte } from "./input.js";

test("the first byte that is not UTF-8", () => {
  const bytes = (...values: (number | string)[]) =>
    Buffer.concat(values.map((value) => (typeof value === "number" ? Buffer.from([value]) : Buffer.from(value))));
  expect(firstInvalidByte(bytes("all right, é and 👋"))).toBeUndefined();
  expect(firstInvalidByte(bytes(0xff, "a"))).toBe(0);
  expect(firstInvalidByte(bytes("\ufeffab", 0xe9))).toBe(5);
  expect(firstInvalidByte(bytes("é👋", 0x80, "x"))).toBe(6);
  // A replacement character of the author's own is not a mistake.
  expect(firstInvalidByte(bytes("a\ufffdb\ufffd", 0xc3, "x"))).toBe(8);
  // Cut off within a character.
  expect(firstInvalidByte(bytes("ab", 0xf0, 0x9f, 0x91))).toBe(2);
});
