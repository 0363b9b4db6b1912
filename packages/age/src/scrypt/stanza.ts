import { concat, fromText } from "../bytes.js";
import { AgeError } from "../error.js";

/*
 * age.md, "The scrypt recipient type": `scrypt`, the salt in base64, the work factor in decimal. The body is the file
 * key, encrypted under a key derived from the passphrase.
 */

export const stanzaType = "scrypt";

/** Length of the salt in bytes. */
export const saltLength = 16;

/**
 * Derives the wrapping key.
 *
 * @throws {AgeError} `unsupported` if the runtime lacks the memory.
 */
export async function scryptWrapKey(passphrase: Uint8Array, salt: Uint8Array, workFactor: number): Promise<Uint8Array> {
  // Loaded on demand: few files use a passphrase.
  const { deriveScrypt } = await import("#scrypt");
  try {
    return await deriveScrypt(passphrase, concat([fromText("age-encryption.org/v1/scrypt"), salt]), workFactor);
  } catch (cause) {
    throw new AgeError(
      "unsupported",
      `the passphrase's work factor ${workFactor} takes ${2 ** workFactor / 1024} MiB of memory, which this runtime does not have`,
      { cause },
    );
  }
}

/**
 * Encodes a passphrase. age does not normalize it.
 *
 * @throws {AgeError} `passphrase` if it is empty.
 */
export function passphraseBytes(passphrase: string): Uint8Array {
  if (passphrase === "") throw new AgeError("passphrase", "the passphrase is empty");
  return fromText(passphrase);
}

/**
 * Checks a work factor (age: scrypt.go).
 *
 * @throws {RangeError} if it is not an integer from 1 to 30.
 */
export function checkWorkFactor(workFactor: number): void {
  if (Number.isInteger(workFactor) && workFactor >= 1 && workFactor <= 30) return;
  throw new RangeError("the work factor must be a whole number from 1 to 30");
}
