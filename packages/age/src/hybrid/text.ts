import { decodeBech32, encodeBech32 } from "../bech32.js";
import { AgeError } from "../error.js";
import { randomBytes } from "../primitives/random.js";

/*
 * How the keys of the post-quantum hybrid are written (age.md, "The MLKEM768-X25519 recipient type"). Apart from what
 * computes with them, which is loaded when it is needed.
 */

const recipientPrefix = "age1pq";
const identityPrefix = "age-secret-key-pq-";

/** The type of its stanzas. */
export const stanzaType = "mlkem768x25519";

/** Bytes of the seed that is the secret key. */
export const seedLength = 32;

/** Bytes of a public key: that of ML-KEM-768, then that of X25519. */
export const publicKeyLength: number = 1184 + 32;

/**
 * A new post-quantum identity `AGE-SECRET-KEY-PQ-1...`, from the runtime's cryptographic generator. Keep it secret. Its
 * recipient (`identityToRecipient`) has some 2,000 characters.
 */
export function generateHybridIdentity(): string {
  return encodeBech32(identityPrefix, randomBytes(seedLength)).toUpperCase();
}

/** The text `age1pq1...` of a public key. */
export function formatHybridRecipient(publicKey: Uint8Array): string {
  return encodeBech32(recipientPrefix, publicKey);
}

/**
 * The public key in `age1pq1...`, in lower case as age writes it.
 *
 * @throws {AgeError} `invalid_recipient`.
 */
export function readHybridRecipient(text: string): Uint8Array {
  const decoded = text === text.toLowerCase() ? decodeBech32(text) : undefined;
  if (decoded?.prefix === recipientPrefix && decoded.bytes.length === publicKeyLength) return decoded.bytes;
  throw new AgeError(
    "invalid_recipient",
    "the recipient age1pq1... is not complete or has a wrong character (its checksum does not fit); copy it again",
  );
}

/**
 * The seed in `AGE-SECRET-KEY-PQ-1...`, in upper case as age writes it.
 *
 * @throws {AgeError} `invalid_identity`.
 */
export function readHybridIdentity(text: string): Uint8Array {
  const decoded = text === text.toUpperCase() ? decodeBech32(text) : undefined;
  if (decoded?.prefix === identityPrefix && decoded.bytes.length === seedLength) return decoded.bytes;
  throw new AgeError(
    "invalid_identity",
    "the identity AGE-SECRET-KEY-PQ-1... is not complete or has a wrong character (its checksum does not fit); " +
      "copy it again, in upper case",
  );
}
