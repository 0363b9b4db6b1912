import { expect, test } from "vitest";
import { type DataOptions, toData } from "./data.js";
import { comment, entry, leaf, mapping, sequence } from "./tree.js";

const small = leaf("int", "5");
const large = leaf("int", "9007199254740993");
const time = leaf("time", "2001-12-14T21:59:43.123456789-05:00");

test.each<[DataOptions, unknown, unknown, unknown]>([
  [{}, 5, 9007199254740993n, new Date("2001-12-15T02:59:43.123Z")],
  [{ integers: "number", dates: "date" }, 5, 9007199254740992, new Date("2001-12-15T02:59:43.123Z")],
  [{ integers: "bigint" }, 5n, 9007199254740993n, new Date("2001-12-15T02:59:43.123Z")],
  [{ integers: "string", dates: "string" }, "5", "9007199254740993", "2001-12-14T21:59:43.123456789-05:00"],
])("%j", (options, ...values) => {
  const items = [small, large, time];
  const data = toData(mapping(items.map((item, index) => entry(`k${index}`, item))), options);
  expect(Object.values(data)).toEqual(values);
});

test("a document is a plain object, whatever its keys are", () => {
  const data = toData(
    mapping([
      comment(" a comment"),
      entry("__proto__", leaf("str", "x")),
      entry("twice", leaf("bool", "True")),
      entry("twice", leaf("bool", "False")),
      entry(
        "list",
        sequence([leaf("null", ""), comment(" c"), leaf("float", "-Inf"), leaf("str", Uint8Array.of(255))]),
      ),
    ]),
  );
  expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
  expect(Object.entries(data)).toEqual([
    ["__proto__", "x"],
    ["twice", false],
    ["list", [null, Number.NEGATIVE_INFINITY, Uint8Array.of(255)]],
  ]);
});
