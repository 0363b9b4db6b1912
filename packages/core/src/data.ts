import { parseFloat64 } from "./scalars.js";
import type { Leaf, Mapping, Node } from "./tree.js";

/** A value of a decrypted file as JavaScript has it. */
export type Data = string | number | bigint | boolean | null | Date | Uint8Array | Data[] | { [key: string]: Data };

/**
 * A document as a plain object. Integers are numbers where a number holds them exactly and bigints beyond; times are
 * `Date`s; of keys that stand more than once the last counts. Integer-like keys come first, as in every JavaScript
 * object: where order matters, use the text.
 */
export function toData(branch: Mapping): Record<string, Data> {
  const object: Record<string, Data> = {};
  for (const item of branch.items) {
    if (item.kind === "comment") continue;
    const value = nodeToData(item.value);
    // An assignment to __proto__ would set the prototype.
    if (item.key === "__proto__") {
      Object.defineProperty(object, item.key, { value, enumerable: true, configurable: true, writable: true });
    } else {
      object[item.key] = value;
    }
  }
  return object;
}

function nodeToData(node: Node): Data {
  switch (node.kind) {
    case "mapping":
      return toData(node);
    case "sequence": {
      const list: Data[] = [];
      for (const item of node.items) if (item.kind !== "comment") list.push(nodeToData(item));
      return list;
    }
    case "leaf":
      return leafToData(node);
  }
}

function leafToData({ type, text }: Leaf): Data {
  if (typeof text !== "string") return text;
  switch (type) {
    case "int": {
      const number = Number(text);
      return Number.isSafeInteger(number) ? number : BigInt(text);
    }
    case "float":
      return parseFloat64(text) ?? Number.NaN;
    case "bool":
      return text === "True";
    case "time":
      return new Date(text);
    case "null":
      return null;
    default:
      return text;
  }
}
