import { type Entry, lookup, type Mapping, type Node } from "../tree.js";
import type { Selector, Step } from "./selector.js";

/** An entry that a selector names: all below it is wanted. */
export interface Target {
  readonly entry: Entry;
  /** Keys from the top down to the entry's own. */
  readonly path: readonly string[];
  /** The last key of the path that the selector names rather than passes over with a star. */
  readonly named: string | undefined;
}

/** The entries that a selector names, in file order. */
export function findTargets(branches: readonly Mapping[], selector: Selector): Target[] {
  const steps: readonly Step[] = selector.rooted ? selector.steps : [{ kind: "deep" }, ...selector.steps];
  const isAmbiguous = steps.filter(({ kind }) => kind === "deep").length > 1;
  const targets = new Map<Entry, Target>();
  for (const branch of branches) {
    for (const { node, path } of selector.rooted ? tops(branch) : [{ node: branch, path: [] }]) {
      descend({ steps, targets, tried: isAmbiguous ? new Map() : undefined, path }, node, 0, undefined);
    }
  }
  return [...targets.values()];
}

interface Search {
  readonly steps: readonly Step[];
  readonly targets: Map<Entry, Target>;
  /** The steps that were tried at an entry, where there can be several ways to get there with the same ones left. */
  readonly tried: Map<Entry, Set<number>> | undefined;
  path: string[];
}

/** The document, and of a Kubernetes `List` every object in its `items`. */
function tops(branch: Mapping): { node: Node; path: string[] }[] {
  const found: { node: Node; path: string[] }[] = [{ node: branch, path: [] }];
  const kind = lookup(branch, "kind");
  const items = lookup(branch, "items");
  if (
    kind?.kind === "leaf" &&
    typeof kind.text === "string" &&
    kind.text.endsWith("List") &&
    items?.kind === "sequence"
  ) {
    for (const item of items.items) if (item.kind === "mapping") found.push({ node: item, path: ["items"] });
  }
  return found;
}

/** Match the steps from the one at `index` on within a node; lists are walked through. */
function descend(search: Search, node: Node, index: number, named: string | undefined): void {
  if (node.kind === "leaf") return;
  for (const item of node.items) {
    if (item.kind === "comment") continue;
    if (item.kind !== "entry") {
      descend(search, item, index, named);
      continue;
    }
    search.path.push(item.key);
    matchEntry(search, item, index, named);
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
      // No level at all, or this one and more.
      matchEntry(search, entry, index + 1, named);
      descend(search, entry.value, index, named);
    }
  } else if (matchesKey(step, entry.key)) {
    const nowNamed = step.kind === "key" ? entry.key : named;
    // `data.**` names `data` itself too.
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
