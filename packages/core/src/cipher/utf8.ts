const encoder: TextEncoder = /* @__PURE__ */ new TextEncoder();

/** Up to here a loop over the characters is faster than a call of the runtime's encoder. */
const shortText = 64;

/**
 * Write `text` as UTF-8 into `out` from `at` on, where there has to be room for three bytes for each UTF-16 code unit.
 * Unpaired surrogates become U+FFFD. Returns the index behind the last byte.
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

/** `buffer` when it has `size` bytes, else a larger one; what is in the buffer is not kept. */
export function withRoom(buffer: Uint8Array, size: number): Uint8Array {
  return buffer.length >= size ? buffer : new Uint8Array(Math.max(size, 2 * buffer.length));
}
