import { AgeError } from "./error.js";
import { readHybridRecipient } from "./hybrid/text.js";
import { withKeyNumber } from "./key-number.js";
import { lazyRecipient } from "./lazy.js";
import { fileLines } from "./lines.js";
import { readPluginRecipient } from "./plugin/text.js";
import type { PluginUi } from "./plugin/ui.js";
import type { Recipient } from "./recipient.js";
import { readSshPublicKey } from "./ssh/public-key.js";
import { readTagRecipient } from "./tag/text.js";
import { parseX25519Recipient } from "./x25519/recipient.js";

/** What recipients may need from the user. */
export interface RecipientOptions {
  /** How plugins interact with the user. Without it, every request of a plugin fails. */
  pluginUi?: PluginUi | undefined;
}

/**
 * Parses a recipient: `age1...`, `age1pq1...` (post-quantum), `age1tag1...` or `age1tagpq1...` (hardware keys), an SSH
 * public key (`ssh-ed25519 AAAA...`, `ssh-rsa AAAA...`), or `age1NAME1...` (the plugin `age-plugin-NAME`).
 *
 * Missing plugins and some invalid public keys are reported when a file is encrypted.
 *
 * @throws {AgeError} `invalid_recipient`, or `unsupported` for other types of SSH keys.
 */
export function parseRecipient(text: string, options: RecipientOptions = {}): Recipient {
  // The human-readable part of Bech32 ends at the last "1", so age1pq1..., age1tag1... and age1NAME1... are other
  // types.
  if (/^age1[^1]*$/.test(text)) return parseX25519Recipient(text);
  if (text.startsWith("age1pq1")) {
    const publicKey = readHybridRecipient(text);
    return lazyRecipient(async () => (await import("./on-demand.js")).hybridRecipient(publicKey));
  }
  if (text.startsWith("age1tag1") || text.startsWith("age1tagpq1")) {
    const key = readTagRecipient(text);
    return lazyRecipient(async () => (await import("./on-demand.js")).tagRecipient(key));
  }
  if (text.startsWith("age1")) {
    const name = readPluginRecipient(text);
    return lazyRecipient(async () => (await import("./on-demand.js")).pluginRecipient(name, text, options.pluginUi));
  }
  // Name unsupported SSH key types in the error.
  if (text.startsWith("ssh-") || /^[a-z0-9@.-]+ AAAA/.test(text)) {
    const key = readSshPublicKey(text);
    return lazyRecipient(async () => (await import("./on-demand.js")).sshRecipient(key));
  }
  if (text.toUpperCase().startsWith("AGE-SECRET-KEY-") || text.startsWith("AGE-PLUGIN-")) {
    throw new AgeError(
      "invalid_recipient",
      "this is an identity, a secret; give the recipient (age1...) it belongs to",
    );
  }
  throw new AgeError("invalid_recipient", "this is not a recipient: it does not start with age1, in lower case");
}

/** The longest line of a recipient file in characters, as in age and sshd. */
const lineLimit = 8192;

/** Options of {@link parseRecipients}. */
export interface RecipientFileOptions extends RecipientOptions {
  /** Called with the line number of each SSH key that is skipped because age does not support its type. */
  ignored?: ((line: number) => void) | undefined;
}

/**
 * Parses a recipient file, as `age -R` reads it (age: cmd/age/parse.go): one recipient per line, empty lines and lines
 * that start with `#` ignored, lines ending in LF or CR LF. `authorized_keys` files without options and the output of
 * https://github.com/NAME.keys work, too.
 *
 * @throws {AgeError} Like {@link parseRecipient}, with the line number but not the line: the file may be a secret one,
 * given by mistake. `no_recipients` if there is no recipient.
 */
export function parseRecipients(fileText: string, options: RecipientFileOptions = {}): Recipient[] {
  const recipients: Recipient[] = [];
  for (const { line, number } of fileLines(fileText)) {
    try {
      if (line.length > lineLimit) throw new AgeError("invalid_recipient", "the line is too long for a recipient");
      recipients.push(parseRecipient(line, options));
    } catch (error) {
      if (!(error instanceof AgeError)) throw error;
      if (error.code === "unsupported") {
        options.ignored?.(number);
        continue;
      }
      const message = `line ${number} of the recipient file: ${error.message}`;
      throw new AgeError(error.code, message, { line: number, cause: error });
    }
  }
  if (recipients.length > 0) return recipients;
  throw new AgeError("no_recipients", "the recipient file contains no recipient");
}

/** Parses a caller's recipients, text and objects mixed. Errors name the recipient they are about. */
export function toRecipients(given: readonly (string | Recipient)[]): Recipient[] {
  if (given.length === 0) throw new AgeError("no_recipients", "no recipient was given; give at least one");
  return given.map((one, index) =>
    typeof one === "string" ? withKeyNumber("recipient", index, given.length, () => parseRecipient(one)) : one,
  );
}
