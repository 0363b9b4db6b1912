/**
 * GHASH (NIST SP 800-38D, 6.3 and 6.4) with tables computed once per key.
 *
 * Multiplication by H is linear, so H times a block is the XOR of H times each of its 16 bytes. A table for each byte
 * position holds all 256 products: 64 KiB per key, computed in about 30 us. A block then costs 64 loads, without
 * shifts, reductions or branches.
 */

/** The products of H, given as four big-endian words, with every value of every byte: [position][value][word]. */
export function makeProducts(h0: number, h1: number, h2: number, h3: number): Int32Array {
  const products = new Int32Array(16 * 256 * 4);
  let a = h0;
  let b = h1;
  let c = h2;
  let d = h3;
  for (let position = 0; position < 16; position++) {
    const base = position * 1024;
    // The highest bit of a byte is its lowest power of x (SP 800-38D, 6.3).
    for (let bit = 128; bit > 0; bit >>= 1) {
      const at = base + bit * 4;
      products[at] = a;
      products[at + 1] = b;
      products[at + 2] = c;
      products[at + 3] = d;
      const reduction = d & 1 ? 0xe1000000 : 0;
      d = (d >>> 1) | (c << 31);
      c = (c >>> 1) | (b << 31);
      b = (b >>> 1) | (a << 31);
      a = (a >>> 1) ^ reduction;
    }
    for (let high = 2; high < 256; high <<= 1) {
      for (let low = 1; low < high; low++) {
        const at = base + (high + low) * 4;
        for (let word = 0; word < 4; word++) {
          products[at + word] = products[base + high * 4 + word]! ^ products[base + low * 4 + word]!;
        }
      }
    }
  }
  return products;
}

/** Absorbs a block: adds four words to `state` and multiplies it by H. */
function absorbWords(
  products: Int32Array,
  state: Int32Array,
  word0: number,
  word1: number,
  word2: number,
  word3: number,
): void {
  const p = products;
  const a = state[0]! ^ word0;
  const b = state[1]! ^ word1;
  const c = state[2]! ^ word2;
  const d = state[3]! ^ word3;
  const i0 = (a >>> 22) & 0x3fc;
  const i1 = 1024 | ((a >>> 14) & 0x3fc);
  const i2 = 2048 | ((a >>> 6) & 0x3fc);
  const i3 = 3072 | ((a << 2) & 0x3fc);
  const i4 = 4096 | ((b >>> 22) & 0x3fc);
  const i5 = 5120 | ((b >>> 14) & 0x3fc);
  const i6 = 6144 | ((b >>> 6) & 0x3fc);
  const i7 = 7168 | ((b << 2) & 0x3fc);
  let x = p[i0]! ^ p[i1]! ^ p[i2]! ^ p[i3]! ^ p[i4]! ^ p[i5]! ^ p[i6]! ^ p[i7]!;
  let y = p[i0 + 1]! ^ p[i1 + 1]! ^ p[i2 + 1]! ^ p[i3 + 1]! ^ p[i4 + 1]! ^ p[i5 + 1]! ^ p[i6 + 1]! ^ p[i7 + 1]!;
  let z = p[i0 + 2]! ^ p[i1 + 2]! ^ p[i2 + 2]! ^ p[i3 + 2]! ^ p[i4 + 2]! ^ p[i5 + 2]! ^ p[i6 + 2]! ^ p[i7 + 2]!;
  let w = p[i0 + 3]! ^ p[i1 + 3]! ^ p[i2 + 3]! ^ p[i3 + 3]! ^ p[i4 + 3]! ^ p[i5 + 3]! ^ p[i6 + 3]! ^ p[i7 + 3]!;
  const j0 = 8192 | ((c >>> 22) & 0x3fc);
  const j1 = 9216 | ((c >>> 14) & 0x3fc);
  const j2 = 10240 | ((c >>> 6) & 0x3fc);
  const j3 = 11264 | ((c << 2) & 0x3fc);
  const j4 = 12288 | ((d >>> 22) & 0x3fc);
  const j5 = 13312 | ((d >>> 14) & 0x3fc);
  const j6 = 14336 | ((d >>> 6) & 0x3fc);
  const j7 = 15360 | ((d << 2) & 0x3fc);
  x ^= p[j0]! ^ p[j1]! ^ p[j2]! ^ p[j3]! ^ p[j4]! ^ p[j5]! ^ p[j6]! ^ p[j7]!;
  y ^= p[j0 + 1]! ^ p[j1 + 1]! ^ p[j2 + 1]! ^ p[j3 + 1]! ^ p[j4 + 1]! ^ p[j5 + 1]! ^ p[j6 + 1]! ^ p[j7 + 1]!;
  z ^= p[j0 + 2]! ^ p[j1 + 2]! ^ p[j2 + 2]! ^ p[j3 + 2]! ^ p[j4 + 2]! ^ p[j5 + 2]! ^ p[j6 + 2]! ^ p[j7 + 2]!;
  w ^= p[j0 + 3]! ^ p[j1 + 3]! ^ p[j2 + 3]! ^ p[j3 + 3]! ^ p[j4 + 3]! ^ p[j5 + 3]! ^ p[j6 + 3]! ^ p[j7 + 3]!;
  state[0] = x;
  state[1] = y;
  state[2] = z;
  state[3] = w;
}

/** Absorbs the first `length` bytes, padding the last block with zeros. */
export function absorbBytes(products: Int32Array, state: Int32Array, bytes: Uint8Array, length: number): void {
  const whole = length & ~15;
  let at = 0;
  for (; at < whole; at += 16) {
    absorbWords(
      products,
      state,
      (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!,
      (bytes[at + 4]! << 24) | (bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!,
      (bytes[at + 8]! << 24) | (bytes[at + 9]! << 16) | (bytes[at + 10]! << 8) | bytes[at + 11]!,
      (bytes[at + 12]! << 24) | (bytes[at + 13]! << 16) | (bytes[at + 14]! << 8) | bytes[at + 15]!,
    );
  }
  if (at === length) return;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = 0; at < length; i++, at++) {
    const part = bytes[at]! << (24 - 8 * (i & 3));
    if (i < 4) a |= part;
    else if (i < 8) b |= part;
    else if (i < 12) c |= part;
    else d |= part;
  }
  absorbWords(products, state, a, b, c, d);
}

/** Absorbs the last block: two byte counts, as 64-bit counts of bits. */
export function absorbLengths(products: Int32Array, state: Int32Array, first: number, second: number): void {
  absorbWords(
    products,
    state,
    Math.floor(first / 0x20000000),
    first << 3,
    Math.floor(second / 0x20000000),
    second << 3,
  );
}
