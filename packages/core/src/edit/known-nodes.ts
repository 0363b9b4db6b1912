import type { CompiledRule } from "../rule.js";
import type { Document } from "../store.js";
import type { Comment, Leaf } from "../tree.js";
import type { Ciphertext, Ciphertexts, Unsealed } from "../unseal.js";
import { walk } from "../walk.js";
import { sameContent } from "./same-tree.js";

/** What is known of the values of a file. Each is used once: equal items of a list have different ciphertexts. */
export interface KnownNodes {
  /** Ciphertexts by the parsed value. */
  readonly ciphertexts: ReadonlyMap<string, readonly Ciphertext[]>;
  /** The text of values and comments in the file, by their plain text. */
  readonly written: ReadonlyMap<string, readonly string[]>;
}

/** @param shown - The plain text as its store reads it. */
export function knownNodes(file: Unsealed, shown: Document | undefined): KnownNodes {
  const ciphertexts = new Map<string, Ciphertext[]>();
  const written = new Map<string, string[]>();
  const before = nodesOf(file.document, file.rule);
  const after = shown === undefined ? [] : nodesOf(shown, file.rule);
  const isParallel =
    before.length === after.length &&
    before.every(({ additionalData }, index) => additionalData === after[index]!.additionalData);
  for (const [index, placed] of before.entries()) {
    const known = file.ciphertexts.get(placed.node);
    if (known === undefined) continue;
    const plain = isParallel ? after[index]! : undefined;
    addTo(ciphertexts, keyOf(placed, known.text, known.type, known.spelling), known);
    if (plain === undefined || shown === undefined || plain.node.start < 0) continue;
    const { node } = plain;
    const { start, end } = placed.node;
    const text = shown.source.slice(node.start, node.end);
    addTo(written, keyOf(placed, text), withMargins(file.document.source, start, end, text, node));
    // Spelled otherwise than in the file. The MAC covers the text and not its spelling.
    if (node.kind === "leaf" && node.type === known.type && sameContent(node.text, known.text)) {
      const { spelling } = node;
      if (spelling !== known.spelling) addTo(ciphertexts, keyOf(placed, known.text, known.type, spelling), known);
    }
  }
  return { ciphertexts, written };
}

/** The text of a node in the file, such that it can replace the plain one. */
function withMargins(source: string, start: number, end: number, plain: string, node: Leaf | Comment): string {
  let from = start;
  // sops writes a comment in a list as an item.
  if (node.kind === "comment" && !/^[#;]/.test(source.slice(start, start + 1))) {
    const dash = /-[ \t]+$/.exec(source.slice(Math.max(0, start - 100), start));
    if (dash !== null) from = start - dash[0].length;
  }
  const text = source.slice(from, end);
  // A block scalar ends with its last line.
  return plain.endsWith("\n") && !text.endsWith("\n") ? `${text}\n` : text;
}

/** The known ciphertexts of the values of an edited document. */
export function findCiphertexts(document: Document, rule: CompiledRule, { ciphertexts }: KnownNodes): Ciphertexts {
  const used = new Map<string, number>();
  const found: Ciphertexts = new Map();
  for (const placed of nodesOf(document, rule)) {
    const { node, isCarried } = placed;
    const type = node.kind === "comment" ? "comment" : isCarried ? "str" : node.type;
    const spelling = node.kind === "leaf" && !isCarried ? node.spelling : undefined;
    const key = keyOf(placed, node.text, type, spelling);
    const at = used.get(key) ?? 0;
    const one = ciphertexts.get(key)?.[at];
    if (one === undefined || !sameContent(one.text, node.text)) continue;
    used.set(key, at + 1);
    found.set(node, { ...one, type, text: node.text, spelling });
  }
  return found;
}

function addTo<Item>(lists: Map<string, Item[]>, key: string, item: Item): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

/** What of a value or comment its ciphertext depends on. */
export function keyOf(
  { node, additionalData, isCarried }: PlacedNode,
  text: string | Uint8Array,
  type?: string,
  spelling?: string,
): string {
  // Bytes are encrypted as text.
  const kind = type === "bytes" ? "str" : type;
  const content = typeof text === "string" ? text : text.length;
  return JSON.stringify([node.kind, isCarried, additionalData, content, kind, spelling]);
}

interface PlacedNode {
  readonly node: Leaf | Comment;
  readonly additionalData: string;
  readonly isCarried: boolean;
}

/** All values, comments and texts that sops ignores, in the order of the walk. */
export function nodesOf({ branches }: Document, rule: CompiledRule): PlacedNode[] {
  const nodes: PlacedNode[] = [];
  walk(branches, rule, {
    leaf(node, _, additionalData) {
      nodes.push({ node, additionalData, isCarried: false });
      return undefined;
    },
    comment(node, _, additionalData) {
      nodes.push({ node, additionalData, isCarried: false });
    },
    carried({ leaf: node }, _, additionalData) {
      nodes.push({ node, additionalData, isCarried: true });
    },
  });
  return nodes;
}
