/**
 * A merge of encrypted files says what a merge of the plain trees says, which is written here once more, for plain
 * JavaScript values: a change of one side is taken, and lists are merged where their items have names.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { findSops } from "../../../test-vectors/tools.js";
import { ageSource } from "../dist/age.js";
import { decrypt, type Edit, edit, encrypt, generateIdentity, merge, mergeWithoutKey } from "../dist/index.js";
import { cachedSource } from "../dist/keys.js";

const { identity, recipient } = await generateIdentity();
const folder = mkdtempSync(join(tmpdir(), "isosops-merge-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const keySources = [cachedSource(ageSource([identity]))];

type Tree = string | number | boolean | null | Tree[] | { [key: string]: Tree };
type Mapping = { [key: string]: Tree };

class Conflict extends Error {}

const isMapping = (value: Tree | undefined): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const same = (one: Tree | undefined, other: Tree | undefined): boolean =>
  JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));

/** With the keys of mappings in order: a merge may have them in another one. */
function sorted(value: Tree | undefined): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}

/** The three-way merge of plain values. Throws `Conflict`. */
function reference(base: Tree | undefined, ours: Tree | undefined, theirs: Tree | undefined): Tree | undefined {
  if (same(ours, theirs) || same(theirs, base)) return ours;
  if (same(ours, base)) return theirs;
  if (isMapping(ours) && isMapping(theirs)) {
    const before = isMapping(base) ? base : {};
    const merged: Mapping = {};
    for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
      const value = reference(before[key], ours[key], theirs[key]);
      if (value !== undefined) merged[key] = value;
    }
    return merged;
  }
  throw new Conflict();
}

const formats = ["yaml", "json", "dotenv", "ini", "toml", "xml"] as const;
type Format = (typeof formats)[number];

