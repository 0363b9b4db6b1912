import { pow } from "@noble/curves/abstract/modular.js";
import { type MontgomeryECDH, montgomery } from "@noble/curves/abstract/montgomery.js";
import { findNativeX25519, type NativeX25519, type X25519Key } from "#native";

/*
 * X25519 (RFC 7748): the runtime's own if it has one, noble's otherwise. All uses of the curve go through this module.
 * All functions are synchronous.
 *
 * Noble's curve is built from its Montgomery ladder instead of `@noble/curves/ed25519.js`. That module computes public
 * keys on the Edwards curve, which is faster in bulk, but its tables cost about 50 ms for the first key and 7 kB in
 * every bundle, and most files are opened with one key.
 */

// 2^255 - 19, as a literal so that bundlers see a constant.
const prime = /* @__PURE__ */ BigInt("0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");

function makeCurve(): MontgomeryECDH {
  return montgomery({
    P: prime,
    type: "x25519",
    powPminus2: (x) => pow(x, prime - 2n, prime),
    adjustScalarBytes(scalar: Uint8Array) {
      // RFC 7748, section 5, `decodeScalar25519`.
      scalar[0]! &= 248;
      scalar[31]! &= 127;
      scalar[31]! |= 64;
      return scalar;
    },
  });
}

function makePortable(): NativeX25519 {
  const curve = makeCurve();
  return {
    importSecretKey: (secretKey) => ({
      publicKey: () => curve.getPublicKey(secretKey),
      sharedSecret(theirPublicKey) {
        try {
          return curve.getSharedSecret(secretKey, theirPublicKey);
        } catch (error) {
          // noble throws these for invalid arguments, and a plain Error for points of low order.
          if (error instanceof TypeError || error instanceof RangeError) throw error;
          return undefined;
        }
      },
    }),
  };
}

let chosen: NativeX25519 | undefined;

/** Chosen on first use, because loading a module must have no side effects. */
function x25519(): NativeX25519 {
  chosen ??= findNativeX25519() ?? makePortable();
  return chosen;
}

export type { X25519Key } from "#native";

/** Imports a secret key (any 32 bytes). Keep the result if it is used more than once. */
export function importSecretKey(secretKey: Uint8Array): X25519Key {
  return x25519().importSecretKey(secretKey);
}

/** The public key (32 bytes) of a secret key (any 32 bytes). */
export function publicKey(secretKey: Uint8Array): Uint8Array {
  return importSecretKey(secretKey).publicKey();
}

/**
 * The shared secret (32 bytes), or undefined if it would be all zero: the public key is then a point of low order, and
 * the secret would not depend on the secret key (RFC 7748, section 6.1).
 */
export function sharedSecret(secretKey: Uint8Array, theirPublicKey: Uint8Array): Uint8Array | undefined {
  return importSecretKey(secretKey).sharedSecret(theirPublicKey);
}
