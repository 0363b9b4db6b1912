/** Patterns match the paths that regular expressions match: Git and the engine of JavaScript are asked about the same ones. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { attributeLine, linesIn, withLines } from "./attributes.js";
import { patternsFor } from "./patterns.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "isosops-attributes-"));
  execFileSync("git", ["init", "--quiet", folder]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The paths that Git gives the attribute. */
function matching(patterns: readonly string[], paths: readonly string[]): string[] {
  writeFileSync(join(folder, ".gitattributes"), `${patterns.map((one) => attributeLine(one, "x")).join("\n")}\n`);
  const args = ["-C", folder, "check-attr", "-z", "--stdin", "x"];
  const output = execFileSync("git", args, { input: paths.map((path) => `${path}\0`).join(""), encoding: "utf8" });
  const fields = output.split("\0");
  return paths.filter((_, index) => fields[index * 3 + 2] === "set");
}

const known: readonly (readonly [regex: string, patterns: readonly string[] | undefined])[] = [
  ["\\.enc\\.yaml$", ["*.enc.yaml"]],
  ["^secrets/", ["secrets/**"]],
  ["^prod/.*\\.yaml$", ["prod/**/*.yaml"]],
  ["^[^/]*\\.json$", ["/*.json"]],
  ["secrets?\\.(yaml|json)$", ["*secret.yaml", "*secret.json", "*secrets.yaml", "*secrets.json"]],
  ["^a$", ["/a"]],
  ["", ["*"]],
  [".*", ["*"]],
  ["(?i)secret", undefined],
  ["^a|b$", undefined],
  ["a{2}", undefined],
  ["[0-9]+\\.yaml$", undefined],
  ["^(?:dev|prod)/[a-z]/x", ["dev/[a-z]/x*", "dev/[a-z]/x*/**", "prod/[a-z]/x*", "prod/[a-z]/x*/**"]],
];

test.each(known)("%s", (regex, patterns) => {
  expect(patternsFor(regex)).toEqual(patterns);
});

const name = fc.stringMatching(/^[ab.#! "x\\*[-]{1,4}$/).filter((text) => text !== "." && text !== "..");
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));
const atom = fc.constantFrom(
  "a",
  "b",
  "/",
  "\\.",
  ".*",
  ".+",
  "[^/]*",
  "[^/]+",
  "[ab]",
  ".",
  "(?:a|b/)",
  "(a|x)?",
  "\\*",
  "\\[",
  " ",
  '"',
  "#",
  "!",
  "\\\\",
);
const regex = fc
  .tuple(fc.boolean(), fc.array(atom, { maxLength: 5 }), fc.boolean())
  .map(([start, atoms, close]) => `${start ? "^" : ""}${atoms.join("")}${close ? "$" : ""}`);

test("Git gives the attribute to the paths that match", () => {
  let exact = 0;
  fc.assert(
    fc.property(regex, fc.array(path, { minLength: 40, maxLength: 40 }), (source, some) => {
      const patterns = patternsFor(source);
      if (patterns === undefined) return;
      exact++;
      const paths = [...new Set(some)];
      const expression = new RegExp(source, "s");
      expect(matching(patterns, paths), `${source} -> ${patterns.join(" ")}`).toEqual(
        paths.filter((one) => expression.test(one)),
      );
    }),
    { numRuns: 250 },
  );
  expect(exact).toBeGreaterThan(100);
});

test("the lines of a user stay as they are", () => {
  const own = "*.png binary\n# mine";
  const one = withLines(own, ["*.enc.yaml diff=isosops"]);
  expect(one.startsWith(`${own}\n`)).toBe(true);
  expect(linesIn(one)).toEqual(["*.enc.yaml diff=isosops"]);
  expect(withLines(one, ["*.enc.yaml diff=isosops"])).toBe(one);
  const other = withLines(`${one}*.jpg binary\n`, ["a diff=isosops", "b diff=isosops"]);
  expect(linesIn(other)).toEqual(["a diff=isosops", "b diff=isosops"]);
  expect(withLines(other, [])).toBe(`${own}\n*.jpg binary\n`);
  expect(withLines("a\r\n", ["b c"])).toMatch(/^a\r\n#.*\r\nb c\r\n#.*\r\n$/);
  expect(withLines("a\n", [])).toBe("a\n");
});
