import { tagOf, toBytes } from "../bytes.js";
import type { Data } from "../data.js";
import { SopsError, showPath } from "../errors.js";
import { canonicalInt, canonicalTime, formatFloat } from "../scalars.js";
import { decodeUtf8 } from "../text.js";
import { entry, leaf, mapping, type Node, sequence } from "../tree.js";

/** The depth limit of the stores. */
const deepest = 1000;

/**
 * Converts a JavaScript value to a tree: the inverse of `toData`. A number becomes an int if it is a safe integer, and
 * a float otherwise.
 *
 * @throws {SopsError} `invalid_option` if no file can hold the value.
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
  // Not `map`, which skips holes.
  if (Array.isArray(value)) return sequence(Array.from(value, (item, index) => toNode(item, [...path, index])));
  const bytes = toBytes(value);
  if (bytes !== undefined) return leaf("str", decodeUtf8(bytes) ?? bytes);
  if (tagOf(value) === "Date") {
    const date = value as Date;
    const text = Number.isNaN(date.getTime()) ? undefined : canonicalTime(date.toISOString());
    if (text === undefined) throw refuse(path, "is an invalid date, or its year is not from 0 to 9999");
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

/** Accepts objects of any realm. The contents of a `Map` or a class instance would be lost silently. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || (tagOf(value) === "Object" && Object.getPrototypeOf(prototype) === null);
}

function nameOf(value: object): string {
  const tag = tagOf(value);
  const name: unknown = (value.constructor as { name?: unknown } | undefined)?.name;
  return tag === "Object" && typeof name === "string" && name !== "" ? name : tag;
}

function refuse(path: readonly (string | number)[], problem: string): SopsError {
  const where = path.length === 0 ? "The value" : `In the value, ${showPath(path.slice(0, 20))}`;
  return new SopsError("invalid_option", `${where} ${problem}.`);
}
