import { SopsError } from "./errors.js";
import type { CompiledRule } from "./rule.js";
import type { Carried, Comment, Entry, Leaf, Mapping, Node, Sequence } from "./tree.js";

/**
 * Callbacks of a walk. `additionalData` is the keys on the path, each followed by `:`, and `:` alone at the top level.
 * It does not contain list indices. For a comment, it is that of the surrounding collection.
 */
export interface Visitor {
  /** Visits a value. A returned comment replaces the leaf: sops writes comments in lists as items of type `comment`. */
  leaf(leaf: Leaf, encrypted: boolean, additionalData: string): Comment | undefined;
  /** Visits a comment. */
  comment(comment: Comment, encrypted: boolean, additionalData: string): void;
  /** Visits text that sops ignores, after everything else of its collection. */
  carried?(carried: Carried, encrypted: boolean, additionalData: string): void;
}

/**
 * Visits all leaves and comments in file order, with whether the rule encrypts each (sops.go, `walkBranch` and
 * `shouldBeEncrypted`). Null has no value and is skipped.
 *
 * @param path - Holds the keys on the path to the current leaf, also after the visitor has thrown.
 * @throws {SopsError} `malformed_value` if a value outside of a list is replaced with a comment.
 */
export function walk(branches: readonly Mapping[], rule: CompiledRule, visitor: Visitor, path: string[] = []): void {
  const walker: Walker = { rule, visitor, path };
  for (const branch of branches) walkMapping(walker, branch, "", false);
}

interface Walker {
  readonly rule: CompiledRule;
  readonly visitor: Visitor;
  readonly path: string[];
}

/** @param matched - Whether a key on the path here, or a comment above, matched the rule. */
function walkMapping(walker: Walker, mapping: Mapping, prefix: string, matched: boolean): void {
  const { rule, path } = walker;
  const byKey = rule.tests === "keys";
  let commentMatched = false;
  let entryMatched = matched;
  let carriers: Carriers | undefined;
  for (const item of mapping.items) {
    if (item.kind === "comment") {
      if (item.unread !== undefined)
        visitUnread(walker, item, prefix, item.unread === "within" ? entryMatched : matched);
      else commentMatched = visitComment(walker, item, prefix, matched, commentMatched, carriers);
      continue;
    }
    path.push(item.key);
    entryMatched = matched || commentMatched || (byKey && rule.matches(item.key));
    if (item.carried !== undefined) {
      carriers ??= { entries: [], comments: new Set() };
      carriers.entries.push({ entry: item, isEncrypted: entryMatched !== rule.encryptsByDefault });
    }
    const replacement = walkNode(walker, item.value, `${prefix}${item.key}:`, entryMatched);
    if (replacement !== undefined) {
      throw new SopsError("malformed_value", "This value decrypts to a comment, which is only valid in a list.");
    }
    path.pop();
    commentMatched = false;
  }
  if (carriers !== undefined) visitCarried(walker, carriers, prefix, matched !== rule.encryptsByDefault);
}

/** Entries with text that sops ignores, and the encrypted comments after them. */
interface Carriers {
  readonly entries: { readonly entry: Entry; readonly isEncrypted: boolean }[];
  readonly comments: Set<Comment>;
}

function visitCarried(
  { rule, visitor, path }: Walker,
  { entries, comments }: Carriers,
  prefix: string,
  encryptsComments: boolean,
): void {
  if (visitor.carried === undefined) return;
  for (const { entry, isEncrypted } of entries) {
    path.push(entry.key);
    for (const carried of entry.carried!) {
      const { kind, comment, name } = carried;
      const encrypted =
        kind === "comment"
          ? isEncrypted && !comments.has(comment!) && !(rule.tests === "comments" && rule.matches(comment!.text))
          : isEncrypted || (kind === "text" && encryptsComments);
      visitor.carried(carried, encrypted, `${prefix}${entry.key}:${name}`);
    }
    path.pop();
  }
}

function walkSequence(walker: Walker, sequence: Sequence, prefix: string, matched: boolean): void {
  const { items } = sequence;
  let commentMatched = false;
  let itemMatched = matched;
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    if (item.kind === "comment") {
      if (item.unread !== undefined)
        visitUnread(walker, item, prefix, item.unread === "within" ? itemMatched : matched);
      else commentMatched = visitComment(walker, item, prefix, matched, commentMatched);
      continue;
    }
    itemMatched = matched || commentMatched;
    const replacement = walkNode(walker, item, prefix, itemMatched);
    if (replacement !== undefined) items[i] = replacement;
    commentMatched = false;
  }
}

function walkNode(walker: Walker, node: Node, prefix: string, matched: boolean): Comment | undefined {
  switch (node.kind) {
    case "mapping":
      walkMapping(walker, node, prefix, matched);
      return undefined;
    case "sequence":
      walkSequence(walker, node, prefix, matched);
      return undefined;
    case "leaf":
      if (node.type === "null") return undefined;
      return walker.visitor.leaf(node, matched !== walker.rule.encryptsByDefault, prefix);
  }
}

/** sops ignores it, so it is encrypted like a value in its place, and no comment rule applies to it. */
function visitUnread({ rule, visitor }: Walker, comment: Comment, prefix: string, matched: boolean): void {
  visitor.comment(comment, matched !== rule.encryptsByDefault, prefix === "" ? ":" : prefix);
}

/** Returns whether a comment at this level has matched, including this one. */
function visitComment(
  walker: Walker,
  comment: Comment,
  prefix: string,
  matched: boolean,
  commentMatched: boolean,
  carriers?: Carriers,
): boolean {
  const { rule, visitor } = walker;
  const thisMatches = rule.tests === "comments" && rule.matches(comment.text);
  // A comment that marks a value for encryption is not encrypted itself, and neither is one that marks it against.
  const matchedHere = matched || commentMatched || (thisMatches && rule.encryptsByDefault);
  const encrypted = matchedHere !== rule.encryptsByDefault;
  visitor.comment(comment, encrypted, prefix === "" ? ":" : prefix);
  if (encrypted) carriers?.comments.add(comment);
  return commentMatched || thisMatches;
}
