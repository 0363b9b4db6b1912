import fc from "fast-check";
import { expect, test } from "vitest";
import { createFinder } from "./find-values.js";

test("values are found where indexOf finds them", () => {
  const bytes = fc.uint8Array({ min: 0, max: 2, maxLength: 100 }).map((array) => Buffer.from(array));
  const value = fc.uint8Array({ min: 0, max: 2, minLength: 8, maxLength: 10 }).map((array) => Buffer.from(array));
  fc.assert(
    fc.property(fc.array(value, { maxLength: 20 }), bytes, fc.nat(), (values, content, seed) => {
      // Some of them are parts of it.
      const at = seed % Math.max(1, content.length - 8);
      const all = content.length < 8 ? values : [...values, content.subarray(at, at + 8), content.subarray(at)];
      const find = createFinder(all.map((one, index) => ({ bytes: one, owner: String(index) })));
      const expected = all.flatMap((one, index) => (content.includes(one) ? [String(index)] : []));
      expect([...find(content)].sort()).toEqual(expected.sort());
    }),
  );
});

test("many values that begin alike are found at once", () => {
  const names = Array.from({ length: 60_000 }, (_, index) => `secret-value-${index}`);
  const find = createFinder(names.map((name) => ({ bytes: Buffer.from(name), owner: name })));
  expect(find(Buffer.from(`${names.join(" ")} `)).size).toBe(names.length);
});
