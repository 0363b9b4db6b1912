import type { Data } from "../data.js";
import { SopsError, showPath } from "../errors.js";
import { canonicalInt, canonicalTime, formatFloat } from "../scalars.js";
import { entry, leaf, mapping, type Node, sequence } from "../tree.js";

/** As deep as the stores read. */
const deepest = 1000;

/**
 * The tree of a JavaScript value: the opposite of `toData`. A number is an int where it is a whole one that a number
 * holds exactly, a float otherwise. Throws `SopsError` (`invalid_option`) for what no file can hold.
 */
export function fromData(value: Data): Node {
  return toNode(value, []);
}

function toNode(value: unknown, path: readonly (string | number)[]): Node {
  if (path.length > deepest) throw refuse(path, `is nested more than ${deepest} levels deep`);
  switch (typeof value) {
    case "string":
      return leaf("str", value);
    case "boolean":
      return leaf("bool", value ? "True" : "False");
    case "number":
      return Number.isSafeInteger(value) && !Object.is(value, -0)
        ? leaf("int", String(value))
        : leaf("float", formatFloat(value));
    case "bigint": {
      const text = canonicalInt(String(value));
      if (text === undefined) throw refuse(path, "does not fit into 64 bits");
      return leaf("int", text);
    }
    case "object":
      return objectToNode(value, path);
    default:
      throw refuse(path, `is of the type ${typeof value}, which no file can hold`);
  }
}

function objectToNode(value: object | null, path: readonly (string | number)[]): Node {
  if (value === null) return leaf("null", "");
  if (Array.isArray(value)) return sequence(value.map((item, index) => toNode(item, [...path, index])));
  if (value instanceof Uint8Array) return leaf("str", textOrBytes(value));
  if (value instanceof Date) {
    const text = Number.isNaN(value.getTime()) ? undefined : canonicalTime(value.toISOString());
    if (text === undefined) throw refuse(path, "is a date that is none, or of a year that is not from 0 to 9999");
    return leaf("time", text);
  }
  return mapping(Object.entries(value).map(([key, item]) => entry(key, toNode(item, [...path, key]))));
}

/** The tree has text where the bytes are UTF-8. */
function textOrBytes(bytes: Uint8Array): string | Uint8Array {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes;
  }
}

function refuse(path: readonly (string | number)[], problem: string): SopsError {
  const where = path.length === 0 ? "The value" : `In the value, what is at ${showPath(path.slice(0, 20))}`;
  return new SopsError("invalid_option", `${where} ${problem}.`);
}
