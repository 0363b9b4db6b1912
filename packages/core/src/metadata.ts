import { SopsError } from "./errors.js";
import { withJson } from "./json-form.js";
import type { KeyGroup, MasterKey, MetadataValue } from "./keysource.js";
import { readLastModified } from "./last-modified.js";
import { normalizeRule, type Rule, ruleNames } from "./rule.js";
import { canonicalBool } from "./scalars.js";
import { entry, leaf, lookup, type Mapping, mapping, type Node, type Sequence, sequence } from "./tree.js";

/** The `sops` block of a file (stores/stores.go, `metadata`). */
export interface Metadata {
  /** RFC 3339, as written: the MAC's additional data. */
  lastModified: string;
  /** The encrypted MAC, `ENC[...]`; "" where the file has none. */
  mac: string;
  rule: Rule;
  macOnlyEncrypted: boolean;
  /** The version of sops that wrote the file, or that this engine emulates. */
  version: string;
  /** With one group, its keys wrap the data key. With several, the keys of each group wrap its Shamir share. */
  keyGroups: KeyGroup[];
  /** The number of groups whose shares recover the data key. Undefined with one group. */
  shamirThreshold: number | undefined;
  /** Unknown fields, passed through unchanged. */
  unknown: Map<string, MetadataValue>;
}

/** The version of sops that this engine emulates. sops rejects a file without a version. */
export const sopsVersion = "3.13.3";

/** The lists of master keys of a block (stores/stores.go, `metadata`). */
export const keyTypes: readonly string[] = ["age", "pgp", "kms", "gcp_kms", "azure_kv", "hc_vault", "hckms"];

const scalarNames: ReadonlySet<string> = /* @__PURE__ */ new Set([
  "lastmodified",
  "mac",
  "version",
  "mac_only_encrypted",
  "shamir_threshold",
  ...ruleNames.map(([, name]) => name),
]);

/**
 * Parses a `sops` block (stores/stores.go, `ToInternal`).
 *
 * @param keyed - Whether the store has keys, and therefore a default rule.
 * @throws {SopsError} `metadata`, or `invalid_rule` for more than one rule.
 */
export function readMetadata(block: Mapping, keyed = true): Metadata {
  const values = readFields(block);
  const lastModified = text(values, "lastmodified");
  if (readLastModified(lastModified) === undefined)
    throw damaged(
      lastModified.endsWith("\r")
        ? "has a carriage return after `lastmodified`, but not after every line"
        : "has no `lastmodified`, or it is not an RFC 3339 time",
    );
  const rule: Rule = {};
  for (const [name, written] of ruleNames) rule[name] = text(values, written);

  const ownKeys: MasterKey[] = [];
  const unknown = fieldMap();
  for (const [name, value] of values) {
    if (scalarNames.has(name) || name === "key_groups") continue;
    const keys = readKeys(name, value);
    // Not `push(...keys)`, which fails for more arguments than the stack holds.
    for (const key of keys) ownKeys.push(key);
    if (keys.length > 0) continue;
    if (value !== null && !(Array.isArray(value) && value.length === 0)) unknown.set(name, value);
  }
  const keyGroups: KeyGroup[] = ownKeys.length > 0 ? [ownKeys] : readKeyGroups(values.get("key_groups"));
  if (keyGroups.every((group) => group.length === 0)) throw damaged("contains no key that the data key is wrapped for");

  const threshold = Number(text(values, "shamir_threshold"));
  return {
    lastModified,
    mac: text(values, "mac"),
    rule: normalizeRule(rule, keyed),
    macOnlyEncrypted: isTrue(text(values, "mac_only_encrypted")),
    version: text(values, "version"),
    keyGroups,
    shamirThreshold: Number.isInteger(threshold) && threshold > 0 ? threshold : undefined,
    unknown,
  };
}

/** Creates a `sops` block. Its keys are sorted as in sops 3.13. */
export function writeMetadata(metadata: Metadata): Mapping {
  const values = new Map<string, MetadataValue>(metadata.unknown);
  values.set("lastmodified", metadata.lastModified);
  values.set("mac", metadata.mac);
  values.set("version", metadata.version);
  if (metadata.macOnlyEncrypted) values.set("mac_only_encrypted", true);
  if (metadata.shamirThreshold !== undefined) values.set("shamir_threshold", metadata.shamirThreshold);
  for (const [name, written] of ruleNames) {
    const value = metadata.rule[name];
    if (value !== undefined && value !== "") values.set(written, value);
  }
  const [first] = metadata.keyGroups;
  if (metadata.keyGroups.length === 1 && first !== undefined) {
    for (const [type, keys] of keyLists(first)) values.set(type, keys);
  } else {
    values.set(
      "key_groups",
      metadata.keyGroups.map((group) => new Map([["age", []], ["hc_vault", []], ...keyLists(group)])),
    );
  }
  return toNode(values) as Mapping;
}

