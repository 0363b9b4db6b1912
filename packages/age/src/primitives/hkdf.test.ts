import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { expect, it } from "vitest";
import { deriveKey } from "./hkdf.js";

const bytes = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 7) & 255);

it.each([undefined, 1, 16, 31, 32, 33, 64, 65, 200])(
  "derives what noble does with a salt of %s bytes",
  async (length) => {
    const salt = length === undefined ? undefined : bytes(length, 2);
    for (const keyLength of [0, 1, 16, 32, 64, 65, 200]) {
      for (const info of ["", "payload", "age-encryption.org/v1/X25519"]) {
        const derived = hkdf(sha256, bytes(keyLength, 1), salt, new TextEncoder().encode(info), 32);
        expect(await deriveKey(bytes(keyLength, 1), salt, info)).toEqual(derived);
      }
    }
  },
);
