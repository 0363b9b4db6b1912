import { placeOf } from "./error-at.js";
import type { Document, Store } from "./store.js";
import { type Leaf, leavesOf } from "./tree.js";
import type { Warning } from "./warning.js";

/**
 * Warns of aliases that repeat an encrypted value where the rule leaves it in plain text: the same secret is then
 * readable a few lines below. sops does not warn.
 */
export async function warnOfPlainAliases(
  store: Store,
  document: Document,
  encrypted: ReadonlySet<Leaf>,
): Promise<Warning[]> {
  const lines: number[] = [];
  for (const { node, original, start } of store.aliases?.(document) ?? []) {
    const copies = leavesOf([node]);
    const isPlain = leavesOf([original]).some((leaf, index) => encrypted.has(leaf) && !encrypted.has(copies[index]!));
    if (isPlain) lines.push(placeOf(document.source, start).line);
  }
  return lines.length === 0 ? [] : [(await import("./encrypt-on-demand.js")).plainAlias(lines)];
}
