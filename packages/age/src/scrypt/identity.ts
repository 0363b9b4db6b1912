import type { Identity } from "../recipient.js";
import { scryptIdentity } from "./unwrap.js";

/** Options of {@link passphraseIdentity}. */
export interface PassphraseIdentityOptions {
  /**
   * The highest work factor to accept, 1 to 30. The file determines how long decryption takes, so files that ask for
   * more are rejected. Default: 22, as in age, which takes 4 GiB of memory and about ten seconds. Use a lower limit for
   * untrusted files.
   */
  maxWorkFactor?: number | undefined;
}

/**
 * An identity that decrypts files encrypted with a passphrase. age.md, "The scrypt recipient type".
 *
 * Several passphrases can be tried, as several identities: one given as text that does not match is skipped. One
 * returned by a function is an error if it is wrong.
 *
 * @param passphrase - The passphrase, or a function that returns it, called when a passphrase-encrypted file is
 * decrypted.
 * @throws {AgeError} `passphrase` if it is empty. Decryption also throws `header` for a malformed stanza or a work
 * factor above the limit, and `unsupported` if the runtime lacks the memory.
 * @throws {RangeError} for a `maxWorkFactor` outside 1 to 30.
 */
export function passphraseIdentity(
  passphrase: string | (() => string | Promise<string>),
  options: PassphraseIdentityOptions = {},
): Identity {
  return scryptIdentity(passphrase, options.maxWorkFactor);
}
