import { scryptAsync } from "@noble/hashes/scrypt.js";

/** Derives a 32-byte key with N = 2^`logN`, r = 8, p = 1. This takes 2^`logN` KiB of memory. */
export function deriveScrypt(passphrase: Uint8Array, salt: Uint8Array, logN: number): Promise<Uint8Array> {
  const N = 2 ** logN;
  return scryptAsync(passphrase, salt, { N, r: 8, p: 1, dkLen: 32, maxmem: 1024 * N + 2 ** 20 });
}
