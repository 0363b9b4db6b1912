import { concat, fromText } from "../bytes.js";
import { AgeError } from "../error.js";

/*
 * age.md, "The scrypt recipient type": `scrypt`, the salt in base64, the work factor in decimal, and the file key,
 * encrypted under a key derived from the passphrase.
 */

export const stanzaType = "scrypt";

/** Bytes of the salt. */
export const saltLength = 16;

/**
 * Derives the wrapping key.
 *
 * @throws {AgeError} `unsupported` if the runtime has not the memory for it.
 */
export async function scryptWrapKey(passphrase: Uint8Array, salt: Uint8Array, workFactor: number): Promise<Uint8Array> {
  // Loaded when it is needed: few files have a passphrase.
  const { deriveScrypt } = await import("#scrypt");
  try {
    return await deriveScrypt(passphrase, concat([fromText("age-encryption.org/v1/scrypt"), salt]), workFactor);
  } catch (cause) {
    throw new AgeError(
      "unsupported",
      `the work factor ${workFactor} of the passphrase takes ${2 ** workFactor / 1024} MiB of memory, which this runtime does not give`,
      { cause },
    );
  }
}

/**
 * The bytes of a passphrase, which age takes as they are.
 *
 * @throws {AgeError} `passphrase` for an empty one.
 */
export function passphraseBytes(passphrase: string): Uint8Array {
  if (passphrase === "") throw new AgeError("passphrase", "the passphrase is empty; give one");
  return fromText(passphrase);
}

/** @throws {RangeError} a work factor is a whole number from 1 to 30 (age: scrypt.go). */
export function checkWorkFactor(workFactor: number): void {
  if (Number.isInteger(workFactor) && workFactor >= 1 && workFactor <= 30) return;
  throw new RangeError("the work factor must be a whole number from 1 to 30");
}
