import { describe, expect, test } from "vitest";
import { SopsError } from "./errors.js";
import { readMetadata, writeMetadata } from "./metadata.js";
import { entry, leaf, type Mapping, mapping, type Node, sequence } from "./tree.js";

/** A `sops` block as a plain object, in its order. */
function block(value: unknown): Node {
  if (Array.isArray(value)) return sequence(value.map(block));
  if (value === null) return leaf("null", "");
  if (typeof value === "object") return mapping(Object.entries(value).map(([key, item]) => entry(key, block(item))));
  if (typeof value === "boolean") return leaf("bool", value ? "True" : "False");
  if (typeof value === "number") return leaf("int", String(value));
  return leaf("str", String(value));
}

function plain(node: Node): unknown {
  if (node.kind === "mapping") {
    return Object.fromEntries(
      node.items.flatMap((item) => (item.kind === "entry" ? [[item.key, plain(item.value)]] : [])),
    );
  }
  if (node.kind === "sequence") return node.items.flatMap((item) => (item.kind === "comment" ? [] : [plain(item)]));
  if (node.type === "null") return null;
  if (node.type === "bool") return node.text === "True";
  return node.type === "int" ? Number(node.text) : node.text;
}

const age = [{ enc: "wrapped", recipient: "age1one" }];
const written = { lastmodified: "2026-01-02T03:04:05Z", mac: "ENC[mac]", version: "3.13.3" };

function roundTrip(value: object): unknown {
  return plain(writeMetadata(readMetadata(block(value) as Mapping)));
}

test("what sops 3.9.4 writes, with empty lists and unsorted, is written as 3.13.3 does", () => {
  const old = {
    kms: [],
    gcp_kms: [],
    azure_kv: [],
    hc_vault: [],
    age,
    ...written,
    pgp: [],
    unencrypted_suffix: "_unencrypted",
  };
  const result = roundTrip(old);
  expect(result).toEqual({ age, ...written, unencrypted_suffix: "_unencrypted" });
  expect(Object.keys(result as object)).toEqual(["age", "lastmodified", "mac", "unencrypted_suffix", "version"]);
});

test("keys of other types and unknown entries are carried through", () => {
  const value = {
    age,
    pgp: [{ created_at: "2026-01-01T00:00:00Z", enc: "pgp", fp: "ABCD" }],
    future_kms: [{ arn: "x", context: { a: "b" }, enc: "y", tries: 3 }],
    future_option: { on: true, none: null },
    ...written,
    encrypted_regex: "^a$",
  };
  expect(roundTrip(value)).toEqual(value);
});

test("key groups are read and written with the empty lists that sops keeps in them", () => {
  const value = {
    key_groups: [
      { age, hc_vault: [] },
      { age: [], hc_vault: [], pgp: [{ created_at: "2026-01-01T00:00:00Z", enc: "pgp", fp: "ABCD" }] },
    ],
    shamir_threshold: 2,
    ...written,
    mac_only_encrypted: true,
    unencrypted_suffix: "_unencrypted",
  };
  expect(roundTrip(value)).toEqual(value);
});

describe("a damaged block is refused", () => {
  test.each<[string, object]>([
    ["no lastmodified", { age, mac: "ENC[mac]", version: "3.13.3" }],
    ["a lastmodified that is not a time", { age, ...written, lastmodified: "yesterday" }],
    ["no keys", written],
    ["only empty key lists", { age: [], ...written }],
    ["a mapping where a value belongs", { age, ...written, mac: { a: 1 } }],
  ])("%s", (_, value) => {
    expect(() => roundTrip(value)).toThrow(expect.objectContaining({ code: "metadata" }));
  });

  test("two rules", () => {
    expect(() => roundTrip({ age, ...written, encrypted_regex: "a", encrypted_suffix: "b" })).toThrow(SopsError);
  });
});

test("more keys than a call can have arguments are read", () => {
  const count = 1_000_000;
  const kms = sequence(Array<Node>(count).fill(block({ arn: "arn:aws:kms:x" })));
  const many = mapping([...(block(written) as Mapping).items, entry("kms", kms)]);
  expect(readMetadata(many).keyGroups[0]).toHaveLength(count);
});
