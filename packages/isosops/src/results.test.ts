/** What `{ ...result }`, `structuredClone` and `JSON.stringify` make of the results of all functions. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { findSops } from "../../../test-vectors/tools.js";
import {
  decrypt,
  edit,
  encrypt,
  extract,
  generateIdentity,
  get,
  inspect,
  merge,
  mergeWithoutKey,
  openToEdit,
  parseConfig,
  repair,
  reselect,
  set,
  unset,
  updateRecipients,
  variables,
  verify,
} from "../dist/index.js";

const { identity, recipient } = await generateIdentity();
const other = (await generateIdentity()).recipient;
const identities = [identity];
const folder = mkdtempSync(join(tmpdir(), "isosops-results-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plain = `big: 1234567890123456789
small: 7
list: [9007199254740993, -9223372036854775807, 1.5, a]
deep:
    nothing: null
    floats: [.inf, -.inf, .nan]
    toJSON: own
time_unencrypted: 2024-01-02T03:04:05Z
bytes: !!binary //4=
text: x
`;
const yaml = { format: "yaml" } as const;
const { text: sealed } = await encrypt(plain, { ...yaml, recipients: [recipient] });
const opening = { ...yaml, identities };
const { text: flat } = await encrypt("a: b\nc: d\n", { ...yaml, recipients: [recipient] });

const notText = Uint8Array.of(0xff, 0xfe);
const { text: binary } = await encrypt(notText, { format: "binary", recipients: [recipient] });

const versions = {
  base: sealed,
  ours: (await set(sealed, { ...opening, path: ["text"], value: "ours" })).text,
  theirs: (await set(sealed, { ...opening, path: ["small"], value: 8 })).text,
};
const unlike = { ...versions, theirs: (await set(sealed, { ...opening, path: ["text"], value: "theirs" })).text };

const results: Readonly<Record<string, () => Promise<object>>> = {
  encrypt: () => encrypt(plain, { ...yaml, recipients: [recipient] }),
  decrypt: () => decrypt(sealed, opening),
  "decrypt, of bytes": () => decrypt(binary, { format: "binary", identities }),
  inspect: async () => (await inspect(sealed, yaml))!,
  set: () => set(sealed, { ...opening, path: ["text"], value: 1n }),
  unset: () => unset(sealed, { ...opening, path: ["text"] }),
  edit: () => edit(sealed, [{ set: ["a"], value: "b" }, { unset: ["text"] }], opening),
  get: async () => (await get(sealed, { ...opening, path: ["deep"] })) as object,
  "get, of a list": async () => (await get(sealed, { ...opening, path: ["list"] })) as object,
  extract: () => extract(sealed, { ...opening, path: ["text"] }),
  "extract, of bytes": () => extract(sealed, { ...opening, path: ["bytes"] }),
  reselect: () => reselect(sealed, { ...opening, deselect: ["text"] }),
  repair: () => repair(sealed, opening),
  merge: () => merge({ ...versions, ...opening }),
  "merge, with a conflict": () => merge({ ...unlike, ...opening }),
  mergeWithoutKey: () => mergeWithoutKey({ ...versions, ...yaml, versions: "a b c" }),
  updateRecipients: () => updateRecipients(sealed, { ...opening, add: [other] }),
  verify: () => verify(plain, yaml),
  variables: () => variables(flat, opening),
  openToEdit: async () => ({ ...(await openToEdit(sealed, opening)), seal: undefined }),
  "seal of openToEdit": async () => (await openToEdit(sealed, opening)).seal(plain.replace("x", "y")),
  parseConfig: () =>
    parseConfig(
      `creation_rules:\n  - age: ${recipient}\ndestination_rules:\n  - s3_bucket: b\n    recreation_rule:\n      age: ${recipient}\n`,
    ),
};

/** The same by hand: a walk over all properties, and what JSON has for each value. */
function inJson(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number" && !Number.isFinite(value)) return `${value}`;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(inJson);
  if (value instanceof Map) return inJson(Object.fromEntries(value));
  if (typeof value !== "object" || value === null) return value;
  const known = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(known.map(([name, item]) => [name, inJson(item)]));
}

