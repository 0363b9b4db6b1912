import { AgeError } from "../error.js";
import { webCrypto } from "../primitives/web-crypto.js";
import { fromCryptoKey, type X25519Key } from "../primitives/x25519.js";
import type { Identity } from "../recipient.js";
import { unwrap } from "./identity.js";
import { formatX25519Recipient } from "./recipient.js";
import { stanzaType } from "./stanza.js";

/** A private key that Web Crypto holds, and its recipient. */
export interface CryptoKeyRecipient {
  /** For {@link cryptoKeyIdentity}. It can be stored in IndexedDB, and its bytes cannot be read. */
  readonly privateKey: CryptoKey;
  /** `age1...`, for those who encrypt to it. */
  readonly recipient: string;
}

/**
 * Generates an X25519 key that never leaves Web Crypto: code in the page can use it, but cannot read it.
 *
 * @example
 * ```ts
 * const { privateKey, recipient } = await generateCryptoKey();
 * const file = await encrypt(plaintext, [recipient]);
 * await decrypt(file, [cryptoKeyIdentity(privateKey)]);
 * ```
 *
 * @throws {AgeError} `unsupported` if the runtime has no X25519 in Web Crypto: a browser from before 2025, or a page that
 * is not served over https.
 */
export async function generateCryptoKey(): Promise<CryptoKeyRecipient> {
  const subtle = webCrypto();
  let pair: CryptoKeyPair;
  try {
    pair = (await subtle.generateKey({ name: "X25519" }, false, ["deriveBits"])) as CryptoKeyPair;
  } catch (cause) {
    throw withoutX25519(cause);
  }
  const { privateKey } = pair;
  return { privateKey, recipient: await cryptoKeyToRecipient(privateKey) };
}

/**
 * An identity from an X25519 private key of Web Crypto, which may be non-extractable (`crypto.subtle.generateKey`,
 * `importKey`, {@link generateCryptoKey}).
 *
 * @throws {AgeError} `invalid_identity` if it is not a private key for X25519 with the usage `deriveBits`.
 */
export function cryptoKeyIdentity(privateKey: CryptoKey): Identity {
  checkKey(privateKey);
  let key: Promise<X25519Key> | undefined;
  return {
    async unwrapFileKey(stanzas) {
      for (const stanza of stanzas) {
        if (stanza.type !== stanzaType) continue;
        key ??= load(privateKey);
        const fileKey = await unwrap(stanza, await key);
        if (fileKey !== undefined) return fileKey;
      }
      return undefined;
    },
  };
}

/**
 * Derives the recipient `age1...` of an X25519 private key of Web Crypto.
 *
 * @throws {AgeError} `invalid_identity` as {@link cryptoKeyIdentity}; `unsupported`.
 */
export async function cryptoKeyToRecipient(privateKey: CryptoKey): Promise<string> {
  checkKey(privateKey);
  return formatX25519Recipient((await load(privateKey)).publicKey);
}

async function load(key: CryptoKey): Promise<X25519Key> {
  const subtle = webCrypto();
  try {
    return await fromCryptoKey(subtle, key);
  } catch (cause) {
    throw withoutX25519(cause);
  }
}

function withoutX25519(cause: unknown): AgeError {
  return new AgeError(
    "unsupported",
    "the Web Crypto of this runtime has no X25519; use a newer one, or an identity in text (AGE-SECRET-KEY-1...)",
    { cause },
  );
}

function checkKey(key: CryptoKey): void {
  const { type, algorithm, usages } = (key ?? {}) as Partial<CryptoKey>;
  if (type === "private" && algorithm?.name === "X25519" && usages?.includes("deriveBits") === true) return;
  throw new AgeError(
    "invalid_identity",
    'the key must be a private CryptoKey for X25519 with the usage "deriveBits"; of a key pair, pass its `privateKey`',
  );
}
