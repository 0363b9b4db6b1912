import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { x25519 as nobleX25519 } from "@noble/curves/ed25519.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import * as node from "./node.js";
import * as portable from "./portable.js";

/*
 * The native primitives against noble's, an implementation of its own: whatever a runtime has, the bytes and the
 * refusals are the same.
 */

const bytes = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 7) & 255);
const aead = { seal: node.findNativeSeal()!, open: node.findNativeOpen()! };
const x25519 = node.findNativeX25519()!;

it("has the same functions everywhere", () => {
  expect(Object.keys(portable).sort()).toEqual(Object.keys(node).sort());
});

it("is there in Node", () => {
  expect(aead.seal).toBeDefined();
  expect(aead.open).toBeDefined();
  expect(x25519).toBeDefined();
});

describe("the native ChaCha20-Poly1305", () => {
  const key = bytes(32, 2);
  const nonce = bytes(12, 3);
  const seal = (plaintext: Uint8Array): Uint8Array => new Uint8Array(Buffer.concat(aead.seal(key, nonce, plaintext)));

  it.each([0, 1, 15, 16, 17, 1000, 65_535, 65_536])("seals %i bytes as noble does, and opens them", (length) => {
    const sealed = seal(bytes(length));
    expect(Buffer.compare(sealed, chacha20poly1305(key, nonce).encrypt(bytes(length)))).toBe(0);
    const opened = aead.open(key, nonce, sealed)!;
    expect(Buffer.compare(opened, bytes(length))).toBe(0);
    // Plain bytes that can be given away, not a part of a pool.
    expect(opened.constructor).toBe(Uint8Array);
    expect(opened.buffer.byteLength).toBe(length);
  });

  it("refuses a change of any byte, another key and another nonce", () => {
    const sealed = seal(bytes(100));
    for (let at = 0; at < sealed.length; at++) {
      const changed = sealed.slice();
      changed[at]! ^= 1 << (at % 8);
      expect(aead.open(key, nonce, changed)).toBeUndefined();
    }
    expect(aead.open(bytes(32, 4), nonce, sealed)).toBeUndefined();
    expect(aead.open(key, bytes(12, 4), sealed)).toBeUndefined();
  });

  it("seals a view into a larger buffer, to memory that is nobody else's", () => {
    expect(seal(bytes(100).subarray(10, 60))).toEqual(chacha20poly1305(key, nonce).encrypt(bytes(100).slice(10, 60)));
    for (const part of aead.seal(key, nonce, bytes(100))) {
      expect(part.constructor).toBe(Uint8Array);
      expect(part.buffer.byteLength).toBe(part.length);
    }
  });
});

describe("the native X25519", () => {
  it("gives what noble gives", () => {
    for (let seed = 1; seed < 20; seed++) {
      const secret = bytes(32, seed);
      const key = x25519.importSecretKey(secret);
      expect(key.publicKey()).toEqual(nobleX25519.getPublicKey(secret));
      // Any 32 bytes are a point, those with the highest bit set and those beyond the prime too.
      for (const point of [bytes(32, seed + 50), bytes(32, seed + 50).fill(255, seed)]) {
        expect(key.sharedSecret(point)).toEqual(nobleX25519.getSharedSecret(secret, point));
      }
    }
  });
});

it("tells equal bytes from others", () => {
  for (const { isEqual } of [node, portable]) {
    expect(isEqual(bytes(32), bytes(32))).toBe(true);
    for (let at = 0; at < 32; at++)
      expect(isEqual(bytes(32), bytes(32).fill(255 - bytes(32)[at]!, at, at + 1))).toBe(false);
  }
});

it("authenticates as noble does", async () => {
  for (const length of [1, 16, 32, 64, 65, 200]) {
    const [key, message] = [bytes(length, 1), bytes(length, 3)];
    const code = hmac(sha256, key, message);
    expect(node.hmacSha256(key, message)).toEqual(code);
    expect(await portable.hmacSha256(key, message)).toEqual(code);
  }
});
