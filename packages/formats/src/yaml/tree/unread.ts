/**
 * Comments that go-yaml attaches to no node, put into the tree all the same: where the text has them, so that they are
 * encrypted with what is around them. sops drops such comments.
 */
import type { Comment, Entry, Mapping, Node, Sequence } from "@isosops/core";
import { endOfComment } from "../go-yaml/comments.js";
import { columnOf, startOfLine } from "../go-yaml/lines.js";

/** A document as far as comments go by it. */
export interface DocumentPlace {
  /** Of its text, between its markers. */
  readonly start: number;
  readonly end: number;
  /** Its `sops` blocks, whose comments are no part of the document. */
  readonly blocks: readonly { readonly start: number; readonly end: number }[];
}

/** The source that comments are put into the tree of. */
export interface UnreadOptions {
  readonly source: string;
  readonly branches: readonly Mapping[];
  /** One for each branch. */
  readonly documents: readonly DocumentPlace[];
  /** Nodes that stand in the tree for aliases: no comment stands in them. */
  readonly expanded: ReadonlySet<Node>;
}

/** Put the comments that begin at these offsets, in file order, into the tree; gives how many there are in it now. */
export function placeUnread(
  starts: readonly number[],
  { source, branches, documents, expanded }: UnreadOptions,
): number {
  let next = 0;
  let count = 0;
  for (const [index, branch] of branches.entries()) {
    const { start, end, blocks } = documents[index]!;
    const until = documents[index + 1]?.start ?? Number.POSITIVE_INFINITY;
    const above: Unread[] = [];
    const within: Unread[] = [];
    const below: Unread[] = [];
    for (; next < starts.length && starts[next]! < until; next++) {
      const at = starts[next]!;
      if (blocks.some((block) => at > block.start && at < block.end)) continue;
      count++;
      (at < start ? above : at < end ? within : below).push(unreadAt(source, at));
    }
    if (within.length > 0) placeIn(branch, within, source, expanded);
    if (above.length + below.length === 0) continue;
    branch.items = [...above.map((unread) => toComment(source, unread)), ...branch.items];
    for (const unread of below) branch.items.push(toComment(source, unread));
  }
  return count;
}

interface Unread {
  readonly start: number;
  readonly lineStart: number;
}

function unreadAt(source: string, start: number): Unread {
  return { start, lineStart: startOfLine(source, start) };
}

function placeIn(
  collection: Mapping | Sequence,
  comments: readonly Unread[],
  source: string,
  expanded: ReadonlySet<Node>,
): void {
  type Item = Entry | Comment | Node;
  const items: Item[] = [];
  let next = 0;
  let last: Entry | Node | undefined;
  let ofLast: Unread[] = [];
  /** The comments up to an offset, which are behind the last item or in it. */
  const take = (until: number): void => {
    for (; next < comments.length && comments[next]!.start < until; next++) {
      const unread = comments[next]!;
      if (last !== undefined && isInCollection(last, unread, source, expanded)) ofLast.push(unread);
      else items.push(toComment(source, unread, last));
    }
  };
  const descend = (): void => {
    if (ofLast.length === 0) return;
    placeIn(valueIn(last!) as Mapping | Sequence, ofLast, source, expanded);
    ofLast = [];
  };
  for (const item of collection.items as readonly Item[]) {
    take(item.start);
    if (item.kind !== "comment") {
      descend();
      last = item;
    }
    items.push(item);
  }
  take(Number.POSITIVE_INFINITY);
  descend();
  collection.items = items as typeof collection.items;
}

function valueIn(item: Entry | Node): Node {
  return item.kind === "entry" ? item.value : item;
}

/** Whether a comment behind the start of an item is one of the collection that the item is, or has as its value. */
function isInCollection(
  item: Entry | Node,
  { start, lineStart }: Unread,
  source: string,
  expanded: ReadonlySet<Node>,
): boolean {
  const node = valueIn(item);
  if (node.kind === "leaf" || expanded.has(node)) return false;
  if (start < item.end) return true;
  if ("[{".includes(source[node.start]!)) return false;
  // Behind a block, the indentation says what a comment belongs to. A list may stand as far to the left as its key.
  const column = columnOf(source, node.start);
  const isIndented = node.kind === "mapping" || item.kind !== "entry" || column > columnOf(source, item.start);
  return start - lineStart >= (isIndented ? column : column + 1);
}

/** `last`: the item above the comment, which is `within` it also behind it on the same line. */
function toComment(source: string, { start, lineStart }: Unread, last?: Entry | Node): Comment {
  const end = endOfComment(source, start);
  const unread = last !== undefined && (start < last.end || lineStart <= last.end) ? "within" : "behind";
  return { kind: "comment", text: source.slice(start + 1, end), inline: false, changed: false, unread, start, end };
}
