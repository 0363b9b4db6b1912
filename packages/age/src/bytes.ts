/**
 * Bytes in an `ArrayBuffer`, not a shared one: `Uint8Array<ArrayBuffer>`, in words that compilers before TypeScript 5.7 know,
 * too. They read our declarations.
 */
export type OwnBytes = ReturnType<Uint8Array["slice"]>;

// Made once: a header may have thousands of stanzas.
const encoder = /* @__PURE__ */ new TextEncoder();
// Without `ignoreBOM`, a byte-order mark would be dropped silently, and a header would have two encodings.
const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true });

/** The UTF-8 bytes of a text. */
export function fromText(text: string): OwnBytes {
  return encoder.encode(text);
}

/** Decodes ASCII. Other bytes become characters outside ASCII. */
export function toText(ascii: Uint8Array): string {
  return decoder.decode(ascii);
}

export function concat(parts: readonly Uint8Array[]): OwnBytes {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

export function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  if (bytes.length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (bytes[i] !== prefix[i]) return false;
  return true;
}

/** ASCII white space: tab, line feed, vertical tab, form feed, carriage return, space. */
export function isWhitespace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

/** Checks the tag, not `instanceof`: test environments and frames have their own Uint8Array class. */
export function isBytes(value: unknown): value is Uint8Array {
  return Object.prototype.toString.call(value) === "[object Uint8Array]";
}

/** Throws a `TypeError` for a caller's mistake, so that it is not mistaken for a damaged file. */
export function requireBytes(value: unknown, name: string, hint: string): void {
  if (!isBytes(value)) throw new TypeError(`${name} must be a Uint8Array; ${hint}`);
}
