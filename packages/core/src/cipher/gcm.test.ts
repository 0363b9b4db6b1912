import { createCipheriv } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createGcm } from "./gcm.js";

function bytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

/** Strings are much faster to compare than arrays. */
function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** CAVP's form: `Name = value` lines, a blank line between records. */
function readRecords(text: string): Map<string, string>[] {
  return text
    .split(/\n\n+/)
    .filter((part) => part.startsWith("Count"))
    .map(
      (part) => new Map(part.split("\n").map((line) => line.split("=").map((side) => side.trim()) as [string, string])),
    );
}

interface WycheproofTest {
  tcId: number;
  comment: string;
  result: "valid" | "invalid" | "acceptable";
  key: string;
  iv: string;
  aad: string;
  msg: string;
  ct: string;
  tag: string;
}

describe("Wycheproof", () => {
  const { tests }: { tests: WycheproofTest[] } = JSON.parse(
    readFileSync(new URL("../../test/vectors/wycheproof/aes256_gcm.json", import.meta.url), "utf8"),
  );

  test("there are tests of both sorts, with IVs of 1 to 257 bytes", () => {
    expect(tests.filter(({ result }) => result === "valid").length).toBeGreaterThan(60);
    expect(tests.filter(({ result }) => result === "invalid").length).toBeGreaterThan(20);
    expect(Math.max(...tests.map(({ iv }) => iv.length / 2))).toBe(257);
  });

  // An empty IV is invalid there; here the value layer refuses it before the cipher sees it.
  test.each(tests.filter(({ iv }) => iv !== ""))("$tcId $comment $result", (vector) => {
    const gcm = createGcm(bytes(vector.key));
    const [iv, additional, tag] = [bytes(vector.iv), bytes(vector.aad), bytes(vector.tag)];
    const data = bytes(vector.ct);
    const opened = gcm.open(data, data.length, iv, iv.length, additional, additional.length, tag);
    expect(opened).toBe(vector.result === "valid");
    if (!opened) return;
    expect(hex(data)).toBe(vector.msg);
    const sealedTag = new Uint8Array(16);
    gcm.seal(data, data.length, iv, iv.length, additional, additional.length, sealedTag);
    expect(hex(data)).toBe(vector.ct);
    expect(hex(sealedTag)).toBe(vector.tag);
  });
});

describe("NIST CAVP", () => {
  const records = readRecords(
    readFileSync(new URL("../../test/vectors/nist-cavp/gcm256.rsp", import.meta.url), "utf8").replaceAll("\r", ""),
  );
  const field = (record: Map<string, string>, name: string) => bytes(record.get(name)!);

  test("there are vectors of both sorts, with IVs of 1, 12 and 128 bytes", () => {
    expect(records.filter((record) => record.has("FAIL")).length).toBeGreaterThan(100);
    expect(records.filter((record) => !record.has("FAIL")).length).toBeGreaterThan(200);
    expect([...new Set(records.map((record) => field(record, "IV").length))].sort((a, b) => a - b)).toEqual([
      1, 12, 128,
    ]);
  });

  test("every vector opens, or is refused, as it says", () => {
    for (const record of records) {
      const gcm = createGcm(field(record, "Key"));
      const iv = field(record, "IV");
      const additional = field(record, "AAD");
      const tag = field(record, "Tag");
      const ciphertext = field(record, "CT");
      const data = ciphertext.slice();
      const opened = gcm.open(data, data.length, iv, iv.length, additional, additional.length, tag);
      expect(opened).toBe(!record.has("FAIL"));
      if (!opened) {
        expect(data).toEqual(ciphertext);
        continue;
      }
      expect(data).toEqual(field(record, "PT"));
      const sealedTag = new Uint8Array(16);
      gcm.seal(data, data.length, iv, iv.length, additional, additional.length, sealedTag);
      expect(data).toEqual(ciphertext);
      expect(sealedTag).toEqual(tag);
    }
  });
});

function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7) & 255);
}

