import { type Entry, entry, type Leaf, leaf, mapping } from "@isosops/core";
import { describe, expect, it } from "vitest";
import { json } from "./index.js";

const locked = (type: string) => `ENC[AES256_GCM,data:c2Vj/mV0,iv:aXY=,tag:dGFn,type:${type}]`;

/** What the engine does to a document, as far as its store can tell. */
function lock(source: string): string {
  const document = json.parse(source);
  for (const { value } of document.branches[0]!.items as { value: Leaf }[]) {
    Object.assign(value, { text: locked(value.type), type: "str", changed: true });
  }
  document.metadata = mapping([entry("mac", leaf("str", "a/b"))]);
  return json.render(document, { layout: "preserve" });
}

function unlock(encrypted: string, texts: readonly (string | Uint8Array)[], types: readonly string[]): string {
  const document = json.parse(encrypted);
  for (const [index, { value }] of (document.branches[0]!.items as { value: Leaf }[]).entries()) {
    Object.assign(value, { text: texts[index], type: types[index], changed: true });
  }
  document.metadata = undefined;
  return json.render(document, { layout: "preserve" });
}

/** As these programs print {"a": "caf\u00e9 /x <b>", "b": "\u{1f600}", "c": "", "d": 5}. */
const printed: readonly [program: string, text: string][] = [
  ["Python, json.dumps(value)", String.raw`{"a": "caf\u00e9 /x <b>", "b": "\ud83d\ude00", "c": "plain", "d": 5}`],
  ["PHP, json_encode($value)", String.raw`{"a":"caf\u00e9 \/x <b>","b":"\ud83d\ude00","c":"plain","d":5}`],
  ["PHP, JSON_UNESCAPED_UNICODE", String.raw`{"a":"café \/x <b>","b":"😀","c":"plain","d":5}`],
  ["PHP, JSON_HEX_TAG", String.raw`{"a":"caf\u00e9 \/x \u003Cb\u003E","b":"\ud83d\ude00","c":"plain","d":5}`],
  [
    ".NET, JsonSerializer.Serialize(value)",
    String.raw`{"a":"caf\u00E9 /x \u003Cb\u003E","b":"\uD83D\uDE00","c":"plain","d":5}`,
  ],
  ["Go, json.Marshal(value)", String.raw`{"a":"café /x \u003cb\u003e","b":"😀","c":"a\u2028b","d":5}`],
  ["JavaScript, JSON.stringify(value)", '{"a":"café /x <b>","b":"😀","c":"a b","d":5}'],
];

describe("strings come back as they were written", () => {
  it.each(printed)("%s", (_, source) => {
    const leaves = (json.parse(source).branches[0]!.items as Entry[]).map(({ value }) => ({ ...(value as Leaf) }));
    const encrypted = lock(source);
    expect(json.parse(encrypted).branches[0]!.items.map((item) => ((item as Entry).value as Leaf).text)).toEqual(
      leaves.map(({ type }) => locked(type)),
    );
    const back = unlock(
      encrypted,
      leaves.map(({ text }) => text),
      leaves.map(({ type }) => type),
    );
    expect(back).toBe(source);
    // What a string holds does not show: all of a file are written alike.
    const strings = encrypted.match(/type[^,]*st(?:r|\\u0072)[^"]*(?=")/g)!;
    expect(strings).toHaveLength(3);
    expect(new Set(strings).size).toBe(1);
    // Nothing of it is in the layout of sops.
    expect(json.render(json.parse(encrypted), { layout: "sops" })).not.toContain("\\u");
  });
});

it("keeps what each string has where a file has both", () => {
  const source = String.raw`{"a": "\u00e9", "b": "é", "c": "\/", "d": "/", "e": "\\/ \\u00e9"}`;
  const texts = ["é", "é", "/", "/", "\\/ \\u00e9"];
  const types = texts.map(() => "str");
  expect(unlock(lock(source), texts, types)).toBe(source);
});

it("writes other escapes in the nearest way", () => {
  const source = String.raw`{"a": "\u0041\u00E9é\u001f", "b": "é"}`;
  expect(unlock(lock(source), ["Aéé\x1f", "é"], ["str", "str"])).toBe(
    String.raw`{"a": "A\u00E9\u00E9\u001F", "b": "é"}`,
  );
});

it("a large file is fast", () => {
  const many = 100_000;
  const source = `{${Array.from({ length: many }, (_, i) => String.raw`"k${i}":"\u00e9\/${i}"`).join(",")}}`;
  const texts = Array.from({ length: many }, (_, i) => `é/${i}`);
  expect(
    unlock(
      lock(source),
      texts,
      texts.map(() => "str"),
    ) === source,
  ).toBe(true);
});
