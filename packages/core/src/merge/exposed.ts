import { sameLeaf } from "../edit/same-tree.js";
import type { CompiledRule } from "../rule.js";
import type { Comment, Leaf, Mapping } from "../tree.js";
import { walk } from "../walk.js";
import type { Side } from "./side.js";
import type { MergedNode } from "./three-way.js";
import { toTree } from "./to-tree.js";

interface Sides {
  readonly base: Side | undefined;
  readonly ours: Side;
  readonly theirs: Side;
}

/** Whether a rule would leave something of a merge in plain text that has to be encrypted. */
export function exposes(branches: readonly MergedNode[], rule: CompiledRule, sides: Sides): boolean {
  const mayBePlain = plainNodes(branches, sides);
  let isExposed = false;
  const check = (node: Leaf | Comment, encrypted: boolean): void => {
    if (!encrypted && node.text.length > 0 && !mayBePlain.has(node)) isExposed = true;
  };
  const trees = branches.map((branch) => toTree(branch) as Mapping);
  walk(trees, rule, {
    leaf(leaf, encrypted) {
      check(leaf, encrypted);
      return undefined;
    },
    comment: check,
    carried({ leaf, kind }, encrypted) {
      if (kind !== "spelling" && (sides.ours.secret.has(leaf) || sides.theirs.secret.has(leaf))) check(leaf, encrypted);
    },
  });
  return isExposed;
}

/** The values and comments of a merge that may be in plain text. */
function plainNodes(branches: readonly MergedNode[], sides: Sides): ReadonlySet<Leaf | Comment> {
  const plain = new Set<Leaf | Comment>();
  const addComments = (comments: readonly Comment[], of: Record<keyof Sides, readonly Comment[] | undefined>): void => {
    for (const [index, comment] of comments.entries()) {
      const own = (side: keyof Sides) => {
        const found = of[side]?.[index];
        return found?.text === comment.text ? found : undefined;
      };
      if (isPlain({ base: own("base"), ours: own("ours"), theirs: own("theirs") }, sides)) plain.add(comment);
    }
  };
  const rest = (node: MergedNode["ours"]) => (node === undefined || node.kind === "leaf" ? [] : restOf(node.items));
  const visit = (node: MergedNode): void => {
    if (node.kind === "leaf") {
      const own = (side: MergedNode["ours"]) => (side?.kind === "leaf" && sameLeaf(side, node.leaf) ? side : undefined);
      const versions = { base: own(node.base), ours: own(node.ours), theirs: own(node.theirs) };
      if (isPlain(versions, sides)) plain.add(node.leaf);
      return;
    }
    addComments(node.rest, { base: rest(node.base), ours: rest(node.ours), theirs: rest(node.theirs) });
    for (const item of node.items) {
      const { comments, base, ours, theirs } = item;
      addComments(comments, { base: base?.comments, ours: ours?.comments, theirs: theirs?.comments });
      visit(item.value);
    }
  };
  for (const branch of branches) visit(branch);
  return plain;
}

/**
 * Whether what versions have in common may be in plain text. If all have it, the side counts that changed that; otherwise,
 * each that has it must have it in plain text.
 */
function isPlain({ base, ours, theirs }: Record<keyof Sides, Leaf | Comment | undefined>, sides: Sides): boolean {
  const plainIn = (node: Leaf | Comment, side: Side | undefined) => side !== undefined && !side.secret.has(node);
  const [mine, other] = [
    ours === undefined || plainIn(ours, sides.ours),
    theirs === undefined || plainIn(theirs, sides.theirs),
  ];
  if (ours === undefined && theirs === undefined) return false;
  if (base === undefined || ours === undefined || theirs === undefined) return mine && other;
  return mine === plainIn(base, sides.base) ? other : mine;
}

function restOf(items: readonly { readonly kind: string }[]): Comment[] {
  const last = items.findLastIndex(({ kind }) => kind !== "comment");
  return items.slice(last + 1) as Comment[];
}