/**
 * Updates time and MAC in a parsed `sops` block, so that the rest of it stays as written. Returns false if it has no
 * place for them.
 */
export function restamp(block: Mapping, { lastModified, mac }: Pick<Metadata, "lastModified" | "mac">): boolean {
  const time = lookup(block, "lastmodified");
  const sum = lookup(block, "mac");
  if (time?.kind !== "leaf" || sum?.kind !== "leaf" || time.start < 0 || sum.start < 0) return false;
  Object.assign(time, { text: lastModified, spelling: undefined, changed: true });
  Object.assign(sum, { type: "str", text: mac, spelling: undefined, changed: true });
  return true;
}

function keyLists(group: KeyGroup): Map<string, MetadataValue[]> {
  const lists = new Map<string, MetadataValue[]>();
  for (const key of group) {
    const list = lists.get(key.type) ?? [];
    list.push(new Map(key.fields));
    lists.set(key.type, list);
  }
  return lists;
}

function readKeyGroups(groups: MetadataValue | undefined): KeyGroup[] {
  const list = groups instanceof Map ? [groups] : groups;
  if (!Array.isArray(list)) return [];
  return list.map((group) => {
    if (group === null) return [];
    if (!(group instanceof Map)) throw damaged("has an entry in `key_groups` that is not a mapping of key lists");
    return [...group].flatMap(([type, keys]) => readKeys(type, keys));
  });
}

/**
 * The keys of one type; none if the value is not a list of keys. For the key types of sops, a single mapping counts as
 * a list, and null in a list as a key without fields, as in sops.
 */
function readKeys(type: string, value: MetadataValue): MasterKey[] {
  const isKnown = keyTypes.includes(type);
  const list = isKnown && value instanceof Map && value.size > 0 ? [value] : value;
  if (!Array.isArray(list)) return [];
  const fields = list.map((item) => (isKnown && item === null ? fieldMap() : item));
  return fields.every((item) => item instanceof Map) ? fields.map((item) => ({ type, fields: item })) : [];
}

/** Parses a bool like sops: any number other than 0 is true. Invalid text is rejected elsewhere. */
function isTrue(written: string): boolean {
  return /\d/.test(written) ? Number(written) !== 0 : canonicalBool(written) === "True";
}

function text(values: Map<string, MetadataValue>, name: string): string {
  const value = values.get(name);
  if (value === undefined || value === null) return "";
  if (typeof value === "object") throw damaged(`has a list or mapping as \`${name}\`, instead of a single value`);
  return String(value);
}

export function damaged(what: string): SopsError {
  return new SopsError(
    "metadata",
    `The file's \`sops\` block ${what}. It was truncated or edited by hand: restore the file from version control.`,
  );
}

/**
 * Converts a mapping of the block to a map that `JSON.stringify` writes as an object.
 *
 * @throws {SopsError} `metadata` if a value is not text.
 */
export function readFields(block: Mapping): Map<string, MetadataValue> {
  const values = fieldMap();
  for (const item of block.items) if (item.kind === "entry") values.set(item.key, toValue(item.value));
  return values;
}

/** Creates a map that `JSON.stringify` writes as an object instead of `{}`. */
export function fieldMap(entries: Iterable<readonly [string, MetadataValue]> = []): Map<string, MetadataValue> {
  return withJson(new Map(entries));
}

function toValue(node: Node): MetadataValue {
  switch (node.kind) {
    case "mapping":
      return readFields(node);
    case "sequence":
      return node.items.filter((item): item is Node => item.kind !== "comment").map(toValue);
    case "leaf": {
      if (typeof node.text !== "string") throw damaged("holds a value that is not text");
      if (node.type === "null") return null;
      if (node.type === "bool") return node.text === "True";
      if (node.type === "int" && Number.isSafeInteger(Number(node.text))) return Number(node.text);
      // A time or float stands for the text it was written as.
      return node.spelling ?? node.text;
    }
  }
}

function toNode(value: MetadataValue): Node {
  if (value instanceof Map) {
    const names = [...value.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    return mapping(names.map((name) => entry(name, toNode(value.get(name)!))));
  }
  if (Array.isArray(value)) return sequence(value.map(toNode)) as Sequence;
  if (value === null) return leaf("null", "");
  if (typeof value === "boolean") return leaf("bool", value ? "True" : "False");
  if (typeof value === "number") return leaf("int", String(value));
  return leaf("str", value);
}
