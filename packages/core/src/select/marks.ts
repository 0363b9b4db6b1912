/**
 * Marks: comments above the wanted values, used if no key names tell them from the others. sops encrypts what follows a
 * comment that matches `encrypted_comment_regex`.
 */
import type { Rule } from "../rule.js";
import type { Document } from "../store.js";
import type { Comment, Entry, Leaf, Node } from "../tree.js";
import { hidesSomething } from "./compile.js";

const mark = "sops:encrypt";

/** The marks of a document, and the values after them. */
export interface ExistingMarks {
  readonly word: string;
  readonly leaves: ReadonlySet<Leaf>;
}

/** A text with marks, and the rule that matches them. */
export interface Marked {
  readonly text: string;
  readonly rule: Rule;
}

/**
 * Inserts marks above the wanted values of a document, each as high as everything below it is wanted. Returns undefined
 * if a mark would have to go into the middle of a line. The caller must check that the marks have the intended effect:
 * formats differ in what a comment belongs to.
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
  /** Returns false if a wanted value below the entry cannot be marked separately. */
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
    // Before the first key of a list item is the `-`, and a comment there belongs to the whole item.
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

/** Counts of non-empty values below an entry. */
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

/** The mark that a rule matches, if this module made the rule. */
export function marksOf({ encryptedCommentRegex }: Rule): string | undefined {
  const word = /^\^\((sops:encrypt(?:-\d+)?)\|/.exec(encryptedCommentRegex ?? "")?.[1];
  return word !== undefined && encryptedCommentRegex === markPattern(word) ? word : undefined;
}

/** A mark that no comment of the document equals. */
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
