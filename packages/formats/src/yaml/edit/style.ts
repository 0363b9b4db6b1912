import type { Node } from "@isosops/core";
import { isBlank, isBreak } from "../go-yaml/characters.js";
import { RawKind, type RawNode } from "../go-yaml/compose.js";
import { canBePlain } from "../go-yaml/plain.js";
import { ciphertextStyle, holdsString, isCiphertext } from "../preserve/ciphertext.js";
import { columnOf } from "../preserve/render.js";
import { doubleQuoted, jsonQuoted, quoted, singleQuoted } from "../preserve/scalar-text.js";
import { ScalarStyle } from "../tree/leaf-style.js";

/** How new nodes are written. Their leaves are placeholders, whose quotes alone matter. */
export interface EditStyle {
  readonly eol: string;
  /** Columns between a key and the keys below it, and between a key and the dashes below it. */
  readonly step: number;
  readonly listStep: number;
  /** `ScalarStyle`s. */
  readonly keys: number;
  readonly values: number;
  /** The text is JSON, and stays so. */
  readonly isJson: boolean;
}

const defaultStep = 4;

/** The style of a document, and of the quotes in one of its collections. */
export function styleOf(source: string, root: RawNode, collection: RawNode, isJson: boolean): EditStyle {
  const measure = { step: 0, listStep: -1 };
  const own = pairs(root).filter(([key]) => keyName(key) !== "sops");
  for (const [key, value] of own) measureBelow(source, key, value, measure);
  if (measure.step === 0) measure.step = Math.max(0, measure.listStep);
  if (measure.step === 0) {
    const sops = { step: 0, listStep: -1 };
    for (const [key, value] of pairs(root)) measureBelow(source, key, value, sops);
    measure.step = sops.step || defaultStep;
  }
  const siblings = collection === root ? own : collection.kind === RawKind.mapping ? pairs(collection) : [];
  const last = siblings.at(-1);
  const values = collection.kind === RawKind.mapping ? siblings.map(([, value]) => value) : collection.content;
  const scalar = values.findLast(({ kind, value }) => kind === RawKind.scalar && value !== "");
  return {
    eol: /\r\n|[\r\n]/.exec(source)?.[0] ?? "\n",
    step: measure.step,
    listStep: measure.listStep === -1 ? measure.step : measure.listStep,
    keys: quoteOf(last?.[0].style),
    values: scalar === undefined || isBare(source, scalar) ? ScalarStyle.plain : quoteOf(scalar.style),
    isJson,
  };
}

/** A ciphertext may have quotes for its own sake. */
function isBare(source: string, { value, start, end, flow }: RawNode): boolean {
  if (!isCiphertext(value)) return false;
  return (flow && !holdsString(value)) || ciphertextStyle(source, start, end) !== undefined;
}

function quoteOf(style: number | undefined): number {
  return style === ScalarStyle.single || style === ScalarStyle.double ? style : ScalarStyle.plain;
}

/** Keys and values. */
export function pairs({ content }: RawNode): [RawNode, RawNode][] {
  const all: [RawNode, RawNode][] = [];
  for (let i = 0; i + 1 < content.length; i += 2) all.push([content[i]!, content[i + 1]!]);
  return all;
}

export function keyName(key: RawNode): string {
  return key.kind === RawKind.alias ? key.target!.value : key.value;
}

function measureBelow(source: string, key: RawNode, value: RawNode, measure: { step: number; listStep: number }): void {
  if (value.flow || (measure.step > 0 && measure.listStep >= 0)) return;
  const stack: [RawNode | undefined, RawNode][] = [[key, value]];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const [above, node] = next;
    if (node.flow || (node.kind !== RawKind.mapping && node.kind !== RawKind.sequence)) continue;
    if (above !== undefined) {
      const columns = columnOf(source, node.start) - columnOf(source, above.start);
      if (node.kind === RawKind.sequence) {
        if (measure.listStep === -1 && columns >= 0 && columns < 10) measure.listStep = columns;
      } else if (measure.step === 0 && columns > 0 && columns < 10) measure.step = columns;
    }
    if (measure.step > 0 && measure.listStep >= 0) return;
    if (node.kind === RawKind.sequence) for (const item of node.content) stack.push([undefined, item]);
    else stack.push(...pairs(node));
  }
}

function keyText(key: string, { keys, isJson }: EditStyle, inFlow: boolean): string {
  if (isJson) return jsonQuoted(key);
  if (keys === ScalarStyle.double) return doubleQuoted(key);
  if (keys !== ScalarStyle.single && canBePlain(key, inFlow, false)) return key;
  return keys === ScalarStyle.single ? (singleQuoted(key) ?? doubleQuoted(key)) : quoted(key);
}

/**
 * Readers look no more than 1,024 characters ahead for the colon of a key that has no `?` before it (PyYAML, and go-yaml
 * as libyaml does); with room for an anchor.
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

/** What stands behind the `:` of a key at `column`. */
export function textAfterKey(node: Node, column: number, style: EditStyle): string {
  const simple = simpleText(node, style);
  if (simple !== undefined) return ` ${simple}`;
  const { eol } = style;
  if (node.kind === "mapping") {
    const inner = column + style.step;
    return entries(node, inner, style)
      .map((text) => eol + " ".repeat(inner) + text)
      .join("");
  }
  const dashes = column + style.listStep;
  return items(node, dashes, style)
    .map((text) => `${eol}${" ".repeat(dashes)}-${text}`)
    .join("");
}

/** What stands behind a dash at `column`. */
export function textAfterDash(node: Node, column: number, style: EditStyle): string {
  const simple = simpleText(node, style);
  if (simple !== undefined) return ` ${simple}`;
  const inner = column + 2;
  const lines =
    node.kind === "mapping" ? entries(node, inner, style) : items(node, inner, style).map((text) => `-${text}`);
  return ` ${lines.join(style.eol + " ".repeat(inner))}`;
}

function entries(node: Node, column: number, style: EditStyle): string[] {
  if (node.kind !== "mapping") return [];
  return node.items.flatMap((item) => (item.kind === "entry" ? [entryText(item.key, item.value, column, style)] : []));
}

function items(node: Node, column: number, style: EditStyle): string[] {
  if (node.kind !== "sequence") return [];
  return node.items.flatMap((item) => (item.kind === "comment" ? [] : [textAfterDash(item, column, style)]));
}

/** A leaf or an empty collection. */
function simpleText(node: Node, style: EditStyle): string | undefined {
  if (node.kind === "leaf") return scalarText(style);
  if (node.items.some((item) => item.kind !== "comment")) return undefined;
  return node.kind === "mapping" ? "{}" : "[]";
}

/** A node within brackets, or in brackets of its own. */
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

export function flowEntry(key: string, value: Node, style: EditStyle): string {
  const text = keyText(key, style, true);
  const introduction = text.length > longestKey && !style.isJson ? `? ${text} ` : text;
  return `${introduction}: ${flowNode(value, style)}`;
}

/** The next offset at which there is neither white space nor a comment. */
export function skipSpace(source: string, offset: number): number {
  let at = offset;
  for (;;) {
    const code = source.charCodeAt(at);
    if (isBlank(code) || isBreak(code)) at++;
    else if (code === 0x23 && (at === 0 || isBlank(source.charCodeAt(at - 1)) || isBreak(source.charCodeAt(at - 1)))) {
      while (at < source.length && !isBreak(source.charCodeAt(at))) at++;
    } else return at;
  }
}
