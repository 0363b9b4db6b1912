import { decodeBech32, encodeBech32 } from "../bech32.js";
import { AgeError } from "../error.js";
import { randomBytes } from "../primitives/random.js";
import { keyLength } from "./stanza.js";

const prefix = "age-secret-key-";

/** Generates a secret key, `AGE-SECRET-KEY-1...`. */
export function generateX25519Key(): string {
  return encodeBech32(prefix, randomBytes(keyLength)).toUpperCase();
}

/**
 * Decodes `AGE-SECRET-KEY-1...`, which must be in upper case.
 *
 * @throws {AgeError} `invalid_identity`.
 */
export function decodeSecretKey(text: string): Uint8Array {
  const decoded = text === text.toUpperCase() ? decodeBech32(text) : undefined;
  if (decoded?.prefix !== prefix || decoded.bytes.length !== keyLength) {
    throw new AgeError(
      "invalid_identity",
      "the identity AGE-SECRET-KEY-1... is incomplete or has a typo (its checksum does not match); " +
        "copy it again, in upper case",
    );
  }
  return decoded.bytes;
}
