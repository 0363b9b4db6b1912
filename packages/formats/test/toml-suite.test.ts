/**
 * TOML against the suite of the TOML project (github.com/toml-lang/toml-test, which Go's module proxy has), as far as it
 * is about TOML 1.0: the values of every valid file, and a refusal of every other.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Leaf, Node } from "@isosops/core";
import { describe, expect, it } from "vitest";
import { toml } from "../src/toml/index.js";
import { errorOf } from "./extension.js";

const suite = "github.com/toml-lang/toml-test@v1.6.0";

function findSuite(): string | undefined {
  try {
    const printed = execFileSync("go", ["mod", "download", "-json", suite], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...process.env, GOFLAGS: "" },
      timeout: 50_000,
    });
    return `${(JSON.parse(printed) as { Dir: string }).Dir}/tests`;
  } catch {
    return undefined;
  }
}

interface Tagged {
  type: string;
  value: string;
}
type Expected = Tagged | Expected[] | { [key: string]: Expected };

const types: Readonly<Record<string, Leaf["type"]>> = {
  string: "str",
  integer: "int",
  float: "float",
  bool: "bool",
  datetime: "time",
  "datetime-local": "str",
  "date-local": "str",
  "time-local": "str",
};

/** A tree in the notation of the suite's expectation, whose numbers and times have more than one spelling. */
function compare(node: Node, expected: Expected): void {
  if (Array.isArray(expected)) {
    expect(node.kind).toBe("sequence");
    const items = node.kind === "sequence" ? node.items.filter((item): item is Node => item.kind !== "comment") : [];
    expect(items.length).toBe(expected.length);
    items.forEach((item, index) => {
      compare(item, expected[index]!);
    });
  } else if (typeof expected.type === "string" && typeof expected.value === "string") {
    const { type, value } = expected as Tagged;
    const read = node as Leaf;
    expect(read.type).toBe(types[type]);
    expect(read.style === 4).toBe(type.endsWith("-local"));
    expect(spelled(type, read.text as string)).toBe(spelled(type, value));
  } else {
    const entries = node.kind === "mapping" ? node.items.flatMap((item) => (item.kind === "entry" ? [item] : [])) : [];
    expect(entries.map(({ key }) => key).sort()).toEqual(Object.keys(expected).sort());
    for (const { key, value } of entries) compare(value, (expected as { [key: string]: Expected })[key]!);
  }
}

function spelled(type: string, text: string): string {
  if (type === "bool") return text.toLowerCase();
  if (type === "float") return /nan/i.test(text) ? "NaN" : String(Number(text.replace(/inf/i, "Infinity")));
  if (type === "datetime") return new Date(text).toISOString();
  if (!type.endsWith("-local")) return text;
  return text
    .replace(/[tT]/, " ")
    .replace(/(\.\d*?)0+$/, "$1")
    .replace(/\.$/, "");
}

const folder = findSuite();

describe("toml-test", () => {
  if (folder === undefined) {
    it.skip(`agrees (skipped: ${suite} could not be had; is Go installed and the network there?)`, () => {});
    return;
  }
  const files = readFileSync(`${folder}/files-toml-1.0.0`, "utf8")
    .split("\n")
    .filter((file) => file.endsWith(".toml"));
  const decode = (file: string) =>
    new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(`${folder}/${file}`));

  it("has its values, and comes back as it was", () => {
    const valid = files.filter((file) => file.startsWith("valid/"));
    expect(valid.length).toBeGreaterThan(150);
    for (const file of valid) {
      const source = decode(file);
      const document = toml.parse(source, { filename: file });
      const expected = JSON.parse(readFileSync(`${folder}/${file.replace(/toml$/, "json")}`, "utf8"));
      compare(document.branches[0]!, expected);
      expect(toml.render(document, { layout: "preserve" })).toBe(source);
      compare(toml.parse(toml.render(document, { layout: "sops" })).branches[0]!, expected);
    }
  });

  it("is refused where it is not TOML", () => {
    const invalid = files.filter((file) => file.startsWith("invalid/"));
    expect(invalid.length).toBeGreaterThan(300);
    for (const file of invalid) {
      let source: string;
      try {
        source = decode(file);
      } catch {
        // What is not UTF-8 is refused before a store sees it.
        continue;
      }
      expect(
        errorOf(() => toml.parse(source)),
        file,
      ).toMatchObject({ name: "SopsError", line: expect.any(Number) });
    }
  });
});
