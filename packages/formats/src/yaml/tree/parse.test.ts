import { readFileSync } from "node:fs";
import { type Comment, type Entry, type Leaf, lookup, type Mapping, type Node, SopsError } from "@isosops/core";
import { describe, expect, test } from "vitest";
import type { VectorNode } from "../../../test/vectors/tree.js";
import { parse } from "./parse.js";

interface ReadCase {
  source: string;
  branches?: VectorNode[];
  refused?: boolean;
}

const vectors = JSON.parse(readFileSync(new URL("../../../test/vectors/yaml-read.json", import.meta.url), "utf8")) as {
  cases: ReadCase[];
};

/** As Go's JSON writes a vector: empty fields left out. */
function toVector(item: Node | Entry | Comment): VectorNode {
  switch (item.kind) {
    case "mapping":
      return { m: item.items.map(toVector) };
    case "sequence":
      return { s: item.items.map(toVector) };
    case "entry":
      return { k: item.key, v: toVector(item.value) };
    case "comment":
      return item.inline ? { c: item.text, i: true } : { c: item.text };
    case "leaf":
      return item.text === "" ? { t: item.type as "str" } : { t: item.type as "str", x: item.text as string };
  }
}

function failure(source: string): SopsError {
  try {
    parse(source);
  } catch (error) {
    if (error instanceof SopsError) return error;
    throw error;
  }
  throw new Error("It was read.");
}

function leafAt(source: string, key: string): Leaf {
  return lookup(parse(source).branches[0]!, key) as Leaf;
}

describe("what sops reads", () => {
  test("there are vectors of both kinds", () => {
    expect(vectors.cases.filter((one) => one.refused === true).length).toBeGreaterThan(50);
    expect(vectors.cases.filter((one) => one.branches !== undefined).length).toBeGreaterThan(300);
  });

  test.each(vectors.cases.map((one): [string, ReadCase] => [JSON.stringify(one.source), one]))("%s", (_, one) => {
    if (one.refused === true) {
      expect(["syntax", "unsupported", "empty"]).toContain(failure(one.source).code);
      return;
    }
    expect(parse(one.source, { layout: "sops" }).branches.map(toVector)).toEqual(one.branches);
  });
});

describe("places", () => {
  test.each([
    ["a: b # c\n", "b"],
    ["a: 'b'\n", "'b'"],
    ['a: &x "b c"\n', '"b c"'],
    ["a: !t b\n", "b"],
    ["a: !!int 5\n", "!!int 5"],
    ["a: &x !!binary aGk=\n", "!!binary aGk="],
    ["a: |-\n  b\n\n  c\n\nd: 1\n", "|-\n  b\n\n  c"],
    ["a: b\n  c\nd: 1\n", "b\n  c"],
    ["\ufeffa: b\n", "b"],
    ["a: []\n", "[]"],
  ])("of the value in %j", (source, text) => {
    const { start, end } = leafAt(source, "a");
    expect(source.slice(start, end)).toBe(text);
  });

  test("of a comment and an entry", () => {
    const source = "a: 1 # one\r\n";
    const [comment, entry] = parse(source).branches[0]!.items as [Comment, Entry];
    expect(source.slice(comment.start, comment.end)).toBe("# one");
    expect(source.slice(entry.start, entry.end)).toBe("a: 1");
  });
});

test.each([
  ["0xff", "0xff"],
  ["1_000", "1_000"],
  ["1.0", "1.0"],
  ["1e3", "1e3"],
  ["TRUE", "TRUE"],
  ["2024-02-29", "2024-02-29"],
  [".INF", ".INF"],
  ["5", undefined],
  ["1.5", undefined],
  ["true", undefined],
  [".inf", undefined],
  ["2024-02-29T00:00:00Z", undefined],
  ["'1.0'", undefined],
  ["!!float 1", undefined],
  ["text", undefined],
])("the spelling of %s is %s", (value, spelling) => {
  expect(leafAt(`a: ${value}\n`, "a").spelling).toBe(spelling);
});

test("a !!binary that is not UTF-8 is bytes", () => {
  expect(leafAt("a: !!binary /w==\n", "a")).toMatchObject({ type: "str", text: Uint8Array.of(0xff) });
});

describe("the sops entry", () => {
  test("is split off every document", () => {
    const { branches, metadata } = parse("a: 1\nsops:\n  mac: x\n---\nb: 1\nsops:\n  mac: y\n");
    expect(branches.map((branch) => branch.items.length)).toEqual([1, 1]);
    expect((lookup(metadata!, "mac") as Leaf).text).toBe("x");
  });

  test.each(["sops: x\n", "sops:\n", "sops: []\n", "a: 1\n---\nsops: {}\n"])("%j is refused", (source) => {
    expect(failure(source).code).toBe("metadata");
  });
});

