import { parseFloat64 } from "./scalars.js";
import type { Leaf, Mapping, Node } from "./tree.js";

/** A value of a decrypted file as JavaScript has it. */
export type Data = string | number | bigint | boolean | null | Date | Uint8Array | Data[] | { [key: string]: Data };

/** What becomes of values that JavaScript has more than one way for. */
export interface DataOptions {
  /**
   * `exact`, the default: a number where a number holds the integer exactly, a bigint beyond. `number`: always, the
   * nearest one beyond 53 bits. `bigint`: always. `string`: its decimal digits.
   */
  integers?: "exact" | "number" | "bigint" | "string" | undefined;
  /** `date`, the default: a `Date`, to the millisecond. `string`: RFC 3339 with offset and all digits of the second. */
  dates?: "date" | "string" | undefined;
}

/**
 * A document as a plain object. Of keys that stand more than once the last counts. Integer-like keys come first, as in
 * every JavaScript object: where order matters, use the text.
 */
export function toData(branch: Mapping, options: DataOptions = {}): Record<string, Data> {
  const object: Record<string, Data> = {};
  for (const item of branch.items) {
    if (item.kind === "comment") continue;
    const value = nodeToData(item.value, options);
    // An assignment to __proto__ would set the prototype.
    if (item.key === "__proto__") {
      Object.defineProperty(object, item.key, { value, enumerable: true, configurable: true, writable: true });
    } else {
      object[item.key] = value;
    }
  }
  return object;
}

/** What a node holds, as `toData` has it. */
export function nodeToData(node: Node, options: DataOptions): Data {
  switch (node.kind) {
    case "mapping":
      return toData(node, options);
    case "sequence": {
      const list: Data[] = [];
      for (const item of node.items) if (item.kind !== "comment") list.push(nodeToData(item, options));
      return list;
    }
    case "leaf":
      return leafToData(node, options);
  }
}

function leafToData({ type, text }: Leaf, { integers = "exact", dates = "date" }: DataOptions): Data {
  if (typeof text !== "string") return text;
  switch (type) {
    case "int": {
      if (integers === "string") return text;
      const number = Number(text);
      const asNumber = integers === "number" || (integers === "exact" && Number.isSafeInteger(number));
      return asNumber ? number : BigInt(text);
    }
    case "float":
      return parseFloat64(text) ?? Number.NaN;
    case "bool":
      return text === "True";
    case "time":
      return dates === "string" ? text : new Date(text);
    case "null":
      return null;
    default:
      return text;
  }
}
