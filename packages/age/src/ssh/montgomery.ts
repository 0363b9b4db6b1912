import { invert, pow } from "@noble/curves/abstract/modular.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

/*
 * Converts Ed25519 public keys to X25519 (RFC 7748, section 4.1): u = (1 + y) / (1 - y). Computed here, from public
 * values only, because noble's Edwards curves would add their tables to bundles that already have X25519.
 */

const prime = /* @__PURE__ */ BigInt("0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");
const d = /* @__PURE__ */ BigInt("0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3");

/** The X25519 public key of an Ed25519 public key, or undefined if that is not a point on the curve. */
export function toMontgomery(publicKey: Uint8Array): Uint8Array | undefined {
  const bytes = publicKey.slice().reverse();
  bytes[0]! &= 0x7f;
  const y = BigInt(`0x${bytesToHex(bytes)}`) % prime;
  const square = (y * y) % prime;
  // x^2 = (y^2 - 1) / (d y^2 + 1), and the denominator is never zero (RFC 8032, section 5.1.3).
  const xx = (modulo(square - 1n) * invert((d * square + 1n) % prime, prime)) % prime;
  // Euler's criterion: 1 for a square, 0 for zero.
  if (pow(xx, (prime - 1n) / 2n, prime) > 1n) return undefined;
  // The neutral element maps to the point of order two.
  const u = y === 1n ? 0n : (modulo(1n + y) * invert(modulo(1n - y), prime)) % prime;
  return hexToBytes(u.toString(16).padStart(64, "0")).reverse();
}

function modulo(value: bigint): bigint {
  return ((value % prime) + prime) % prime;
}
