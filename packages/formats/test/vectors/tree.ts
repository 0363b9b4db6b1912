import type { Comment, Entry, Mapping, Node, Sequence } from "@isosops/core";
import { comment, entry, leaf, mapping, sequence } from "@isosops/core";

/** A tree as the vector files beside this one hold it. */
export interface VectorNode {
  m?: VectorNode[];
  s?: VectorNode[];
  k?: string;
  v?: VectorNode;
  c?: string;
  i?: boolean;
  t?: "str" | "int" | "float" | "bool" | "time" | "null" | "bytes";
  x?: string;
}

export interface VectorCase {
  indent: number;
  branches: VectorNode[];
  text: string;
}

export function vectorBranch(node: VectorNode): Mapping {
  return vectorTree(node) as Mapping;
}

function vectorTree(node: VectorNode): Node {
  if (node.m !== undefined) {
    const items: Mapping["items"] = node.m.map((item) =>
      item.c !== undefined ? comment(item.c, item.i ?? false) : entry(item.k!, vectorTree(item.v!)),
    );
    return mapping(items);
  }
  if (node.s !== undefined) {
    const items: Sequence["items"] = node.s.map((item) =>
      item.c !== undefined ? comment(item.c, item.i ?? false) : vectorTree(item),
    );
    return sequence(items);
  }
  const text = node.x ?? "";
  if (node.t === "bytes") return leaf("str", Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
  return leaf(node.t!, text);
}

/** A tree as Go writes it: what is empty is left out. */
export function fromTree(item: Node | Entry | Comment): VectorNode {
  switch (item.kind) {
    case "mapping":
      return { m: item.items.map(fromTree) };
    case "sequence":
      return { s: item.items.map(fromTree) };
    case "entry":
      return { k: item.key, v: fromTree(item.value) };
    case "comment":
      return item.inline ? { c: item.text, i: true } : { c: item.text };
    case "leaf": {
      const { type, text } = item;
      if (typeof text !== "string") {
        return { t: "bytes", x: btoa(Array.from(text, (byte) => String.fromCharCode(byte)).join("")) };
      }
      return text === "" ? { t: type } : { t: type, x: text };
    }
  }
}
