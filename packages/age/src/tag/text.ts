import { decodeBech32 } from "../bech32.js";
import { AgeError } from "../error.js";

/*
 * Text encoding of tagged recipients (age: tag/tag.go, plugin/encode.go). Separate from the cryptography, which is
 * loaded on demand.
 */

export interface TagKey {
  /** Whether it has ML-KEM-768 besides P-256. */
  readonly hybrid: boolean;
  /**
   * A compressed P-256 point, 33 bytes. For a hybrid key, an ML-KEM-768 public key and an uncompressed point, 1249
   * bytes.
   */
  readonly publicKey: Uint8Array;
}

/**
 * Parses `age1tag1...` or `age1tagpq1...`, which must be in lower case.
 *
 * @throws {AgeError} `invalid_recipient`.
 */
export function readTagRecipient(text: string): TagKey {
  const decoded = text === text.toLowerCase() ? decodeBech32(text) : undefined;
  if (decoded?.prefix === "age1tag" && decoded.bytes.length === 33) return { hybrid: false, publicKey: decoded.bytes };
  if (decoded?.prefix === "age1tagpq" && decoded.bytes.length === 1184 + 65) {
    return { hybrid: true, publicKey: decoded.bytes };
  }
  throw new AgeError(
    "invalid_recipient",
    "the recipient age1tag... is incomplete or has a typo (its checksum does not match); copy it again",
  );
}
