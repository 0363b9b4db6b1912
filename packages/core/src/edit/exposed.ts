import { placeOf } from "../error-at.js";
import type { Leaf } from "../tree.js";
import type { Unsealed } from "../unseal.js";
import { walk } from "../walk.js";
import type { Warning } from "../warning.js";

/** Shorter texts, such as numbers and `true`, are often repeated by chance. */
const tellingLength = 6;

/**
 * Warns of values that were encrypted in a file and are in plain text in the edited one: their key was renamed, they were
 * moved, or they lost the comment that marked them. sops does not warn.
 *
 * @param before - The file before the edit, decrypted.
 * @param after - The edited file, decrypted.
 */
export function warnOfExposed(before: Unsealed, after: Pick<Unsealed, "document" | "rule" | "ciphertexts">): Warning[] {
  const secretPlaces = new Set<string>();
  const secretTexts = new Set<string>();
  const plainTexts = new Set<string>();
  visitValues(before, (text, isEncrypted, path) => {
    if (!isEncrypted) plainTexts.add(text);
    else {
      secretTexts.add(text);
      secretPlaces.add(placeKey(path, text));
    }
  });
  const exposed: { readonly leaf: Leaf; readonly path: readonly string[] }[] = [];
  visitValues(after, (text, isEncrypted, path, leaf) => {
    if (isEncrypted) return;
    const isMoved = text.length >= tellingLength && secretTexts.has(text);
    if (!plainTexts.has(text) && (isMoved || secretPlaces.has(placeKey(path, text)))) exposed.push({ leaf, path });
  });
  const [first] = exposed;
  if (first === undefined) return [];
  const subject =
    exposed.length === 1
      ? "This value was encrypted before the edit and is"
      : `${exposed.length} values, this one first, were encrypted before the edit and are`;
  const message = `${subject} in plain text now, because the file's rule does not select it there. If that is not intended, edit the file again: give the key its earlier name, or put back the comment that marks it. If the file has left this machine, change the secret.`;
  const { start } = first.leaf;
  const line = start < 0 ? undefined : placeOf(after.document.source, start).line;
  return [{ code: "exposed", message, path: first.path, ...(line === undefined ? {} : { line }) }];
}

function visitValues(
  { document, rule, ciphertexts }: Pick<Unsealed, "document" | "rule" | "ciphertexts">,
  visit: (text: string, isEncrypted: boolean, path: readonly string[], leaf: Leaf) => void,
): void {
  const path: string[] = [];
  const visitor = {
    leaf(leaf: Leaf) {
      if (typeof leaf.text === "string" && leaf.text !== "") visit(leaf.text, ciphertexts.has(leaf), [...path], leaf);
      return undefined;
    },
    comment() {},
  };
  walk(document.branches, rule, visitor, path);
}

function placeKey(path: readonly string[], text: string): string {
  return JSON.stringify([path, text]);
}
