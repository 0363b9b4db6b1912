import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEditList, type Edit } from "./splice.js";

/** Edits that do not overlap, in order, of a text of this many lines: some of them replace, insert or take out. */
const editsOf = (lines: number) =>
  fc
    .array(fc.constantFrom("replace", "insert", "both", "remove", "keep"), { minLength: lines, maxLength: lines })
    .map((kinds) =>
      kinds.flatMap((kind, index): Edit[] => {
        const start = index * 4;
        const insertion = { start, end: start, text: `+${index}` };
        const replacement = { start, end: start + 3, text: kind === "remove" ? "" : `<${index}>` };
        if (kind === "keep") return [];
        if (kind === "insert") return [insertion];
        return kind === "both" ? [insertion, replacement] : [replacement];
      }),
    );

/** From the last to the first, so that no place moves. */
function applied(source: string, edits: readonly Edit[]): string {
  return edits.reduceRight((text, edit) => text.slice(0, edit.start) + edit.text + text.slice(edit.end), source);
}

function spliced(source: string, edits: readonly Edit[]): string {
  const list = createEditList(source);
  for (const { start, end, text } of edits) list.add(start, end, text);
  return list.splice();
}

const source = (lines: number) =>
  Array.from({ length: lines }, (_, index) => `${index % 1000}`.padStart(3, "0")).join("\n");

// Long texts are compared here and not by `toBe`, which takes minutes to show their difference.
describe("Edits that are gathered one by one", () => {
  for (const lines of [10, 700, 3000]) {
    const text = source(lines);

    it(`are made in any order: ${lines} lines`, () => {
      const shuffled = editsOf(lines).chain((edits) =>
        fc.tuple(fc.constant(edits), fc.shuffledSubarray(edits, { minLength: edits.length })),
      );
      fc.assert(
        fc.property(shuffled, ([edits, inAnyOrder]) => {
          expect(spliced(text, inAnyOrder) === applied(text, edits)).toBe(true);
        }),
        { numRuns: 20, endOnFailure: true },
      );
    });

    it(`are made where some stand before or behind their place: ${lines} lines`, () => {
      const moved = fc.tuple(
        editsOf(lines),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 60 })), { maxLength: 9 }),
      );
      fc.assert(
        fc.property(moved, ([edits, moves]) => {
          const order = [...edits];
          for (const [from, by] of moves) {
            const [edit] = order.splice(from % (order.length + 1), 1);
            if (edit !== undefined) order.splice((from % (order.length + 1)) + by, 0, edit);
          }
          expect(spliced(text, order) === applied(text, edits)).toBe(true);
        }),
        { numRuns: 50, endOnFailure: true },
      );
    });

    it(`are made where one of the end comes first, or one of the start last: ${lines} lines`, () => {
      fc.assert(
        fc.property(editsOf(lines), (edits) => {
          const expected = applied(text, edits);
          expect(spliced(text, [...edits.slice(-1), ...edits.slice(0, -1)]) === expected).toBe(true);
          expect(spliced(text, [...edits.slice(1), ...edits.slice(0, 1)]) === expected).toBe(true);
        }),
        { numRuns: 20, endOnFailure: true },
      );
    });
  }

  it("are made where one comes so late that its place was copied already", () => {
    const edits = Array.from({ length: 600 }, (_, index): Edit => ({ start: index * 4, end: index * 4 + 3, text: "" }));
    const text = source(600);
    const expected = applied(text, edits);
    for (let from = 480; from < 520; from++) {
      for (let by = 1; by < 60; by++) {
        const order = edits.filter((_, index) => index !== from);
        order.splice(from + by, 0, edits[from]!);
        if (spliced(text, order) !== expected) expect({ from, by }).toBe("made in its place");
      }
    }
  });
});
