import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diffTexts, pairLines, splitLines } from "../src/engine/line-diff.js";

const text = fc
  .array(fc.constantFrom("a\n", "b\n", "c\n", "\n", "d: 1\r\n", "x"), { maxLength: 40 })
  .map((lines) => lines.join(""));

describe("the lines in which texts differ", () => {
  test("pairs are of equal lines, in order in both texts", () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const [old, now] = [splitLines(before), splitLines(after)];
        expect(old.join("")).toBe(before);
        let last = -1;
        for (const [at, pair] of pairLines(old, now).entries()) {
          if (pair === -1) continue;
          expect(now[pair]).toBe(old[at]);
          expect(pair).toBeGreaterThan(last);
          last = pair;
        }
      }),
    );
  });

  test("with all of the context, the lines of both texts are in it", () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = diffTexts(before, after, 1000).flatMap((hunk) => hunk.lines);
        const side = (wanted: "before" | "after") =>
          lines.filter((line) => line[wanted] !== undefined).map((line) => line.text);
        const plain = (source: string) => splitLines(source).map((line) => line.replace(/\r?\n$/, ""));
        if (before === after) expect(lines).toEqual([]);
        else {
          expect(side("before")).toEqual(plain(before));
          expect(side("after")).toEqual(plain(after));
        }
      }),
    );
  });

  test("a changed value is one line, and the context is three lines", () => {
    const lines = [..."abcdefghij"];
    const before = lines.map((name) => `${name}: 1\n`).join("");
    const after = before.replace("e: 1", "e: 2");
    expect(diffTexts(before, after).map((hunk) => hunk.lines.map(({ kind, text }) => `${kind} ${text}`))).toEqual([
      ["same b: 1", "same c: 1", "same d: 1", "removed e: 1", "added e: 2", "same f: 1", "same g: 1", "same h: 1"],
    ]);
  });

  test("200,000 lines of which each second changed do not take long", () => {
    const before = Array.from({ length: 200_000 }, (_, i) => `key${i}: value ${i}\n`);
    const after = before.map((line, i) => (i % 2 === 0 ? line : `key${i}: ENC[${i}]\n`));
    const start = performance.now();
    expect(pairLines(before, after).filter((pair) => pair >= 0)).toHaveLength(100_000);
    // A diff that compares each line with each takes hours.
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});
