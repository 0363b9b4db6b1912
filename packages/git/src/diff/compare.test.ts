/** Differences of generated trees, against those of their paths. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compareTrees } from "./compare.js";
import { patchLines } from "./patch.js";
import { readClosed } from "./version.js";

const key = fc.constantFrom("a", "b", "c", "0", "__proto__", "x.y");
const scalar = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom("s", "t", "1"), fc.boolean());
const { tree } = fc.letrec<{ tree: [string, unknown][]; value: unknown }>((tie) => ({
  tree: fc.uniqueArray(fc.tuple(key, tie("value")), { selector: ([name]) => name, minLength: 1, maxLength: 5 }),
  value: fc.oneof({ maxDepth: 4 }, scalar, tie("tree")),
}));

type Tree = [string, unknown][];

const text = (node: unknown): string =>
  Array.isArray(node)
    ? `{${(node as Tree).map(([name, value]) => `${JSON.stringify(name)}:${text(value)}`).join(",")}}`
    : JSON.stringify(node);

/** Every value by its path. */
function flat(node: unknown, path: string[] = [], found: Map<string, string> = new Map()): Map<string, string> {
  if (!Array.isArray(node)) found.set(JSON.stringify(path), JSON.stringify(node));
  else for (const [name, value] of node as Tree) flat(value, [...path, name], found);
  return found;
}

test("mappings differ in the values whose paths differ", async () => {
  await fc.assert(
    fc.asyncProperty(tree, tree, async (before, after) => {
      const [one, other] = [before, after].map((node) => Buffer.from(text(node)));
      const found = compareTrees(await readClosed(one!, "a.json"), await readClosed(other!, "a.json"))
        .filter(({ kind }) => kind !== "reordered")
        .map(({ kind, path }) => `${kind} ${JSON.stringify(path)}`);
      const [old, current] = [flat(before), flat(after)];
      const expected = [
        ...[...current].flatMap(([path, value]) =>
          old.has(path) ? (old.get(path) === value ? [] : [`changed ${path}`]) : [`added ${path}`],
        ),
        ...[...old.keys()].filter((path) => !current.has(path)).map((path) => `removed ${path}`),
      ];
      expect(found.toSorted()).toEqual(expected.toSorted());
    }),
    { numRuns: 300 },
  );
});

test("items of lists are followed", async () => {
  const changes = async (before: unknown, after: unknown) => {
    const [one, other] = [before, after].map((node) => Buffer.from(JSON.stringify({ l: node })));
    return compareTrees(await readClosed(one!, "a.json"), await readClosed(other!, "a.json")).map(
      ({ kind, path }) => `${kind} ${path.slice(1).join(".")}`,
    );
  };
  expect(await changes(["a", "b", "c"], ["x", "a", "b", "c"])).toEqual(["added 0"]);
  expect(await changes(["a", "b", "c"], ["a", "c"])).toEqual(["removed 1"]);
  expect(await changes(["a", "b"], ["a", "x"])).toEqual(["changed 1"]);
  const named = (...items: [string, number][]) => items.map(([name, value]) => ({ name, value }));
  expect(await changes(named(["a", 1], ["b", 2]), named(["c", 0], ["a", 1], ["b", 3]))).toEqual([
    "added 0.name",
    "added 0.value",
    "changed 2.value",
  ]);
  expect(await changes([], {})).toEqual(["changed "]);
  expect(await changes([], 1)).toEqual(["changed "]);
});

test("long lists that have nothing in common take no long time", async () => {
  const list = (offset: number) =>
    Buffer.from(JSON.stringify({ l: Array.from({ length: 20_000 }, (_, at) => at + offset) }));
  const found = compareTrees(await readClosed(list(0), "a.json"), await readClosed(list(50_000), "a.json"));
  expect(found).toHaveLength(20_000);
});

test("lines are those that patch(1) makes the newer text of", () => {
  const folder = mkdtempSync(join(tmpdir(), "isosops-patch-"));
  try {
    const line = fc.constantFrom("a", "b", "c", "", "  d");
    const lines = fc.array(line, { minLength: 1, maxLength: 12 }).map((all) => `${all.join("\n")}\n`);
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const patch = patchLines(before, after);
        if (before === after) {
          expect(patch).toEqual([]);
          return;
        }
        writeFileSync(join(folder, "f"), before);
        const input = `--- a/f\n+++ b/f\n${patch.join("\n")}\n`;
        execFileSync("git", ["apply", "--unidiff-zero", "-"], { cwd: folder, input });
        expect(readFileSync(join(folder, "f"), "utf8")).toBe(after);
      }),
      { numRuns: 30 },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
