/**
 * Where no names of keys tell the wanted values from the others, a comment above each of them can: sops encrypts what
 * stands behind a comment that matches `encrypted_comment_regex`.
 */
import type { Rule } from "../rule.js";
import type { Document } from "../store.js";
import type { Comment, Entry, Leaf, Node } from "../tree.js";
import { hidesSomething } from "./compile.js";

const mark = "sops:encrypt";

/** Marks that the document has, and the values behind them. */
export interface ExistingMarks {
  readonly word: string;
  readonly leaves: ReadonlySet<Leaf>;
}

/** A text with marks, and the rule that goes by them. */
export interface Marked {
  readonly text: string;
  readonly rule: Rule;
}

/**
 * Put marks above the wanted values of a document, each as high as all below it is wanted. Undefined if one would have
 * to stand in the middle of a line. Whether the marks come to stand where they are meant to is for the caller to see:
 * formats have their own minds about what a comment is said of.
 */
export function markWanted(
  document: Document,
  commentSign: string,
  isWanted: (leaf: Leaf) => boolean,
  existing?: ExistingMarks,
): Marked | undefined {
  const { source, branches } = document;
  const eol = source.includes("\r\n") ? "\r\n" : "\n";
  const word = existing?.word ?? freeMark(branches);
  const insertions = new Map<number, string>();
  const counts = countBelow(branches, isWanted, existing);
  /** False if a wanted value below the entry cannot be marked on its own. */
  const visitEntry = (entry: Entry): boolean => {
    const { hiding, wanted, marked } = counts.get(entry)!;
    if (wanted === 0 || (existing !== undefined && marked === hiding)) return true;
    if (wanted === hiding && insert(entry)) return true;
    return visitNode(entry.value);
  };
  const visitNode = (node: Node): boolean => {
    if (node.kind === "leaf") return !isWanted(node) || existing?.leaves.has(node) === true;
    return node.items.every((item) => {
      if (item.kind === "comment") return true;
      return item.kind === "entry" ? visitEntry(item) : visitNode(item);
    });
  };
  const insert = (entry: Entry): boolean => {
    if (entry.start < 0) return false;
    const lineStart = source.lastIndexOf("\n", entry.start - 1) + 1;
    const before = source.slice(lineStart, entry.start);
    // The first key of a list item has the `-` before it: a comment there is said of the whole item.
    if (!/^[ \t]*$/.test(before)) return false;
    insertions.set(lineStart, `${before}${commentSign} ${word}${eol}`);
    return true;
  };
  for (const branch of branches) if (!visitNode(branch)) return undefined;
  const parts: string[] = [];
  let at = 0;
  for (const [offset, text] of [...insertions].sort(([a], [b]) => a - b)) {
    parts.push(source.slice(at, offset), text);
    at = offset;
  }
  parts.push(source.slice(at));
  return { text: parts.join(""), rule: { encryptedCommentRegex: markPattern(word) } };
}

/** Of the values below an entry that hide something. */
interface Count {
  hiding: number;
  wanted: number;
  marked: number;
}

function countBelow(
  branches: readonly Node[],
  isWanted: (leaf: Leaf) => boolean,
  existing: ExistingMarks | undefined,
): ReadonlyMap<Entry, Count> {
  const counts = new Map<Entry, Count>();
  const count = (node: Node, into: Count): void => {
    if (node.kind === "leaf") {
      if (!hidesSomething(node)) return;
      into.hiding++;
      if (isWanted(node)) into.wanted++;
      if (existing?.leaves.has(node) === true) into.marked++;
      return;
    }
    for (const item of node.items) {
      if (item.kind === "comment") continue;
      if (item.kind !== "entry") {
        count(item, into);
        continue;
      }
      const own: Count = { hiding: 0, wanted: 0, marked: 0 };
      counts.set(item, own);
      count(item.value, own);
      into.hiding += own.hiding;
      into.wanted += own.wanted;
      into.marked += own.marked;
    }
  };
  for (const branch of branches) count(branch, { hiding: 0, wanted: 0, marked: 0 });
  return counts;
}

function markPattern(word: string): string {
  return `^(${word}| ${word})$`;
}

/** The marks that a rule goes by, where they are of our making. */
export function marksOf({ encryptedCommentRegex }: Rule): string | undefined {
  const word = /^\^\((sops:encrypt(?:-\d+)?)\|/.exec(encryptedCommentRegex ?? "")?.[1];
  return word !== undefined && encryptedCommentRegex === markPattern(word) ? word : undefined;
}

/** A mark that no comment of the document is. */
function freeMark(branches: readonly Node[]): string {
  const taken = new Set<string>();
  const visit = (item: Node | Comment): void => {
    if (item.kind === "comment") taken.add(item.text.trim());
    else if (item.kind !== "leaf") for (const child of item.items) visit(child.kind === "entry" ? child.value : child);
  };
  for (const branch of branches) visit(branch);
  let word = mark;
  for (let i = 2; taken.has(word); i++) word = `${mark}-${i}`;
  return word;
}