test("the same bytes as node:crypto, one context for many messages", () => {
  const key = Uint8Array.from({ length: 32 }, (_, i) => (i * 37) & 255);
  const gcm = createGcm(key);
  fc.assert(
    fc.property(
      fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.nat({ max: 5000 }).map(counting)),
      fc.uint8Array({ minLength: 1, maxLength: 64 }),
      fc.uint8Array({ maxLength: 70 }),
      (plaintext, iv, additional) => {
        const cipher = createCipheriv("aes-256-gcm", key, iv);
        cipher.setAAD(additional);
        const expected = new Uint8Array(Buffer.concat([cipher.update(plaintext), cipher.final()]));
        // Bytes behind those that count have no say.
        const data = new Uint8Array(plaintext.length + 5).fill(7);
        data.set(plaintext);
        const tag = new Uint8Array(16);
        gcm.seal(data, plaintext.length, iv, iv.length, additional, additional.length, tag);
        expect(hex(data)).toBe(`${hex(expected)}0707070707`);
        expect(tag).toEqual(new Uint8Array(cipher.getAuthTag()));
        expect(gcm.open(data, plaintext.length, iv, iv.length, additional, additional.length, tag)).toBe(true);
        expect(hex(data)).toBe(`${hex(plaintext)}0707070707`);
      },
    ),
    { numRuns: 300 },
  );
});

/**
 * The 16-byte IV that makes J0 = `wanted`: with one block and the block of lengths, J0 = (iv * H + lengths) * H, so
 * iv = (wanted / H + lengths) / H in GF(2^128). Division by way of H^(2^128 - 2), on BigInts in GHASH's bit order.
 */
function ivForCounter(h: bigint, wanted: bigint): Uint8Array {
  const multiply = (a: bigint, b: bigint): bigint => {
    let product = 0n;
    let power = b;
    for (let i = 127n; i >= 0n; i--) {
      if ((a >> i) & 1n) product ^= power;
      power = power & 1n ? (power >> 1n) ^ (0xe1n << 120n) : power >> 1n;
    }
    return product;
  };
  let inverse = 1n << 127n;
  let square = h;
  for (let i = 1; i < 128; i++) {
    square = multiply(square, square);
    inverse = multiply(inverse, square);
  }
  return bytes(
    multiply(multiply(wanted, inverse) ^ 128n, inverse)
      .toString(16)
      .padStart(32, "0"),
  );
}

test("a counter that wraps around does not carry into the next word", () => {
  const key = new Uint8Array(32).fill(1);
  const h = createCipheriv("aes-256-ecb", key, null).update(new Uint8Array(16)).toString("hex");
  const iv = ivForCounter(BigInt(`0x${h}`), 0x0123456789abcdef01234567fffffffen);
  const data = new Uint8Array(100);
  const tag = new Uint8Array(16);
  createGcm(key).seal(data, data.length, iv, 16, new Uint8Array(0), 0, tag);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  expect(data).toEqual(new Uint8Array(cipher.update(new Uint8Array(100))));
  cipher.final();
  expect(tag).toEqual(new Uint8Array(cipher.getAuthTag()));
  // The third block's counter, so that the test is known to stand where it means to.
  const third = createCipheriv("aes-256-ecb", key, null).update(bytes("0123456789abcdef0123456700000000"));
  expect(data.subarray(16, 32)).toEqual(new Uint8Array(third));
});

test("every bit of data, tag, IV and additional data counts", () => {
  const gcm = createGcm(new Uint8Array(32).fill(9));
  const parts = [21, 32, 17, 16].map((length, part) => Uint8Array.from({ length }, (_, i) => (i * 11 + part) & 255));
  const [data, iv, additional, tag] = parts as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  gcm.seal(data, 21, iv, 32, additional, 17, tag);
  const open = () => gcm.open(data.slice(), 21, iv, 32, additional, 17, tag);
  expect(open()).toBe(true);
  for (const part of parts) {
    for (let bit = 0; bit < part.length * 8; bit++) {
      part[bit >> 3]! ^= 1 << (bit & 7);
      expect(open()).toBe(false);
      part[bit >> 3]! ^= 1 << (bit & 7);
    }
  }
  expect(open()).toBe(true);
});
