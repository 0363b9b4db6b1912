import { type Entry, entry, type Mapping, mapping, type Node, SopsError, sequence } from "@isosops/core";

const mapSeparator = "__map_";
const listSeparator = "__list_";

/** More levels than sops ever writes. */
const deepest = 32;

/**
 * Flattens the `sops` block, for formats without nesting (stores/flatten.go): `age`, a list of mappings, becomes
 * `age__list_0__map_recipient` and so on. Empty and null values are omitted.
 *
 * @throws {SopsError} `unwritable` for a backslash before an n, which sops reads as a line break.
 */
export function flatten(block: Mapping): { name: string; text: string }[] {
  const flat: { name: string; text: string }[] = [];
  const visit = (node: Node, name: string): void => {
    if (node.kind === "leaf") {
      if (node.type === "null") return;
      const text = typeof node.text === "string" ? node.text : new TextDecoder().decode(node.text);
      if (text.includes("\\n")) throw ambiguous(name);
      flat.push({ name, text: node.type === "bool" ? text.toLowerCase() : text });
    } else if (node.kind === "mapping") {
      for (const item of node.items) {
        if (item.kind === "entry") visit(item.value, name === "" ? item.key : `${name}${mapSeparator}${item.key}`);
      }
    } else {
      let index = 0;
      for (const item of node.items) if (item.kind !== "comment") visit(item, `${name}${listSeparator}${index++}`);
    }
  };
  visit(block, "");
  return flat;
}

function ambiguous(name: string): SopsError {
  return new SopsError(
    "unwritable",
    `${JSON.stringify(name)} has a backslash before an n, which sops reads as a line break in this format. In a regular expression, write [n] for the n.`,
  );
}

interface Branch {
  /** The first entry that made it. */
  readonly first: Entry | undefined;
  value: Node | undefined;
  keys: Map<string, Branch>;
  indices: Map<number, Branch>;
}

/** Creates an error about an entry of the block. */
export type Damage = (entry: Entry, problem: string) => SopsError;

/**
 * The inverse of `flatten`.
 *
 * @throws The error that `damage` returns, if a name is repeated, stands for both a value and a collection, or a list
 * has a gap.
 */
export function unflatten(entries: readonly Entry[], damage: Damage): Mapping {
  const root = newBranch(entries[0]);
  for (const entry of entries) {
    const { key, value } = entry;
    const parts = key.split(/(__map_|__list_)/);
    if (parts.length > 2 * deepest) throw damaged(damage, entry, key, "is nested deeper than anything sops writes");
    let branch = root;
    for (let i = 0; i < parts.length; i += 2) branch = descend(branch, parts[i - 1], parts[i]!, entry);
    if (branch.value !== undefined) throw damaged(damage, entry, key, "is repeated");
    branch.value = value;
  }
  const node = convert(root, "", damage);
  return node.kind === "mapping" ? node : mapping();
}

function newBranch(first: Entry | undefined): Branch {
  return { first, value: undefined, keys: new Map(), indices: new Map() };
}

function descend(branch: Branch, separator: string | undefined, part: string, first: Entry): Branch {
  const isIndex = separator === listSeparator;
  // Go's `Atoi` returns 0 for invalid numbers, and sops does not check.
  const index = /^[+-]?\d+$/.test(part) ? Number(part) : 0;
  let next = isIndex ? branch.indices.get(index) : branch.keys.get(part);
  if (next === undefined) {
    next = newBranch(first);
    if (isIndex) branch.indices.set(index, next);
    else branch.keys.set(part, next);
  }
  return next;
}

function convert({ first, value, keys, indices }: Branch, name: string, damage: Damage): Node {
  const kinds = (value === undefined ? 0 : 1) + Math.min(keys.size, 1) + Math.min(indices.size, 1);
  if (kinds > 1) throw damaged(damage, first!, name, "is both a value and a list or mapping");
  if (value !== undefined) return value;
  if (indices.size > 0) {
    const items: Node[] = [];
    for (let index = 0; index < indices.size; index++) {
      const item = indices.get(index);
      if (item === undefined) throw damaged(damage, first!, name, "is a list with a gap");
      items.push(convert(item, `${name}${listSeparator}${index}`, damage));
    }
    return sequence(items);
  }
  const sorted = [...keys.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return mapping(
    sorted.map((key) =>
      entry(key, convert(keys.get(key)!, name === "" ? key : `${name}${mapSeparator}${key}`, damage)),
    ),
  );
}

function damaged(damage: Damage, entry: Entry, name: string, what: string): SopsError {
  const quoted = name.length > 100 ? `${name.slice(0, 100)}...` : name;
  return damage(
    entry,
    `In the file's \`sops\` block, ${JSON.stringify(quoted)} ${what}. It was truncated or edited by hand: restore the file from version control.`,
  );
}
