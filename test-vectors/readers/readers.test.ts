/**
 * Odd strings as values and as keys, written by us wherever the style is ours to choose: every reader of YAML finds the
 * same strings, those of YAML 1.1 too.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env } from "node:process";
import { beforeAll, describe, expect, test } from "vitest";
import { type Leaf, lookup } from "../../packages/core/dist/index.js";
import { yaml } from "../../packages/formats/dist/index.js";
import { decrypt, encrypt, set } from "../../packages/isosops/dist/index.js";
import { findSops, readKey } from "../tools.js";
import { oddStrings } from "./odd-strings.js";
import { missing, readers } from "./readers.js";

const { identity, recipient } = readKey("first");
const sops = findSops().find(({ version }) => version.startsWith("3.13."))?.path;
const all = [
  ...missing,
  ...(sops === undefined ? ["no sops 3.13 (run test-vectors/install.js, or set SOPS_BIN)"] : []),
];
for (const reason of all) {
  if (env.ISOSOPS_REQUIRE_LIVE) throw new Error(`Odd strings cannot go through all readers: ${reason}.`);
  console.log(`Odd strings do not go through all readers: ${reason}.`);
}

const strings = oddStrings(10_000);
const identities = [identity];
const options = { format: "yaml", recipients: [recipient] } as const;

/** `v0` and so on. */
const asValues = Object.fromEntries(strings.map((text, i) => [`v${i}`, text]));

/** JSON whose keys they are, with values that tell them apart; a text, for an object would move keys like 1. */
function keysOf(some: readonly string[]): string {
  return `{${some.map((text, i) => `${JSON.stringify(text)}: "val${i}"`).join(", ")}}`;
}
const asKeys = keysOf(strings);

/** The entries of a block mapping, each a text of its own. */
function entriesOf(text: string, kind: "values" | "keys"): string[] {
  return kind === "values" ? text.split(/^(?=v\d+:)/m) : text.split(/(?<=: val\d+\n)/);
}

/** What each reader takes for something else, or refuses. */
function misread(entries: readonly string[], wanted: (index: number) => object): unknown[] {
  return readers.flatMap(({ name, read }) =>
    read(entries).flatMap((found, index) => {
      const expected = wanted(index);
      const isSame = JSON.stringify(sorted(found)) === JSON.stringify(sorted([expected]));
      return isSame ? [] : [{ reader: name, wrote: entries[index], wanted: expected, found }];
    }),
  );
}

/** Where two long texts part. */
function firstDifference(found: string, wanted: string): [string, string] | undefined {
  if (found === wanted) return undefined;
  let at = 0;
  while (found[at] === wanted[at]) at++;
  return [found.slice(Math.max(0, at - 40), at + 40), wanted.slice(Math.max(0, at - 40), at + 40)];
}

