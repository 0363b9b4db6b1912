/** What makes nodes of several trees the same. */
import type { Comment, Entry, Mapping, Node, Sequence } from "../tree.js";

/** An entry of a mapping or an item of a list, with the comments before it. */
export interface Item {
  /** The key; undefined in a list. */
  readonly key: string | undefined;
  readonly comments: readonly Comment[];
  readonly value: Node;
  readonly source: Entry | Node;
}

/** The items of a collection, and the comments after the last one. */
export interface Items {
  readonly items: readonly Item[];
  readonly rest: readonly Comment[];
}

const known = new WeakMap<Mapping | Sequence, Items>();

/** The items of a collection. Comments belong to what follows them. */
export function itemsOf(collection: Mapping | Sequence): Items {
  const before = known.get(collection);
  if (before !== undefined) return before;
  const items: Item[] = [];
  let comments: Comment[] = [];
  for (const item of collection.items as readonly (Entry | Comment | Node)[]) {
    if (item.kind === "comment") {
      comments.push(item);
      continue;
    }
    const isEntry = item.kind === "entry";
    items.push({ key: isEntry ? item.key : undefined, comments, value: isEntry ? item.value : item, source: item });
    comments = [];
  }
  const found = { items, rest: comments };
  known.set(collection, found);
  return found;
}

/** Numbers nodes so that those with equal contents, comments included, get the same number. */
export interface Numbering {
  ofNode(node: Node): number;
  ofComments(comments: readonly Comment[]): number;
  /** Of an item with its comments, and with the text beside it that sops ignores. Not of its key. */
  ofItem(item: Item): number;
}

export function createNumbering(): Numbering {
  const numbers = new Map<string, number>();
  const ofNodes = new WeakMap<Node, number>();
  const numberOf = (content: string): number => {
    const found = numbers.get(content);
    if (found !== undefined) return found;
    numbers.set(content, numbers.size);
    return numbers.size - 1;
  };
  const ofComments = (comments: readonly Comment[]): number =>
    numberOf(`#${JSON.stringify(comments.map(({ text }) => text))}`);
  const ofItem = ({ comments, value, source }: Item): number => {
    const carried = source.kind === "entry" ? source.carried : undefined;
    const beside = carried?.map(({ kind, name, leaf }) => [kind, name, contentOf(leaf.text)]) ?? [];
    return numberOf(`i${JSON.stringify([ofComments(comments), ofNode(value), beside])}`);
  };
  const ofNode = (node: Node): number => {
    const found = ofNodes.get(node);
    if (found !== undefined) return found;
    let content: string;
    if (node.kind === "leaf") content = `l${JSON.stringify([node.type, contentOf(node.text)])}`;
    else {
      const { items, rest } = itemsOf(node);
      content = `${node.kind[0]}${JSON.stringify([ofComments(rest), items.map((item) => [item.key, ofItem(item)])])}`;
    }
    const number = numberOf(content);
    ofNodes.set(node, number);
    return number;
  };
  return { ofNode, ofComments, ofItem };
}

function contentOf(text: string | Uint8Array): unknown {
  return typeof text === "string" ? text : [...text];
}

/** Keys by which the items of a list are told apart, most telling first: those of Kubernetes (`patchMergeKey`), and common ones. */
const identifyingKeys: readonly string[] = [
  "name",
  "id",
  "key",
  "uid",
  "mountPath",
  "devicePath",
  "containerPort",
  "topologyKey",
  "ip",
  "port",
  "host",
  "path",
  "alias",
];

/**
 * Finds what identifies the items of several versions of a list, if something does: an object of Kubernetes by its kind
 * and name, another mapping by a key whose value each has, and none has twice.
 */
export function identityOf(lists: readonly (readonly Item[])[]): ((item: Item) => string) | undefined {
  const ways = [objectName, ...identifyingKeys.map((key) => (value: Node) => leafText(value, key))];
  const way = ways.find((name) =>
    lists.every((items) => {
      const names = items.map(({ value }) => name(value));
      return !names.includes(undefined) && new Set(names).size === names.length;
    }),
  );
  return lists.every((items) => items.length === 0) || way === undefined ? undefined : ({ value }) => way(value)!;
}

function objectName(value: Node): string | undefined {
  const metadata = valueAtKey(value, "metadata");
  const name = metadata === undefined ? undefined : leafText(metadata, "name");
  const kind = leafText(value, "kind");
  if (metadata === undefined || name === undefined || kind === undefined) return undefined;
  return JSON.stringify([leafText(value, "apiVersion") ?? "", kind, leafText(metadata, "namespace") ?? "", name]);
}

function leafText(value: Node, key: string): string | undefined {
  const found = valueAtKey(value, key);
  return found?.kind === "leaf" && found.type !== "null" && typeof found.text === "string" && found.text !== ""
    ? found.text
    : undefined;
}

function valueAtKey(value: Node, key: string): Node | undefined {
  if (value.kind !== "mapping") return undefined;
  return itemsOf(value).items.find((item) => item.key === key)?.value;
}
