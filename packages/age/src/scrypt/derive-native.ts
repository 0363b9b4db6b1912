import { scrypt } from "node:crypto";

/*
 * scrypt (RFC 7914) where node:crypto is: Node, Deno, Bun. Several times as fast as JavaScript, and it keeps the event
 * loop free.
 */

/** A key of 32 bytes by scrypt with N = 2^`logN`, r = 8, p = 1, which takes 2^`logN` KiB of memory. */
export function deriveScrypt(passphrase: Uint8Array, salt: Uint8Array, logN: number): Promise<Uint8Array> {
  const N = 2 ** logN;
  // As much as it takes, and something for what it holds beside its table.
  const options = { N, r: 8, p: 1, maxmem: 1024 * N + 2 ** 20 };
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, 32, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
