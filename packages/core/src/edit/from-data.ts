import { tagOf, toBytes } from "../bytes.js";
import type { Data } from "../data.js";
import { SopsError, showPath } from "../errors.js";
import { canonicalInt, canonicalTime, formatFloat } from "../scalars.js";
import { entry, leaf, mapping, type Node, sequence } from "../tree.js";

/** As deep as the stores read. */
const deepest = 1000;

/**
 * The tree of a JavaScript value: the opposite of `toData`. A number is an int where it is a whole one that a number
 * holds exactly, a float otherwise.
 *
 * @throws {SopsError} `invalid_option` for what no file can hold.
 */
export function fromData(value: Data): Node {
  return toNode(value, []);
}

function toNode(value: unknown, path: readonly (string | number)[]): Node {
  if (path.length > deepest) throw refuse(path, `is nested more than ${deepest} levels deep`);
  switch (typeof value) {
    case "string":
      if (/\p{Surrogate}/u.test(value)) throw refuse(path, "holds half of a surrogate pair, which no file can hold");
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
  // Not by `map`, which passes over what is missing.
  if (Array.isArray(value)) return sequence(Array.from(value, (item, index) => toNode(item, [...path, index])));
  const bytes = toBytes(value);
  if (bytes !== undefined) return leaf("str", textOrBytes(bytes));
  if (tagOf(value) === "Date") {
    const date = value as Date;
    const text = Number.isNaN(date.getTime()) ? undefined : canonicalTime(date.toISOString());
    if (text === undefined) throw refuse(path, "is a date that is none, or of a year that is not from 0 to 9999");
    return leaf("time", text);
  }
  if (!isPlain(value)) throw refuse(path, `is a ${nameOf(value)}: make it a plain object`);
  return mapping(
    Object.entries(value).map(([key, item]) => {
      if (/\p{Surrogate}/u.test(key))
        throw refuse(path, "has a key with half of a surrogate pair, which no file can hold");
      return entry(key, toNode(item, [...path, key]));
    }),
  );
}

/** Of any realm. What is in a `Map`, or hidden in an instance of a class, would be lost without a word. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || (tagOf(value) === "Object" && Object.getPrototypeOf(prototype) === null);
}

function nameOf(value: object): string {
  const tag = tagOf(value);
  const name: unknown = (value.constructor as { name?: unknown } | undefined)?.name;
  return tag === "Object" && typeof name === "string" && name !== "" ? name : tag;
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
