import { fromText, type OwnBytes, toText } from "./bytes.js";

/*
 * Base64 (RFC 4648, section 4) from bytes to bytes: header and armor are streams of bytes, and this avoids a string the
 * size of the file. Decoding accepts the canonical form only (section 3.5), as age.md requires.
 */

const alphabet = /* @__PURE__ */ fromText("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

const outside = 0xff;

const values = /* @__PURE__ */ (() => {
  const table = new Uint8Array(256).fill(outside);
  for (let i = 0; i < 64; i++) table[alphabet[i]!] = i;
  return table;
})();

const padding = 0x3d;

/** The number of characters that encode `length` bytes, without padding. */
export function encodedLength(length: number): number {
  return Math.ceil((length * 4) / 3);
}

/** The number of bytes that `length` characters encode, without padding. */
export function decodedLength(length: number): number {
  return Math.floor((length * 3) / 4);
}

/**
 * Encodes `source[start..end)` into `target` at `offset`, without padding unless `pad` is set. Returns the offset after
 * the last character.
 */
export function encodeInto(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  offset: number,
  pad = false,
): number {
  let from = start;
  let to = offset;
  for (; from + 3 <= end; from += 3) {
    const group = (source[from]! << 16) | (source[from + 1]! << 8) | source[from + 2]!;
    target[to++] = alphabet[group >>> 18]!;
    target[to++] = alphabet[(group >>> 12) & 63]!;
    target[to++] = alphabet[(group >>> 6) & 63]!;
    target[to++] = alphabet[group & 63]!;
  }
  const left = end - from;
  if (left > 0) {
    const group = (source[from]! << 16) | (left > 1 ? source[from + 1]! << 8 : 0);
    target[to++] = alphabet[group >>> 18]!;
    target[to++] = alphabet[(group >>> 12) & 63]!;
    if (left > 1) target[to++] = alphabet[(group >>> 6) & 63]!;
    else if (pad) target[to++] = padding;
    if (pad) target[to++] = padding;
  }
  return to;
}

/**
 * Decodes `source[start..end)`, without padding, into `target` at `offset`. Returns the offset after the last byte, or
 * -1 if the source is not canonical base64.
 */
export function decodeInto(source: Uint8Array, start: number, end: number, target: Uint8Array, offset: number): number {
  const left = (end - start) % 4;
  if (left === 1) return -1;
  const full = end - left;
  let to = offset;
  let seen = 0;
  for (let from = start; from < full; from += 4) {
    const a = values[source[from]!]!;
    const b = values[source[from + 1]!]!;
    const c = values[source[from + 2]!]!;
    const d = values[source[from + 3]!]!;
    seen |= a | b | c | d;
    target[to++] = (a << 2) | (b >> 4);
    target[to++] = (b << 4) | (c >> 2);
    target[to++] = (c << 6) | d;
  }
  if (left > 0) {
    const a = values[source[full]!]!;
    const b = values[source[full + 1]!]!;
    const c = left === 3 ? values[source[full + 2]!]! : 0;
    seen |= a | b | c;
    target[to++] = (a << 2) | (b >> 4);
    if (left === 3) target[to++] = (b << 4) | (c >> 2);
    // Unused bits must be zero, or the same bytes would have several encodings.
    if (left === 3 ? (c & 3) !== 0 : (b & 15) !== 0) return -1;
  }
  // Values stop at 63, so only a character outside of the alphabet sets a higher bit.
  return seen > 63 ? -1 : to;
}

/** Like `decodeInto`, but with the padding that armor requires: `end - start` is a multiple of four. */
export function decodePaddedInto(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  offset: number,
): number {
  if ((end - start) % 4 !== 0) return -1;
  let unpadded = end;
  while (unpadded > start && end - unpadded < 2 && source[unpadded - 1] === padding) unpadded--;
  return decodeInto(source, start, unpadded, target, offset);
}

export function encodeBase64(bytes: Uint8Array): string {
  const target = new Uint8Array(encodedLength(bytes.length));
  encodeInto(bytes, 0, bytes.length, target, 0);
  return toText(target);
}

/** Decodes unpadded base64. Returns undefined if it is not canonical. */
export function decodeBase64(text: string): OwnBytes | undefined {
  const source = fromText(text);
  const target = new Uint8Array(decodedLength(source.length));
  return decodeInto(source, 0, source.length, target, 0) === target.length ? target : undefined;
}
