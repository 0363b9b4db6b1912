/** Writing new nodes in the style of a file. */
import type { Node } from "@isosops/core";
import { canBePlain } from "../go-yaml/plain.js";
import { ScalarStyle } from "../go-yaml/tokens.js";
import { jsonQuoted } from "../preserve/json-text.js";
import { leastEscaped, preferSingleQuotes, quoted } from "../preserve/quotes.js";
import type { EditStyle } from "./style.js";

function keyText(key: string, { keys, isJson }: EditStyle, inFlow: boolean): string {
  if (isJson) return jsonQuoted(key);
  if (keys === ScalarStyle.double) return leastEscaped(key);
  if (keys !== ScalarStyle.single && canBePlain(key, inFlow, false)) return key;
  return keys === ScalarStyle.single ? preferSingleQuotes(key) : quoted(key);
}

/**
 * Longest key without a leading `?`. Readers look 1,024 characters ahead for its colon (PyYAML, and go-yaml like libyaml);
 * this leaves room for an anchor.
 */
const longestKey = 1000;

function scalarText({ values, isJson }: EditStyle): string {
  if (isJson) return '"x"';
  return values === ScalarStyle.double ? '"x"' : values === ScalarStyle.single ? "'x'" : "x";
}

/** An entry of a block mapping whose keys are at `column`. */
export function entryText(key: string, value: Node, column: number, style: EditStyle): string {
  const text = keyText(key, style, false);
  const introduction = text.length > longestKey ? `? ${text}${style.eol}${" ".repeat(column)}` : text;
  return `${introduction}:${textAfterKey(value, column, style)}`;
}

/** The text after the `:` of a key at `column`. */
export function textAfterKey(node: Node, column: number, style: EditStyle): string {
  const simple = simpleText(node, style);
  if (simple !== undefined) return ` ${simple}`;
  const { eol } = style;
  if (node.kind === "mapping") {
    const inner = column + style.indentWidth;
    return entryTexts(node, inner, style)
      .map((text) => eol + " ".repeat(inner) + text)
      .join("");
  }
  const dashes = column + style.listIndentWidth;
  return itemTexts(node, dashes, style)
    .map((text) => `${eol}${" ".repeat(dashes)}-${text}`)
    .join("");
}

/** The text after a dash at `column`. */
export function textAfterDash(node: Node, column: number, style: EditStyle): string {
  const simple = simpleText(node, style);
  if (simple !== undefined) return ` ${simple}`;
  const inner = column + 2;
  const lines =
    node.kind === "mapping" ? entryTexts(node, inner, style) : itemTexts(node, inner, style).map((text) => `-${text}`);
  return ` ${lines.join(style.eol + " ".repeat(inner))}`;
}

function entryTexts(node: Node, column: number, style: EditStyle): string[] {
  if (node.kind !== "mapping") return [];
  return node.items.flatMap((item) => (item.kind === "entry" ? [entryText(item.key, item.value, column, style)] : []));
}

function itemTexts(node: Node, column: number, style: EditStyle): string[] {
  if (node.kind !== "sequence") return [];
  return node.items.flatMap((item) => (item.kind === "comment" ? [] : [textAfterDash(item, column, style)]));
}

/** The text of a leaf or an empty collection; undefined for others. */
function simpleText(node: Node, style: EditStyle): string | undefined {
  if (node.kind === "leaf") return scalarText(style);
  if (node.items.some((item) => item.kind !== "comment")) return undefined;
  return node.kind === "mapping" ? "{}" : "[]";
}

/** A node as a scalar or a flow collection. */
export function flowNode(node: Node, style: EditStyle): string {
  const simple = simpleText(node, style);
  if (simple !== undefined) return simple;
  const parts: string[] = [];
  if (node.kind === "mapping") {
    for (const item of node.items) if (item.kind === "entry") parts.push(flowEntry(item.key, item.value, style));
    return `{${parts.join(", ")}}`;
  }
  if (node.kind === "sequence")
    for (const item of node.items) if (item.kind !== "comment") parts.push(flowNode(item, style));
  return `[${parts.join(", ")}]`;
}

/** An entry of a flow mapping. */
export function flowEntry(key: string, value: Node, style: EditStyle): string {
  const text = keyText(key, style, true);
  const introduction = text.length > longestKey && !style.isJson ? `? ${text} ` : text;
  return `${introduction}: ${flowNode(value, style)}`;
}
