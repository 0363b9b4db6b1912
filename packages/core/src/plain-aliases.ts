import { placeOf } from "./error-at.js";
import type { Document, Store } from "./store.js";
import { type Leaf, leavesOf } from "./tree.js";
import type { Warning } from "./warning.js";

/**
 * Warns of aliases that repeat an encrypted value where the rule leaves it in plain text: the same secret is then
 * readable a few lines below. sops does not warn.
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
  const message = `${subject} an encrypted value in a place that the rule leaves in plain text: the secret stays readable there. Select that place, too, or remove the alias.`;
  return [{ code: "plain_alias", message, line }];
}
