import { fromText, startsWith, toText } from "./bytes.js";
import { AgeError } from "./error.js";
import { stanzaType as hybridStanza, readHybridIdentity } from "./hybrid/text.js";
import type { IdentityOptions } from "./identity-options.js";
import { lazyIdentity } from "./lazy.js";
import { fileLines } from "./lines.js";
import { numbered } from "./numbered.js";
import { readPluginIdentity } from "./plugin/text.js";
import type { Identity } from "./recipient.js";
import { parseX25519Identity } from "./x25519/identity.js";

/**
 * An identity from its text: `AGE-SECRET-KEY-1...`, `AGE-SECRET-KEY-PQ-1...` (post-quantum), `AGE-PLUGIN-NAME-1...`, or
 * a whole file that holds one: an SSH private key, or an identity file that is encrypted with a passphrase and armored.
 *
 * What is wrong with an SSH key or an encrypted file shows when a file is decrypted with it, and so does a plugin that
 * is missing.
 *
 * @throws {AgeError} `invalid_identity`.
 */
export function parseIdentity(text: string, options: IdentityOptions = {}): Identity {
  if (isSshKeyFile(text)) {
    const load = async (): Promise<Identity> => (await import("./ssh/identity.js")).sshIdentity(text, options);
    return lazyIdentity(["ssh-ed25519", "ssh-rsa"], load, options.passphrase !== undefined);
  }
  if (text.startsWith(armorStart)) return encryptedFile(text, options);
  return parseIdentityLine(text, options);
}

function parseIdentityLine(text: string, options: IdentityOptions): Identity {
  if (text.startsWith("AGE-SECRET-KEY-1")) return parseX25519Identity(text);
  if (text.startsWith("AGE-SECRET-KEY-PQ-1")) {
    const seed = readHybridIdentity(text);
    return lazyIdentity([hybridStanza], async () => (await import("./hybrid/identity.js")).hybridIdentity(seed));
  }
  if (text.startsWith("AGE-PLUGIN-")) {
    const name = readPluginIdentity(text);
    const load = async (): Promise<Identity> =>
      (await import("./plugin/identity.js")).pluginIdentity(name, text, options.pluginUi);
    return lazyIdentity(undefined, load, true);
  }
  throw notAnIdentity(text);
}

const armorStart = "-----BEGIN AGE";

/** Whether a text is a private key file of SSH, or is meant for one. */
export function isSshKeyFile(text: string): boolean {
  return text.startsWith("-----BEGIN ") && !text.startsWith(armorStart);
}

function encryptedFile(file: Uint8Array | string, options: IdentityOptions): Identity {
  const load = async (): Promise<Identity> =>
    (await import("./encrypted-identities.js")).encryptedIdentities(file, options);
  return lazyIdentity(undefined, load, true);
}

/** Why a text is none of the identities that there are. */
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
 * The identities of an identity file, whatever is in it, as `age -i` reads it (age: cmd/age/parse.go): what
 * `age-keygen` writes, one identity on each line, with lines that are empty or start with `#` left out, lines ended by
 * LF or CR LF; an SSH private key; or either an armored or (as bytes) a binary age file that holds lines of identities
 * and is encrypted with a passphrase.
 *
 * @throws {AgeError} as `parseIdentity` does, with the number of the line; a file without any identity is
 * `invalid_identity`.
 */
export function parseIdentities(file: string | Uint8Array, options: IdentityOptions = {}): Identity[] {
  if (file.length > fileLimit) throw new AgeError("invalid_identity", "the identity file is longer than 16 MiB");
  if (typeof file !== "string" && startsWith(file, fromText("age-encryption"))) return [encryptedFile(file, options)];
  const text = typeof file === "string" ? file : toText(file);
  if (text.startsWith("-----BEGIN")) return [parseIdentity(text, options)];
  return parseIdentityLines(text, options);
}

/** Identities line by line, without any of the files that hold something else. */
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

/** Identities as a caller gives them, texts and objects mixed. The error names which of them it is about. */
export function toIdentities(given: readonly (string | Identity)[]): Identity[] {
  if (given.length === 0)
    throw new AgeError("no_identities", "there is no identity to decrypt with; give at least one");
  return given.map((one, index) =>
    typeof one === "string" ? numbered("identity", index, given.length, () => parseIdentity(one)) : one,
  );
}
