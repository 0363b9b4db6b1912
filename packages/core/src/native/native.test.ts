import { createHash } from "node:crypto";
import { expect, test, vi } from "vitest";
import * as node from "./node.js";
import * as portable from "./portable.js";

test("SHA-512 of the same pieces, native and portable", async () => {
  const pieces = [0, 1, 127, 128, 129, 5000].map((length) => Uint8Array.from({ length }, (_, i) => (i * 31) & 255));
  const expected = new Uint8Array(createHash("sha512").update(Buffer.concat(pieces)).digest());
  for (const native of [node, portable]) {
    const hash = native.createSha512();
    for (const piece of pieces) hash.update(piece);
    expect(await hash.digest()).toEqual(expected);
  }
});

test("SHA-512 without Web Crypto", async () => {
  vi.stubGlobal("crypto", {});
  try {
    const hash = portable.createSha512();
    const piece = Uint8Array.of(1, 2, 3);
    hash.update(piece);
    piece.fill(0);
    expect(await hash.digest()).toEqual(
      new Uint8Array(
        createHash("sha512")
          .update(Uint8Array.of(1, 2, 3))
          .digest(),
      ),
    );
  } finally {
    vi.unstubAllGlobals();
  }
});

test("the two have the same functions", () => {
  expect(Object.keys(portable).sort()).toEqual(Object.keys(node).sort());
});

test("the native AES-GCM refuses a changed tag and gives plain byte arrays", () => {
  const gcm = node.findNativeGcm()!;
  const [key, iv, additional, plaintext] = [32, 32, 5, 700].map((length) => new Uint8Array(length).fill(length));
  const sealed = gcm.seal(key!, iv!, additional!, plaintext!);
  expect(sealed.length).toBe(716);
  const opened = gcm.open(key!, iv!, additional!, sealed)!;
  expect(opened).toEqual(plaintext);
  expect(opened.constructor).toBe(Uint8Array);
  sealed[715]! ^= 1;
  expect(gcm.open(key!, iv!, additional!, sealed)).toBeUndefined();
});

test("the native base64 reads what it writes, and nothing else", () => {
  const base64 = node.findNativeBase64()!;
  const bytes = Uint8Array.of(0xfb, 0xff, 0xbf, 1);
  expect(base64.encode(bytes.subarray(1))).toBe("/78B");
  expect(base64.encode(bytes)).toBe("+/+/AQ==");
  expect([...base64.decode("+/+/AQ==")!]).toEqual([...bytes]);
  for (const text of [
    "-_-_AQ==",
    "+/+/AQ",
    "+/+/AR==",
    "+/+/AQ==\n",
    "+/+/ AQ==",
    "+/+/AQ==A",
    "*+/+/AQ==",
    "\u012b/+/AQ==",
  ]) {
    expect(base64.decode(text)).toBeUndefined();
  }
});
