import { readFileSync } from "node:fs";
import type { Document, Leaf, Mapping, Node } from "@isosops/core";
import { entry, leaf, mapping, SopsError, sequence } from "@isosops/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { VectorCase } from "../../test/vectors/tree.js";
import { vectorBranch } from "../../test/vectors/tree.js";
import { json } from "./index.js";

const vectors = JSON.parse(
  readFileSync(new URL("../../test/vectors/json-sops-layout.json", import.meta.url), "utf8"),
) as { cases: VectorCase[] };

const handmade = (branch: Mapping): Document => ({
  store: "",
  source: "",
  branches: [branch],
  metadata: undefined,
  memo: undefined,
});

const locked = "ENC[AES256_GCM,data:c2VjcmV0,iv:aXY=,tag:dGFn,type:str]";
const block = () =>
  mapping([
    entry("age", sequence([mapping([entry("recipient", leaf("str", "age1x")), entry("enc", leaf("str", "a\nb\n"))])])),
    entry("lastmodified", leaf("str", "2024-01-01T00:00:00Z")),
    entry("mac_only_encrypted", leaf("bool", "True")),
    entry("shamir_threshold", leaf("int", "2")),
    entry("pgp", sequence([])),
  ]);

function leaves(node: Node): Leaf[] {
  if (node.kind === "leaf") return [node];
  return node.items.flatMap((item) =>
    item.kind === "comment" ? [] : leaves(item.kind === "entry" ? item.value : item),
  );
}

/** What the engine does to a document, as far as its store can tell. */
function encrypt(source: string): { text: string; values: Leaf[] } {
  const document = json.parse(source);
  const values = leaves(document.branches[0]!).filter((value) => value.type !== "null" && value.text !== "");
  const before = values.map((value) => ({ ...value }));
  for (const value of values) Object.assign(value, { type: "str", text: locked, spelling: undefined, changed: true });
  return { text: json.render({ ...document, metadata: block() }, { layout: "preserve" }), values: before };
}

function decrypt(text: string, values: readonly Leaf[]): string {
  const document = json.parse(text);
  const found = leaves(document.branches[0]!).filter((value) => value.text === locked);
  expect(found.length).toBe(values.length);
  found.forEach((value, index) => {
    const { type, text, spelling } = values[index]!;
    Object.assign(value, { type, text, spelling, changed: true });
  });
  return json.render({ ...document, metadata: undefined }, { layout: "preserve" });
}

describe("layout sops", () => {
  it(`writes what sops 3.13.3 writes, for ${vectors.cases.length} trees`, () => {
    expect(vectors.cases.length).toBeGreaterThan(500);
    for (const { branches, indent, text } of vectors.cases) {
      const options = { layout: "sops", indent: indent === -1 ? undefined : indent } as const;
      expect(json.render(handmade(vectorBranch(branches[0]!)), options)).toBe(text);
    }
  });

  it("is what a document of another store gets, metadata last", () => {
    const document = { ...handmade(mapping([entry("a", leaf("int", "1"))])), metadata: mapping([]) };
    expect(json.render(document, { layout: "preserve", indent: 2 })).toBe('{\n  "a": 1,\n  "sops": {}\n}\n');
  });

  it("refuses what JSON cannot hold", () => {
    const odd = mapping([entry("a", sequence([leaf("float", "+Inf")]))]);
    expect(() => json.render(handmade(odd), { layout: "sops" })).toThrow(/at a is infinite/);
    const two = { ...handmade(mapping()), branches: [mapping(), mapping()] };
    expect(() => json.render(two, { layout: "sops" })).toThrow(SopsError);
    expect(() => json.render(handmade(mapping()), { layout: "sops", indent: -2 })).toThrow(/indent width/);
  });
});

