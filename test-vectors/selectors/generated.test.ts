/**
 * The rule compiler with generated documents and generated sets of wanted values: its rule selects exactly the wanted
 * ones, for sops too, or it refuses, and then no set of names of keys would have done.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { leavesOf } from "../../packages/core/dist/index.js";
import { findRule } from "../../packages/core/dist/select/select.js";
import { storeByName } from "../../packages/formats/dist/index.js";
import type { Rule } from "../../packages/isosops/dist/index.js";
import { describeLive } from "../differential/differential.js";
import type { SopsServer } from "../differential/sops.js";
import { readKey } from "../tools.js";
import { encryptedPaths } from "./encrypted-paths.js";

const documents = Number(process.env.ISOSOPS_DOCUMENTS ?? 100);
const { recipient } = readKey("first");
const names = ["a", "b", "c", "d.e"];

type Value = string | null | Value[] | { [key: string]: Value };

const value: fc.Memo<Value> = fc.memo((depth) =>
  depth <= 1
    ? fc.constantFrom<Value>("x", "x", "x", "", null)
    : fc.oneof<fc.Arbitrary<Value>[]>(
        fc.constantFrom<Value>("x", "x", ""),
        fc.array(value(depth - 1), { maxLength: 2 }),
        object(depth - 1),
      ),
);
const object = (depth: number): fc.Arbitrary<{ [key: string]: Value }> =>
  fc.dictionary(fc.constantFrom(...names), value(depth), { maxKeys: 3, noNullPrototype: true });

/** A value that sops encrypts where a rule selects it, with the keys on its path and its place. */
interface Spot {
  keys: string[];
  place: string;
}

function spotsOf(node: Value, keys: string[] = [], place = ""): Spot[] {
  if (node === null || node === "") return [];
  if (typeof node === "string") return [{ keys, place }];
  return Object.entries(node).flatMap(([key, child]) =>
    spotsOf(child, Array.isArray(node) ? keys : [...keys, key], place === "" ? key : `${place}/${key}`),
  );
}

/** What a set of names selects, and what is left by it. */
function selects(spots: readonly Spot[], set: readonly string[], isWanted: (index: number) => boolean) {
  const touched = spots.map(({ keys }) => keys.some((key) => set.includes(key)));
  return {
    encrypted: touched.every((is, i) => is === isWanted(i)),
    plain: touched.every((is, i) => is !== isWanted(i)),
  };
}

function everySet(): string[][] {
  return Array.from({ length: 2 ** names.length }, (_, bits) => names.filter((_, i) => (bits >> i) & 1));
}

/** Blocks with comments between, and now and then a collection on one line. */
function writeYaml(node: Value, indent: string, flow: (place: string) => boolean, place = ""): string {
  if (typeof node === "string") return ` "${node}"\n`;
  if (node === null) return " null\n";
  const entries = Object.entries(node);
  if (entries.length === 0 || flow(place)) return ` ${JSON.stringify(node)}\n`;
  const lines = entries.map(([key, child]) => {
    const inner = writeYaml(child, `${indent}  `, flow, `${place}/${key}`);
    return Array.isArray(node) ? `${indent}-${inner}` : `${indent}# about ${key}\n${indent}${key}:${inner}`;
  });
  return `\n${lines.join("")}`;
}

describeLive("the rule compiler", (server) => {
  test.each(["json", "yaml", "dotenv"] as const)(
    "%s",
    async (format) => {
      let refused = 0;
      let compiled = 0;
      let marked = 0;
      const top =
        format === "dotenv"
          ? fc.dictionary(fc.constantFrom(...names), fc.constantFrom("x", "y"), { noNullPrototype: true })
          : object(3);
      await fc.assert(
        fc.asyncProperty(
          top,
          fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }),
          fc.nat(3),
          async (plain, wish, style) => {
            const spots = spotsOf(plain);
            const isWanted = (index: number) => wish[index % wish.length]!;
            if (!spots.some((_, i) => isWanted(i))) return;
            const text =
              format === "json"
                ? JSON.stringify(plain)
                : format === "yaml"
                  ? writeYaml(plain, "", (place) => style === 0 && place.length > 4).slice(1)
                  : Object.entries(plain)
                      .map(([key, word]) => `${key}=${word}\n`)
                      .join("");
            const store = storeByName(format);
            const document = store.parse(text);
            const leaves = leavesOf(document.branches).filter((leaf) => leaf.text !== "");
            expect(leaves.length).toBe(spots.length);
            const wanted = new Set(leaves.filter((_, i) => isWanted(i)));
            const found = await findRule(store, document, {
              has: (node) => wanted.has(node as never),
              preferred: (_, path) => [path.at(-1)!],
            }).catch((error: unknown) => {
              expect(error).toMatchObject({ code: "inexpressible_selection" });
            });
            const byNames = everySet().some((set) => {
              const { encrypted, plain: complement } = selects(spots, set, isWanted);
              return encrypted || complement;
            });
            if (found === undefined) {
              refused++;
              expect(byNames).toBe(false);
              return;
            }
            expect(found.extra).toEqual([]);
            // Marks are for where no names will do.
            expect(found.rule.encryptedCommentRegex === undefined).toBe(byNames);
            if (byNames) compiled++;
            else marked++;
            const expected = spots.filter((_, i) => isWanted(i)).map(({ place }) => place);
            expect(await encryptedBySops(server(), found.document.source, format, found.rule)).toEqual(expected.sort());
          },
        ),
        { numRuns: documents },
      );
      console.log(`${format}: ${compiled} by names, ${marked} by marks, ${refused} refused`);
      expect(compiled).toBeGreaterThan(documents / 5);
      // Rare ones, of which a hundred documents may have none.
      if (format === "json" && documents >= 1000) expect(refused).toBeGreaterThan(0);
      if (format === "yaml" && documents >= 1000) expect(marked).toBeGreaterThan(0);
    },
    60_000 + documents * 1_000,
  );
});

async function encryptedBySops(server: SopsServer, text: string, format: "json" | "yaml" | "dotenv", rule: Rule) {
  const { exit, message, bytes } = await server.encrypt(text, { format, recipients: [recipient], rule });
  expect([exit, message]).toEqual([0, ""]);
  return encryptedPaths(bytes.toString(), format).sort();
}
