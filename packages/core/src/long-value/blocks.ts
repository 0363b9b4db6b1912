import { findNativeBase64 } from "#native";
import { decodeBase64, encodeBase64, encodedLength } from "../cipher/base64.js";

/** Pieces of a file, of any size. A piece is not used after the next one is requested. */
export type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Bytes of a block: whole blocks of AES, and whole groups of base64. */
export const blockLength: number = 48 * 16_384;

/** Cuts pieces into blocks of `length` bytes, and a last one that may be shorter. A block is valid until the next one. */
export async function* blocksOf(pieces: Pieces, length: number): AsyncGenerator<Uint8Array, void, undefined> {
  const block = new Uint8Array(length);
  let filled = 0;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + length - filled);
      block.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < length) continue;
      yield block;
      filled = 0;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}

const native = /* @__PURE__ */ findNativeBase64();

/** Base64 in ASCII. */
export function toBase64(bytes: Uint8Array): Uint8Array {
  if (native !== undefined) return new TextEncoder().encode(native.encode(bytes));
  const out = new Uint8Array(encodedLength(bytes.length));
  encodeBase64(bytes, bytes.length, out, 0);
  return out;
}

/** The bytes of base64 in ASCII; undefined if it is none. */
export function fromBase64(characters: Uint8Array): Uint8Array | undefined {
  const text = new TextDecoder("latin1").decode(characters);
  const decoded = native?.decode(text);
  if (decoded !== undefined) return decoded;
  const out = new Uint8Array(Math.ceil(text.length / 4) * 3);
  const length = decodeBase64(text, 0, text.length, out, 0);
  return length < 0 ? undefined : out.subarray(0, length);
}
