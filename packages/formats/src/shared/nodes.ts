import type { Comment, Mapping, Node, Sequence } from "@isosops/core";

/** Visits every node and comment below a mapping, in tree order. */
export function eachNode(root: Mapping, visit: (node: Node | Comment) => void): void {
  const descend = (parent: Mapping | Sequence): void => {
    for (const item of parent.items) {
      const node = item.kind === "entry" ? item.value : item;
      visit(node);
      if (node.kind === "mapping" || node.kind === "sequence") descend(node);
    }
  };
  descend(root);
}

/**
 * The offsets of all nodes below a mapping, to detect whether one was added, removed or moved. Numbers, because a list
 * of nodes would burden the garbage collector.
 */
export function startsOf(root: Mapping): number[] {
  const starts: number[] = [];
  eachNode(root, (node) => starts.push(markOf(node)));
  return starts;
}

/** Whether the nodes below a mapping are still those passed to `startsOf`. */
export function hasStarts(root: Mapping, starts: readonly number[]): boolean {
  let index = 0;
  let isSame = true;
  eachNode(root, (node) => {
    if (markOf(node) !== starts[index++]) isSame = false;
  });
  return isSame && index === starts.length;
}

/** A list item that becomes a comment keeps its offset, so it is marked. */
function markOf({ kind, start }: Node | Comment): number {
  return kind === "comment" ? -2 - start : start;
}
