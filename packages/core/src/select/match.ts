import type { Entry, Mapping, Node } from "../tree.js";
import type { Selector, Step } from "./selector.js";

/** An entry that a selector matches. Everything below it is wanted. */
export interface Target {
  readonly entry: Entry;
  /** Keys from the top down to the entry's own. */
  readonly path: readonly string[];
  /** The last key of the path that the selector names explicitly, not by a star. */
  readonly named: string | undefined;
}

/** Returns the entries that a selector matches, in file order. */
export type TargetFinder = (selector: Selector) => Target[];

/**
 * Creates a finder for many selectors over the same branches. Keys are indexed once, so that a thousand names do not
 * take a thousand walks. The tree must not change.
 */
export function targetFinder(branches: readonly Mapping[]): TargetFinder {
  const children = childIndex();
  let byName: ReadonlyMap<string, readonly Way[]> | undefined;
  return (selector) => {
    const [first] = selector.steps;
    if (!selector.rooted && selector.steps.length === 1 && first?.kind === "key") {
      byName ??= waysByName(branches);
      return (byName.get(first.name) ?? []).map((way) => ({
        entry: way.entry,
        path: pathOf(way),
        named: way.entry.key,
      }));
    }
    return search(branches, selector, children);
  };
}

/** The entries that one selector matches, in file order. */
export function findTargets(branches: readonly Mapping[], selector: Selector): Target[] {
  return targetFinder(branches)(selector);
}

/** An entry, and its parent. */
interface Way {
  readonly entry: Entry;
  readonly above: Way | undefined;
}

function waysByName(branches: readonly Mapping[]): Map<string, Way[]> {
  const ways = new Map<string, Way[]>();
  const visit = (node: Node, above: Way | undefined): void => {
    if (node.kind === "leaf") return;
    for (const item of node.items) {
      if (item.kind === "comment") continue;
      if (item.kind !== "entry") {
        visit(item, above);
        continue;
      }
      const way = { entry: item, above };
      const others = ways.get(item.key);
      if (others === undefined) ways.set(item.key, [way]);
      else others.push(way);
      visit(item.value, way);
    }
  };
  for (const branch of branches) visit(branch, undefined);
  return ways;
}

function pathOf(way: Way): string[] {
  const path: string[] = [];
  for (let at: Way | undefined = way; at !== undefined; at = at.above) path.push(at.entry.key);
  return path.reverse();
}

/** The entries with a key in a node, in file order. Looks through lists. */
type Children = (node: Node, key: string) => readonly Entry[];

function childIndex(): Children {
  const indices = new Map<Node, Map<string, Entry[]>>();
  return (node, key) => {
    let index = indices.get(node);
    if (index === undefined) {
      index = new Map();
      for (const entry of entriesWithin(node)) {
        const others = index.get(entry.key);
        if (others === undefined) index.set(entry.key, [entry]);
        else others.push(entry);
      }
      indices.set(node, index);
    }
    return index.get(key) ?? [];
  };
}

/** The entries of a mapping, or of the mappings in a list. */
function* entriesWithin(node: Node): Generator<Entry> {
  if (node.kind === "leaf") return;
  for (const item of node.items) {
    if (item.kind === "entry") yield item;
    else if (item.kind !== "comment") yield* entriesWithin(item);
  }
}

interface Search {
  readonly steps: readonly Step[];
  readonly targets: Map<Entry, Target>;
  readonly children: Children;
  /** The steps already tried at an entry, if it can be reached in several ways with the same remaining steps. */
  readonly tried: Map<Entry, Set<number>> | undefined;
  path: string[];
}

function search(branches: readonly Mapping[], selector: Selector, children: Children): Target[] {
  const steps: readonly Step[] = selector.rooted ? selector.steps : [{ kind: "deep" }, ...selector.steps];
  const isAmbiguous = steps.filter(({ kind }) => kind === "deep").length > 1;
  const targets = new Map<Entry, Target>();
  for (const branch of branches) {
    for (const { node, path } of selector.rooted ? tops(branch, children) : [{ node: branch, path: [] }]) {
      descend({ steps, targets, children, tried: isAmbiguous ? new Map() : undefined, path }, node, 0, undefined);
    }
  }
  return [...targets.values()];
}

/** The document, and for a Kubernetes `List` the objects in its `items`. */
function tops(branch: Mapping, children: Children): { node: Node; path: string[] }[] {
  const found: { node: Node; path: string[] }[] = [{ node: branch, path: [] }];
  const kind = children(branch, "kind").at(-1)?.value;
  const items = children(branch, "items").at(-1)?.value;
  if (
    kind?.kind === "leaf" &&
    typeof kind.text === "string" &&
    kind.text.endsWith("List") &&
    items?.kind === "sequence"
  ) {
    found.push({ node: items, path: ["items"] });
  }
  return found;
}

/** Matches the steps from `index` on in a node. Looks through lists. */
function descend(search: Search, node: Node, index: number, named: string | undefined): void {
  const step = search.steps[index]!;
  const entries = step.kind === "key" ? search.children(node, step.name) : entriesWithin(node);
  for (const entry of entries) {
    search.path.push(entry.key);
    matchEntry(search, entry, index, named);
    search.path.pop();
  }
}

function matchEntry(search: Search, entry: Entry, index: number, named: string | undefined): void {
  const { steps, tried } = search;
  if (tried !== undefined) {
    const indices = tried.get(entry) ?? new Set();
    if (indices.has(index)) return;
    tried.set(entry, indices.add(index));
  }
  const step = steps[index]!;
  const isLast = index === steps.length - 1;
  if (step.kind === "deep") {
    if (isLast) add(search, entry, named);
    else {
      // Zero levels, or this one and more.
      matchEntry(search, entry, index + 1, named);
      descend(search, entry.value, index, named);
    }
  } else if (matchesKey(step, entry.key)) {
    const nowNamed = step.kind === "key" ? entry.key : named;
    // `data.**` matches `data` itself, too.
    if (isLast || isEndless(steps, index + 1)) add(search, entry, nowNamed);
    else descend(search, entry.value, index + 1, nowNamed);
  }
}

function isEndless(steps: readonly Step[], index: number): boolean {
  return index === steps.length - 1 && steps[index]!.kind === "deep";
}

function matchesKey(step: Step, key: string): boolean {
  return step.kind === "any" || (step.kind === "key" && step.name === key);
}

function add({ targets, path }: Search, entry: Entry, named: string | undefined): void {
  if (!targets.has(entry)) targets.set(entry, { entry, path: [...path], named });
}
