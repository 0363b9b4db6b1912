import { scrypt } from "node:crypto";

/*
 * scrypt (RFC 7914) for runtimes that have node:crypto: Node, Deno, Bun. Several times as fast as JavaScript, and it
 * does not block the event loop.
 */

/** Derives a 32-byte key with N = 2^`logN`, r = 8, p = 1. This takes 2^`logN` KiB of memory. */
export function deriveScrypt(passphrase: Uint8Array, salt: Uint8Array, logN: number): Promise<Uint8Array> {
  const N = 2 ** logN;
  // The table, and some room for the rest.
  const options = { N, r: 8, p: 1, maxmem: 1024 * N + 2 ** 20 };
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, 32, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
