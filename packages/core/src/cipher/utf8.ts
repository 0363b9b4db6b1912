const encoder: TextEncoder = /* @__PURE__ */ new TextEncoder();

/** Up to this length, a loop over the characters is faster than the runtime's encoder. */
const shortText = 64;

/**
 * Encodes `text` as UTF-8 into `out` at `at`, which needs room for three bytes per UTF-16 code unit. Unpaired
 * surrogates become U+FFFD. Returns the index after the last byte.
 */
export function writeUtf8(text: string, out: Uint8Array, at: number): number {
  const length = text.length;
  if (length > shortText) return at + encoder.encodeInto(text, out.subarray(at)).written;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return at + encoder.encodeInto(text, out.subarray(at)).written;
    out[at + i] = code;
  }
  return at + length;
}

/** Returns `buffer` if it has `size` bytes, or a larger one. The contents are not kept. */
export function withRoom(buffer: Uint8Array, size: number): Uint8Array {
  return buffer.length >= size ? buffer : new Uint8Array(Math.max(size, 2 * buffer.length));
}
