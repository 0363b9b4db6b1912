import type { Comment, Entry, Mapping, Sequence } from "./tree.js";

/**
 * Make a list of the values of a key that stands more than once, at the place of the first. For trees of stores whose
 * keys repeat (`Store.repeatsKeys`), before anything else gets them. A comment stays before the value it stood before.
 */
export function foldRepeated(mapping: Mapping): void {
  const counts = new Map<string, number>();
  for (const item of mapping.items) {
    if (item.kind === "entry") counts.set(item.key, (counts.get(item.key) ?? 0) + 1);
  }
  const folded: (Entry | Comment)[] = [];
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
    if (item.value.kind === "mapping") foldRepeated(item.value);
    if (counts.get(item.key) === 1) {
      putComments(folded);
      folded.push(item);
      continue;
    }
    let list = lists.get(item.key);
    if (list === undefined) {
      list = { kind: "sequence", items: [], start: item.start, end: item.end };
      lists.set(item.key, list);
      folded.push({ ...item, value: list });
    }
    putComments(list.items);
    list.items.push(item.value);
  }
  putComments(folded);
  mapping.items = folded;
}
