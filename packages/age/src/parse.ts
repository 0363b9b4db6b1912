import { AgeError } from "./error.js";
import { stanzaType as hybridStanza, readHybridIdentity, readHybridRecipient } from "./hybrid/text.js";
import { lazyIdentity, lazyRecipient } from "./lazy.js";
import type { Identity, Recipient } from "./recipient.js";
import { parseX25519Identity } from "./x25519/identity.js";
import { parseX25519Recipient } from "./x25519/recipient.js";

/**
 * A recipient from its text: `age1...`, or `age1pq1...` (post-quantum). Throws `AgeError`: `invalid_recipient`, or
 * `unsupported` for the kinds that age has and this package has not yet.
 */
export function parseRecipient(text: string): Recipient {
  // The first part of Bech32 ends at the last "1": age1pq1..., age1tag1... and age1NAME1... are other kinds.
  if (/^age1[^1]*$/.test(text)) return parseX25519Recipient(text);
  if (text.startsWith("age1pq1")) {
    const publicKey = readHybridRecipient(text);
    return lazyRecipient(async () => (await import("./hybrid/recipient.js")).hybridRecipient(publicKey));
  }
  if (text.startsWith("age1tag1") || text.startsWith("age1tagpq1")) throw unsupported("tagged recipients are");
  if (text.startsWith("age1")) throw unsupported("recipients of plugins (age1NAME1...) are");
  if (text.startsWith("ssh-")) throw unsupported("SSH recipients are");
  if (text.toUpperCase().startsWith("AGE-SECRET-KEY-") || text.startsWith("AGE-PLUGIN-")) {
    throw new AgeError(
      "invalid_recipient",
      "this is an identity, a secret; give the recipient (age1...) it belongs to",
    );
  }
  throw new AgeError("invalid_recipient", "this is not a recipient: it does not start with age1, in lower case");
}

/**
 * An identity from its text: `AGE-SECRET-KEY-1...`, or `AGE-SECRET-KEY-PQ-1...` (post-quantum). Throws `AgeError`:
 * `invalid_identity`, or `unsupported` for the kinds that age has and this package has not yet.
 */
export function parseIdentity(text: string): Identity {
  if (text.startsWith("AGE-SECRET-KEY-1")) return parseX25519Identity(text);
  if (text.startsWith("AGE-SECRET-KEY-PQ-1")) {
    const seed = readHybridIdentity(text);
    return lazyIdentity([hybridStanza], async () => (await import("./hybrid/identity.js")).hybridIdentity(seed));
  }
  throw notAnIdentity(text);
}

/** Why a text is none of the identities that there are. */
export function notAnIdentity(text: string): AgeError {
  if (text.startsWith("AGE-PLUGIN-")) return unsupported("identities of plugins (AGE-PLUGIN-...) are");
  if (text.startsWith("-----BEGIN AGE")) return unsupported("identity files that are encrypted with a passphrase are");
  if (text.startsWith("-----BEGIN")) return unsupported("SSH private keys are");
  if (text.startsWith("age1")) {
    return new AgeError("invalid_identity", "this is a recipient; to decrypt, give the identity (AGE-SECRET-KEY-1...)");
  }
  return new AgeError(
    "invalid_identity",
    "this is not an identity: it does not start with AGE-SECRET-KEY-1, in upper case",
  );
}

/**
 * The identities of an identity file, as `age-keygen` writes it: one on each line, with lines that are empty or start
 * with `#` left out, lines ended by LF or CR LF (age: parse.go, `ParseIdentities`). Throws `AgeError` as
 * `parseIdentity` does, with the number of the line; a file without any identity is `invalid_identity`.
 */
export function parseIdentities(fileText: string): Identity[] {
  const identities: Identity[] = [];
  for (const [index, ended] of fileText.split("\n").entries()) {
    const line = ended.endsWith("\r") ? ended.slice(0, -1) : ended;
    if (line === "" || line.startsWith("#")) continue;
    try {
      identities.push(parseIdentity(line));
    } catch (error) {
      if (!(error instanceof AgeError)) throw error;
      const message = `line ${index + 1} of the identity file: ${error.message}`;
      throw new AgeError(error.code, message, { line: index + 1, cause: error });
    }
  }
  if (identities.length === 0) {
    throw new AgeError("invalid_identity", "the identity file holds no identity; make one with generateIdentity()");
  }
  return identities;
}

/** Recipients as a caller gives them, texts and objects mixed. The error names which of them it is about. */
export function toRecipients(given: readonly (string | Recipient)[]): Recipient[] {
  if (given.length === 0)
    throw new AgeError("no_recipients", "there is no recipient to encrypt for; give at least one");
  return given.map((one, index) =>
    typeof one === "string" ? numbered("recipient", index, given.length, () => parseRecipient(one)) : one,
  );
}

/** Identities as a caller gives them, texts and objects mixed. The error names which of them it is about. */
export function toIdentities(given: readonly (string | Identity)[]): Identity[] {
  if (given.length === 0)
    throw new AgeError("no_identities", "there is no identity to decrypt with; give at least one");
  return given.map((one, index) =>
    typeof one === "string" ? numbered("identity", index, given.length, () => parseIdentity(one)) : one,
  );
}

function numbered<T>(what: string, index: number, count: number, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof AgeError) || count === 1) throw error;
    throw new AgeError(error.code, `${what} ${index + 1} of ${count}: ${error.message}`, { cause: error });
  }
}

function unsupported(what: string): AgeError {
  return new AgeError(
    "unsupported",
    `${what} not supported by @isosops/age yet; use X25519 (age1...) or the age command`,
  );
}
