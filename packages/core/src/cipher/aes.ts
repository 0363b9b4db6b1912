/**
 * AES-256, the forward direction only (FIPS 197), which is all that GCM needs.
 *
 * The table lookups depend on the key, as in every AES in plain JavaScript: an attacker who can observe the cache of
 * the same processor might learn about the key.
 */

/** The S-box (FIPS 197, 5.1.1). */
const substitution: Uint8Array = /* @__PURE__ */ new Uint8Array(256);

/** For each row of a column: SubBytes, ShiftRows and MixColumns of its byte. */
const round0: Int32Array = /* @__PURE__ */ new Int32Array(256);
const round1: Int32Array = /* @__PURE__ */ new Int32Array(256);
const round2: Int32Array = /* @__PURE__ */ new Int32Array(256);
const round3: Int32Array = /* @__PURE__ */ new Int32Array(256);

/** Fills the tables for the first key: a program that loads this module may never have one. */
function fillTables(): void {
  if (substitution[0] !== 0) return;
  fillSubstitution();
  for (const [row, table] of [round0, round1, round2, round3].entries()) fillRound(table, row);
}

/** From multiplicative inverses in GF(2^8) by way of powers of the generator 3. */
function fillSubstitution(): void {
  const power = new Uint8Array(256);
  const exponent = new Uint8Array(256);
  for (let i = 0, value = 1; i < 255; i++) {
    power[i] = value;
    exponent[value] = i;
    value ^= (value << 1) ^ (value & 0x80 ? 0x11b : 0);
  }
  for (let i = 0; i < 256; i++) {
    const inverse = i === 0 ? 0 : power[(255 - exponent[i]!) % 255]!;
    const twice = inverse | (inverse << 8);
    substitution[i] = (inverse ^ (twice >>> 7) ^ (twice >>> 6) ^ (twice >>> 5) ^ (twice >>> 4) ^ 0x63) & 255;
  }
}

function fillRound(table: Int32Array, row: number): void {
  for (let i = 0; i < 256; i++) {
    const s = substitution[i]!;
    const double = (s << 1) ^ (s & 0x80 ? 0x11b : 0);
    const column = (double << 24) | (s << 16) | (s << 8) | (s ^ double);
    table[i] = (column >>> (8 * row)) | (row === 0 ? 0 : column << (32 - 8 * row));
  }
}

const rounds = 14;

function substituteWord(word: number): number {
  return (
    (substitution[word >>> 24]! << 24) |
    (substitution[(word >>> 16) & 255]! << 16) |
    (substitution[(word >>> 8) & 255]! << 8) |
    substitution[word & 255]!
  );
}

/** The 60 words of the key schedule (FIPS 197, 5.2) of a 32-byte key. */
export function expandKey(key: Uint8Array): Int32Array {
  fillTables();
  const schedule = new Int32Array(4 * (rounds + 1));
  for (let i = 0; i < 8; i++) {
    schedule[i] = (key[4 * i]! << 24) | (key[4 * i + 1]! << 16) | (key[4 * i + 2]! << 8) | key[4 * i + 3]!;
  }
  for (let i = 8, constant = 1; i < schedule.length; i++) {
    let word = schedule[i - 1]!;
    if (i % 8 === 0) {
      word = substituteWord((word << 8) | (word >>> 24)) ^ (constant << 24);
      constant <<= 1;
    } else if (i % 8 === 4) {
      word = substituteWord(word);
    }
    schedule[i] = schedule[i - 8]! ^ word;
  }
  return schedule;
}

/** Encrypt the block of four big-endian words into `out`. */
export function encryptBlock(
  schedule: Int32Array,
  word0: number,
  word1: number,
  word2: number,
  word3: number,
  out: Int32Array,
): void {
  let a = word0 ^ schedule[0]!;
  let b = word1 ^ schedule[1]!;
  let c = word2 ^ schedule[2]!;
  let d = word3 ^ schedule[3]!;
  let k = 4;
  for (let round = 1; round < rounds; round++) {
    const e =
      round0[a >>> 24]! ^ round1[(b >>> 16) & 255]! ^ round2[(c >>> 8) & 255]! ^ round3[d & 255]! ^ schedule[k]!;
    const f =
      round0[b >>> 24]! ^ round1[(c >>> 16) & 255]! ^ round2[(d >>> 8) & 255]! ^ round3[a & 255]! ^ schedule[k + 1]!;
    const g =
      round0[c >>> 24]! ^ round1[(d >>> 16) & 255]! ^ round2[(a >>> 8) & 255]! ^ round3[b & 255]! ^ schedule[k + 2]!;
    const h =
      round0[d >>> 24]! ^ round1[(a >>> 16) & 255]! ^ round2[(b >>> 8) & 255]! ^ round3[c & 255]! ^ schedule[k + 3]!;
    a = e;
    b = f;
    c = g;
    d = h;
    k += 4;
  }
  out[0] = lastColumn(a, b, c, d) ^ schedule[k]!;
  out[1] = lastColumn(b, c, d, a) ^ schedule[k + 1]!;
  out[2] = lastColumn(c, d, a, b) ^ schedule[k + 2]!;
  out[3] = lastColumn(d, a, b, c) ^ schedule[k + 3]!;
}

/** The last round has no MixColumns. */
function lastColumn(a: number, b: number, c: number, d: number): number {
  return (
    (substitution[a >>> 24]! << 24) |
    (substitution[(b >>> 16) & 255]! << 16) |
    (substitution[(c >>> 8) & 255]! << 8) |
    substitution[d & 255]!
  );
}
