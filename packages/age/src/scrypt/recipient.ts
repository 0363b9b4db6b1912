import { encodeBase64 } from "../base64.js";
import { randomBytes } from "../primitives/random.js";
import type { Recipient } from "../recipient.js";
import { sealFileKey } from "../wrap.js";
import { checkWorkFactor, passphraseBytes, saltLength, scryptWrapKey, stanzaType } from "./stanza.js";

/** Options of {@link passphraseRecipient}. */
export interface PassphraseRecipientOptions {
  /**
   * The base-2 logarithm of the scrypt cost N, 1 to 30. Default: 18, as in age, which takes 256 MiB of memory and some
   * tenths of a second.
   */
  workFactor?: number | undefined;
}

/**
 * A recipient that encrypts with a passphrase. It must be the only recipient of a file. Use long, random passphrases:
 * guessing only takes a copy of the file. age.md, "The scrypt recipient type".
 *
 * @throws {AgeError} `passphrase` if it is empty. Encryption also throws `unsupported` if the runtime lacks the memory.
 * @throws {RangeError} for a `workFactor` outside 1 to 30.
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
      // A random label, so that no other recipient can share the file.
      return { stanzas, labels: [encodeBase64(randomBytes(16))] };
    },
  };
}
