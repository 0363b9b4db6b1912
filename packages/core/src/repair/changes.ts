/** What is another thing in an encrypted file than in an earlier version of it. */
import type { Metadata } from "../metadata.js";
import { type Rule, ruleNames } from "../rule.js";
import type { Leaf, Mapping, Node } from "../tree.js";

/** A version of a file, decrypted, and its MAC found right. */
export interface SealedVersion {
  readonly branches: readonly Mapping[];
  readonly metadata: Metadata;
}

/** A value that was changed, or is in one of the versions only. */
export interface ValueChange {
  readonly kind: "added" | "changed" | "removed";
  /** Keys and 0-based list indices; of a file of several documents, behind the 0-based index of the document. */
  readonly path: readonly (string | number)[];
}

export interface VersionChanges {
  /** When the earlier version was sealed, as its `lastmodified` has it. */
  readonly since: string;
  /** In file order; those that were removed last. */
  readonly values: readonly ValueChange[];
  /** The values are the same, and stand in another order. */
  readonly reordered: boolean;
  /** Whether the file has another rule than it had. */
  readonly rule: boolean;
  /** Whether other keys open it. */
  readonly readers: boolean;
}

/** Compare a decrypted file with an earlier version of it. */
export function changesSince(before: SealedVersion, after: SealedVersion): VersionChanges {
  const isOne = before.branches.length === 1 && after.branches.length === 1;
  const [old, current] = [valuesOf(before.branches, isOne), valuesOf(after.branches, isOne)];
  const values: ValueChange[] = [];
  for (const [key, { path, leaf }] of current) {
    const known = old.get(key);
    if (known === undefined) values.push({ kind: "added", path });
    else if (!isSame(known.leaf, leaf)) values.push({ kind: "changed", path });
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

/** By their paths; a key that stands more than once counts as often. */
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

function isSame(one: Leaf, other: Leaf): boolean {
  if (one.type !== other.type) return false;
  if (typeof one.text === "string" || typeof other.text === "string") return one.text === other.text;
  return (
    one.text.length === other.text.length && one.text.every((byte, index) => byte === (other.text[index] as number))
  );
}

function isSameRule(one: Rule, other: Rule): boolean {
  return ruleNames.every(([name]) => (one[name] ?? "") === (other[name] ?? ""));
}

/** Whom the data key is wrapped for, without what it is wrapped to. */
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
