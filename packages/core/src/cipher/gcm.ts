import { encryptBlock, expandKey } from "./aes.js";
import { absorbBytes, absorbLengths, makeProducts } from "./ghash.js";

/** Length of a tag in bytes. */
export const tagLength = 16;

/**
 * AES-256-GCM (NIST SP 800-38D) under one key, with IVs of any length from 1 byte. Buffers are passed with the number
 * of bytes in use, so that they can be reused for many messages.
 */
export interface Gcm {
  /** Encrypts the first `length` bytes of `data` in place and writes the 16 bytes of `tag`. */
  seal(
    data: Uint8Array,
    length: number,
    iv: Uint8Array,
    ivLength: number,
    additionalData: Uint8Array,
    additionalLength: number,
    tag: Uint8Array,
  ): void;
  /** Decrypts in place. Returns false and leaves `data` unchanged if the tag is wrong. */
  open(
    data: Uint8Array,
    length: number,
    iv: Uint8Array,
    ivLength: number,
    additionalData: Uint8Array,
    additionalLength: number,
    tag: Uint8Array,
  ): boolean;
  /** A message in pieces. */
  pieces(iv: Uint8Array, additionalData: Uint8Array): GcmPieces;
}

/**
 * One long message in pieces. All pieces but the last have a multiple of 16 bytes. What `open` gives is not authenticated
 * until `isRight` has said so.
 */
export interface GcmPieces {
  /** Encrypts a piece, and returns the ciphertext. The piece may be overwritten. */
  seal(piece: Uint8Array): Uint8Array;
  /** Decrypts a piece, and returns the plaintext. The piece may be overwritten. */
  open(piece: Uint8Array): Uint8Array;
  /** The tag, after the last piece that was sealed. */
  tag(): Uint8Array;
  /** Whether a tag is right, after the last piece that was opened. */
  isRight(tag: Uint8Array): boolean;
}

/** The most bytes of a message (SP 800-38D, 5.2.1.1). */
export const longestMessage: number = (2 ** 32 - 2) * 16;

/**
 * Creates AES-256-GCM for a 32-byte key. Key schedule and GHASH tables are computed once for all messages.
 *
 * Why not the gcm of @noble/ciphers: it recomputes both for every message, which costs 10 times as much as encrypting a
 * short value, or more; bench/cipher.js prints the ratio.
 */
