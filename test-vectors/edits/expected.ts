/** What an edit has to come to, and what it may change in a text. */
import { expect } from "vitest";
import type { VectorNode } from "../../packages/formats/test/vectors/tree.js";
import type { SopsServer } from "../differential/sops.js";

export type Format = "yaml" | "json" | "dotenv" | "ini" | "binary";
export type Path = readonly (string | number)[];
export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };

export interface Edit {
  path: Path;
  /** Undefined to remove it. */
  value: Value | undefined;
}

export function* pathsOf(node: Value, path: Path = []): Iterable<Path> {
  yield path;
  if (Array.isArray(node)) for (const [index, item] of node.entries()) yield* pathsOf(item, [...path, index]);
  else if (node !== null && typeof node === "object") {
    for (const [key, value] of Object.entries(node)) yield* pathsOf(value, [...path, key]);
  }
}

export function valueAt(node: Value, path: Path): Value | undefined {
  return path.reduce<Value | undefined>((inner, part) => (inner as Record<string, Value> | undefined)?.[part], node);
}

/** The same change made to the data. */
export function edited(data: Value, path: Path, value: Value | undefined): Value {
  const copy = structuredClone(data);
  let parent = copy as Record<string | number, Value>;
  for (const part of path.slice(0, -1)) {
    parent[part] ??= {};
    parent = parent[part] as Record<string | number, Value>;
  }
  const last = path.at(-1)!;
  if (value !== undefined) parent[last] = value;
  else if (Array.isArray(parent)) parent.splice(last as number, 1);
  else delete parent[last];
  return copy;
}

/** What sops decrypts a text to; undefined where there is no sops. */
export async function treeOf(
  sops: SopsServer | undefined,
  text: string,
  format: Format,
): Promise<VectorNode[] | undefined> {
  if (sops === undefined) return undefined;
  const { exit, message, branches } = await sops.decrypt(text, { format });
  if (exit !== 0) throw new Error(`sops refuses it: ${message}`);
  return branches.map(withoutComments);
}

/** Comments are no part of what is edited, and what is below a key or in a list stays in its order. */
function withoutComments(node: VectorNode): VectorNode {
  if (node.m !== undefined) {
    const entries = node.m.filter(({ c }) => c === undefined);
    return { m: entries.map(({ k = "", v }) => ({ k, v: withoutComments(v!) })) };
  }
  if (node.s !== undefined) return { s: node.s.filter(({ c }) => c === undefined).map(withoutComments) };
  return { t: node.t!, x: node.x ?? "" };
}

/** The change as sops makes it: of equal keys the first, new ones at the end. */
export function editedTree(node: VectorNode, path: Path, value: Value | undefined): VectorNode {
  const [part, ...rest] = path;
  if (part === undefined) return treeOfValue(value!);
  if (node.s !== undefined) {
    const items = [...node.s];
    const index = part as number;
    if (value === undefined && rest.length === 0) items.splice(index, 1);
    else items[index] = editedTree(items[index] ?? {}, rest, value);
    return { s: items };
  }
  const entries = [...(node.m ?? [])];
  const index = entries.findIndex(({ k }) => k === part);
  if (value === undefined && rest.length === 0) entries.splice(index, 1);
  else {
    const at = index === -1 ? entries.length : index;
    entries[at] = { k: part as string, v: editedTree(entries[at]?.v ?? {}, rest, value) };
  }
  return { m: entries };
}

function treeOfValue(value: Value): VectorNode {
  if (value === null) return { t: "null", x: "" };
  if (typeof value === "string") return { t: "str", x: value };
  if (typeof value === "boolean") return { t: "bool", x: value ? "True" : "False" };
  if (typeof value === "number") {
    const x = Number.isInteger(value) ? String(BigInt(value)) : String(value);
    return { t: Number.isSafeInteger(value) ? "int" : "float", x };
  }
  if (Array.isArray(value)) return { s: value.map(treeOfValue) };
  return { m: Object.entries(value).map(([k, v]) => ({ k, v: treeOfValue(v) })) };
}

/** As sops makes them: a text of a document may look nearly like one. */
const ciphertext = /ENC\[AES256_GCM,data:[^,]*,iv:[^,]{44},[^\]\\]*/g;

/** Nothing but the lines of the value, `lastmodified` and `mac` differs, and all other ciphertexts are there, in order. */
export function checkLayout(about: string, before: string, after: string, data: Value, { path, value }: Edit): void {
  const [was, is] = [withoutStamp(before), withoutStamp(after)];
  const [old, now] = [was.split("\n"), is.split("\n")];
  let start = 0;
  while (start < Math.min(old.length, now.length) && old[start] === now[start]) start++;
  let end = 0;
  while (end < Math.min(old.length, now.length) - start && old.at(-1 - end) === now.at(-1 - end)) end++;
  const removed = old.slice(start, old.length - end);
  const added = now.slice(start, now.length - end);
  expect(removed.length, `${about}: lines taken out`).toBeLessThanOrEqual(
    mostLines(valueAt(data, path)) + commentLines(removed) + 2,
  );
  expect(added.length, `${about}: lines put in`).toBeLessThanOrEqual(mostLines(value) + commentLines(added) + 2);
  const [locked, lockedNow] = [was.match(ciphertext) ?? [], is.match(ciphertext) ?? []];
  const kept = locked.filter((text) => is.includes(text));
  expect(
    lockedNow.filter((text) => was.includes(text)),
    about,
  ).toEqual(kept);
  expect(locked.length - kept.length, `${about}: ciphertexts gone`).toBeLessThanOrEqual(
    countLeaves(valueAt(data, path)) + commentLines(removed),
  );
}

/** A text without the MAC and the time, which every edit changes. */
function withoutStamp(text: string): string {
  return text
    .replace(/((?:\b|_)mac["']?\s*[:=]\s*["']?)ENC\[[^\]\\]*/g, "$1")
    .replace(/((?:\b|_)lastmodified["']?\s*[:=]\s*["']?)[\dT:Z-]+/g, "$1");
}

function commentLines(lines: readonly string[]): number {
  return lines.filter((line) => /^\s*[#;]|type:comment\]|^\s*$/.test(line)).length;
}

/** How many lines a value may take: its brackets, keys and items each on their own, each line break of a text. */
function mostLines(value: Value | undefined): number {
  if (value === undefined || value === null) return 1;
  if (typeof value === "string") return 1 + value.split("\n").length;
  if (typeof value !== "object") return 1;
  return Object.values(value).reduce<number>((sum, item) => sum + mostLines(item), 2);
}

function countLeaves(value: Value | undefined): number {
  if (value === undefined || value === null || typeof value !== "object") return 1;
  return Object.values(value).reduce<number>((sum, item) => sum + countLeaves(item), 0);
}
