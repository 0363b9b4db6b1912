/** The style of a file that new nodes follow. */
import { RawKind, type RawNode } from "../go-yaml/compose.js";
import { columnOf } from "../go-yaml/lines.js";
import { ScalarStyle } from "../go-yaml/tokens.js";
import { ciphertextStyle, holdsString, isCiphertext } from "../preserve/ciphertext.js";
import { keyName, pairs } from "./raw-nodes.js";

/** How to write new nodes. Their leaves are placeholders, of which only the quotes matter. */
export interface EditStyle {
  readonly eol: string;
  /** Indent width from a key to the keys below it, and to the dashes below it. */
  readonly indentWidth: number;
  readonly listIndentWidth: number;
  /** The `ScalarStyle` of keys and values. */
  readonly keys: number;
  readonly values: number;
  /** Whether the file is JSON, and has to stay JSON. */
  readonly isJson: boolean;
}

const defaultIndentWidth = 4;

/** Determines the style of a document, and the quotes in one of its collections. */
export function styleOf(source: string, root: RawNode, collection: RawNode, isJson: boolean): EditStyle {
  const measure = { indentWidth: 0, listIndentWidth: -1 };
  const own = pairs(root).filter(([key]) => keyName(key) !== "sops");
  for (const [key, value] of own) measureBelow(source, key, value, measure);
  if (measure.indentWidth === 0) measure.indentWidth = Math.max(0, measure.listIndentWidth);
  if (measure.indentWidth === 0) {
    const sops = { indentWidth: 0, listIndentWidth: -1 };
    for (const [key, value] of pairs(root)) measureBelow(source, key, value, sops);
    measure.indentWidth = sops.indentWidth || defaultIndentWidth;
  }
  const siblings = collection === root ? own : collection.kind === RawKind.mapping ? pairs(collection) : [];
  const last = siblings.at(-1);
  const values = collection.kind === RawKind.mapping ? siblings.map(([, value]) => value) : collection.content;
  const scalar = values.findLast(({ kind, value }) => kind === RawKind.scalar && value !== "");
  return {
    eol: /\r\n|[\r\n]/.exec(source)?.[0] ?? "\n",
    indentWidth: measure.indentWidth,
    listIndentWidth: measure.listIndentWidth === -1 ? measure.indentWidth : measure.listIndentWidth,
    keys: quoteOf(last?.[0].style),
    values: scalar === undefined || isQuotedForCiphertext(source, scalar) ? ScalarStyle.plain : quoteOf(scalar.style),
    isJson,
  };
}

/** Whether a ciphertext is quoted although its plaintext is not. */
function isQuotedForCiphertext(source: string, { value, start, end, flow }: RawNode): boolean {
  if (!isCiphertext(value)) return false;
  return (flow && !holdsString(value)) || ciphertextStyle(source, start, end) !== undefined;
}

function quoteOf(style: number | undefined): number {
  return style === ScalarStyle.single || style === ScalarStyle.double ? style : ScalarStyle.plain;
}

function measureBelow(
  source: string,
  key: RawNode,
  value: RawNode,
  measure: { indentWidth: number; listIndentWidth: number },
): void {
  if (value.flow || (measure.indentWidth > 0 && measure.listIndentWidth >= 0)) return;
  const stack: [RawNode | undefined, RawNode][] = [[key, value]];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const [above, node] = next;
    if (node.flow || (node.kind !== RawKind.mapping && node.kind !== RawKind.sequence)) continue;
    if (above !== undefined) {
      const columns = columnOf(source, node.start) - columnOf(source, above.start);
      if (node.kind === RawKind.sequence) {
        if (measure.listIndentWidth === -1 && columns >= 0 && columns < 10) measure.listIndentWidth = columns;
      } else if (measure.indentWidth === 0 && columns > 0 && columns < 10) measure.indentWidth = columns;
    }
    if (measure.indentWidth > 0 && measure.listIndentWidth >= 0) return;
    if (node.kind === RawKind.sequence) for (const item of node.content) stack.push([undefined, item]);
    else stack.push(...pairs(node));
  }
}
