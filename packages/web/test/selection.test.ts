/** Marks become selectors, which the library itself reads here: it says which values they choose. */
import { findTargets, parseSelector } from "@isosops/core/select";
import { yaml } from "@isosops/formats/yaml";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isValue, keyPathOf, type Outline, outlineOf } from "../src/engine/outline.js";
import {
  type Marks,
  markedValues,
  marksOf as marksOfStates,
  pathId,
  selectorsOf,
  statesOf,
  statesOfPlaces,
  toggle,
} from "../src/workbench/selection.js";

const source = `image: web
auth:
  user: shop
  password: one
cache:
  password: two
  hosts:
    - name: a
      token: three
    - name: b
      token: four
odd.key:
  "": five
  "*": six
password: seven
nothing: ~
`;
const { branches } = yaml.parse(source);
const outline = outlineOf(branches, () => false);
const rowOf = (path: string, from: Outline = outline) =>
  from.labels.findIndex((_, row) => from.isKey[row] === 1 && keyPathOf(from, row).join("/") === path);
const marksOf = (...paths: string[]): Marks => new Set(paths.map((path) => pathId(path.split("/"))));

/** The texts of the values that selectors choose, as the library finds them. */
function chosenBy(selectors: readonly string[]): string[] {
  const chosen = new Set<string>();
  const visit = (node: (typeof branches)[number] | { kind: string }): void => {
    if (node.kind === "leaf") {
      const { text } = node as unknown as { text: string };
      if (text !== "") chosen.add(text);
    } else {
      for (const item of (node as { items: { kind: string; value?: never }[] }).items) {
        if (item.kind === "entry") visit(item.value as never);
        else if (item.kind !== "comment") visit(item);
      }
    }
  };
  for (const selector of selectors) {
    for (const { entry } of findTargets(branches, parseSelector(selector))) visit(entry.value);
  }
  return [...chosen].sort();
}

const textOf = (row: number) => source.slice(outline.valueStarts[row], outline.valueEnds[row]).replaceAll(/^"|"$/g, "");

describe("marks of keys", () => {
  test("a key at the top is itself, not every key of its name", () => {
    expect(selectorsOf(outline, marksOf("password"))).toEqual(['["password"]']);
    expect(chosenBy(selectorsOf(outline, marksOf("password")))).toEqual(["seven"]);
  });

  test("items of a list are marked together", () => {
    const marks = toggle(outline, new Set(), rowOf("cache/hosts/token"));
    expect(markedValues(outline, marks).map(textOf)).toEqual(["three", "four"]);
    expect(chosenBy(selectorsOf(outline, marks))).toEqual(["four", "three"]);
  });

  test("without one value, a marked mapping is its other values", () => {
    const marks = toggle(outline, marksOf("cache"), rowOf("cache/hosts/name"));
    expect(markedValues(outline, marks).map(textOf)).toEqual(["two", "three", "four"]);
    expect(statesOf(outline, marks)[rowOf("cache")]).toBe(1);
  });

  test("what is above is marked when all of its values are, and a click takes them all away", () => {
    const marks = marksOf("auth/user", "auth/password");
    expect(statesOf(outline, marks)[rowOf("auth")]).toBe(2);
    expect([...toggle(outline, marks, rowOf("auth"))]).toEqual([]);
  });

  test("marking what is above replaces the marks below", () => {
    expect([...toggle(outline, marksOf("cache/password", "auth/user"), rowOf("cache"))]).toEqual([
      pathId(["auth", "user"]),
      pathId(["cache"]),
    ]);
  });

  test("after any clicks, the library chooses what the tree shows, and a second click undoes the first", () => {
    const rows = outline.labels.map((_, row) => row).filter((row) => outline.isKey[row] === 1);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...rows), { maxLength: 12 }), fc.constantFrom(...rows), (clicks, last) => {
        let marks: Marks = new Set();
        for (const row of clicks) marks = toggle(outline, marks, row);
        const shown = markedValues(outline, marks).map(textOf).sort();
        expect(chosenBy(selectorsOf(outline, marks))).toEqual(shown);
        const before = statesOf(outline, marks)[last];
        const after = statesOf(outline, toggle(outline, marks, last))[last];
        expect(after === 2).toBe(before !== 2);
      }),
      { numRuns: 500 },
    );
  });

  test("values that are empty are none", () => {
    expect(isValue(outline, rowOf("nothing"))).toBe(false);
  });
});

describe("boxes of what a rule encrypts", () => {
  const placesOfRows = (rows: readonly number[]) =>
    Int32Array.from(rows.flatMap((row) => [outline.valueStarts[row] as number, outline.valueEnds[row] as number]));

  test("are on where all that is below is encrypted, and half where some of it is", () => {
    const rows = ["auth/password", "cache/hosts/token", "password"].flatMap((path) =>
      [...outline.labels.keys()].filter((row) => keyPathOf(outline, row).join("/") === path && isValue(outline, row)),
    );
    expect(rows).toHaveLength(4);
    const states = statesOfPlaces(outline, placesOfRows(rows));
    const boxes = Object.fromEntries(
      [
        "image",
        "auth",
        "auth/user",
        "auth/password",
        "cache",
        "cache/password",
        "cache/hosts",
        "odd.key",
        "password",
      ].map((path) => [path, states[rowOf(path)]]),
    );
    expect(boxes).toEqual({
      image: 0,
      auth: 1,
      "auth/user": 0,
      "auth/password": 2,
      cache: 1,
      "cache/password": 0,
      "cache/hosts": 1,
      "odd.key": 0,
      password: 2,
    });
    expect(
      statesOfPlaces(outline, placesOfRows([...outline.labels.keys()].filter((row) => isValue(outline, row)))),
    ).not.toContain(1);
    expect([...statesOfPlaces(outline, new Int32Array())].every((state) => state === 0)).toBe(true);
  });

  test("become marks that choose the same values", () => {
    const keys = [...outline.labels.keys()].filter((row) => outline.isKey[row] === 1);
    fc.assert(
      fc.property(fc.subarray(keys), (marked) => {
        const values = markedValues(outline, new Set(marked.map((row) => pathId(keyPathOf(outline, row)))));
        const marks = marksOfStates(outline, statesOfPlaces(outline, placesOfRows(values)));
        expect(markedValues(outline, marks)).toEqual(values);
      }),
    );
  });
});
