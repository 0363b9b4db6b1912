import bcrypt from "bcrypt-pbkdf";
import { expect, test } from "vitest";
import { bcryptPbkdf } from "./bcrypt-pbkdf.js";

/** With bcrypt-pbkdf, a port of OpenBSD's C. */
function derive(passphrase: Uint8Array, salt: Uint8Array, rounds: number, length: number): Uint8Array {
  const key = new Uint8Array(length);
  expect(bcrypt.pbkdf(passphrase, passphrase.length, salt, salt.length, key, length, rounds)).toBe(0);
  return key;
}

const passphrase = new TextEncoder().encode("correct horse battery staple");
const salt = Uint8Array.from({ length: 16 }, (_, i) => 255 - 7 * i);

test.each([
  [1, 32],
  [1, 48],
  [3, 48],
  [2, 1],
  [2, 33],
  [1, 65],
])("bcrypt_pbkdf with %d rounds and %d bytes is that of OpenBSD", (rounds, length) => {
  expect(bcryptPbkdf(passphrase, salt, rounds, length)).toEqual(derive(passphrase, salt, rounds, length));
});

test("a salt and a passphrase of any length are hashed as a whole", () => {
  for (const length of [1, 65]) {
    const input = Uint8Array.from({ length }, (_, i) => 11 * i + length);
    expect(bcryptPbkdf(input, salt, 1, 48)).toEqual(derive(input, salt, 1, 48));
    expect(bcryptPbkdf(passphrase, input, 1, 48)).toEqual(derive(passphrase, input, 1, 48));
  }
});

test("no key is derived from what OpenBSD rejects", () => {
  const none = new Uint8Array(0);
  expect(bcryptPbkdf(none, salt, 1, 48)).toBeUndefined();
  expect(bcryptPbkdf(passphrase, none, 1, 48)).toBeUndefined();
  expect(bcryptPbkdf(passphrase, salt, 0, 48)).toBeUndefined();
  expect(bcryptPbkdf(passphrase, salt, 1, 0)).toBeUndefined();
  expect(bcryptPbkdf(passphrase, salt, 1, 1025)).toBeUndefined();
  expect(bcryptPbkdf(passphrase, new Uint8Array(2 ** 20 + 1), 1, 48)).toBeUndefined();
});
