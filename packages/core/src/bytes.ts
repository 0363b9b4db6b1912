/**
 * Returns bytes from any realm (a frame, `node:vm`, a test environment with its own globals) as a `Uint8Array` of this
 * realm, sharing memory. Returns undefined for anything else.
 */
export function toBytes(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (!ArrayBuffer.isView(value) || tagOf(value) !== "Uint8Array") return undefined;
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/**
 * The class of a built-in object from any realm, such as `Date`, `Map` or `Uint8Array`; `Object` for objects without a
 * tag.
 */
export function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}
