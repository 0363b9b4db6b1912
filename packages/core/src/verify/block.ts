import { isUnquotedTime } from "../check-metadata.js";
import { SopsError } from "../errors.js";
import type { MasterKey, MetadataValue } from "../keysource.js";
import { readLastModified } from "../last-modified.js";
import { versionsMerged } from "../merge-mark.js";
import { keyTypes, readFields } from "../metadata.js";
import { normalizeRule, type Rule, ruleNames } from "../rule.js";
import { canonicalBool } from "../scalars.js";
import { shellPath } from "../shell-word.js";
import { isSopsVersion } from "../sops-version.js";
import { lookup, type Mapping, type Node, type Place, placeOfNode } from "../tree.js";
import { mergedWithoutKey } from "../unseal-errors.js";
import { readForm } from "./ciphertext.js";
import type { Findings } from "./finding.js";

/** The readable contents of a `sops` block, with their places. */
export interface Block {
  readonly place: Place | undefined;
  /** Undefined if there is more than one. */
  readonly rule: Rule | undefined;
  readonly macOnlyEncrypted: boolean;
  readonly shamirThreshold: number | undefined;
  readonly keyGroups: readonly (readonly PlacedKey[])[];
}

/** A master key, and its place in the source. */
export interface PlacedKey extends MasterKey {
  readonly place: Place | undefined;
}

/** Checks a master key without any secret. */
export interface KeyCheck {
  readonly type: string;
  /** Returns what is wrong, to follow "The key", or undefined. */
  problem(key: MasterKey): string | undefined;
}

/** Options of {@link verifyDocument}. */
export interface BlockOptions {
  /** Whether the store has keys, and therefore a default rule. */
  readonly keyed: boolean;
  /** Whether sops supports the format. In other formats, other tools may, for example, write no version of sops. */
  readonly asSops: boolean;
  readonly checks: readonly KeyCheck[];
  /** Used in messages that suggest `isosops repair`. */
  readonly filename?: string | undefined;
}

const restore = "Restore it from version control.";

function sealAgain(filename: string | undefined): string {
  return `${restore} Otherwise review the changes, and seal the file again if they are intended: \`isosops repair ${shellPath(filename)}\`.`;
}

/** Parses a block and reports everything that is wrong with it. */
export function verifyBlock(block: Mapping, options: BlockOptions, findings: Findings): Block {
  const { keyed, asSops, checks, filename } = options;
  const place = placeOfNode(block);
  const reader = blockReader(block, findings);

  const lastModified = reader.text("lastmodified");
  if (lastModified === "") {
    findings.add("metadata", { message: `The \`sops\` block has no \`lastmodified\`. ${restore}`, place });
  } else if (readLastModified(lastModified) === undefined) {
    reader.damaged("lastmodified", "is not an RFC 3339 time (2026-01-31T10:00:00Z)");
  } else if (asSops && isUnquotedTime(block)) {
    findings.add("metadata", {
      message:
        "`lastmodified` in the `sops` block has no quotes, so sops 3.13 and later reject the file. Put it in double quotes.",
      place: reader.place("lastmodified"),
    });
  }

  const mac = reader.text("mac");
  if (mac === "") {
    findings.add("missing-mac", {
      message: `The file has no MAC, so nobody can tell whether values were added, removed or changed. ${sealAgain(filename)}`,
      place,
    });
  } else if (versionsMerged(mac) !== undefined) {
    findings.add("missing-mac", { message: mergedWithoutKey(filename).message, place: reader.place("mac") });
  } else {
    const form = readForm(mac);
    const problem = "problem" in form ? form.problem : form.type === "str" ? undefined : "is not of the type str";
    if (problem !== undefined) {
      findings.add("malformed-mac", {
        message: `The file's MAC ${problem}. ${sealAgain(filename)}`,
        place: reader.place("mac"),
      });
    }
  }

  const version = reader.text("version");
  if (asSops && !isSopsVersion(version)) {
    if (version === "")
      findings.add("metadata", { message: `The \`sops\` block has no \`version\`. ${restore}`, place });
    else reader.damaged("version", "is not a version of sops, such as 3.13.3");
  }

  const macOnlyEncrypted = reader.text("mac_only_encrypted");
  if (macOnlyEncrypted !== "" && canonicalBool(macOnlyEncrypted) === undefined) {
    reader.damaged("mac_only_encrypted", "is neither true nor false");
  }

  const keyGroups = readKeyGroups(block, findings);
  if (keyGroups.every((group) => group.length === 0)) {
    findings.add("no-keys", {
      message: `The \`sops\` block contains no key that the data key is wrapped for, so nobody can decrypt the file. ${restore}`,
      place,
    });
  }
  for (const key of keyGroups.flat()) verifyKey(key, checks, findings);

  const threshold = reader.text("shamir_threshold");
  const shamirThreshold = threshold === "" || threshold === "0" ? undefined : Number(threshold);
  if (shamirThreshold !== undefined) {
    if (!Number.isInteger(shamirThreshold) || shamirThreshold < 0) {
      reader.damaged("shamir_threshold", "is not a number of key groups");
    } else if (keyGroups.length > 1 && shamirThreshold > keyGroups.length) {
      reader.damaged("shamir_threshold", `asks for more key groups than the ${keyGroups.length} there are`);
    }
  }

  return {
    place,
    rule: readRule(reader, keyed, place, findings),
    macOnlyEncrypted: canonicalBool(macOnlyEncrypted) === "True",
    shamirThreshold,
    keyGroups,
  };
}

