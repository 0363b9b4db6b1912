import { leaf, SopsError } from "@isosops/core";
import { parseSelector, targetFinder } from "@isosops/core/select";
import { shellPath } from "@isosops/core/verify";
import { loadStore } from "@isosops/formats/load";
import { base64 } from "@scure/base";
import { formatForPath } from "isosops";
import { GitopsError } from "../error.js";
import type { ClusterItem, ItemContent } from "./cluster-file.js";
import type { ClusterFiles } from "./cluster-files.js";
import type { Draft } from "./draft.js";
import { markedLeaves } from "./marked-leaves.js";

/** The content of a manifest or of an addon's values, wherever it is. */
export interface Content {
  readonly text: string;
  readonly format: "yaml" | "json";
  /** The file that contains it: its own, or the cluster file. */
  readonly path: string;
  /** Used in messages. */
  readonly name: string;
}

/** The name of an item in messages. */
export function describeItem({ kind, name }: Pick<ClusterItem, "kind" | "name">): string {
  return `${kind} ${name}`;
}

/** @throws {GitopsError} `unknown_item` for an addon without values. */
function contentOf(item: ClusterItem): ItemContent {
  if (item.content !== undefined) return item.content;
  throw new GitopsError(
    "unknown_item",
    `The addon ${item.name} has no values: give it \`configuration.from_file\` or \`configuration.values_base64\`.`,
  );
}

/**
 * The file that contains an item's content.
 *
 * @throws {GitopsError} `outside` if it is not in the repository.
 */
export async function locateContent(
  files: Pick<ClusterFiles, "locate">,
  clusterPath: string,
  item: ClusterItem,
): Promise<string> {
  const content = contentOf(item);
  return content.kind === "file" ? files.locate(clusterPath, content.path) : clusterPath;
}

/**
 * Reads an item's content.
 *
 * @throws {GitopsError} `unknown_item` if the item has none, `outside`, `missing_file`, or `cluster` if it is not
 * Base64.
 * @throws {SopsError} `syntax` if it is not UTF-8.
 */
export async function readContent(
  draft: Pick<Draft, "read">,
  files: Pick<ClusterFiles, "locate">,
  clusterPath: string,
  item: ClusterItem,
): Promise<Content> {
  const content = contentOf(item);
  const path = await locateContent(files, clusterPath, item);
  if (content.kind === "inline") {
    return {
      text: decodeInline(content, item),
      format: "yaml",
      path,
      name: `${describeItem(item)} (${content.field})`,
    };
  }
  if (path === clusterPath) {
    throw new GitopsError("cluster", `The ${describeItem(item)} names the cluster file itself as its \`from_file\`.`);
  }
  const format = formatForPath(path);
  if (format !== "yaml" && format !== "json") {
    throw new GitopsError(
      "missing_file",
      `${path}: the name of a manifest or of values must end in .yaml, .yml or .json, since sops goes by it.`,
    );
  }
  return { text: await draft.read(path), format, path, name: path };
}

/** @throws {GitopsError} `cluster`. */
export function decodeInline(
  { base64: written, field, line, column }: Extract<ItemContent, { kind: "inline" }>,
  item: Pick<ClusterItem, "kind" | "name">,
): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      base64.decode(written.replace(/[ \t\r\n]/g, "")),
    );
  } catch {
    // The cause would quote a part of it.
    throw new GitopsError(
      "cluster",
      `Line ${line}, column ${column}: \`${field}\` of the ${describeItem(item)} is not the Base64 of a text.`,
      [],
      undefined,
      { line, column },
    );
  }
}

/** Replaces the name in commands of an error by the file that contains the content. */
export async function namingFile<Result>({ name, path }: Content, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const command = `isosops repair ${shellPath(name)}`;
    if (name === path || !(error instanceof SopsError) || !error.message.includes(command)) throw error;
    const message = error.message.replaceAll(command, `isosops repair ${shellPath(path)}`);
    throw new SopsError(error.code, message, { cause: error });
  }
}

/** Replaces an item's content. */
export function changeContent(
  draft: Draft,
  clusterPath: string,
  item: ClusterItem,
  { path }: Pick<Content, "path">,
  text: string,
): void {
  const content = contentOf(item);
  if (content.kind === "file") {
    draft.change(path, text);
    return;
  }
  const encoded = encodeInline(text, content.base64);
  draft.set(clusterPath, { path: [...item.path, content.field], value: leaf("str", encoded) });
}

/** Encodes as Base64, with the line length of the text that it replaces. */
function encodeInline(text: string, like: string): string {
  const encoded = base64.encode(new TextEncoder().encode(text));
  const lines = like.trimEnd().split("\n");
  const width = lines.length > 1 ? lines[0]!.length : 0;
  const end = like.endsWith("\n") ? "\n" : "";
  if (width === 0) return encoded + end;
  const wrapped: string[] = [];
  for (let at = 0; at < encoded.length; at += width) wrapped.push(encoded.slice(at, at + width));
  return wrapped.join("\n") + end;
}

/**
 * Adds missing keys to an item's `encrypted_paths`. An unmatched key that differs from a new one only in case is
 * replaced.
 *
 * @returns the added keys
 */
export async function addMarks(
  draft: Draft,
  clusterPath: string,
  item: ClusterItem,
  content: Pick<Content, "text" | "format">,
  keys: readonly string[],
): Promise<string[]> {
  const present = new Set(item.marks.map(({ key }) => key));
  const added = [...new Set(keys)].filter((key) => !present.has(key));
  if (added.length === 0) return added;
  const { branches } = (await loadStore(content.format)).parse(content.text);
  const find = targetFinder(branches);
  const dead = item.marks.flatMap(({ key }, index) => (markedLeaves(find, key) === undefined ? [{ key, index }] : []));
  let end = item.marks.length;
  for (const key of added) {
    const names = new Set([key, lastName(key)].map((name) => name.toLowerCase()));
    const at = dead.findIndex((mark) => names.has(mark.key.toLowerCase()));
    const [replaced] = at === -1 ? [] : dead.splice(at, 1);
    draft.set(clusterPath, {
      path: [...item.path, "encrypted_paths", replaced?.index ?? end++],
      value: leaf("str", key),
    });
  }
  return added;
}

/** The last key of a path. */
function lastName(key: string): string {
  if (key.startsWith(".")) return key;
  const last = parseSelector(key).steps.at(-1);
  return last?.kind === "key" ? last.name : key;
}