describe.each(Object.entries(results))("%s", (_, run) => {
  test("is copied", async () => {
    const result = await run();
    const copy = Array.isArray(result) ? [...result] : { ...result };
    expect(copy).toEqual(result);
    expect(Object.keys(copy).every((name) => name in result)).toBe(true);
    expect(structuredClone(result)).toEqual(result);
  });

  test("is written as JSON, and so is its copy", async () => {
    const result = await run();
    expect(JSON.parse(JSON.stringify(result))).toEqual(inJson(result));
    expect(JSON.parse(JSON.stringify([result]))).toEqual([inJson(result)]);
    // A list is the value itself: its copy has no form for bigints.
    if (!Array.isArray(result)) expect(JSON.parse(JSON.stringify({ ...result }))).toEqual(inJson(result));
  });
});

describe("decrypt", () => {
  test("has text and bytes that are there or not", async () => {
    const opened = await decrypt(binary, { format: "binary", identities });
    expect(opened).toHaveProperty("text", undefined);
    expect(opened.bytes).toEqual(notText);
    expect(opened.data).toEqual({ data: notText });
    expect((await extract(sealed, { ...opening, path: ["bytes"] })).text).toBeUndefined();
    expect((await extract(sealed, { ...opening, path: ["text"] })).text).toBe("x");
  });

  test("has numbers as text in JSON that readers of JSON would round, and only those", async () => {
    const { data } = await decrypt(sealed, opening);
    expect(JSON.parse(JSON.stringify(data))).toMatchObject({
      big: "1234567890123456789",
      small: 7,
      list: ["9007199254740993", "-9223372036854775807", 1.5, "a"],
      deep: { floats: ["Infinity", "-Infinity", "NaN"], toJSON: "own" },
      bytes: "//4=",
    });
    expect(Object.keys(data)).toEqual(["big", "small", "list", "deep", "time_unencrypted", "bytes", "text"]);
    const { data: numbers } = await decrypt(sealed, { ...opening, integers: "string" });
    expect(JSON.parse(JSON.stringify({ ...numbers })).big).toBe("1234567890123456789");
  });

  test("refuses bigints in a copy, instead of another number", async () => {
    const { data } = await decrypt(sealed, opening);
    expect(() => JSON.stringify({ ...data })).toThrow(TypeError);
  });

  test("can be written back as it is", async () => {
    const { data } = await decrypt(sealed, opening);
    const { text } = await set(sealed, { ...opening, path: ["again"], value: data.list! });
    expect((await decrypt(text, opening)).data.again).toEqual(data.list);
  });

  test.each(findSops())("has the digits that sops $version writes", async ({ path: sops }) => {
    const name = join(folder, "file.yaml");
    const [integers] = plain.split("deep:");
    writeFileSync(name, (await encrypt(integers!, { ...yaml, recipients: [recipient] })).text);
    const env = { PATH: "", HOME: folder, SOPS_AGE_KEY: identity };
    for (const path of ['["big"]', '["list"][0]', '["list"][1]']) {
      const digits = execFileSync(sops, ["decrypt", "--extract", path, name], { env, encoding: "utf8" }).trim();
      const value = await get(sealed, { ...opening, path });
      // The reader of JSON would have rounded a number.
      expect([`${value}`, `${JSON.parse(digits)}`]).toEqual([digits, expect.not.stringMatching(`^${digits}$`)]);
    }
  });
});

test("metadata has the fields of its keys in JSON", async () => {
  const { metadata, text } = await encrypt("a: b\n", { ...yaml, recipients: [recipient] });
  const fields = [[{ type: "age", fields: { recipient, enc: expect.stringMatching(/^-----BEGIN AGE/) } }]];
  for (const one of [metadata, await inspect(text, yaml), (await decrypt(text, opening)).metadata]) {
    expect(JSON.parse(JSON.stringify(one)).keyGroups).toEqual(fields);
    expect(one!.keyGroups[0]![0]!.fields.get("recipient")).toBe(recipient);
  }
  const kms = text.replace(
    "sops:\n",
    "sops:\n    kms:\n        - arn: x\n          context:\n              a: b\n    more:\n        c: d\n",
  );
  const read = JSON.parse(JSON.stringify(await inspect(kms, yaml)));
  expect(read.keyGroups[0][0].fields).toEqual({ arn: "x", context: { a: "b" } });
  expect(read.unknown).toEqual({ more: { c: "d" } });
});

test("variables are an object in JSON", async () => {
  expect(JSON.parse(JSON.stringify(await variables(flat, opening))).variables).toEqual({ a: "b", c: "d" });
});
