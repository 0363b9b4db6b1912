import { decodeBech32, encodeBech32 } from "../bech32.js";
import { AgeError } from "../error.js";
import { randomBytes } from "../primitives/random.js";

/*
 * Text encoding of the post-quantum hybrid keys (age.md, "The MLKEM768-X25519 recipient type"). Separate from the
 * cryptography, which is loaded on demand.
 */

const recipientPrefix = "age1pq";
const identityPrefix = "age-secret-key-pq-";

/** Stanza type. */
export const stanzaType = "mlkem768x25519";

/** Length of the seed, the secret key, in bytes. */
const seedLength = 32;

/** Length of a public key in bytes: ML-KEM-768, then X25519. */
const publicKeyLength: number = 1184 + 32;

/** Generates a seed. The identity is its text, `AGE-SECRET-KEY-PQ-1...`. */
export function generateHybridKey(): { seed: Uint8Array; identity: string } {
  const seed = randomBytes(seedLength);
  return { seed, identity: encodeBech32(identityPrefix, seed).toUpperCase() };
}

/** Encodes a public key as `age1pq1...`. */
export function formatHybridRecipient(publicKey: Uint8Array): string {
  return encodeBech32(recipientPrefix, publicKey);
}

/**
 * Decodes `age1pq1...`, which must be in lower case.
 *
 * @returns The public key.
 * @throws {AgeError} `invalid_recipient`.
 */
export function readHybridRecipient(text: string): Uint8Array {
  const decoded = text === text.toLowerCase() ? decodeBech32(text) : undefined;
  if (decoded?.prefix === recipientPrefix && decoded.bytes.length === publicKeyLength) return decoded.bytes;
  throw new AgeError(
    "invalid_recipient",
    "the recipient age1pq1... is incomplete or has a typo (its checksum does not match); copy it again",
  );
}

/**
 * Decodes `AGE-SECRET-KEY-PQ-1...`, which must be in upper case.
 *
 * @returns The seed.
 * @throws {AgeError} `invalid_identity`.
 */
export function readHybridIdentity(text: string): Uint8Array {
  const decoded = text === text.toUpperCase() ? decodeBech32(text) : undefined;
  if (decoded?.prefix === identityPrefix && decoded.bytes.length === seedLength) return decoded.bytes;
  throw new AgeError(
    "invalid_identity",
    "the identity AGE-SECRET-KEY-PQ-1... is incomplete or has a typo (its checksum does not match); " +
      "copy it again, in upper case",
  );
}