export function createGcm(key: Uint8Array): Gcm {
  const schedule = expandKey(key);
  const block = new Int32Array(4);
  encryptBlock(schedule, 0, 0, 0, 0, block);
  const products = makeProducts(block[0]!, block[1]!, block[2]!, block[3]!);
  const counter = new Int32Array(4);
  const hash = new Int32Array(4);
  const expected = new Uint8Array(tagLength);

  /** J0 (SP 800-38D, 7.1, step 2). */
  function startCounter(iv: Uint8Array, length: number): void {
    if (length === 12) {
      counter[0] = (iv[0]! << 24) | (iv[1]! << 16) | (iv[2]! << 8) | iv[3]!;
      counter[1] = (iv[4]! << 24) | (iv[5]! << 16) | (iv[6]! << 8) | iv[7]!;
      counter[2] = (iv[8]! << 24) | (iv[9]! << 16) | (iv[10]! << 8) | iv[11]!;
      counter[3] = 1;
      return;
    }
    counter.fill(0);
    absorbBytes(products, counter, iv, length);
    absorbLengths(products, counter, 0, length);
  }

  /** GCTR from the counter after J0 on (SP 800-38D, 6.5). */
  function applyKeyStream(data: Uint8Array, length: number): void {
    const c0 = counter[0]!;
    const c1 = counter[1]!;
    const c2 = counter[2]!;
    let count = counter[3]!;
    const whole = length & ~15;
    let at = 0;
    for (; at < whole; at += 16) {
      count = (count + 1) | 0;
      encryptBlock(schedule, c0, c1, c2, count, block);
      const a = block[0]!;
      const b = block[1]!;
      const c = block[2]!;
      const d = block[3]!;
      data[at] = data[at]! ^ (a >>> 24);
      data[at + 1] = data[at + 1]! ^ (a >>> 16);
      data[at + 2] = data[at + 2]! ^ (a >>> 8);
      data[at + 3] = data[at + 3]! ^ a;
      data[at + 4] = data[at + 4]! ^ (b >>> 24);
      data[at + 5] = data[at + 5]! ^ (b >>> 16);
      data[at + 6] = data[at + 6]! ^ (b >>> 8);
      data[at + 7] = data[at + 7]! ^ b;
      data[at + 8] = data[at + 8]! ^ (c >>> 24);
      data[at + 9] = data[at + 9]! ^ (c >>> 16);
      data[at + 10] = data[at + 10]! ^ (c >>> 8);
      data[at + 11] = data[at + 11]! ^ c;
      data[at + 12] = data[at + 12]! ^ (d >>> 24);
      data[at + 13] = data[at + 13]! ^ (d >>> 16);
      data[at + 14] = data[at + 14]! ^ (d >>> 8);
      data[at + 15] = data[at + 15]! ^ d;
    }
    if (at === length) return;
    encryptBlock(schedule, c0, c1, c2, (count + 1) | 0, block);
    for (let i = 0; at < length; i++, at++) data[at] = data[at]! ^ (block[i >> 2]! >>> (24 - 8 * (i & 3)));
  }

  function writeTag(
    data: Uint8Array,
    length: number,
    additionalData: Uint8Array,
    additionalLength: number,
    tag: Uint8Array,
  ): void {
    hash[0] = 0;
    hash[1] = 0;
    hash[2] = 0;
    hash[3] = 0;
    absorbBytes(products, hash, additionalData, additionalLength);
    absorbBytes(products, hash, data, length);
    absorbLengths(products, hash, additionalLength, length);
    encryptHash(hash, counter, tag);
  }

  /** The tag of a GHASH (SP 800-38D, 7.1, step 6). */
  function encryptHash(state: Int32Array, start: Int32Array, tag: Uint8Array): void {
    encryptBlock(schedule, start[0]!, start[1]!, start[2]!, start[3]!, block);
    for (let i = 0; i < 4; i++) {
      const word = state[i]! ^ block[i]!;
      tag[4 * i] = word >>> 24;
      tag[4 * i + 1] = word >>> 16;
      tag[4 * i + 2] = word >>> 8;
      tag[4 * i + 3] = word;
    }
  }

  function pieces(iv: Uint8Array, additionalData: Uint8Array): GcmPieces {
    startCounter(iv, iv.length);
    const [start, next, state] = [counter.slice(), counter.slice(), new Int32Array(4)];
    let length = 0;
    absorbBytes(products, state, additionalData, additionalData.length);
    const apply = (piece: Uint8Array): Uint8Array => {
      counter.set(next);
      applyKeyStream(piece, piece.length);
      next[3] = (next[3]! + Math.ceil(piece.length / 16)) | 0;
      return piece;
    };
    const absorb = (piece: Uint8Array): Uint8Array => {
      absorbBytes(products, state, piece, piece.length);
      length += piece.length;
      return piece;
    };
    const tag = (): Uint8Array => {
      absorbLengths(products, state, additionalData.length, length);
      const bytes = new Uint8Array(tagLength);
      encryptHash(state, start, bytes);
      return bytes;
    };
    return {
      seal: (piece) => absorb(apply(piece)),
      open: (piece) => apply(absorb(piece)),
      tag,
      isRight: (given) => isSame(tag(), given),
    };
  }

  return {
    seal(data, length, iv, ivLength, additionalData, additionalLength, tag) {
      startCounter(iv, ivLength);
      applyKeyStream(data, length);
      writeTag(data, length, additionalData, additionalLength, tag);
    },
    open(data, length, iv, ivLength, additionalData, additionalLength, tag) {
      startCounter(iv, ivLength);
      writeTag(data, length, additionalData, additionalLength, expected);
      if (!isSame(expected, tag)) return false;
      applyKeyStream(data, length);
      return true;
    },
    pieces,
  };
}

function isSame(expected: Uint8Array, tag: Uint8Array): boolean {
  let difference = tag.length ^ tagLength;
  for (let i = 0; i < tagLength; i++) difference |= expected[i]! ^ tag[i]!;
  return difference === 0;
}
