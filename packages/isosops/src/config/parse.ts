import { type Mapping, type Node, type Rule, ruleNames, SopsError, withJson } from "@isosops/core";
import { loadStore } from "@isosops/formats/load";
import type { ConfigKey, CreationRule, DestinationRule, KeyType, SopsConfig, StoresConfig } from "./config.js";
import { type FieldReader, fieldReader } from "./yaml-fields.js";

/** See `index.ts`. */
export async function parseConfig(text: string, options: { filename?: string | undefined } = {}): Promise<SopsConfig> {
  const { filename = ".sops.yaml" } = options;
  const root = await parseYaml(text, filename);
  const read = fieldReader(text, filename);
  const stores = read.mapping(root, "stores");
  return {
    creationRules: read.mappings(root, "creation_rules")?.map((rule) => readCreationRule(read, rule)),
    destinationRules: (read.mappings(root, "destination_rules") ?? []).map((rule) => readDestinationRule(read, rule)),
    stores: readStores(read, stores),
  };
}

async function parseYaml(text: string, filename: string): Promise<Mapping> {
  const yaml = await loadStore("yaml");
  try {
    const root = yaml.parse(text, { filename }).branches[0]!;
    return root;
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    if (error.code === "empty") return { kind: "mapping", items: [], start: 0, end: 0 };
    const { line, column, message } = error;
    throw new SopsError("config", `The configuration is not valid. ${message}`, {
      ...(line === undefined ? {} : { line }),
      ...(column === undefined ? {} : { column }),
      cause: error,
    });
  }
}

function readCreationRule(read: FieldReader, from: Mapping): CreationRule {
  const rule: Rule = {};
  for (const [name, written] of ruleNames) {
    const value = read.string(from, written);
    if (value !== "") rule[name] = value;
  }
  const threshold = read.integer(from, "shamir_threshold") ?? 0;
  const known = {
    ...rule,
    pathRegex: read.string(from, "path_regex") || undefined,
    hasKeyGroups: false,
    shamirThreshold: threshold === 0 ? undefined : threshold,
    macOnlyEncrypted: read.boolean(from, "mac_only_encrypted"),
    line: read.line(from),
  };
  try {
    const set = Object.keys(rule).length;
    if (set > 1) {
      throw read.error(from, `The rule has ${set} of the six settings that say which values are encrypted. Keep one.`);
    }
    const groups = read.mappings(from, "key_groups") ?? [];
    const hasKeyGroups = groups.length > 0;
    const keyGroups = hasKeyGroups
      ? groups.map((group) => withoutRepeats(readKeyGroup(read, group, 0)))
      : readKeys(read, from);
    return { ...known, hasKeyGroups, keyGroups, problem: undefined };
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return { ...known, keyGroups: [], problem: error };
  }
}

/** The lists of keys of a rule without key groups, as the only group (config.go, `getKeyGroupsFromCreationRule`). */
function readKeys(read: FieldReader, from: Mapping): ConfigKey[][] {
  const awsProfile = read.string(from, "aws_profile");
  return [
    Object.entries(flatTypes).flatMap(([name, type]) => {
      // An item of a list may hold several, too: sops puts all of them together and takes that apart.
      const texts = name === "hckms" ? read.strings(from, name) : read.stringOrStrings(from, name);
      const all = texts.join(",");
      const ids = all === "" ? [] : all.split(",");
      // Of these, sops passes over empty ones.
      const named = type === "hckms" || type === "hc_vault" ? ids.filter((id) => id.trim() !== "") : ids;
      return named.map((text) => toKey(type, text, type === "kms" ? { awsProfile } : {}));
    }),
  ];
}

const flatTypes: Readonly<Record<string, KeyType>> = {
  age: "age",
  pgp: "pgp",
  kms: "kms",
  gcp_kms: "gcp_kms",
  hckms: "hckms",
  azure_keyvault: "azure_kv",
  hc_vault_transit_uri: "hc_vault",
};

