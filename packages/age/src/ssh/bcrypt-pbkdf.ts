/**
 * The key derivation of OpenSSH's private keys: bcrypt_pbkdf (OpenBSD: lib/libutil/bcrypt_pbkdf.c), which is PBKDF2 with
 * a hash function made of Blowfish (OpenBSD: lib/libc/crypt/blowfish.c).
 */
import { sha512 } from "@noble/hashes/sha2.js";
import { concat } from "../bytes.js";

const subkeyCount = 18;
const boxWords = 4 * 256;
const hashLength = 32;

/**
 * Derives a key from a passphrase.
 *
 * @param rounds - At least 1.
 * @param length - Of the key in bytes, at most 1024.
 * @returns Undefined if the passphrase or the salt is empty, or a number is out of range.
 */
export function bcryptPbkdf(
  passphrase: Uint8Array,
  salt: Uint8Array,
  rounds: number,
  length: number,
): Uint8Array | undefined {
  if (passphrase.length === 0 || salt.length === 0 || salt.length > 2 ** 20) return undefined;
  if (rounds < 1 || length < 1 || length > hashLength ** 2) return undefined;
  const start = piWords(subkeyCount + boxWords);
  const key = new Uint8Array(length);
  const hashedPassphrase = toWords(sha512(passphrase));
  const blocks = Math.ceil(length / hashLength);
  const bytesOfBlock = Math.ceil(length / blocks);
  for (let block = 0; block < blocks; block++) {
    const number = new Uint8Array(4);
    new DataView(number.buffer).setUint32(0, block + 1);
    let hashed = bcryptHash(start, hashedPassphrase, sha512(concat([salt, number])));
    const sum = hashed.slice();
    for (let round = 1; round < rounds; round++) {
      hashed = bcryptHash(start, hashedPassphrase, sha512(hashed));
      for (let i = 0; i < hashLength; i++) sum[i]! ^= hashed[i]!;
    }
    // The bytes of the blocks are interleaved, so that a part of the key takes the work of all of it.
    for (let i = 0; i < bytesOfBlock; i++) {
      const at = i * blocks + block;
      if (at < length) key[at] = sum[i]!;
    }
  }
  return key;
}

/** `bcrypt_hash`: encrypts a fixed text 64 times with Blowfish, keyed by the passphrase and the salt 64 times over. */
function bcryptHash(start: Uint32Array, passphrase: Uint32Array, hashedSalt: Uint8Array): Uint8Array {
  const salt = toWords(hashedSalt);
  const state = start.slice();
  expandState(state, passphrase, salt);
  for (let i = 0; i < 64; i++) {
    expandState(state, salt, noSalt);
    expandState(state, passphrase, noSalt);
  }
  const text = toWords(new TextEncoder().encode("OxychromaticBlowfishSwatDynamite"));
  for (let at = 0; at < text.length; at += 2) {
    for (let i = 0; i < 64; i++) encipher(state, text, at);
  }
  const bytes = new Uint8Array(hashLength);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of text.entries()) view.setUint32(4 * i, word, true);
  return bytes;
}

const noSalt: Uint32Array = /* @__PURE__ */ new Uint32Array(16);

/**
 * `Blowfish_expandstate`, or with {@link noSalt} `Blowfish_expand0state`: replaces the subkeys and then the S-boxes, two
 * words at a time, by what they encrypt.
 *
 * @param state - The subkeys, followed by the S-boxes.
 */
function expandState(state: Uint32Array, key: Uint32Array, salt: Uint32Array): void {
  for (let i = 0; i < subkeyCount; i++) state[i]! ^= key[i % 16]!;
  const block = new Uint32Array(2);
  for (let at = 0; at < state.length; at += 2) {
    block[0]! ^= salt[at % 16]!;
    block[1]! ^= salt[(at + 1) % 16]!;
    encipher(state, block, 0);
    state.set(block, at);
  }
}

/** Encrypts two words in place. */
function encipher(state: Uint32Array, words: Uint32Array, at: number): void {
  let left = words[at]!;
  let right = words[at + 1]!;
  left ^= state[0]!;
  for (let i = 1; i < 17; i += 2) {
    right ^= mix(state, left) ^ state[i]!;
    left ^= mix(state, right) ^ state[i + 1]!;
  }
  words[at] = right ^ state[17]!;
  words[at + 1] = left;
}

function mix(state: Uint32Array, word: number): number {
  const sum = state[18 + (word >>> 24)]! + state[274 + ((word >>> 16) & 255)]!;
  return (sum ^ state[530 + ((word >>> 8) & 255)]!) + state[786 + (word & 255)]!;
}

/** Big-endian words. */
function toWords(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i));
}

/**
 * The first words of the fraction of pi, which Blowfish starts with. Computing them takes less code than a table.
 */
function piWords(count: number): Uint32Array {
  const spareBits = 64n;
  const one = 1n << (BigInt(32 * count) + spareBits);
  // Machin's formula.
  const pi = 4n * (4n * inverseTangent(one, 5n) - inverseTangent(one, 239n));
  const digits = ((pi - 3n * one) >> spareBits).toString(16).padStart(8 * count, "0");
  return Uint32Array.from({ length: count }, (_, i) => Number.parseInt(digits.slice(8 * i, 8 * i + 8), 16));
}

/** arctan(1 / x), times `one`. */
function inverseTangent(one: bigint, x: bigint): bigint {
  let sum = 0n;
  let power = one / x;
  for (let divisor = 1n; power > 0n; divisor += 2n) {
    sum += divisor % 4n === 1n ? power / divisor : -(power / divisor);
    power /= x * x;
  }
  return sum;
}