describe("errors", () => {
  const secret = "hunter2";
  test.each([
    [`a: 1\npassword: "${secret}\n`, 2, 11],
    [`a: 1\npassword: ${secret}\n ${secret}: x\n`, 3, 9],
    [`a: [${secret}\n`, 2, 1],
    [`a: \`${secret}\n`, 1, 4],
    [`a:\n\t- ${secret}\n`, 2, 1],
    [`a: *${secret}\n`, 1, 4],
    [`a: ${secret}\nb: ${secret}\na: ${secret}\n`, 3, 1],
    [`a: 18446744073709551615 # ${secret}\n`, 1, 4],
    [`- ${secret}\n`, 1, 1],
    [secret, 1, 1],
    [`1: ${secret}\n`, 1, 1],
    [`a: !!int ${secret}\n`, 1, 10],
    [`a: "\\q${secret}"\n`, 1, 5],
    [`a: ${secret}\u0007\n`, 1, 11],
    [`a: ${secret}\n${secret}\n`, 2, 1],
    [`a: "x\n  ${secret}: \\q"\n`, 2, 12],
    [`a: {b: "x\n ${secret}: y", c: !!int z}\n`, 2, 24],
    [`a: 'x\n  ${secret}: y' z\n`, 2, 15],
    [`a: |\n  ${secret}: x\n  ${secret}: \u0007\n`, 3, 12],
    [`a: [x\n  ${secret}: y, "z]\n`, 2, 10],
    ["\ufeff\ufeffa: 1\n", 1, 1],
  ])("%j: line %i, column %i, and no secret", (source, line, column) => {
    const error = failure(source);
    expect([error.line, error.column]).toEqual([line, column]);
    expect(error.message).not.toContain(secret.slice(0, 4));
    expect(error.message).toContain(`line ${line}`);
    expect(error.message).toContain(`\n  ${line} | `);
  });

  test("the picture shows the indentation and masks all else", () => {
    const { message } = failure('a:\n  - password: "hunter2\n');
    expect(message).toContain("\n  2 |   - ***\n    |     ^");
  });

  test.each(["", "\n\n", "# only a comment\n"])("%j is empty", (source) => {
    expect(failure(source)).toMatchObject({ code: "empty", line: 1, column: 1 });
  });

  test("the file is named", () => {
    expect(() => parse("a: [", { filename: "x.yaml" })).toThrow(/^x\.yaml: YAML, line 1/);
  });
});

describe("what is too much", () => {
  test.each([
    ["brackets", `a: ${"[".repeat(200_000)}`],
    ["dashes", "- ".repeat(200_000)],
    ["indentation", Array.from({ length: 3000 }, (_, i) => `${" ".repeat(i)}a:\n`).join("")],
  ])("nesting of %s is refused, and stops early", (_, source) => {
    expect(failure(source).message).toContain("1000 levels");
  });

  test("a thousand levels are read", () => {
    expect(() => parse(`a: ${"[".repeat(990)}${"]".repeat(990)}\n`)).not.toThrow();
  });

  test("aliases that multiply are refused", () => {
    let source = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (let i = 1; i < 12; i++)
      source += `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(", ")}]\n`;
    expect(failure(source).message).toContain("aliases");
  });

  test("a chain of aliases that nests ever deeper is refused", () => {
    let source = "a0: &a0 {}\n";
    for (let i = 1; i < 3000; i++) source += `a${i}: &a${i} {k: *a${i - 1}}\n`;
    expect(failure(source).code).toBe("unsupported");
  });

  test("an alias within what it repeats is refused, in any document", () => {
    expect(failure("a: 1\n---\nb: &b [*b]\n").message).toContain("within the value it repeats");
  });
});

test("keys that JavaScript objects would move or lose stay", () => {
  const branch = parse("z: 1\n'2': 1\n'1': 1\n__proto__: 1\nconstructor: 1\n").branches[0] as Mapping;
  expect(branch.items.map((item) => (item as Entry).key)).toEqual(["z", "2", "1", "__proto__", "constructor"]);
});

test("a key has up to 1,024 characters, of which those beyond 16 bits count once, as in sops 3.13.3", () => {
  const longest = "\u{1f600}".repeat(1024);
  const branch = parse(`${longest}: v\n`).branches[0] as Mapping;
  expect((branch.items[0] as Entry).key).toBe(longest);
  expect(failure(`${longest}\u{1f600}: v\n`).code).toBe("syntax");
});
