import { placeOf } from "./error-at.js";
import type { Document, Store } from "./store.js";
import { type Leaf, leavesOf } from "./tree.js";
import type { Warning } from "./warning.js";

/**
 * Warn of aliases that repeat an encrypted value where the rule leaves it plain, so that the same secret is readable a
 * few lines below. sops says nothing.
 */
export function warnOfPlainAliases(store: Store, document: Document, encrypted: ReadonlySet<Leaf>): Warning[] {
  const lines: number[] = [];
  for (const { node, original, start } of store.aliases?.(document) ?? []) {
    const copies = leavesOf([node]);
    const isPlain = leavesOf([original]).some((leaf, index) => encrypted.has(leaf) && !encrypted.has(copies[index]!));
    if (isPlain) lines.push(placeOf(document.source, start).line);
  }
  const [line] = lines;
  if (line === undefined) return [];
  const subject = lines.length === 1 ? "This alias repeats" : `${lines.length} aliases, this one first, repeat`;
  const message = `${subject} a value that is encrypted, in a place that the rule leaves plain: the secret stays readable there. Select that place too, or take the alias out.`;
  return [{ code: "plain_alias", message, line }];
}
