import { SopsError } from "./errors.js";

/**
 * Shamir's secret sharing over GF(256) with the AES polynomial, as sops splits a data key over key groups (shamir/,
 * after HashiCorp Vault): a share is one y for each byte of the secret, then the share's x.
 */

const logarithms = /* @__PURE__ */ new Uint8Array(256);
const powers = /* @__PURE__ */ new Uint8Array(255);

function fillTables(): void {
  if (powers[0] !== 0) return;
  let power = 1;
  for (let exponent = 0; exponent < 255; exponent++) {
    powers[exponent] = power;
    logarithms[power] = exponent;
    // Times the generator 3, reduced by x^8 + x^4 + x^3 + x + 1.
    power ^= (power << 1) ^ (power & 0x80 ? 0x11b : 0);
  }
}

function multiply(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : powers[(logarithms[a]! + logarithms[b]!) % 255]!;
}

function divide(a: number, b: number): number {
  return a === 0 ? 0 : powers[(logarithms[a]! - logarithms[b]! + 255) % 255]!;
}

/** The secret that shares give: any `threshold` of those it was split into. Fewer give nonsense, not an error. */
export function combineShares(shares: readonly Uint8Array[]): Uint8Array {
  fillTables();
  const length = shares[0]?.length ?? 0;
  const xs = shares.map((share) => share[length - 1]!);
  if (
    length < 2 ||
    shares.some((share) => share.length !== length) ||
    new Set(xs).size !== xs.length ||
    xs.includes(0)
  ) {
    throw new SopsError("data_key", "The shares of the data key that the key groups hold do not fit together.");
  }
  // Lagrange: the weight of each share where x is 0.
  const weights = xs.map((x) =>
    xs.reduce((weight, other) => (other === x ? weight : multiply(weight, divide(other, other ^ x))), 1),
  );
  const secret = new Uint8Array(length - 1);
  for (let i = 0; i < secret.length; i++) {
    for (let s = 0; s < shares.length; s++) secret[i]! ^= multiply(shares[s]![i]!, weights[s]!);
  }
  return secret;
}

/**
 * Split a secret into as many shares as `parts`, any `threshold` of which give it (shamir/shamir.go, `Split`).
 *
 * @throws {SopsError} `invalid_option` for fewer than 2 of either, more than 255, or a threshold above the number of
 * parts.
 */
export function splitSecret(secret: Uint8Array, parts: number, threshold: number): Uint8Array[] {
  if (!Number.isInteger(threshold) || threshold < 2 || threshold > parts || parts > 255) {
    throw new SopsError(
      "invalid_option",
      `A data key that is split over ${parts} key groups cannot ask for ${threshold} of them. Give a threshold (shamir_threshold) from 2 to the number of groups, of which there are at most 255.`,
    );
  }
  fillTables();
  const length = secret.length;
  const shares = Array.from({ length: parts }, () => new Uint8Array(length + 1));
  const coefficients = globalThis.crypto.getRandomValues(new Uint8Array(length * (threshold - 1)));
  for (const [index, share] of shares.entries()) {
    const x = index + 1;
    share[length] = x;
    for (let at = 0; at < length; at++) {
      // Horner, from the highest power; the secret is where x is 0.
      let y = 0;
      for (let power = threshold - 2; power >= 0; power--) {
        y = multiply(y, x) ^ coefficients[at * (threshold - 1) + power]!;
      }
      share[at] = multiply(y, x) ^ secret[at]!;
    }
  }
  return shares;
}
