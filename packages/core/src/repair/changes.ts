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
  /** Whether the values that both versions have are in a different order. */
  readonly reordered: boolean;
  /** Whether comments were added, removed, changed or moved. The MAC never covers them. */
  readonly comments: boolean;
  /** Whether the rule changed. */
  readonly rule: boolean;
  /** Whether `mac_only_encrypted` changed, which decides which values the MAC covers. */
  readonly macOnlyEncrypted: boolean;
  /** Whether the keys that decrypt it changed. */
  readonly readers: boolean;
}

/** Whether two versions differ in nothing but comments and ciphertexts. */
export function isSameButComments({ values, reordered, rule, macOnlyEncrypted, readers }: VersionChanges): boolean {
  return values.length === 0 && !(reordered || rule || macOnlyEncrypted || readers);
}

/** Compares a decrypted file with an earlier version of it. */
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
  const kept = [...current.keys()].filter((key) => old.has(key));
  const order = [...old.keys()].filter((key) => current.has(key));
  const comments = (branches: readonly Mapping[]) => JSON.stringify(commentsOf(branches));
  return {
    since: before.metadata.lastModified,
    values,
    reordered: order.some((key, index) => key !== kept[index]),
    comments: comments(before.branches) !== comments(after.branches),
    rule: !isSameRule(before.metadata.rule, after.metadata.rule),
    macOnlyEncrypted: before.metadata.macOnlyEncrypted !== after.metadata.macOnlyEncrypted,
    readers: readersOf(before.metadata) !== readersOf(after.metadata),
  };
}

interface PlacedLeaf {
  readonly path: readonly (string | number)[];
  /** Undefined for an empty list or mapping. */
  readonly leaf: Leaf | undefined;
}

function isSame(one: Leaf | undefined, other: Leaf | undefined): boolean {
  return one === undefined || other === undefined ? one === other : sameLeaf(one, other);
}

/** By path, with the kind of empty collections, and with text next to a value that sops ignores. Repeated keys are numbered. */
function valuesOf(branches: readonly Mapping[], isOne: boolean): Map<string, PlacedLeaf> {
  const found = new Map<string, PlacedLeaf>();
  const counts = new Map<string, number>();
  const add = (name: string, path: PlacedLeaf["path"], leaf: Leaf | undefined): void => {
    const key = JSON.stringify([name, ...path]);
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    found.set(`${key}${count}`, { path, leaf });
  };
  const visit = (node: Node, path: readonly (string | number)[]): void => {
    if (node.kind === "leaf") {
      add("", path, node);
      return;
    }
    let index = 0;
    for (const item of node.items) {
      if (item.kind === "comment") continue;
      if (item.kind !== "entry") {
        visit(item, [...path, index++]);
        continue;
      }
      index++;
      const own = [...path, item.key];
      visit(item.value, own);
      for (const { kind, name, leaf } of item.carried ?? []) if (kind !== "comment") add(`${kind} ${name}`, own, leaf);
    }
    if (index === 0) add(node.kind, path, undefined);
  };
  for (const [index, branch] of branches.entries()) visit(branch, isOne ? [] : [index]);
  return found;
}

/** The texts of the comments, each with the number of values before it. */
function commentsOf(branches: readonly Mapping[]): unknown[] {
  const found: unknown[] = [];
  let values = 0;
  const visit = (node: Node): void => {
    if (node.kind === "leaf") {
      values++;
      return;
    }
    for (const item of node.items) {
      if (item.kind === "comment") found.push([values, item.text]);
      else if (item.kind === "entry") visit(item.value);
      else visit(item);
    }
  };
  for (const branch of branches) visit(branch);
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
