import { afterEach, expect, it, vi } from "vitest";
import { importSecretKey } from "./x25519.js";
import { importSecretKeySync } from "./x25519-sync.js";

vi.mock("#native", () => import("../native/portable.js"));
afterEach(() => {
  vi.restoreAllMocks();
});

const secretKey = Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 1);
const point = Uint8Array.from({ length: 32 }, (_, i) => 5 * i + 9);
const expected = importSecretKeySync(secretKey);

it("is that of Web Crypto", async () => {
  const derive = vi.spyOn(crypto.subtle, "deriveBits");
  const key = await importSecretKey(secretKey);
  expect(await key.sharedSecret(point)).toEqual(expected.sharedSecret(point));
  expect(key.publicKey).toEqual(expected.publicKey());
  expect(derive).toHaveBeenCalledTimes(2);
});

it("is noble's where Web Crypto has no X25519", async () => {
  const refusal = new DOMException("Algorithm: Unrecognized name", "NotSupportedError");
  const imported = vi.spyOn(crypto.subtle, "importKey").mockRejectedValue(refusal);
  const key = await importSecretKey(secretKey);
  expect(await key.sharedSecret(point)).toEqual(expected.sharedSecret(point));
  expect(key.publicKey).toEqual(expected.publicKey());
  expect(imported).toHaveBeenCalledOnce();
});

it("takes no error of Web Crypto for a point of low order", async () => {
  const key = await importSecretKey(secretKey);
  vi.spyOn(crypto.subtle, "deriveBits").mockRejectedValue(new DOMException("", "InvalidAccessError"));
  await expect(key.sharedSecret(point)).rejects.toThrow(DOMException);
});

it("trusts no runtime that gives an all-zero secret", async () => {
  const key = await importSecretKey(secretKey);
  vi.spyOn(crypto.subtle, "deriveBits").mockResolvedValue(new ArrayBuffer(32));
  expect(await key.sharedSecret(point)).toBeUndefined();
});
