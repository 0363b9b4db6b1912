import { findNativeX25519, type NativeX25519, type NativeX25519Key } from "#native";

/*
 * X25519 (RFC 7748): synchronous native code or Web Crypto, whichever the runtime has. Noble's is loaded for a browser
 * older than 2025, and for pages that are not served over https.
 */

/** An imported secret key. */
export interface X25519Key {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /**
   * 32 bytes, or undefined if they would be all zero: the public key is then a point of low order, and the secret would
   * not depend on the secret key (RFC 7748, section 6.1).
   */
  sharedSecret(theirPublicKey: Uint8Array): Promise<Uint8Array | undefined>;
}

let native: NativeX25519 | "none" | undefined;

/** Imports a secret key (any 32 bytes). Keep the result if it is used more than once. */
export async function importSecretKey(secretKey: Uint8Array): Promise<X25519Key> {
  // Looked for on first use, because loading a module must have no side effects.
  native ??= findNativeX25519() ?? "none";
  if (native !== "none") return asynchronous(native.importSecretKey(secretKey));
  const imported = await importToWebCrypto(secretKey);
  if (imported !== undefined) return imported;
  const { importSecretKeySync } = await import("../on-demand.js");
  return asynchronous(importSecretKeySync(secretKey));
}

function asynchronous(key: NativeX25519Key): X25519Key {
  return {
    publicKey: key.publicKey(),
    sharedSecret: async (theirPublicKey) => key.sharedSecret(theirPublicKey),
  };
}

// The DER (RFC 8410) of a secret key without its last 32 bytes.
const secretKeyStart = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20];

/** Returns undefined if Web Crypto is not there or has no X25519. */
async function importToWebCrypto(secretKey: Uint8Array): Promise<X25519Key | undefined> {
  const { subtle } = globalThis.crypto;
  if (subtle === undefined) return undefined;
  const der = Uint8Array.from([...secretKeyStart, ...secretKey]);
  let key: CryptoKey;
  try {
    key = await subtle.importKey("pkcs8", der, "X25519", false, ["deriveBits"]);
  } catch {
    return undefined;
  }
  return fromCryptoKey(subtle, key);
}

/** A secret key that Web Crypto holds. It may be non-extractable, and must have the usage `deriveBits`. */
export async function fromCryptoKey(subtle: SubtleCrypto, key: CryptoKey): Promise<X25519Key> {
  const sharedSecret = async (theirPublicKey: Uint8Array): Promise<Uint8Array | undefined> => {
    const theirs = await subtle.importKey("raw", new Uint8Array(theirPublicKey), "X25519", false, []);
    try {
      const secret = new Uint8Array(await subtle.deriveBits({ name: "X25519", public: theirs }, key, 256));
      return secret.every((byte) => byte === 0) ? undefined : secret;
    } catch (error) {
      // Web Crypto rejects an all-zero secret with it (Secure Curves, section 3.3.5).
      if (error instanceof Error && error.name === "OperationError") return undefined;
      throw error;
    }
  };

  // RFC 7748, section 6.1: the public key is the shared secret with the point 9.
  const basePoint = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 9 : 0));
  return { publicKey: (await sharedSecret(basePoint))!, sharedSecret };
}
