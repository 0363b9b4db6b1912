import { encodeBase64 } from "../base64.js";
import { randomBytes } from "../primitives/random.js";
import type { Recipient } from "../recipient.js";
import { sealFileKey } from "../wrap.js";
import { checkWorkFactor, passphraseBytes, saltLength, scryptWrapKey, stanzaType } from "./stanza.js";

/** How hard guessing is to be. */
export interface PassphraseRecipientOptions {
  /**
   * The base 2 logarithm of what a guess costs, 1 to 30. Default 18, as age has it: 256 MiB of memory and some tenths
   * of a second.
   */
  workFactor?: number | undefined;
}

/**
 * Encrypts so that whoever knows the passphrase can decrypt. It must be the only recipient of its file, which is
 * encrypted by nobody else then. Make passphrases long and random: guessing them needs the file alone.
 *
 * @throws {AgeError} `passphrase` if it is empty, `RangeError` for a work factor out of bounds; wrapping throws
 * `AgeError` (`unsupported`) if the runtime has not the memory. age.md, "The scrypt recipient type".
 */
export function passphraseRecipient(passphrase: string, options: PassphraseRecipientOptions = {}): Recipient {
  const secret = passphraseBytes(passphrase);
  const workFactor = options.workFactor ?? 18;
  checkWorkFactor(workFactor);
  return {
    async wrapFileKey(fileKey) {
      const salt = randomBytes(saltLength);
      const body = sealFileKey(await scryptWrapKey(secret, salt, workFactor), fileKey);
      const stanzas = [{ type: stanzaType, args: [encodeBase64(salt), String(workFactor)], body }];
      // A label nobody else has: the recipient goes alone.
      return { stanzas, labels: [encodeBase64(randomBytes(16))] };
    },
  };
}
