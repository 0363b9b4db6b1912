import { type Comment, type Entry, leaf, type Node, type Path, showPath } from "@isosops/core";
import { setPlainValues } from "@isosops/core/edit";
import { loadStore } from "@isosops/formats/load";
import { edit, inspect } from "isosops";
import { checkReaders } from "../encryption/encrypt-keys.js";
import type { Assignment } from "./assignment.js";
import type { Work } from "./change-items.js";
import { type Content, namingFile } from "./content.js";

/** Sets values in a text: encrypted by the rule of the text if it is encrypted, else in plain text. */
export async function setValues(
  content: Content,
  assignments: readonly Assignment[],
  { keys, ignoreMac }: Work,
): Promise<string> {
  const { text, format, name } = content;
  if (assignments.length === 0) return text;
  const metadata = await inspect(text, { format, filename: name });
  if (metadata !== undefined) checkReaders(metadata, { ...keys, filename: name });
  if (metadata === undefined) {
    const store = await loadStore(format);
    const values = assignments.map(({ path, value }) => ({ path, value: leaf("str", value) }));
    return (await setPlainValues(text, values, { store, filename: name })).text;
  }
  const edits = assignments.map(({ path, value }) => ({ set: path, value }));
  const options = { format, filename: name, identities: await keys.identities(), ignoreMac, idempotent: true };
  return (await namingFile(content, () => edit(text, edits, options))).text;
}

/** Notices about values that were set and that no key selects. */
export async function leftPlain(
  { format }: Content,
  text: string,
  assignments: readonly Assignment[],
): Promise<string[]> {
  const notices: string[] = [];
  if (assignments.length === 0) return notices;
  const { branches } = (await loadStore(format)).parse(text);
  for (const { path, value } of assignments) {
    if (value !== "" && isPlain(branches[0]!, path, value)) {
      notices.push(`${showPath(path)} was set, and is in plain text: no key names it.`);
    }
  }
  return notices;
}

function isPlain(root: Node, path: Path, value: string): boolean {
  let node: Node | undefined = root;
  for (const part of path) {
    if (node === undefined || node.kind === "leaf") return false;
    if (node.kind === "mapping") {
      const found: Entry | Comment | undefined = node.items.find((item) => item.kind === "entry" && item.key === part);
      node = found?.kind === "entry" ? found.value : undefined;
    } else {
      const items: Node[] = node.items.filter((item) => item.kind !== "comment");
      // An index beyond the end has added an item.
      node = typeof part === "number" ? items[Math.min(part, items.length - 1)] : undefined;
    }
  }
  return node?.kind === "leaf" && node.text === value;
}