function readRule(reader: BlockReader, keyed: boolean, place: Place | undefined, findings: Findings): Rule | undefined {
  const rule: Rule = {};
  for (const [name, written] of ruleNames) rule[name] = reader.text(written);
  const set = ruleNames.filter(([name]) => rule[name] !== "").map(([, written]) => written);
  if (set.length < 2) return normalizeRule(rule, keyed);
  findings.add("invalid-rule", {
    message: `A file has one rule, and this one has ${set.join(" and ")}. ${restore}`,
    place: reader.place(set[1]!) ?? place,
  });
  return undefined;
}

interface BlockReader {
  /** The value as text, or "" if there is none. */
  text(name: string): string;
  place(name: string): Place | undefined;
  damaged(name: string, what: string): void;
}

function blockReader(block: Mapping, findings: Findings): BlockReader {
  const reader: BlockReader = {
    text(name) {
      const node = lookup(block, name);
      if (node === undefined || (node.kind === "leaf" && node.type === "null")) return "";
      if (node.kind === "leaf" && typeof node.text === "string") return node.spelling ?? node.text;
      reader.damaged(name, "is a list or mapping instead of a single value");
      return "";
    },
    place(name) {
      const node = lookup(block, name);
      return node === undefined ? undefined : placeOfNode(node);
    },
    damaged(name, what) {
      findings.add("metadata", {
        message: `\`${name}\` in the \`sops\` block ${what}. ${restore}`,
        place: reader.place(name),
      });
    },
  };
  return reader;
}

/** Like `readMetadata`, with places: the lists of the block itself, or its key groups. */
function readKeyGroups(block: Mapping, findings: Findings): PlacedKey[][] {
  const own = readKeys(block, findings);
  if (own.length > 0) return [own];
  const groups = lookup(block, "key_groups");
  if (groups === undefined || groups.kind === "leaf") return [];
  if (groups.kind === "mapping") {
    findings.add("metadata", {
      message: `\`key_groups\` in the \`sops\` block is not a list. ${restore}`,
      place: placeOfNode(groups),
    });
    return [];
  }
  const read: PlacedKey[][] = [];
  for (const [index, item] of groups.items.filter(isNode).entries()) {
    const keys = item.kind === "mapping" ? readKeys(item, findings) : [];
    if (keys.length === 0) {
      findings.add("no-keys", {
        message: `The key group ${index + 1} of the \`sops\` block contains no key, so its share of the data key is lost. ${restore}`,
        place: placeOfNode(item),
      });
    }
    read.push(keys);
  }
  return read;
}

function readKeys(from: Mapping, findings: Findings): PlacedKey[] {
  const keys: PlacedKey[] = [];
  for (const type of keyTypes) {
    const list = lookup(from, type);
    if (list === undefined || (list.kind === "leaf" && (list.type === "null" || list.text === ""))) continue;
    const items = list.kind === "sequence" ? list.items.filter(isNode) : [list];
    for (const item of items) {
      const fields = list.kind === "sequence" && item.kind === "mapping" ? fieldsOf(item) : undefined;
      if (fields !== undefined) keys.push({ type, fields, place: placeOfNode(item) });
      else {
        findings.add("malformed-key", {
          message: `An entry of \`${type}\` in the \`sops\` block is not a list of mappings. ${restore}`,
          place: placeOfNode(item),
        });
      }
    }
  }
  return keys;
}

function fieldsOf(item: Mapping): Map<string, MetadataValue> | undefined {
  try {
    return readFields(item);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return undefined;
  }
}

function verifyKey(key: PlacedKey, checks: readonly KeyCheck[], findings: Findings): void {
  const { type, fields, place } = key;
  const enc = fields.get("enc");
  const problem =
    typeof enc !== "string" || enc.trim() === ""
      ? "has no `enc`, the wrapped data key"
      : checks.find((check) => check.type === type)?.problem(key);
  if (problem === undefined) return;
  findings.add("malformed-key", {
    message: `A key under \`${type}\` in the \`sops\` block ${problem}. ${restore}`,
    place,
  });
}

function isNode<Item extends { kind: string }>(item: Item): item is Item & Node {
  return item.kind !== "comment";
}
