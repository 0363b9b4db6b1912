/** The differences between an encrypted file and an earlier version of it. */
import { sameLeaf } from "../edit/same-tree.js";
import type { Metadata } from "../metadata.js";
import { type Rule, ruleNames } from "../rule.js";
import type { Leaf, Mapping, Node } from "../tree.js";

/** A version of a file, decrypted, with a valid MAC. */
export interface SealedVersion {
  readonly branches: readonly Mapping[];
  readonly metadata: Metadata;
}

/** A value that differs between two versions. */
export interface ValueChange {
  readonly kind: "added" | "changed" | "removed";
  /** Keys and 0-based list indices. In a file with several documents, the 0-based index of the document comes first. */
  readonly path: readonly (string | number)[];
}

/** What changed since an earlier version of a file. */
export interface VersionChanges {
  /** `lastmodified` of the earlier version. */
  readonly since: string;
  /** In file order. Removed values come last. */
  readonly values: readonly ValueChange[];
  /** Whether the values are the same, but in a different order. */
  readonly reordered: boolean;
  /** Whether the rule changed. */
  readonly rule: boolean;
  /** Whether the keys that decrypt it changed. */
  readonly readers: boolean;
}

/** Compares a decrypted file with an earlier version of it. */
export function changesSince(before: SealedVersion, after: SealedVersion): VersionChanges {
  const isOne = before.branches.length === 1 && after.branches.length === 1;
  const [old, current] = [valuesOf(before.branches, isOne), valuesOf(after.branches, isOne)];
  const values: ValueChange[] = [];
  for (const [key, { path, leaf }] of current) {
    const known = old.get(key);
    if (known === undefined) values.push({ kind: "added", path });
    else if (!sameLeaf(known.leaf, leaf)) values.push({ kind: "changed", path });
  }
  for (const [key, { path }] of old) if (!current.has(key)) values.push({ kind: "removed", path });
  const keys = [...current.keys()];
  const reordered = values.length === 0 && [...old.keys()].some((key, index) => key !== keys[index]);
  return {
    since: before.metadata.lastModified,
    values,
    reordered,
    rule: !isSameRule(before.metadata.rule, after.metadata.rule),
    readers: readersOf(before.metadata) !== readersOf(after.metadata),
  };
}

interface PlacedLeaf {
  readonly path: readonly (string | number)[];
  readonly leaf: Leaf;
}

/** By path. Repeated keys are numbered. */
function valuesOf(branches: readonly Mapping[], isOne: boolean): Map<string, PlacedLeaf> {
  const found = new Map<string, PlacedLeaf>();
  const counts = new Map<string, number>();
  const visit = (node: Node, path: readonly (string | number)[]): void => {
    if (node.kind === "leaf") {
      const key = JSON.stringify(path);
      const count = counts.get(key) ?? 0;
      counts.set(key, count + 1);
      found.set(`${key}${count}`, { path, leaf: node });
    } else if (node.kind === "mapping") {
      for (const item of node.items) if (item.kind === "entry") visit(item.value, [...path, item.key]);
    } else {
      let index = 0;
      for (const item of node.items) if (item.kind !== "comment") visit(item, [...path, index++]);
    }
  };
  for (const [index, branch] of branches.entries()) visit(branch, isOne ? [] : [index]);
  return found;
}

function isSameRule(one: Rule, other: Rule): boolean {
  return ruleNames.every(([name]) => (one[name] ?? "") === (other[name] ?? ""));
}

/** The keys that the data key is wrapped for, without the wrapped data key. */
function readersOf({ keyGroups, shamirThreshold }: Metadata): string {
  const groups = keyGroups.map((group) =>
    group
      .map(({ type, fields }) =>
        JSON.stringify([type, [...fields].filter(([name]) => name !== "enc" && name !== "created_at").sort()]),
      )
      .sort(),
  );
  return JSON.stringify([groups, shamirThreshold ?? 0]);
}
