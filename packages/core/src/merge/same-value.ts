import { sameLeaf, sameText } from "../edit/same-tree.js";
import type { Leaf } from "../tree.js";

const numbers: ReadonlySet<string> = /* @__PURE__ */ new Set(["int", "float"]);

/** Whether two leaves have the same value once written: a format may have no other form for `1.0` than `1`. */
export function sameValue(one: Leaf, other: Leaf): boolean {
  return sameLeaf(one, other) || (numbers.has(one.type) && numbers.has(other.type) && sameText(one, other));
}
