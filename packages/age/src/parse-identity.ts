import { AgeError } from "./error.js";
import { stanzaType as hybridStanza, readHybridIdentity } from "./hybrid/text.js";
import { lazyIdentity } from "./lazy.js";
import { numbered } from "./numbered.js";
import type { Identity } from "./recipient.js";
import { parseX25519Identity } from "./x25519/identity.js";

export interface IdentityOptions {
  /**
   * Asked for the passphrase of an encrypted SSH key or identity file, once a file needs it. An identity with this is
   * tried after those without.
   */
  passphrase?: (() => string | Promise<string>) | undefined;
  /** The text of the `.pub` file of an SSH key that is encrypted in PEM form, which hides its public key. */
  publicKey?: string | undefined;
}

/**
 * An identity from its text: `AGE-SECRET-KEY-1...`, or `AGE-SECRET-KEY-PQ-1...` (post-quantum). Throws `AgeError`:
 * `invalid_identity`, or `unsupported` for the kinds that age has and this package has not yet.
 */
export function parseIdentity(text: string, options: IdentityOptions = {}): Identity {
  if (text.startsWith("AGE-SECRET-KEY-1")) return parseX25519Identity(text);
  if (text.startsWith("AGE-SECRET-KEY-PQ-1")) {
    const seed = readHybridIdentity(text);
    return lazyIdentity([hybridStanza], async () => (await import("./hybrid/identity.js")).hybridIdentity(seed));
  }
  if (isSshKeyFile(text)) {
    const load = async (): Promise<Identity> => (await import("./ssh/identity.js")).sshIdentity(text, options);
    return lazyIdentity(["ssh-ed25519", "ssh-rsa"], load, options.passphrase !== undefined);
  }
  throw notAnIdentity(text);
}

/** Whether a text is a private key file of SSH, or is meant for one. */
export function isSshKeyFile(text: string): boolean {
  return text.startsWith("-----BEGIN ") && !text.startsWith("-----BEGIN AGE");
}

/** Why a text is none of the identities that there are. */
export function notAnIdentity(text: string): AgeError {
  if (text.startsWith("AGE-PLUGIN-")) return unsupported("identities of plugins (AGE-PLUGIN-...) are");
  if (text.startsWith("-----BEGIN AGE")) return unsupported("identity files that are encrypted with a passphrase are");
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

/** Identities as a caller gives them, texts and objects mixed. The error names which of them it is about. */
export function toIdentities(given: readonly (string | Identity)[]): Identity[] {
  if (given.length === 0)
    throw new AgeError("no_identities", "there is no identity to decrypt with; give at least one");
  return given.map((one, index) =>
    typeof one === "string" ? numbered("identity", index, given.length, () => parseIdentity(one)) : one,
  );
}

function unsupported(what: string): AgeError {
  return new AgeError(
    "unsupported",
    `${what} not supported by @isosops/age yet; use X25519 (age1...) or the age command`,
  );
}
