import type { Comment, Entry, Mapping, Sequence } from "./tree.js";

/**
 * Merges repeated keys of a mapping: the values become a list, at the place of the first one. For the trees of stores
 * with repeated keys (`Store.repeatsKeys`), before they are used elsewhere. Comments stay before their value.
 */
export function mergeRepeatedKeys(mapping: Mapping): void {
  const counts = new Map<string, number>();
  for (const item of mapping.items) {
    if (item.kind === "entry") counts.set(item.key, (counts.get(item.key) ?? 0) + 1);
  }
  const merged: (Entry | Comment)[] = [];
  const lists = new Map<string, Sequence>();
  let comments: Comment[] = [];
  const putComments = (items: (Entry | Comment)[] | Sequence["items"]) => {
    for (const comment of comments) items.push(comment);
    comments = [];
  };
  for (const item of mapping.items) {
    if (item.kind === "comment") {
      comments.push(item);
      continue;
    }
    if (item.value.kind === "mapping") mergeRepeatedKeys(item.value);
    if (counts.get(item.key) === 1) {
      putComments(merged);
      merged.push(item);
      continue;
    }
    let list = lists.get(item.key);
    if (list === undefined) {
      list = { kind: "sequence", items: [], start: item.start, end: item.end };
      lists.set(item.key, list);
      merged.push({ ...item, value: list });
    }
    putComments(list.items);
    list.items.push(item.value);
  }
  putComments(merged);
  mapping.items = merged;
}
