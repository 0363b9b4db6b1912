/**
 * Bytes of any realm (a frame, `node:vm`, a test environment with globals of its own) as bytes of this one, in the same
 * memory; undefined for everything else.
 */
export function toBytes(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (!ArrayBuffer.isView(value) || tagOf(value) !== "Uint8Array") return undefined;
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/** What a built-in object is, whatever realm it comes from: `Date`, `Map`, `Uint8Array`; `Object` for all that have no tag. */
export function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}
