/**
 * Puts the comments that go-yaml attaches to no node into the tree, by their position in the text, so that they are
 * encrypted with what is around them. sops drops such comments.
 */
import type { Comment, Entry, Mapping, Node, Sequence } from "@isosops/core";
import { endOfComment } from "../go-yaml/comments.js";
import { columnOf, startOfLine } from "../go-yaml/lines.js";

/** The offsets of a document that decide about its comments. */
interface DocumentPlace {
  /** Of its content, between its markers. */
  readonly start: number;
  readonly end: number;
  /** Its `sops` blocks, whose comments do not belong to the document. */
  readonly blocks: readonly { readonly start: number; readonly end: number }[];
}

/** Where to put the comments. */
export interface UnreadOptions {
  readonly source: string;
  readonly branches: readonly Mapping[];
  /** One for each branch. */
  readonly documents: readonly DocumentPlace[];
  /** Nodes of aliases, which contain no comments of their own. */
  readonly expanded: ReadonlySet<Node>;
}

/** Puts the comments at these offsets, in file order, into the tree. Returns how many were put in. */
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
  /** Places the comments up to an offset: in the last item, or after it. */
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

/** Whether a comment after the start of an item belongs to the collection in that item. */
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
  // After a block, the indentation decides. A list can have the same indentation as its key.
  const column = columnOf(source, node.start);
  const isIndented = node.kind === "mapping" || item.kind !== "entry" || column > columnOf(source, item.start);
  return start - lineStart >= (isIndented ? column : column + 1);
}

/** `last`: the item above the comment, which is also `within` that item if it follows it on the same line. */
function toComment(source: string, { start, lineStart }: Unread, last?: Entry | Node): Comment {
  const end = endOfComment(source, start);
  const unread = last !== undefined && (start < last.end || lineStart <= last.end) ? "within" : "behind";
  return { kind: "comment", text: source.slice(start + 1, end), inline: false, changed: false, unread, start, end };
}
