import { readFileSync } from "node:fs";
import type { Node } from "@isosops/core";
import { SopsError } from "@isosops/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { VectorNode } from "../../test/vectors/tree.js";
import { deepestNesting, parseJson } from "./parse.js";

const vectors = JSON.parse(readFileSync(new URL("../../test/vectors/json-read.json", import.meta.url), "utf8")) as {
  cases: { source: string; tree?: VectorNode; refused?: string }[];
};

function toVector(node: Node): VectorNode {
  if (node.kind === "leaf") {
    return { t: node.type, ...(node.text === "" ? {} : { x: node.text as string }) };
  }
  if (node.kind === "sequence") return { s: node.items.map((item) => toVector(item as Node)) };
  return { m: node.items.map((item) => (item.kind === "entry" ? { k: item.key, v: toVector(item.value) } : {})) };
}

const parseRoot = (source: string, filename: string | undefined) => parseJson(source, filename).root;

function attempt(source: string): Node | SopsError {
  try {
    return parseRoot(source, undefined);
  } catch (error) {
    if (error instanceof SopsError) return error;
    throw error;
  }
}

function refusal(source: string): SopsError {
  const outcome = attempt(source);
  if (!(outcome instanceof SopsError)) throw new Error("was read");
  return outcome;
}

describe("parseJson", () => {
  it(`reads and refuses what sops 3.13.3 does, for ${vectors.cases.length} texts`, () => {
    for (const { source, tree } of vectors.cases) {
      const outcome = attempt(source);
      if (tree === undefined) expect(outcome, source).toBeInstanceOf(SopsError);
      else if (outcome instanceof SopsError) {
        // The two places where sops reads on and loses data without a word.
        expect(outcome.message, source).toMatch(/text after the top-level object|ends before its object is closed/);
      } else expect(toVector(outcome), source).toEqual(tree);
    }
  });

  it("keeps the spelling of a number that a writer would spell in another way", () => {
    const root = parseRoot('{"a":1.0,"b":1e3,"c":12345678901234567890,"d":-0,"e":0.5,"f":42,"g":-0.0}', undefined);
    const seen = root.items.map((item) => item.kind === "entry" && item.value.kind === "leaf" && item.value);
    expect(seen.map((leaf) => leaf && [leaf.type, leaf.text, leaf.spelling])).toEqual([
      ["float", "1", "1.0"],
      ["float", "1000", "1e3"],
      ["float", "12345678901234567000", "12345678901234567890"],
      ["int", "0", "-0"],
      ["float", "0.5", undefined],
      ["int", "42", undefined],
      ["float", "-0", "-0.0"],
    ]);
  });

  it("knows where every value stands", () => {
    const source = ' { "a" : [ 1, "b\\n" ] , "c":{"d":null}}\n';
    const shown: string[] = [];
    const visit = (node: Node) => {
      shown.push(source.slice(node.start, node.end));
      if (node.kind === "leaf") return;
      for (const item of node.items) {
        if (item.kind === "entry") {
          shown.push(source.slice(item.start, item.end));
          visit(item.value);
        } else if (item.kind !== "comment") visit(item);
      }
    };
    visit(parseRoot(source, undefined));
    expect(shown).toEqual([
      '{ "a" : [ 1, "b\\n" ] , "c":{"d":null}}',
      '"a" : [ 1, "b\\n" ]',
      '[ 1, "b\\n" ]',
      "1",
      '"b\\n"',
      '"c":{"d":null}',
      '{"d":null}',
      '"d":null',
      "null",
    ]);
  });

  it("gives errors by their codes, and a place", () => {
    expect(refusal(" \n").code).toBe("empty");
    expect(refusal("[1]").code).toBe("unsupported");
    expect(refusal('"a"').code).toBe("unsupported");
    expect(refusal('{"a":1e400}').code).toBe("unsupported");
    expect(refusal("\ufeff{}").code).toBe("syntax");
    expect(refusal('{\n  "a": 1\n  "b": 2\n}')).toMatchObject({ code: "syntax", line: 3, column: 3 });
    expect(() => parseRoot("{", "x.json")).toThrow(/x\.json, line 1, column 2/);
  });

  it("shows the line with its values masked", () => {
    expect(refusal('{\n  "a": "hunter2", "b": 3 "c"\n}').message).toContain('\n  2 |   "a": ***, "b": *** ***\n');
    // A string with a colon behind it is no key where the colon is the error.
    expect(refusal('{"a": ["hunter2": 1]}').message).not.toContain("hunter2");
    expect(refusal('{"a": hunter2}').message).not.toContain("hunter2");
    expect(refusal('{"a": "hunter2\n"}').message).not.toContain("hunter2");
    expect(refusal('{"hunter2"}').message).not.toContain("hunter2");
  });

  it("never has a value in a message, whatever is wrong", () => {
    const secret = "Ü§ÖÄ";
    const value = fc.oneof(
      fc.constant(JSON.stringify(secret)),
      fc.constantFrom(`"${secret}\\"${secret},"`, `"{${secret}:"`, secret, `'${secret}'`, "1", "null"),
    );
    const text = fc
      .array(fc.tuple(fc.constantFrom("a", "b", "c\\n"), value), { minLength: 1, maxLength: 6 })
      .map((members) => `{${members.map(([key, written]) => `"${key}": ${written}`).join(", ")}}`);
    const broken = fc
      .tuple(text, fc.nat(), fc.nat(3), fc.constantFrom("", '"', ",", ":", "}", "\n", "x"))
      .map(([whole, at, cut, added]) => {
        const start = at % whole.length;
        return whole.slice(0, start) + added + whole.slice(start + cut);
      });
    fc.assert(
      fc.property(broken, (source) => {
        const outcome = attempt(source);
        if (outcome instanceof SopsError) expect(outcome.message).not.toMatch(/[Ü§ÖÄ]/);
      }),
      { numRuns: 2000 },
    );
  });

  it("reads what JSON.parse reads, where the top is an object", () => {
    const toData = (node: Node): unknown => {
      if (node.kind === "sequence") return node.items.map((item) => toData(item as Node));
      if (node.kind === "mapping") {
        return Object.fromEntries(
          node.items.map((item) => (item.kind === "entry" ? [item.key, toData(item.value)] : [])),
        );
      }
      if (node.type === "str") return node.text;
      if (node.type === "null") return null;
      return node.type === "bool" ? node.text === "True" : Number(node.spelling ?? node.text);
    };
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()), fc.nat(4), (data, indent) => {
        const source = JSON.stringify(data, null, indent);
        expect(toData(parseRoot(source, undefined))).toEqual(JSON.parse(source));
      }),
    );
  });

  it("reads every escape JSON.parse reads", () => {
    const escaped = (text: string) =>
      text.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(parseRoot(`{"${escaped(text)}":1}`, undefined).items).toMatchObject([{ key: text }]);
      }),
    );
    const edges = "\ud7ff\ue000\u{10000}\u{10ffff}\u{103ff}\u{10fc00}";
    expect(parseRoot(`{"${escaped(edges).toUpperCase().replaceAll("U", "u")}":1}`, undefined).items).toMatchObject([
      { key: edges },
    ]);
  });

  it("has a limit to nesting instead of a stack overflow", () => {
    const nested = (depth: number) => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
    expect(attempt(nested(deepestNesting))).not.toBeInstanceOf(SopsError);
    expect(refusal(nested(deepestNesting + 1)).code).toBe("unsupported");
    expect(refusal(nested(200_000)).code).toBe("unsupported");
  });
});
