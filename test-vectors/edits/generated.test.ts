/** Random edits of random documents in random layouts, each beside the same change to what sops reads. */
import { env } from "node:process";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Document, isCollection, isScalar, visit } from "yaml";
import { encrypt, type SopsError, set, unset } from "../../packages/isosops/dist/index.js";
import { missing, type SopsServer, startSops } from "../differential/sops.js";
import { readKey } from "../tools.js";
import { checkLayout, type Edit, editedTree, type Format, pathsOf, treeOf, type Value, valueAt } from "./expected.js";

const { identity, recipient } = readKey("first");
const numRuns = Number(env.ISOSOPS_DOCUMENTS ?? 100);

let sops: SopsServer | undefined;
beforeAll(async () => {
  if (missing === undefined) sops = await startSops([identity]);
  else if (env.ISOSOPS_REQUIRE_LIVE) throw new Error(missing);
  else console.log(`Generated edits are not tried: ${missing}.`);
});
afterAll(() => sops?.close());

const text = fc.constantFrom(
  ...[
    "plain",
    "two words",
    "",
    "yes",
    "1.0",
    "0x1f",
    "null",
    "2024-02-29",
    "a: b",
    "# no comment",
    "two\nlines",
    "\n",
    "end\n",
  ],
  ...[
    " before",
    "behind ",
    "- item",
    "'single'",
    '"double"',
    "back\\slash",
    "tab\tin",
    "\u00e9\u4e16\u{1f600}",
    "[x]",
    "{x}",
    "*a",
    "&a",
    "!t",
  ],
  "ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]",
);
const name = fc.constantFrom(
  "a",
  "b",
  "key",
  "password",
  "with space",
  "a.b",
  "yes",
  "1",
  "#",
  "",
  "x: y",
  "\u00fc",
  "left_unencrypted",
  "<",
  "-",
);
const leaf = fc.oneof({ weight: 4, arbitrary: text }, fc.integer(), fc.constantFrom(1.5, 1e21, true, false, null));
const { node } = fc.letrec<{ node: Value; mapping: Value }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    { weight: 3, arbitrary: leaf },
    { weight: 2, arbitrary: tie("mapping") },
    { weight: 2, arbitrary: fc.array(tie("node"), { maxLength: 4 }) },
  ),
  mapping: fc.dictionary(name, tie("node"), { maxKeys: 5 }),
}));
const mapping = fc.dictionary(name, node, { maxKeys: 6 });

/** YAML as people write it: block and flow, quotes, comments, empty lines, indentation. */
const yamlText = (data: Value) =>
  fc
    .record({
      indent: fc.constantFrom(1, 2, 3, 4, 8),
      indentSeq: fc.boolean(),
      strings: fc.constantFrom("PLAIN" as const, "QUOTE_DOUBLE" as const, "QUOTE_SINGLE" as const),
      keys: fc.constantFrom("PLAIN" as const, "PLAIN" as const, "QUOTE_DOUBLE" as const),
      choices: fc.array(fc.nat(9), { minLength: 7, maxLength: 7 }),
      hasComments: fc.boolean(),
      eol: fc.constantFrom("\n", "\n", "\r\n"),
      start: fc.constantFrom("", "", "---\n", "# first\n\n"),
      isEnded: fc.boolean(),
    })
    .map((style) => {
      const document = new Document(data);
      let count = 0;
      const chance = (odds: number) => style.choices[count++ % style.choices.length]! < odds;
      visit(document, {
        Node(key, node) {
          if (isCollection(node) && key !== null) node.flow = chance(2);
          const isKey = key === "key";
          if (isKey && isScalar(node) && chance(2)) node.spaceBefore = true;
          if (!style.hasComments || (key === null && isCollection(node)) || !chance(3)) return;
          if (isKey) node.commentBefore = " above";
          else if (isScalar(node)) node.comment = " behind";
        },
      });
      const written = document.toString({
        indent: style.indent,
        indentSeq: style.indentSeq,
        lineWidth: 0,
        defaultStringType: style.strings,
        defaultKeyType: style.keys,
      });
      const whole = (style.start + written).replaceAll("\n", style.eol);
      return {
        source: style.isEnded ? whole : whole.replace(/(?:\r?\n)+$/, ""),
        isCommented: style.hasComments || style.start.startsWith("#"),
      };
    });

const jsonText = (data: Value) =>
  fc
    .record({
      indent: fc.constantFrom("", " ", "  ", "\t"),
      eol: fc.constantFrom("\n", "\r\n"),
      end: fc.constantFrom("", "\n"),
    })
    .map(({ indent, eol, end }) => ({
      source: (JSON.stringify(data, null, indent) + end).replaceAll("\n", eol),
      isCommented: false,
    }));

const rule = fc.constantFrom(
  {},
  {},
  { encryptedRegex: "^(a|password)$" },
  { unencryptedRegex: "^key$" },
  { macOnlyEncrypted: true, encryptedSuffix: "b" },
);

/** Somewhere in a document: removed, replaced, or, where it is a collection, added to. */
const editOf = (data: Value): fc.Arbitrary<Edit> => {
  const all = [...pathsOf(data)];
  return fc
    .record({ at: fc.constantFrom(...all), kind: fc.constantFrom("unset", "set", "add"), value: node, key: name })
    .filter(({ at, kind }) => at.length > 0 || kind === "add")
    .map(({ at, kind, value, key }) => {
      if (kind === "unset") return { path: at, value: undefined };
      const old = valueAt(data, at);
      if (kind === "set" || old === null || typeof old !== "object") return { path: at, value };
      return { path: [...at, Array.isArray(old) ? old.length : key], value };
    });
};

async function check(
  format: Format,
  data: Value,
  source: string,
  options: object,
  edit: Edit,
  keepsLayout: boolean,
): Promise<void> {
  const locked = await encrypt(source, { format, recipients: [recipient], ...options }).catch((error: SopsError) => {
    // What the npm package writes is now and then none that go-yaml reads.
    fc.pre(error.code !== "syntax");
    throw error;
  });
  const before = await treeOf(sops, locked.text, format);
  const same = { format, identities: [identity], path: edit.path };
  const edited = edit.value === undefined ? unset(locked.text, same) : set(locked.text, { ...same, value: edit.value });
  const { text } = await edited.catch((error: SopsError) => {
    // In the layout of sops, a comment after an empty mapping makes a file that nobody can read.
    fc.pre(keepsLayout || error.code !== "unwritable");
    throw error;
  });
  const after = await treeOf(sops, text, format);
  expect(JSON.stringify(after)).toBe(JSON.stringify([editedTree(before![0]!, edit.path, edit.value)]));
  if (keepsLayout) checkLayout(JSON.stringify(edit), locked.text, text, data, edit);
}

describe.each([
  ["yaml", yamlText],
  ["json", jsonText],
] as const)("%s", (format, textOf) => {
  test("an edit is the same change to the data, and touches nothing else", async ({ skip }) => {
    if (sops === undefined) skip("no sops server");
    const one = mapping.chain((data) => fc.tuple(fc.constant(data), textOf(data), rule, editOf(data)));
    await fc.assert(
      fc.asyncProperty(one, async ([data, { source, isCommented }, options, edit]) => {
        await check(format, data, source, options, edit, !isCommented);
      }),
      { numRuns, seed: env.ISOSOPS_SEED === undefined ? undefined : Number(env.ISOSOPS_SEED) },
    );
  }, 600_000);
});
