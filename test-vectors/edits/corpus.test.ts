/**
 * Edits of every file of the vectors: what they say afterwards, to us and to sops, and that nothing else has changed.
 */
import { env } from "node:process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decrypt, encrypt, set, unset } from "../../packages/isosops/dist/index.js";
import { missing, type SopsServer, startSops } from "../differential/sops.js";
import { endings, readKey } from "../tools.js";
import { listCases, readCase, readIfThere, readPlain } from "../vectors.js";
import {
  checkLayout,
  type Edit,
  edited,
  editedTree,
  type Format,
  type Path,
  pathsOf,
  treeOf,
  type Value,
  valueAt,
} from "./expected.js";

/** How many places of a file are edited, each in several ways; more take their time. */
const places = Number(env.ISOSOPS_EDITS ?? 2);
const { identity, recipient } = readKey("first");

/** Where the layout is not kept, or more changes than the edit, and why. */
const exceptions: readonly { name: RegExp; reason: string }[] = [
  { name: /^(?:anchors|merge-keys)-plain /, reason: "aliases of what changes are written out" },
  {
    name: /^ini-rule-comment .* undefined/,
    reason: "in INI, sops takes a key's comment for a mark of the next key",
  },
  { name: /^ini-empty-values .*newsec/, reason: "a comment at the end of a file is the last section's" },
];

/** Where a key stands more than once, which a JavaScript object cannot say. */
const repeats: ReadonlySet<string> = new Set(["json-duplicate-keys", "env-duplicate-keys"]);

let sops: SopsServer | undefined;
beforeAll(async () => {
  if (missing === undefined) sops = await startSops([identity]);
  else if (env.ISOSOPS_REQUIRE_LIVE) throw new Error(missing);
  else console.log(`What sops reads after an edit is not looked at: ${missing}.`);
});
afterAll(() => sops?.close());

/** Sections that repeat have no path of their own, and a MAC that sops gets wrong is no start. */
const left: ReadonlySet<string> = new Set([
  "ini-default",
  "ini-duplicates",
  "minus-zero-plain",
  "json-minus-zero-plain",
]);
const cases = listCases("good").filter((name) => readCase("good", name).format !== "binary" && !left.has(name));

test.each(cases)(
  "%s",
  async (name) => {
    const description = readCase("good", name);
    const format = description.format as Format;
    const sources: [string, string][] = [];
    for (const version of ["3.13.3", "3.9.4"]) {
      const text = readIfThere("good", name, `encrypted-${version}.${endings[format]}`);
      if (text !== undefined) sources.push([`sops ${version}`, text]);
    }
    const plain = readPlain(name, description);
    const { text } = await encrypt(plain, { format, recipients: [recipient], ...description.options });
    sources.push(["preserve", text]);
    for (const [layout, source] of sources) await checkEdits(`${name} ${layout}`, source, format);
  },
  600_000,
);

/** The comment that keeps `l` plain is about `m` once `l` has gone: `sops unset` writes `m = w`, which was encrypted. */
const exposing = /^ini-rule-comment .* \["a","l"\] undefined$/;

async function checkEdits(name: string, source: string, format: Format): Promise<void> {
  const options = { format, identities: [identity] };
  const read = async (text: string) => {
    const { documents } = await decrypt(text, { ...options, integers: "string", dates: "string" });
    return documents as Value[];
  };
  const [first, ...others] = await read(source);
  const isRepeating = repeats.has(name.split(" ")[0]!);
  const theirs = await treeOf(sops, source, format);
  for (const { path, value } of editsOf(first!, format)) {
    const about = `${name} ${JSON.stringify(path)} ${JSON.stringify(value)}`;
    if (exposing.test(about)) {
      const refused = expect(unset(source, { ...options, path }), about).rejects;
      await refused.toMatchObject({ message: expect.stringContaining("leave an encrypted value in plain text") });
      continue;
    }
    const { text, changed } = await (value === undefined
      ? unset(source, { ...options, path })
      : set(source, { ...options, path, value })
    ).catch((error) => {
      throw new Error(`${about}: ${error.message}`, { cause: error });
    });
    expect(changed, about).toBe(true);
    if (!isRepeating) expect(await read(text), about).toEqual([edited(first!, path, value), ...others]);
    if (theirs !== undefined) {
      const after = await treeOf(sops, text, format);
      expect(JSON.stringify(after![0]), about).toBe(JSON.stringify(editedTree(theirs[0]!, path, value)));
      expect(after!.slice(1), about).toEqual(theirs.slice(1));
    }
    if (!isRepeating && !exceptions.some((exception) => exception.name.test(about)))
      checkLayout(about, source, text, first!, { path, value });
  }
}

/** A few places of a document, each removed, replaced and, where it is a collection, added to. */
function editsOf(data: Value, format: Format): Edit[] {
  const all = [...pathsOf(data)].filter((path) => isEditable(path, format));
  const step = Math.max(1, Math.ceil(all.length / places));
  const isTyped = format === "yaml" || format === "json";
  const edits: Edit[] = [];
  for (const path of all.filter((_, index) => index % step === 0)) {
    const node = valueAt(data, path);
    const isLeaf = node === null || typeof node !== "object";
    if (path.length > 0) edits.push({ path, value: undefined });
    if (path.length > 0 && (isTyped || isLeaf)) edits.push({ path, value: "new value" });
    if (path.length > 0 && isTyped) {
      edits.push({ path, value: { k: "v", l: ["a", { b: "c", d: [] }] } }, { path, value: "two\nlines\n" });
    }
    if (isLeaf || (format === "ini" && path.length === 0)) continue;
    const next = Array.isArray(node) ? node.length : "inserted";
    edits.push({ path: [...path, next], value: "added" });
    if (isTyped) edits.push({ path: [...path, next], value: { q: "1", w: ["2", ["3"]], e: {} } });
  }
  if (format === "ini") edits.push({ path: ["newsec", "inserted"], value: "added" });
  return edits;
}

function isEditable(path: Path, format: Format): boolean {
  // What stands before all sections of an INI file is always there. A merge key takes mappings only.
  return !(format === "ini" && path.length === 1 && path[0] === "DEFAULT") && !path.includes("<<");
}
