import { withJson, withNumbersAsText } from "./json-form.js";
import { parseFloat64 } from "./scalars.js";
import type { Leaf, Mapping, Node } from "./tree.js";

/**
 * A value of a decrypted file, as a JavaScript value. `JSON.stringify` writes bytes in base64, dates with milliseconds, and
 * bigints, NaN and the infinities in a list or an object as strings: nobody who reads it gets another number.
 */
export type Data = string | number | bigint | boolean | null | Date | Uint8Array | Data[] | { [key: string]: Data };

/** How to convert values that JavaScript can represent in several ways. */
export interface DataOptions {
  /**
   * `exact` (default): a number if it represents the integer exactly, a bigint otherwise. `number`: always a number,
   * rounded beyond 53 bits. `bigint`: always a bigint. `string`: decimal digits.
   */
  integers?: "exact" | "number" | "bigint" | "string" | undefined;
  /** `date` (default): a `Date`, with milliseconds. `string`: RFC 3339 with offset and all digits of the second. */
  dates?: "date" | "string" | undefined;
}

/**
 * Converts a document to a plain object. For repeated keys, the last one wins. Integer-like keys come first, as in
 * every JavaScript object; use the text if order matters.
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
  return withNumbersAsText(object);
}

/** Converts a node, like `toData`. */
export function nodeToData(node: Node, options: DataOptions): Data {
  switch (node.kind) {
    case "mapping":
      return toData(node, options);
    case "sequence": {
      const list: Data[] = [];
      for (const item of node.items) if (item.kind !== "comment") list.push(nodeToData(item, options));
      return withNumbersAsText(list);
    }
    case "leaf":
      return leafToData(node, options);
  }
}

function leafToData({ type, text }: Leaf, { integers = "exact", dates = "date" }: DataOptions): Data {
  if (typeof text !== "string") return withJson(text);
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
