import { SopsError, showPath } from "./errors.js";
import { nearNames } from "./select/near.js";
import type { Comment, Entry, Mapping, Node, Sequence } from "./tree.js";

/** Keys of mappings and 0-based indices of lists, from the top of a document down. */
export type Path = readonly (string | number)[];

/**
 * Read a path as the sops command takes it: `["key"][0]['key']` (cmd/sops/main.go, `parseTreePath`). There are no
 * escapes: what stands between the quotes is the key as it is. Keys with a `[` in them, which sops cannot say, may
 * stand here too. Throws `SopsError` (`invalid_path`).
 */
export function parsePath(text: string): Path {
  const path: (string | number)[] = [];
  for (let at = 0; at < text.length; ) {
    const component = readComponent(text, at);
    if (component === undefined) {
      throw new SopsError(
        "invalid_path",
        `The path is wrong from character ${at + 1} on. Write keys in quotes and list indices from 0 as numbers, each in brackets: ["key"][0]["key"].`,
      );
    }
    path.push(component.part);
    at = component.end;
  }
  return path;
}

function readComponent(text: string, at: number): { part: string | number; end: number } | undefined {
  if (text[at] !== "[") return undefined;
  const quote = text[at + 1];
  if (quote === '"' || quote === "'") {
    // A quote within the key closes it only where its bracket ends the component too.
    for (let close = text.indexOf(`${quote}]`, at + 2); close !== -1; close = text.indexOf(`${quote}]`, close + 1)) {
      const end = close + 2;
      if (end === text.length || text[end] === "[") return { part: text.slice(at + 2, close), end };
    }
    return undefined;
  }
  const close = text.indexOf("]", at);
  const digits = text.slice(at + 1, close);
  if (close === -1 || !/^\+?\d{1,15}$/.test(digits)) return undefined;
  return { part: Number(digits), end: close + 1 };
}

/** Where a path leads: the collections on the way, and in each of them the place in `items` of what is next. */
export interface Found {
  readonly parents: readonly (Mapping | Sequence)[];
  readonly indices: readonly number[];
  /** How far the path could be followed; the whole path where there is something at its end. */
  readonly found: number;
  /** What is there. */
  readonly node: Node;
}

/** Follow a path as far as it goes. Of equal keys the first is meant, and comments are no list items. */
export function follow(root: Mapping, path: Path): Found {
  const parents: (Mapping | Sequence)[] = [];
  const indices: number[] = [];
  let node: Node = root;
  for (const part of path) {
    const index = node.kind === "leaf" ? -1 : indexOfPart(node, part);
    if (node.kind === "leaf" || index === -1) break;
    parents.push(node);
    indices.push(index);
    const item = node.items[index] as Entry | Node;
    node = item.kind === "entry" ? item.value : item;
  }
  return { parents, indices, found: parents.length, node };
}

function indexOfPart(node: Mapping | Sequence, part: string | number): number {
  const { kind, items }: { kind: string; items: readonly (Entry | Node | Comment)[] } = node;
  if (kind === "mapping") return items.findIndex((item) => item.kind === "entry" && item.key === part);
  if (typeof part !== "number") return -1;
  let count = 0;
  return items.findIndex((item) => item.kind !== "comment" && count++ === part);
}

/** What is at a path. Throws `SopsError` (`path_not_found`). */
export function lookupPath(root: Mapping, path: Path): Found {
  const place = follow(root, path);
  if (place.found < path.length) throw notFound(path, place);
  return place;
}

/** How many items a list has, comments not counted. */
export function lengthOf({ items }: Sequence): number {
  return items.reduce((count, item) => (item.kind === "comment" ? count : count + 1), 0);
}

/** The path leads nowhere: how far it can be followed, and what there is instead. */
export function notFound(path: Path, { node, found }: Pick<Found, "node" | "found">): SopsError {
  const part = path[found]!;
  const where = found === 0 ? "The document" : showPath(path.slice(0, found));
  let problem: string;
  if (node.kind === "leaf") {
    problem = `${where} is a single value, so nothing is below it.`;
  } else if (node.kind === "sequence") {
    const length = lengthOf(node);
    problem =
      typeof part === "string"
        ? `${where} is a list: give the index of an item, [0] for the first, instead of a key.`
        : `${where} is a list of ${length} ${length === 1 ? "item" : "items"}, counted from 0, and has no item ${part}.`;
  } else if (typeof part === "number") {
    problem = `${where} is a mapping: give a key in quotes, ["key"], instead of an index.`;
  } else {
    const keys = node.items.flatMap((item) => (item.kind === "entry" ? [item.key] : []));
    const near = nearNames(part, keys);
    const hint = near.length === 0 ? "" : ` Did you mean ${near.map((key) => JSON.stringify(key)).join(" or ")}?`;
    problem = `${where} has no key ${JSON.stringify(part)}.${hint}`;
  }
  return new SopsError("path_not_found", `${showPath(path)}: ${problem}`, { path: path.filter(isKey) });
}

export function isKey(part: string | number): part is string {
  return typeof part === "string";
}
