import type { Comment, Mapping, Node, Sequence } from "@isosops/core";

/** Every node and comment below a mapping, in the order of the tree. */
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
 * Where every node below a mapping starts, to tell later whether one has come, gone or moved. Numbers only: a list of
 * the nodes would be one more thing for the garbage collector to follow.
 */
export function startsOf(root: Mapping): number[] {
  const starts: number[] = [];
  eachNode(root, (node) => starts.push(markOf(node)));
  return starts;
}

/** Whether the nodes below a mapping are still those that `startsOf` has seen. */
export function hasStarts(root: Mapping, starts: readonly number[]): boolean {
  let index = 0;
  let isSame = true;
  eachNode(root, (node) => {
    if (markOf(node) !== starts[index++]) isSame = false;
  });
  return isSame && index === starts.length;
}

/** A list item that turns out to be a comment starts where it did, and is another thing all the same. */
function markOf({ kind, start }: Node | Comment): number {
  return kind === "comment" ? -2 - start : start;
}