describe("layout preserve", () => {
  it("changes the leaves and adds a block in the style of the file", () => {
    expect(encrypt('{\n  "a": 1,\n  "b": [true, null, ""]\n}\n').text).toBe(
      `{\n  "a": "${locked}",\n  "b": ["${locked}", null, ""],\n  "sops": {\n    "age": [\n      {\n` +
        '        "recipient": "age1x",\n        "enc": "a\\nb\\n"\n      }\n    ],\n' +
        '    "lastmodified": "2024-01-01T00:00:00Z",\n    "mac_only_encrypted": true,\n    "shamir_threshold": 2,\n' +
        '    "pgp": []\n  }\n}\n',
    );
    expect(encrypt('{"a":1,"b":2}').text).toBe(
      `{"a":"${locked}","b":"${locked}","sops":{"age":[{"recipient":"age1x","enc":"a\\nb\\n"}],` +
        '"lastmodified":"2024-01-01T00:00:00Z","mac_only_encrypted":true,"shamir_threshold":2,"pgp":[]}}',
    );
    expect(encrypt('{"a": 1}').text).toMatch(/^\{"a": "ENC\[[^"]*", "sops": \{"age": \[\{"recipient": "age1x", /);
    expect(encrypt('{\r\n\t"a": 1\r\n}\r\n').text).toMatch(/",\r\n\t"sops": \{\r\n\t\t"age": \[\r\n\t\t\t\{\r\n/);
    expect(encrypt("{}").text).toMatch(/^\{\n\t"sops": \{\n\t\t"age": \[\n/);
  });

  it.each([
    "{}",
    "{ }",
    "{\n}\n",
    "{\r\n\r\n}",
    "\n{\n\n}\n\n",
    '{"a":1}',
    '{ "a" : 1 }',
    '{"a":1 }\n\n\n',
    '{\n"a":"b"\n}',
    '{\n\t"a": 1.0,\n\n\t"b": -0, "c": 1e3\n\n\t}  ',
    '{"a":1,\n "b":{"x":[12345678901234567890,\n0.0000001]}}',
    '{\r\n  "a": "\\n\\"\\\\é\u2028",\r\n  "a": 2\r\n}\r\n',
    '{"1":1,"0":2,"__proto__":{"a":3},"":"x"}',
    '{\n\n\n    "a": 1\n\n,\n"b"\n:\n2}',
    '{"x": {"sops": 1}}',
  ])("gives the source back: %j", (source) => {
    const { text, values } = encrypt(source);
    expect(JSON.parse(text)).toHaveProperty("sops.age");
    expect(decrypt(text, values)).toBe(source);
  });

  it("gives any source back, and changes the block in place", () => {
    const space = fc.array(fc.constantFrom(" ", "\n", "\r\n", "\t", ""), { maxLength: 3 }).map((all) => all.join(""));
    const scalar = fc.oneof(
      fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)),
      fc.constantFrom("true", "false", "null", "1.0", "-0", "1E+5", "9007199254740993", "0.10", "1e-7", '""'),
      fc.integer().map(String),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
    );
    const { node } = fc.letrec<{ node: string; object: string; list: string }>((tie) => ({
      node: fc.oneof({ maxDepth: 3 }, scalar, tie("object"), tie("list")),
      list: fc
        .tuple(
          space,
          fc.array(
            fc.tuple(space, tie("node"), space).map((parts) => parts.join("")),
            { maxLength: 3 },
          ),
        )
        .map(([gap, items]) => (items.length === 0 ? `[${gap}]` : `[${items.join(",")}]`)),
      object: object(tie("node"), space),
    }));
    const source = fc.tuple(space, object(node, space), space).map((parts) => parts.join(""));
    fc.assert(
      fc.property(source, (text) => {
        const encrypted = encrypt(text);
        expect(decrypt(encrypted.text, encrypted.values)).toBe(text);
        const again = json.parse(encrypted.text);
        expect(json.render(again, { layout: "preserve" })).toBe(encrypted.text);
        expect(json.render({ ...again, metadata: block() }, { layout: "preserve" })).toBe(encrypted.text);
      }),
      { numRuns: 1000 },
    );
  });

  it("takes the block out wherever another program has put it", () => {
    const without = (source: string) =>
      json.render({ ...json.parse(source), metadata: undefined }, { layout: "preserve" });
    expect(without('{"sops": {}, "a": 1}')).toBe('{"a": 1}');
    expect(without('{\n  "a": 1,\n  "sops": {},\n  "b": 2\n}')).toBe('{\n  "a": 1,\n  "b": 2\n}');
    expect(without('{"sops":{}}')).toBe("{}");
  });

  it("falls back to the layout of sops where entries came or went", () => {
    const document = json.parse('{"a":1,"b":2}');
    document.branches[0]!.items.pop();
    expect(json.render(document, { layout: "preserve" })).toBe('{\n\t"a": 1\n}\n');
    const other = json.parse('{"a":1}');
    other.branches[0]!.items.push(entry("b", leaf("time", "2024-01-01T00:00:00Z")));
    expect(json.render(other, { layout: "preserve" })).toBe('{\n\t"a": 1,\n\t"b": "2024-01-01T00:00:00Z"\n}\n');
  });
});

describe("the sops member", () => {
  it("is split off, wherever it stands at the top", () => {
    const document = json.parse('{"a": 1, "sops": {"mac": "x"}, "b": {"sops": 1}}');
    expect(document.metadata?.items).toMatchObject([{ key: "mac", value: { text: "x" } }]);
    expect(document.branches[0]!.items).toMatchObject([{ key: "a" }, { key: "b" }]);
  });

  it("is refused if it is not an object, or there are two", () => {
    expect(() => json.parse('{"sops": 1}')).toThrow(expect.objectContaining({ code: "metadata" }));
    expect(() => json.parse('{"sops": {}, "sops": {}}')).toThrow(
      expect.objectContaining({ code: "metadata", column: 14 }),
    );
  });
});

function object(node: fc.Arbitrary<string>, space: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const key = fc.constantFrom('"a"', '"b"', '"\\u0041"', '"0"', '"__proto__"', '"é"');
  const member = fc.tuple(space, key, space, fc.constant(":"), space, node, space).map((parts) => parts.join(""));
  return fc
    .tuple(space, fc.array(member, { maxLength: 4 }))
    .map(([gap, members]) => (members.length === 0 ? `{${gap}}` : `{${members.join(",")}}`));
}
