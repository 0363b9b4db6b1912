/** What can be typed as a key to encrypt: the names of a document, and the dotted paths to its values. */
import type { Mapping, Node } from "@isosops/core";
import { foldName, showSelector } from "@isosops/core/select";

/** Names and paths, in file order, each once. Where a name is there only once, its path says no more. */
export function listKeys(branches: readonly Mapping[]): string[] {
  const names = new Map<string, Set<string>>();
  const path: string[] = [];
  const visit = (node: Node): void => {
    if (node.kind === "leaf") return;
    for (const item of node.items) {
      if (item.kind === "comment") continue;
      if (item.kind !== "entry") {
        visit(item);
        continue;
      }
      if (path.length === 0 && item.key === "sops") continue;
      path.push(item.key);
      const paths = names.get(item.key) ?? new Set();
      names.set(item.key, paths.add(showSelector(path)));
      visit(item.value);
      path.pop();
    }
  };
  for (const branch of branches) visit(branch);
  const keys = [...names].flatMap(([name, paths]) => [showSelector([name]), ...paths]);
  return [...new Set(keys)];
}

/** More are not read. */
const mostShown = 12;

/**
 * Keys that begin with what was typed, then those of which a part does, then those that contain it. Case, and what separates words, does
 * not count.
 *
 * @param keys as {@link listKeys} gives them
 */
export function completeKey(keys: readonly string[], typed: string): string[] {
  const wanted = typed.trim().toLowerCase();
  const folded = foldName(wanted.slice(wanted.lastIndexOf(".") + 1));
  if (wanted === "") return keys.slice(0, mostShown);
  const ranked: string[][] = [[], [], []];
  for (const key of keys) {
    const lower = key.toLowerCase();
    if (lower.startsWith(wanted)) ranked[0]?.push(key);
    else if (folded === "") continue;
    else if (lower.split(".").some((part) => foldName(part).startsWith(folded))) ranked[1]?.push(key);
    else if (foldName(lower).includes(folded)) ranked[2]?.push(key);
  }
  return ranked.flat().slice(0, mostShown);
}
