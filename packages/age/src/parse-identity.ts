import { fromText, startsWith, toText } from "./bytes.js";
import { AgeError } from "./error.js";
import { stanzaType as hybridStanza, readHybridIdentity } from "./hybrid/text.js";
import type { IdentityOptions } from "./identity-options.js";
import { withKeyNumber } from "./key-number.js";
import { lazyIdentity } from "./lazy.js";
import { fileLines } from "./lines.js";
import { readPluginIdentity } from "./plugin/text.js";
import type { Identity } from "./recipient.js";
import { parseX25519Identity } from "./x25519/identity.js";

/**
 * Parses an identity: `AGE-SECRET-KEY-1...`, `AGE-SECRET-KEY-PQ-1...` (post-quantum), `AGE-PLUGIN-NAME-1...`, or the
 * contents of a file that holds one: an SSH private key, or an armored, passphrase-encrypted identity file.
 *
 * Errors in an SSH key or an encrypted file, and missing plugins, are reported when a file is decrypted.
 *
 * @param text - The identity. It must not have white space around it.
 * @throws {AgeError} `invalid_identity` if it is not an identity, or its checksum is wrong.
 */
export function parseIdentity(text: string, options: IdentityOptions = {}): Identity {
  if (isSshKeyFile(text)) {
    const load = async (): Promise<Identity> => (await import("./on-demand.js")).sshIdentity(text, options);
    return lazyIdentity(["ssh-ed25519", "ssh-rsa"], load, options.passphrase !== undefined);
  }
  if (text.startsWith(armorStart)) return encryptedFile(text, options);
  return parseIdentityLine(text, options);
}

function parseIdentityLine(text: string, options: IdentityOptions): Identity {
  if (text.startsWith("AGE-SECRET-KEY-1")) return parseX25519Identity(text);
  if (text.startsWith("AGE-SECRET-KEY-PQ-1")) {
    const seed = readHybridIdentity(text);
    return lazyIdentity([hybridStanza], async () => (await import("./on-demand.js")).hybridIdentity(seed));
  }
  if (text.startsWith("AGE-PLUGIN-")) {
    const name = readPluginIdentity(text);
    const load = async (): Promise<Identity> =>
      (await import("./on-demand.js")).pluginIdentity(name, text, options.pluginUi);
    return lazyIdentity(undefined, load, true);
  }
  throw notAnIdentity(text);
}

const armorStart = "-----BEGIN AGE";

/** Whether a text is a private key file of SSH, or is meant to be one. */
export function isSshKeyFile(text: string): boolean {
  return text.startsWith("-----BEGIN ") && !text.startsWith(armorStart);
}

function encryptedFile(file: Uint8Array | string, options: IdentityOptions): Identity {
  const load = async (): Promise<Identity> => (await import("./on-demand.js")).encryptedIdentities(file, options);
  return lazyIdentity(undefined, load, true);
}

/** The error for a text that is not an identity. */
export function notAnIdentity(text: string): AgeError {
  if (text.startsWith("age1") || text.startsWith("ssh-")) {
    return new AgeError("invalid_identity", "this is a recipient; to decrypt, give the identity (AGE-SECRET-KEY-1...)");
  }
  return new AgeError(
    "invalid_identity",
    "this is not an identity: it does not start with AGE-SECRET-KEY-1, in upper case",
  );
}

/** The longest identity file that age reads, in bytes. */
const fileLimit = 16 * 1024 * 1024;

/**
 * Parses an identity file, as `age -i` reads it (age: cmd/age/parse.go). It is one of:
 *
 * - the output of `age-keygen`: one identity per line, empty lines and lines that start with `#` ignored, lines ending
 *   in LF or CR LF;
 * - an SSH private key;
 * - an age file of such lines, armored or (as bytes) binary, encrypted with a passphrase.
 *
 * @throws {AgeError} Like {@link parseIdentity}, with the line number. `invalid_identity` also if there is no identity.
 */
export function parseIdentities(file: string | Uint8Array, options: IdentityOptions = {}): Identity[] {
  if (file.length > fileLimit) throw new AgeError("invalid_identity", "the identity file is longer than 16 MiB");
  if (typeof file !== "string" && startsWith(file, fromText("age-encryption"))) return [encryptedFile(file, options)];
  const text = typeof file === "string" ? file : toText(file);
  if (text.startsWith("-----BEGIN")) return [parseIdentity(text, options)];
  return parseIdentityLines(text, options);
}

/** Parses one identity per line. Files in other formats are not accepted here. */
export function parseIdentityLines(text: string, options: IdentityOptions): Identity[] {
  const identities = [...fileLines(text)].map(({ line, number }) =>
    atLine(number, () => parseIdentityLine(line, options)),
  );
  if (identities.length > 0) return identities;
  throw new AgeError(
    "invalid_identity",
    "the identity file holds no identity: no line of it starts with AGE-SECRET-KEY-1, in upper case",
  );
}

function atLine<T>(number: number, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof AgeError)) throw error;
    const message = `line ${number} of the identity file: ${error.message}`;
    throw new AgeError(error.code, message, { line: number, cause: error });
  }
}

/** Parses a caller's identities, text and objects mixed. Errors name the identity they are about. */
export function toIdentities(given: readonly (string | Identity)[]): Identity[] {
  if (given.length === 0) throw new AgeError("no_identities", "no identity was given; give at least one");
  return given.map((one, index) =>
    typeof one === "string" ? withKeyNumber("identity", index, given.length, () => parseIdentity(one)) : one,
  );
}
