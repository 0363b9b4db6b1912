import { SopsError, showPath } from "../errors.js";
import { nearNames } from "../select/near.js";
import type { Comment, Entry, Mapping, Node, Sequence } from "../tree.js";
import type { Path } from "./parse-path.js";

/** The result of following a path: the collections on it, and the index in `items` of each. */
export interface Found {
  readonly parents: readonly (Mapping | Sequence)[];
  readonly indices: readonly number[];
  /** The number of components that were found. */
  readonly found: number;
  /** The node at the last component that was found. */
  readonly node: Node;
}

type Item = Entry | Node | Comment;

/**
 * Follows a path as far as possible. Of equal keys the first one counts.
 *
 * @param counts - Whether something in a list is an item. Default: comments are not.
 */
export function follow(root: Mapping, path: Path, counts: (item: Item) => boolean = isNoComment): Found {
  const parents: (Mapping | Sequence)[] = [];
  const indices: number[] = [];
  let node: Node = root;
  for (const part of path) {
    const index = node.kind === "leaf" ? -1 : indexOfPart(node, part, counts);
    if (node.kind === "leaf" || index === -1) break;
    parents.push(node);
    indices.push(index);
    const item = node.items[index] as Entry | Node;
    node = item.kind === "entry" ? item.value : item;
  }
  return { parents, indices, found: parents.length, node };
}

function isNoComment({ kind }: Item): boolean {
  return kind !== "comment";
}

function indexOfPart(node: Mapping | Sequence, part: string | number, counts: (item: Item) => boolean): number {
  const { kind, items }: { kind: string; items: readonly Item[] } = node;
  if (kind === "mapping") return items.findIndex((item) => item.kind === "entry" && item.key === part);
  if (typeof part !== "number") return -1;
  let count = 0;
  return items.findIndex((item) => counts(item) && count++ === part);
}

/**
 * Looks up a path.
 *
 * @throws {SopsError} `path_not_found`.
 */
export function lookupPath(root: Mapping, path: Path, counts?: (item: Item) => boolean): Found {
  const place = follow(root, path, counts);
  if (place.found < path.length) throw notFound(path, place);
  return place;
}

/** The number of items of a list, without comments. */
function lengthOf({ items }: Sequence): number {
  return items.reduce((count, item) => (item.kind === "comment" ? count : count + 1), 0);
}

/** The error for a missing path: how far it can be followed, and what is there instead. Its cause is the first part that is missing. */
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
  return new SopsError("path_not_found", `${showPath(path)}: ${problem}`, { path: path.filter(isKey), cause: part });
}

export function isKey(part: string | number): part is string {
  return typeof part === "string";
}
