import { AgeError } from "./error.js";
import { readHybridRecipient } from "./hybrid/text.js";
import { lazyRecipient } from "./lazy.js";
import { numbered } from "./numbered.js";
import type { Recipient } from "./recipient.js";
import { readSshPublicKey } from "./ssh/public-key.js";
import { readTagRecipient } from "./tag/text.js";
import { parseX25519Recipient } from "./x25519/recipient.js";

/**
 * A recipient from its text: `age1...`, `age1pq1...` (post-quantum), `age1tag1...` or `age1tagpq1...` (keys on hardware), an
 * SSH public key (`ssh-ed25519 AAAA...`, `ssh-rsa AAAA...`). Throws `AgeError`: `invalid_recipient`, or
 * `unsupported` for the kinds that age has and this package has not yet.
 */
export function parseRecipient(text: string): Recipient {
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
  if (text.startsWith("age1")) throw unsupported("recipients of plugins (age1NAME1...) are");
  if (text.startsWith("ssh-")) {
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

/** Recipients as a caller gives them, texts and objects mixed. The error names which of them it is about. */
export function toRecipients(given: readonly (string | Recipient)[]): Recipient[] {
  if (given.length === 0)
    throw new AgeError("no_recipients", "there is no recipient to encrypt for; give at least one");
  return given.map((one, index) =>
    typeof one === "string" ? numbered("recipient", index, given.length, () => parseRecipient(one)) : one,
  );
}

function unsupported(what: string): AgeError {
  return new AgeError(
    "unsupported",
    `${what} not supported by @isosops/age yet; use X25519 (age1...) or the age command`,
  );
}