/** With the keys of all objects in one order, for helm has one of its own. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => [key, sorted(item)]);
}

const value = (index: number) => ({ [`v${index}`]: strings[index] });
const keyOf = (some: readonly string[]) => (index: number) => ({ [some[index]!]: `val${index}` });
const key = keyOf(strings);

async function plainOf(encrypted: string | Uint8Array): Promise<string> {
  return (await decrypt(encrypted, { format: "yaml", identities })).text;
}

describe.skipIf(readers.length === 0)("all readers find the same strings", () => {
  describe.skipIf(sops === undefined)("in files from sops", () => {
    let folder: string;
    const run = (args: string[], input: string) => {
      const cwd = folder;
      const flags = ["--input-type", ...args];
      writeFileSync(join(cwd, "file"), input);
      const environment = { ...env, SOPS_AGE_KEY: identity, HOME: cwd };
      return execFileSync(sops!, [...flags, "file"], { cwd, env: environment, encoding: "utf8", maxBuffer: 2 ** 29 });
    };
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "isosops-readers-"));
      return () => rmSync(folder, { recursive: true, force: true });
    });
    const encryptFlags = ["json", "--output-type", "yaml", "--age", recipient, "--encrypt"];
    const decryptFlags = ["yaml", "--output-type", "yaml", "--decrypt"];

    test("as values", async () => {
      const encrypted = run(encryptFlags, JSON.stringify(asValues));
      expect(misread(entriesOf(await plainOf(encrypted), "values"), value)).toEqual([]);
    });

    test("as keys, which stay as sops has written them", async () => {
      // Sops writes these as `null` and `!!merge <<`, and then cannot read its own file.
      const some = strings.filter((text) => text !== "<<" && !(text.startsWith("\t") && text.includes("\n")));
      const encrypted = run(encryptFlags, keysOf(some));
      const plain = entriesOf(await plainOf(encrypted), "keys");
      const theirs = new Set(entriesOf(run(decryptFlags, encrypted), "keys"));
      expect(plain.length).toBe(some.length);
      // Some of them PyYAML and helm misread in what sops itself writes: `=`, and dates that there are not.
      const ours = misread(plain, keyOf(some)) as { wrote: string }[];
      expect(ours.filter(({ wrote }) => !theirs.has(wrote))).toEqual([]);
      expect(ours.length).toBeLessThan(some.length / 50);
    });
  });

  test("and what nobody mistakes has no quotes", async () => {
    const plain =
      `. .. v1.2 1.2.3 10.0.0.1 yesterday nothing a-b a:b a#b -x ?x ~x =x http://x/y?z=1&w=2 12:30pm 2024-01-01T 1e+ 0xg
      x,y (x) $x \\ /x ;x ^x$ é 世界`.split(/\s+/);
    const source = JSON.stringify(Object.fromEntries(plain.map((text, i) => [`v${i}`, text])));
    const { text } = await encrypt(source, { ...options, format: "json", outputFormat: "yaml" });
    expect(await plainOf(text)).toBe(plain.map((text, i) => `v${i}: ${text}\n`).join(""));
  });

  test("and what an author wrote without quotes comes back so, whoever reads it otherwise", async () => {
    const isPlain = (text: string) => {
      try {
        const { type, text: found } = lookup(yaml.parse(`v: ${text}\n`).branches[0]!, "v") as Leaf;
        return type === "str" && found === text;
      } catch {
        return false;
      }
    };
    const some = strings.filter((text) => /^[^\r\n\x85\u2028\u2029]+$/.test(text) && isPlain(text));
    for (const source of [
      some.map((text, i) => `v${i}: ${text}\n`).join(""),
      `a: [${some.filter((text) => !/^:|^(?:---|\.\.\.)(?:[ \t]|$)|[,?[\]{}]/.test(text)).join(", ")}]\n`,
    ]) {
      const { text } = await encrypt(source, options);
      expect(text).not.toContain(some.find((text) => text.length > 10));
      expect(firstDifference(await plainOf(text), source)).toBeUndefined();
    }
    expect(misread(["a: yes\n", "a: =\n"], () => ({})).length).toBe(2 * readers.length);
  });

  test("in files from another format", async () => {
    const values = await encrypt(JSON.stringify(asValues), { ...options, format: "json", outputFormat: "yaml" });
    expect(misread(entriesOf(await plainOf(values.text), "values"), value)).toEqual([]);
    const keys = await encrypt(asKeys, { ...options, format: "json", outputFormat: "yaml" });
    expect(misread(entriesOf(await plainOf(keys.text), "keys"), key)).toEqual([]);
    const back = await decrypt((await encrypt(asKeys, { ...options, format: "json" })).text, {
      format: "json",
      outputFormat: "yaml",
      identities,
    });
    expect(misread(entriesOf(back.text, "keys"), key)).toEqual([]);
  });

  test.each([
    ["in a block", "a:\n  b: c\n"],
    ["in double quotes", 'a:\n  "b": "c"\n'],
    ["in single quotes", "a:\n  'b': 'c'\n"],
    ["in braces", "a: {b: c}\n"],
    ["in JSON", '{"a": {"b": "c"}}\n'],
  ])("where a value is set %s", async (_, source) => {
    const { text } = await encrypt(source, options);
    // JSON has no `?` for keys beyond what go-yaml reads.
    const some = strings.filter((text) => !source.startsWith("{") || text.length < 500);
    for (const json of [JSON.stringify(asValues), keysOf(some)]) {
      const edited = await set(text, { format: "yaml", identities, path: ["a", "x"], json });
      const plain = await plainOf(edited.text);
      const end = source.search(/[}\n]*$/);
      expect(plain.slice(0, end)).toBe(source.slice(0, end));
      const wanted = { a: { b: "c", x: JSON.parse(json) } };
      const isJson = source.startsWith("{");
      if (isJson) expect(firstDifference(JSON.stringify(JSON.parse(plain)), JSON.stringify(wanted))).toBeUndefined();
      for (const { name, read } of readers) {
        const found = JSON.stringify(sorted(read([plain])[0]));
        expect({ name, difference: firstDifference(found, JSON.stringify(sorted([wanted]))) }).toEqual({ name });
      }
    }
  });

  test.each([
    ["a plain value", "a: b\n", "b"],
    ["a plain value that helm reads otherwise", "a: yes\n", "yes"],
    ["one in brackets", "a: [on]\n", "on"],
    ["a null", "a:\nb: c\n", null],
  ])("where one is set in place of %s", async (_, source, old) => {
    const { text } = await encrypt(source, options);
    const path = source.includes("[") ? ["a", 0] : ["a"];
    const some = strings.filter((text, index) => (index % 150 === 0 || text.length < 2) && text !== old);
    const plain = [];
    for (const value of some)
      plain.push(await plainOf((await set(text, { format: "yaml", identities, path, value })).text));
    const wanted = (index: number) => {
      const a = path.length > 1 ? [some[index]] : some[index];
      return old === null ? { a, b: "c" } : { a };
    };
    expect(misread(plain, wanted)).toEqual([]);
  });
});
