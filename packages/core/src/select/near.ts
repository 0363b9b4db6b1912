import { distance } from "fastest-levenshtein";
import type { Mapping, Node } from "../tree.js";
import { type Selector, showSelector } from "./selector.js";

/** More would not help. */
const mostSuggestions = 3;

/** Comparing long paths is slow. */
const mostCompared = 100;

/** A key of the document, with the first path to it. */
interface Key {
  readonly key: string;
  readonly path: readonly string[];
}

/** Returns selectors that may have been meant instead of one that matches nothing, best first. */
export type NearFinder = (selector: Selector) => string[];

/** Creates a finder of similar selectors. Keys are indexed once. */
export function nearFinder(branches: readonly Mapping[]): NearFinder {
  let keys: readonly Key[] | undefined;
  return (selector) => {
    keys ??= listKeys(branches);
    return nearSelectors(keys, selector);
  };
}

function nearSelectors(keys: readonly Key[], { source, steps }: Selector): string[] {
  const names = steps.flatMap((step) => (step.kind === "key" ? [step.name] : []));
  const last = names.at(-1);
  if (last === undefined) return [];
  const ranks = new Map<string, number>();
  const suggest = (text: string, rank: number) => {
    if (text !== source && !ranks.has(text)) ranks.set(text, rank);
  };
  for (const { key, path } of keys) {
    // A different path to the same name is a better guess than a different name.
    if (steps.length > 1 && key === last) suggest(showSelector(path), 0);
    if (key === last && steps.some(({ kind }) => kind !== "key")) suggest(showSelector([key]), -1);
    // The dot may belong to the name.
    if (steps.length > 1 && key === source) suggest(showSelector([key]), 0);
    const rank = nearness(key, last);
    if (rank !== undefined) suggest(steps.length > 1 ? showSelector(path) : showSelector([key]), rank);
  }
  const dotted = source.replace(/^\.+/, "");
  if (dotted !== source && keys.some(({ path }) => showSelector(path) === dotted)) suggest(dotted, 0);
  return [...ranks]
    .map(([text, rank]) => ({ text, rank, far: Math.abs(text.length - source.length) }))
    .sort((a, b) => a.rank - b.rank || a.far - b.far)
    .slice(0, mostCompared)
    .map((suggestion) => ({ ...suggestion, far: distance(suggestion.text, source) }))
    .sort((a, b) => a.rank - b.rank || a.far - b.far)
    .slice(0, mostSuggestions)
    .map(({ text }) => text);
}

/** Names similar to a given one, best first. */
export function nearNames(name: string, names: readonly string[]): string[] {
  const ranked = [...new Set(names)].map((other) => ({ other, rank: nearness(other, name) }));
  return ranked
    .filter(({ rank }) => rank !== undefined)
    .sort((a, b) => a.rank! - b.rank!)
    .slice(0, mostSuggestions)
    .map(({ other }) => other);
}

/** The distance of two names, or undefined if they are not similar. */
function nearness(key: string, name: string): number | undefined {
  if (key === name) return undefined;
  const [a, b] = [foldName(key), foldName(name)];
  if (a === b) return 1;
  if (Math.abs(a.length - b.length) > 2 || b.length > 200) return undefined;
  const edits = distance(a, b);
  // If all letters differ, it is another name.
  if (edits >= Math.min(a.length, b.length)) return undefined;
  return edits <= Math.max(1, Math.floor(name.length / 4)) ? 1 + edits : undefined;
}

/** Normalizes a name: ignores case, and the separators that naming styles differ in. */
export function foldName(name: string): string {
  return name.toLowerCase().replace(/[-_. ]/g, "");
}

/** The keys of the document, each with the first path to it. */
function listKeys(branches: readonly Mapping[]): Key[] {
  const found = new Map<string, Key>();
  const path: string[] = [];
  const visit = (node: Node): void => {
    if (node.kind === "leaf") return;
    for (const item of node.items) {
      if (item.kind === "comment") continue;
      if (item.kind !== "entry") {
        visit(item);
        continue;
      }
      path.push(item.key);
      const id = path.join("\0");
      if (!found.has(id)) found.set(id, { key: item.key, path: [...path] });
      visit(item.value);
      path.pop();
    }
  };
  for (const branch of branches) visit(branch);
  return [...found.values()];
}
