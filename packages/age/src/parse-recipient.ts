import { AgeError } from "./error.js";
import { readHybridRecipient } from "./hybrid/text.js";
import { lazyRecipient } from "./lazy.js";
import { fileLines } from "./lines.js";
import { numbered } from "./numbered.js";
import { readPluginRecipient } from "./plugin/text.js";
import type { PluginUi } from "./plugin/ui.js";
import type { Recipient } from "./recipient.js";
import { readSshPublicKey } from "./ssh/public-key.js";
import { readTagRecipient } from "./tag/text.js";
import { parseX25519Recipient } from "./x25519/recipient.js";

/** What recipients may need to know of the user. */
export interface RecipientOptions {
  /** How plugins talk to the user. Without it they are told that nobody answers. */
  pluginUi?: PluginUi | undefined;
}

/**
 * A recipient from its text: `age1...`, `age1pq1...` (post-quantum), `age1tag1...` or `age1tagpq1...` (keys on
 * hardware), an SSH public key (`ssh-ed25519 AAAA...`, `ssh-rsa AAAA...`), `age1NAME1...` (the plugin
 * `age-plugin-NAME`).
 *
 * That a plugin is missing, or that the numbers are no key, shows when something is encrypted to it.
 *
 * @throws {AgeError} `invalid_recipient`, or `unsupported` for SSH keys of other types.
 */
export function parseRecipient(text: string, options: RecipientOptions = {}): Recipient {
  // The first part of Bech32 ends at the last "1": age1pq1..., age1tag1... and age1NAME1... are other kinds.
  if (/^age1[^1]*$/.test(text)) return parseX25519Recipient(text);
  if (text.startsWith("age1pq1")) {
    const publicKey = readHybridRecipient(text);
    return lazyRecipient(async () => (await import("./hybrid/recipient.js")).hybridRecipient(publicKey));
  }
  if (text.startsWith("age1tag1") || text.startsWith("age1tagpq1")) {
    const key = readTagRecipient(text);
    return lazyRecipient(async () => (await import("./tag/recipient.js")).tagRecipient(key));
  }
  if (text.startsWith("age1")) {
    const name = readPluginRecipient(text);
    return lazyRecipient(async () =>
      (await import("./plugin/recipient.js")).pluginRecipient(name, text, options.pluginUi),
    );
  }
  // Types that age does not take are to be called by their name, not taken for a mistake.
  if (text.startsWith("ssh-") || /^[a-z0-9@.-]+ AAAA/.test(text)) {
    const key = readSshPublicKey(text);
    return lazyRecipient(async () => (await import("./ssh/recipient.js")).sshRecipient(key));
  }
  if (text.toUpperCase().startsWith("AGE-SECRET-KEY-") || text.startsWith("AGE-PLUGIN-")) {
    throw new AgeError(
      "invalid_recipient",
      "this is an identity, a secret; give the recipient (age1...) it belongs to",
    );
  }
  throw new AgeError("invalid_recipient", "this is not a recipient: it does not start with age1, in lower case");
}

/** The longest line of a recipient file, in characters, as in age and sshd. */
const lineLimit = 8192;

/** As for one recipient, and what is to become of lines that are passed over. */
export interface RecipientFileOptions extends RecipientOptions {
  /** Told of SSH keys of types that age cannot encrypt to, which are passed over: the number of the line. */
  ignored?: ((line: number) => void) | undefined;
}

/**
 * The recipients of a recipient file, as `age -R` reads it (age: cmd/age/parse.go): one on each line, with lines that
 * are empty or start with `#` left out, lines ended by LF or CR LF. An `authorized_keys` file without options, or what
 * https://github.com/NAME.keys gives, will do.
 *
 * @throws {AgeError} with the number of the line, and without a word of it: the file may be a secret one, given by
 * mistake.
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
  throw new AgeError("no_recipients", "the recipient file holds no recipient");
}

/** Recipients as a caller gives them, texts and objects mixed. The error names which of them it is about. */
export function toRecipients(given: readonly (string | Recipient)[]): Recipient[] {
  if (given.length === 0)
    throw new AgeError("no_recipients", "there is no recipient to encrypt for; give at least one");
  return given.map((one, index) =>
    typeof one === "string" ? numbered("recipient", index, given.length, () => parseRecipient(one)) : one,
  );
}
