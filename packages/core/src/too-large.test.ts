import { expect, test } from "vitest";
import { SopsError } from "./errors.js";
import { toText } from "./text.js";
import { limited, mostCharacters } from "./too-large.js";

test("the limit is that of the runtime's strings", () => {
  // Only V8 has this limit; those of other engines are higher.
  if (!("v8" in process.versions)) return;
  expect("x".repeat(mostCharacters).length).toBe(mostCharacters);
  expect(() => "x".repeat(mostCharacters + 1)).toThrow(RangeError);
});

test("a longer string is rejected with a message, before and after it is created", () => {
  const refused = expect.objectContaining({ code: "too_large", message: expect.stringMatching(/536870888.*512 MiB/) });
  expect(() => toText(new Uint8Array(mostCharacters + 1), "big.yaml")).toThrow(refused);
  expect(() => limited(() => "x".repeat(mostCharacters + 1))).toThrow(refused);
  expect(() => limited(() => ["x".repeat(mostCharacters), "x"].join(""))).toThrow(refused);
  expect(() => limited(() => Buffer.alloc(mostCharacters).toString("base64"))).toThrow(refused);
});

test("other errors stay as they are", () => {
  const deep = (): number => deep() + 1;
  expect(() => limited(deep)).toThrow(/call stack/);
  expect(() => limited(() => (undefined as never as { y: string }).y)).toThrow(TypeError);
  const own = new SopsError("unsupported", "It is.");
  expect(() =>
    limited(() => {
      throw own;
    }),
  ).toThrow(own);
});