function readKeyGroup(read: FieldReader, from: Mapping, depth: number): ConfigKey[] {
  if (depth > 50) throw read.error(from, "The key groups under `merge` are nested too deep.");
  const merged = (read.mappings(from, "merge") ?? []).flatMap((group) => readKeyGroup(read, group, depth + 1));
  const keys = (type: KeyType, texts: string[]): ConfigKey[] => texts.map((text) => toKey(type, text));
  const list = (name: string): Mapping[] => read.mappings(from, name) ?? [];
  return [
    ...merged,
    ...keys(
      "age",
      read.strings(from, "age").flatMap((text) => (text === "" ? [] : text.split(","))),
    ),
    ...keys("pgp", read.strings(from, "pgp")),
    ...list("kms").map((key) =>
      toKey("kms", [read.string(key, "arn"), read.string(key, "role")].filter(Boolean).join("+"), {
        awsProfile: read.string(key, "aws_profile"),
        context: readContext(read, key),
      }),
    ),
    ...keys(
      "gcp_kms",
      list("gcp_kms").map((key) => read.string(key, "resource_id")),
    ),
    ...keys(
      "hckms",
      list("hckms").map((key) => read.string(key, "key_id")),
    ),
    ...keys(
      "azure_kv",
      list("azure_keyvault").map((key) => {
        const version = read.string(key, "version");
        return `${read.string(key, "vaultUrl")}/keys/${read.string(key, "key")}${version === "" ? "" : `/${version}`}`;
      }),
    ),
    ...keys("hc_vault", read.strings(from, "hc_vault")),
  ];
}

interface KmsSettings {
  readonly context?: ConfigKey["context"] | undefined;
  readonly awsProfile?: string | undefined;
}

function toKey(type: KeyType, text: string, { context, awsProfile = "" }: KmsSettings = {}): ConfigKey {
  return {
    type,
    id: type === "pgp" || type === "kms" || type === "gcp_kms" ? text.replaceAll(" ", "") : text.trim(),
    ...(context === undefined ? {} : { context }),
    ...(awsProfile === "" ? {} : { awsProfile }),
  };
}

/** Undefined if there is none. Values other than text are used as written, as go-yaml does for a map of strings. */
function readContext(read: FieldReader, key: Mapping): Record<string, string> | undefined {
  const from = read.mapping(key, "context");
  if (from === undefined || from.items.length === 0) return undefined;
  const context: [string, string][] = [];
  for (const item of from.items) {
    if (item.kind === "entry") context.push([item.key, read.string(from, item.key)]);
  }
  return Object.fromEntries(context);
}

/** Compares keys like sops: an ARN with another context or profile is another key (kms/keysource.go, `ToString`). */
function withoutRepeats(keys: readonly ConfigKey[]): ConfigKey[] {
  const nameOf = ({ type, id, context = {}, awsProfile }: ConfigKey) =>
    JSON.stringify([type, id, Object.entries(context).sort(), awsProfile]);
  return [...new Map(keys.map((key) => [nameOf(key), key])).values()];
}

function readDestinationRule(read: FieldReader, from: Mapping): DestinationRule {
  const fields = withJson(new Map<string, string>());
  for (const item of from.items) {
    if (item.kind !== "entry" || item.key === "path_regex" || item.key === "recreation_rule") continue;
    if (isScalar(item.value)) fields.set(item.key, read.string(from, item.key));
  }
  const recreation = read.mapping(from, "recreation_rule");
  return {
    pathRegex: read.string(from, "path_regex") || undefined,
    fields,
    recreationRule: recreation === undefined ? undefined : readCreationRule(read, recreation),
  };
}

function isScalar(node: Node): boolean {
  return node.kind === "leaf";
}

function readStores(read: FieldReader, stores: Mapping | undefined): StoresConfig {
  const indent = (name: string, standard: number): number | undefined => {
    const store = stores === undefined ? undefined : read.mapping(stores, name);
    const spaces = store === undefined ? undefined : read.integer(store, "indent");
    return spaces === standard ? undefined : spaces;
  };
  return { yaml: indent("yaml", 0), json: indent("json", -1), binary: indent("json_binary", -1) };
}