const key = fc.constantFrom("a", "b", "c", "d", "e", "f", "g_unencrypted");
const text = fc.constantFrom(
  "",
  "one",
  "two",
  "three words",
  "a: b # c",
  'quo"te',
  "line\nline\n",
  "-5",
  "\u00e4\u{1f511}",
);
const scalar = fc.oneof(text, fc.integer({ min: -99, max: 99 }), fc.boolean());
const flat = fc.dictionary(
  key,
  text.map((one) => one.trim().replace(/["#\n]/g, "-")),
  { minKeys: 2, maxKeys: 7 },
);
const { tree } = fc.letrec<{ tree: Tree; value: Tree }>((tie) => ({
  tree: fc.dictionary(key, tie("value"), { minKeys: 1, maxKeys: 5 }) as fc.Arbitrary<Tree>,
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { arbitrary: scalar as fc.Arbitrary<Tree>, weight: 4 },
    { arbitrary: tie("tree"), weight: 2 },
    { arbitrary: fc.array(scalar, { maxLength: 3 }) as fc.Arbitrary<Tree>, weight: 1 },
  ),
}));

/** A tree that the format can hold. */
const treeOf: Record<Format, fc.Arbitrary<Mapping>> = {
  yaml: tree as fc.Arbitrary<Mapping>,
  json: tree as fc.Arbitrary<Mapping>,
  dotenv: flat,
  ini: fc.dictionary(fc.constantFrom("s", "t", "u"), flat, { minKeys: 1 }),
  toml: tree as fc.Arbitrary<Mapping>,
  xml: fc.record({ root: flat.map((root) => ({ ...root, x: "y" })) }),
};

/** Changes that make another tree out of one: of values, new ones, and removals. */
function changesOf(format: Format, base: Mapping): fc.Arbitrary<Mapping> {
  const small = format === "dotenv" ? fc.record({ a: text }) : format === "ini" || format === "xml" ? flat : tree;
  return fc
    .array(
      fc.tuple(
        fc.nat(),
        fc.constantFrom("set", "remove", "add"),
        format === "yaml" || format === "json" || format === "toml"
          ? scalar
          : text.map((one) => one.trim().replace(/["#\n]/g, "-")),
        small,
        key,
      ),
      {
        minLength: 1,
        maxLength: 4,
      },
    )
    .map((changes) => {
      const changed = structuredClone(base);
      for (const [at, kind, value, _, name] of changes) {
        const mappings: Mapping[] = [];
        const visit = (node: Tree): void => {
          if (!isMapping(node)) return;
          mappings.push(node);
          for (const item of Object.values(node)) visit(item);
        };
        visit(changed);
        const inside = format === "ini" || format === "xml" ? mappings.slice(1) : mappings;
        const mapping = inside[at % inside.length]!;
        const keys = Object.keys(mapping);
        const existing = keys[at % keys.length];
        if (kind === "add" || existing === undefined) mapping[name] = value;
        else if (kind === "remove" && keys.length > 1) delete mapping[existing];
        else if (!isMapping(mapping[existing])) mapping[existing] = value;
      }
      return changed;
    });
}

/** The edits that lead from one tree to another. */
function editsBetween(before: Mapping, after: Mapping, path: string[] = []): Edit[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name): Edit[] => {
    const [one, other] = [before[name], after[name]];
    const at = [...path, name];
    if (same(one, other)) return [];
    if (other === undefined) return [{ unset: at }];
    if (isMapping(one) && isMapping(other)) return editsBetween(one, other, at);
    return [{ set: at, value: other }];
  });
}

const history = (format: Format) =>
  treeOf[format].chain((base) =>
    fc.record({ base: fc.constant(base), ours: changesOf(format, base), theirs: changesOf(format, base) }),
  );

interface Locked {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
}

/** The three versions, encrypted. Undefined if the format cannot hold one of them. */
async function lock(
  format: Format,
  { base, ours, theirs }: Record<"base" | "ours" | "theirs", Mapping>,
): Promise<Locked | undefined> {
  try {
    const { text: plain } = await encrypt(JSON.stringify(base), {
      format: "json",
      outputFormat: format,
      recipients: [recipient],
    });
    const side = async (tree: Mapping) => {
      const edits = editsBetween(base, tree);
      return edits.length === 0 ? plain : (await edit(plain, edits, { format, keySources })).text;
    };
    return { base: plain, ours: await side(ours), theirs: await side(theirs) };
  } catch {
    return undefined;
  }
}

const open = async (source: string, format: Format) => (await decrypt(source, { format, keySources })).data as Tree;

function expected(base: Tree, ours: Tree, theirs: Tree): { readonly tree: Tree | undefined } | undefined {
  try {
    return { tree: reference(base, ours, theirs) };
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    return undefined;
  }
}

const ciphertexts = (source: string): string[] => source.match(/ENC\[[^\]]*\]/g) ?? [];

describe.each(formats)("%s", (format) => {
  test("has the values of a merge of the plain trees, and the ciphertexts of the sides", async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(history(format), async (trees) => {
        const locked = await lock(format, trees);
        if (locked === undefined) return;
        const { base, ours, theirs } = locked;
        const [before, mine, other] = await Promise.all([base, ours, theirs].map((one) => open(one, format)));
        const wanted = expected(before!, mine!, other!);
        // XML has no empty mapping, so that it cannot hold the version of a side that removed all.
        if (wanted === undefined || (format === "xml" && JSON.stringify(wanted).includes("{}"))) return;
        const merged = await merge({ ...locked, format, keySources });
        compared++;
        expect(merged.conflicts).toEqual([]);
        expect(sorted(await open(merged.text, format))).toEqual(sorted(wanted.tree));
        const known = new Set([...ciphertexts(ours), ...ciphertexts(theirs)]);
        // The MAC alone is new.
        const fresh = ciphertexts(merged.text).filter((one) => !known.has(one));
        expect(fresh.length).toBeLessThanOrEqual(1);
        const back = await merge({ base, ours: theirs, theirs: ours, format, keySources });
        expect(sorted(await open(back.text, format))).toEqual(sorted(wanted.tree));
      }),
      { numRuns: 60 },
    );
    expect(compared).toBeGreaterThan(10);
  });

  test("is one side where the other has not changed the file, and where both are equal", async () => {
    await fc.assert(
      fc.asyncProperty(history(format), async (trees) => {
        const locked = await lock(format, trees);
        if (locked === undefined) return;
        const { base, ours, theirs } = locked;
        const opening = { format, keySources };
        expect((await merge({ base, ours, theirs: base, ...opening })).text).toBe(ours);
        expect((await merge({ base, ours: base, theirs, ...opening })).text).toBe(theirs);
        expect((await merge({ base, ours, theirs: ours, ...opening })).text).toBe(ours);
        // The base encrypted again has other ciphertexts and the same values.
        const { text: again } = await encrypt(JSON.stringify(trees.base), {
          format: "json",
          outputFormat: format,
          recipients: [recipient],
        });
        const merged = await merge({ base, ours: again, theirs, ...opening });
        expect(merged.conflicts).toEqual([]);
        expect(sorted(await open(merged.text, format))).toEqual(sorted(await open(theirs, format)));
      }),
      { numRuns: 20 },
    );
  });

  test("without a key, is the same once somebody with a key has checked it", async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(history(format), async (trees) => {
        const locked = await lock(format, trees);
        if (locked === undefined) return;
        const { text, conflicts } = await mergeWithoutKey({ ...locked, format, versions: "base ours theirs" });
        const withKey = await merge({ ...locked, format, keySources });
        // Equal values have different ciphertexts, so there may be more conflicts than with a key.
        if (withKey.conflicts.length > 0) expect(conflicts.length).toBeGreaterThan(0);
        if (conflicts.length > 0 || [locked.ours, locked.theirs].includes(text)) return;
        compared++;
        await expect(decrypt(text, { format, keySources })).rejects.toThrow(
          expect.objectContaining({ code: "mac_missing" }),
        );
        const opened = await decrypt(text, { format, keySources, ignoreMac: true });
        expect(sorted(opened.data as Tree)).toEqual(sorted(await open(withKey.text, format)));
      }),
      { numRuns: 20 },
    );
    expect(compared).toBeGreaterThan(0);
  });
});

const binaries = findSops();
describe.each(binaries)("sops $version", ({ path: sops }) => {
  const run = (file: string) =>
    JSON.parse(
      execFileSync(sops, ["decrypt", "--output-type", "json", file], {
        env: { PATH: "", HOME: folder, SOPS_AGE_KEY: identity },
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      }),
    ) as Tree;

  test.each([
    ["yaml", "yaml"],
    ["json", "json"],
    ["dotenv", "env"],
    ["ini", "ini"],
  ] as const)("opens every merge: %s", async (format, ending) => {
    let merged = 0;
    for (const trees of fc.sample(history(format), 8)) {
      const locked = await lock(format, trees);
      if (locked === undefined) continue;
      const { text, conflicts } = await merge({ ...locked, format, keySources });
      const file = join(folder, `merged.${ending}`);
      if (conflicts.length === 0) {
        merged++;
        writeFileSync(file, text);
        expect(sorted(run(file))).toEqual(sorted((await open(text, format)) as Tree));
      }
      const keyless = await mergeWithoutKey({ ...locked, format, versions: "base ours theirs" });
      if (keyless.conflicts.length > 0 || [locked.ours, locked.theirs].includes(keyless.text)) continue;
      writeFileSync(file, keyless.text);
      expect(() => run(file)).toThrow(/merged without a key|MAC mismatch|no MAC|Failed to (?:verify|decrypt)/);
    }
    expect(merged).toBeGreaterThan(0);
  });
});
