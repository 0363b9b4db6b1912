import type { Leaf, Node } from "@isosops/core";
import { SopsError, showPath } from "@isosops/core";

/** The punctuation between values. */
export interface JsonStyle {
  /** The line break, or "" for output on one line. */
  readonly newline: string;
  /** The indentation of one level. */
  readonly unit: string;
  readonly comma: string;
  readonly colon: string;
  readonly string: (text: string) => string;
}

/**
 * Appends the text of a node, without comments, like sops.
 *
 * @param indent - The indentation of the line that the node starts on.
 */
export function writeNode(pieces: string[], node: Node, style: JsonStyle, indent: string): void {
  if (node.kind === "leaf") {
    pieces.push(leafText(node, style.string));
    return;
  }
  const isMapping = node.kind === "mapping";
  const inner = indent + style.unit;
  let lead = (isMapping ? "{" : "[") + style.newline + inner;
  const between = style.comma + style.newline + inner;
  let isEmpty = true;
  for (const item of node.items) {
    if (item.kind === "comment") continue;
    pieces.push(lead);
    lead = between;
    isEmpty = false;
    if (item.kind === "entry") {
      pieces.push(style.string(item.key), style.colon);
      writeNode(pieces, item.value, style, inner);
    } else {
      writeNode(pieces, item, style, inner);
    }
  }
  if (isEmpty) pieces.push(isMapping ? "{}" : "[]");
  else pieces.push(style.newline, indent, isMapping ? "}" : "]");
}

const needsNoEscape = /^[ !#-[\]-~]*$/;

/** Like `JSON.stringify`, but faster for strings without escapes: most strings, and every encrypted value. */
export function quote(text: string): string {
  return needsNoEscape.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** A leaf in JSON. A time is written as a string. */
export function leafText(leaf: Leaf, string: (text: string) => string): string {
  const { type, text } = leaf;
  if (typeof text !== "string") return bytesText(text, string);
  switch (type) {
    case "int":
      return text;
    case "float":
      return floatText(text);
    case "bool":
      return text === "True" ? "true" : "false";
    case "null":
      return "null";
    default:
      return string(text);
  }
}

/** A float like Go's `json.Marshal` writes it: like JavaScript, except for minus zero. */
function floatText(text: string): string {
  if (text === "-0") return text;
  const value = Number(text);
  if (!Number.isFinite(value)) throw new NoJsonNumber();
  return String(value);
}

class NoJsonNumber extends Error {}

/** Runs a function that writes nodes. If JSON cannot hold one, the error names it. */
export function withPath<T>(root: Node, write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (!(error instanceof NoJsonNumber)) throw error;
    const path = pathToOddFloat(root, []) ?? [];
    throw new SopsError(
      "unsupported",
      `The value at ${showPath(path)} is infinite or not a number, which JSON does not support. Use YAML, or a string.`,
      { path },
    );
  }
}

function pathToOddFloat(node: Node, path: readonly string[]): readonly string[] | undefined {
  if (node.kind === "leaf") {
    return node.type === "float" && !Number.isFinite(Number(node.text)) ? path : undefined;
  }
  for (const item of node.items) {
    if (item.kind === "comment") continue;
    const found = item.kind === "entry" ? pathToOddFloat(item.value, [...path, item.key]) : pathToOddFloat(item, path);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Invalid UTF-8 like Go's `json.Marshal` writes it: `\ufffd` for every byte that does not start a character. */
function bytesText(bytes: Uint8Array, string: (text: string) => string): string {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const parts: string[] = [];
  let good = 0;
  const flush = (end: number) => {
    if (end > good) parts.push(string(decoder.decode(bytes.subarray(good, end))).slice(1, -1));
  };
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at);
    if (length > 0) {
      at += length;
    } else {
      flush(at);
      parts.push("\\ufffd");
      good = ++at;
    }
  }
  flush(bytes.length);
  return `"${parts.join("")}"`;
}

/** The length of the character at an offset, or 0 if it is invalid (RFC 3629, section 4). */
function characterLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  let low = 0x80;
  let high = 0xbf;
  if (first === 0xe0) low = 0xa0;
  else if (first === 0xed) high = 0x9f;
  else if (first === 0xf0) low = 0x90;
  else if (first === 0xf4) high = 0x8f;
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i] ?? 0;
    if (byte < low || byte > high) return 0;
    low = 0x80;
    high = 0xbf;
  }
  return length;
}
