import { SopsError } from "./errors.js";
import type { CompiledRule } from "./rule.js";
import type { Carried, Comment, Entry, Leaf, Mapping, Node, Sequence } from "./tree.js";

/**
 * What a walk does with what it meets. `additionalData` is the keys on the path, each followed by `:`, and `:` alone at
 * the top. List indices are not in it; a comment's is that of the collection it stands in.
 */
export interface Visitor {
  /** A comment in return takes the leaf's place (a list item of type `comment`, as sops writes comments in lists). */
  leaf(leaf: Leaf, encrypted: boolean, additionalData: string): Comment | undefined;
  comment(comment: Comment, encrypted: boolean, additionalData: string): void;
  /** Texts by values that sops passes over, behind all else of their collection. */
  carried?(carried: Carried, encrypted: boolean, additionalData: string): void;
}

/**
 * Visit all leaves and comments in file order, and say of each whether the rule encrypts it (sops.go, `walkBranch` and
 * `shouldBeEncrypted`). Null has no value and is passed over. When the visitor throws, `path` holds the way to the leaf
 * it threw at.
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

/** `matched`: a key on the way here, or a comment above, has matched the rule. */
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
      throw new SopsError("malformed_value", "This value decrypts to a comment, which only a list item can do.");
    }
    path.pop();
    commentMatched = false;
  }
  if (carriers !== undefined) visitCarried(walker, carriers, prefix, matched !== rule.encryptsByDefault);
}

/** Entries with texts that sops passes over, and comments behind them that are encrypted. */
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

/** sops does not see it, so that it is encrypted as a value in its place would be, and no rule by comments goes by it. */
function visitUnread({ rule, visitor }: Walker, comment: Comment, prefix: string, matched: boolean): void {
  visitor.comment(comment, matched !== rule.encryptsByDefault, prefix === "" ? ":" : prefix);
}

/** Whether a comment at this level matches, now that this one is known too. */
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
  // A comment that asks for encryption is not itself encrypted by asking; one that asks for none is left alone too.
  const matchedHere = matched || commentMatched || (thisMatches && rule.encryptsByDefault);
  const encrypted = matchedHere !== rule.encryptsByDefault;
  visitor.comment(comment, encrypted, prefix === "" ? ":" : prefix);
  if (encrypted) carriers?.comments.add(comment);
  return commentMatched || thisMatches;
}
