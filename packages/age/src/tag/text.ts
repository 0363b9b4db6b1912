import { decodeBech32 } from "../bech32.js";
import { AgeError } from "../error.js";

/*
 * How tagged recipients are written (age: tag/tag.go, plugin/encode.go). Apart from what computes with them, which is
 * loaded when it is needed.
 */

export interface TagKey {
  /** With ML-KEM-768 beside P-256. */
  readonly hybrid: boolean;
  /**
   * A compressed point of P-256, 33 bytes; for a hybrid one a public key of ML-KEM-768 and an uncompressed point, 1249
   * bytes.
   */
  readonly publicKey: Uint8Array;
}

/**
 * Reads `age1tag1...` or `age1tagpq1...`, in lower case.
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
    "the recipient age1tag... is not complete or has a wrong character (its checksum does not fit); copy it again",
  );
}
