/** What sops asks of a `sops` block beyond what it takes to read it. */
import { SopsError } from "./errors.js";
import { readLastModified } from "./last-modified.js";
import { damaged, keyTypes, type Metadata } from "./metadata.js";
import { canonicalBool } from "./scalars.js";
import type { Store } from "./store.js";
import { lookup, type Mapping, type Node } from "./tree.js";
import type { Warnings } from "./warning.js";

const largestUint64 = 2n ** 64n - 1n;
const semver =
  /^v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

/**
 * Whether sops takes a text for the version that wrote a file (version/version.go, `AIsNewerThanB`): a semantic
 * version, with or without `v`, or anything that begins as the versions of sops 1 do.
 */
export function isSopsVersion(text: string): boolean {
  if (text.startsWith("1.")) return true;
  const match = semver.exec(text);
  if (match === null) return false;
  const [, major, minor, patch, prerelease = ""] = match;
  const numbers = [major!, minor!, patch!, ...prerelease.split(".").filter((part) => /^\d+$/.test(part))];
  return numbers.every((number) => (number === "0" || !number.startsWith("0")) && BigInt(number) <= largestUint64);
}

/** Whether `lastmodified` is an unquoted time of YAML, which sops refuses from 3.13 on. */
export function isUnquotedTime(block: Mapping): boolean {
  const node = lookup(block, "lastmodified");
  return node?.kind === "leaf" && node.type === "time";
}

/** Whether sops reads a node as a list of mappings: one alone and null count, too. */
function isListOfMappings(node: Node | undefined): boolean {
  if (node === undefined || node.kind === "mapping") return true;
  if (node.kind === "leaf") return node.type === "null";
  return node.items.every(
    (item) => item.kind === "mapping" || item.kind === "comment" || (item.kind === "leaf" && item.type === "null"),
  );
}

/** What sops cannot read into the types of its `metadata` (stores/stores.go) and of its keys, though we need none of it. */
function checkTypes(block: Mapping, { keyGroups }: Metadata): void {
  for (const name of [...keyTypes, "key_groups"]) {
    if (!isListOfMappings(lookup(block, name)))
      throw damaged(`has something under \`${name}\` that is no list of mappings`);
  }
  const text = (name: string) => {
    const node = lookup(block, name);
    return node?.kind === "leaf" && node.type === "str" ? String(node.text) : "";
  };
  const threshold = text("shamir_threshold");
  if (threshold !== "" && !/^[+-]?\d+$/.test(threshold)) throw damaged("has a `shamir_threshold` that is no number");
  const only = text("mac_only_encrypted");
  if (only !== "" && canonicalBool(only) === undefined) {
    throw damaged("has a `mac_only_encrypted` that is neither true nor false");
  }
  for (const { type, fields } of keyGroups.flat()) {
    if (type === "age" || !keyTypes.includes(type)) continue;
    if (readLastModified(String(fields.get("created_at"))) === undefined) {
      throw damaged(`has a key under \`${type}\` whose \`created_at\` is no RFC 3339 time`);
    }
    if (type === "hckms" && !/^\s*[^:\s][^:]*:.*\S/.test(String(fields.get("key_id")))) {
      throw damaged("has a key under `hckms` whose `key_id` is not of the form region:key");
    }
  }
}

/**
 * Refuse what sops refuses, and warn of what is read here all the same. Formats that sops does not have are not asked.
 *
 * @throws {SopsError} `metadata`.
 */
export function checkMetadata(block: Mapping, metadata: Metadata, store: Store, warnings: Warnings): void {
  if (store.isExtension === true) return;
  checkTypes(block, metadata);
  const node = lookup(block, "version");
  if (node === undefined) {
    warnings.add(
      "no_version",
      "The `sops` block has no `version`, as in files of rops, and so sops refuses the file. Add `version` there, such as 3.13.3: the MAC does not cover it.",
    );
  } else if (!isSopsVersion(node.kind === "leaf" && node.type === "float" ? String(node.text) : metadata.version)) {
    throw new SopsError(
      "metadata",
      "`version` in the file's `sops` block is no version of sops, and so sops refuses the file, too. Restore the file from version control, or write `3.13.3` there: the MAC does not cover it.",
    );
  }
  if (isUnquotedTime(block)) {
    warnings.add(
      "lastmodified",
      "`lastmodified` in the `sops` block has no quotes, and so sops refuses the file from version 3.13 on. Put it in double quotes.",
      lookup(block, "lastmodified"),
    );
  }
}
