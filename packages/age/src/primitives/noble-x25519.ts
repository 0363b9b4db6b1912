import { pow } from "@noble/curves/abstract/modular.js";
import { type MontgomeryECDH, montgomery } from "@noble/curves/abstract/montgomery.js";
import type { NativeX25519 } from "#native";

/*
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

/** X25519 (RFC 7748) of noble. */
export function nobleX25519(): NativeX25519 {
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
