/** The requirements of sops on a `sops` block, beyond those for reading it. */
import { readLastModified } from "./last-modified.js";
import { damaged, keyTypes, type Metadata } from "./metadata.js";
import { canonicalBool } from "./scalars.js";
import type { Store } from "./store.js";
import { lookup, type Mapping, type Node } from "./tree.js";
import type { Warnings } from "./warning.js";

/** The versions of today, which need no closer look. */
const usualVersion = /^3\.[1-9]?\d\.\d$/;

/** Whether `lastmodified` is an unquoted time of YAML, which sops refuses from 3.13 on. */
export function isUnquotedTime(block: Mapping): boolean {
  const node = lookup(block, "lastmodified");
  return node?.kind === "leaf" && node.type === "time";
}

/** Whether sops reads a node as a list of mappings. A single mapping and null count, too. */
function isListOfMappings(node: Node | undefined): boolean {
  if (node === undefined || node.kind === "mapping") return true;
  if (node.kind === "leaf") return node.type === "null";
  return node.items.every(
    (item) => item.kind === "mapping" || item.kind === "comment" || (item.kind === "leaf" && item.type === "null"),
  );
}

/**
 * Rejects what sops cannot decode into its `metadata` and key types (stores/stores.go), although this engine does not
 * need it.
 */
function checkTypes(block: Mapping, { keyGroups }: Metadata): void {
  for (const name of [...keyTypes, "key_groups"]) {
    if (!isListOfMappings(lookup(block, name)))
      throw damaged(`has an entry \`${name}\` that is not a list of mappings`);
  }
  const text = (name: string) => {
    const node = lookup(block, name);
    return node?.kind === "leaf" && node.type === "str" ? String(node.text) : "";
  };
  const threshold = text("shamir_threshold");
  if (threshold !== "" && !/^[+-]?\d+$/.test(threshold)) throw damaged("has a `shamir_threshold` that is not a number");
  const only = text("mac_only_encrypted");
  if (only !== "" && canonicalBool(only) === undefined) {
    throw damaged("has a `mac_only_encrypted` that is neither true nor false");
  }
  for (const { type, fields } of keyGroups.flat()) {
    if (type === "age" || !keyTypes.includes(type)) continue;
    if (readLastModified(String(fields.get("created_at"))) === undefined) {
      throw damaged(`has a key under \`${type}\` whose \`created_at\` is not an RFC 3339 time`);
    }
    if (type === "hckms" && !/^\s*[^:\s][^:]*:.*\S/.test(String(fields.get("key_id")))) {
      throw damaged("has a key under `hckms` whose `key_id` is not of the form region:key");
    }
  }
}

/**
 * Rejects what sops rejects, and warns about what only this engine accepts. Formats unknown to sops are not checked.
 *
 * @throws {SopsError} `metadata`.
 */
export async function checkMetadata(
  block: Mapping,
  metadata: Metadata,
  store: Store,
  warnings: Warnings,
): Promise<void> {
  if (store.isExtension === true) return;
  checkTypes(block, metadata);
  const node = lookup(block, "version");
  if (node === undefined) {
    warnings.add("no_version", (await import("./on-demand.js")).noVersion);
  } else {
    const version = node.kind === "leaf" && node.type === "float" ? String(node.text) : metadata.version;
    if (!usualVersion.test(version)) (await import("./on-demand.js")).checkVersion(version);
  }
  if (isUnquotedTime(block)) {
    warnings.add("lastmodified", (await import("./on-demand.js")).unquotedTime, lookup(block, "lastmodified"));
  }
}
