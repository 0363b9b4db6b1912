/**
 * What `JSON.stringify` writes for values that it loses or refuses by itself. The forms belong to the values, so that a
 * copy of a result (`{ ...result }`) has them, too; they are not enumerable, so that nothing else sees them.
 */
import { encodeBase64, encodedLength } from "./cipher/base64.js";

/**
 * Gives a value the form that JSON has for it: bytes are written in base64, a map as an object, and numbers in it, a list
 * or an object as text, where JSON cannot hold them, or its readers round them.
 */
export function withJson<Value extends object>(value: Value): Value {
  return Object.defineProperty(value, "toJSON", { value: toJson, writable: true });
}

/** The same for a list or an object, if it has such numbers. */
export function withNumbersAsText<Value extends object>(collection: Value): Value {
  // Another `toJSON` is a key of the file.
  return Object.values(collection).some(needsText) && !Object.hasOwn(collection, "toJSON")
    ? withJson(collection)
    : collection;
}

/** The bytes of a text, with the form that JSON has for them. */
export function textBytes(text: string): Uint8Array {
  return withJson(new TextEncoder().encode(text));
}

function toJson(this: object): unknown {
  if (this instanceof Uint8Array) {
    const out = new Uint8Array(encodedLength(this.length));
    encodeBase64(this, this.length, out, 0);
    return new TextDecoder().decode(out);
  }
  const plain = (value: unknown) => (needsText(value) ? `${value}` : value);
  if (Array.isArray(this)) return this.map(plain);
  const entries: Iterable<[string, unknown]> = this instanceof Map ? this : Object.entries(this);
  return Object.fromEntries(Array.from(entries, ([key, value]) => [key, plain(value)]));
}

function needsText(value: unknown): boolean {
  return typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value));
}
