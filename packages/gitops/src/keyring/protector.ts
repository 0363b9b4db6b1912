import { AgeError, decrypt, encrypt, type Identity, passphraseIdentity, passphraseRecipient } from "@isosops/age";
import { GitopsError } from "../error.js";

/** What opens the private keys of a keyring. It is stored in the keyring, so programs know what to ask for. */
export type Protection =
  | { readonly type: "none" }
  | { readonly type: "passphrase" }
  /** age private keys. `recipients` are their public keys, for which new private keys are sealed. */
  | { readonly type: "recipients"; readonly recipients: readonly string[] };

/** Seals and opens the private keys in a keyring. */
export interface Protector {
  readonly protection: Protection;
  /** Encrypts a private key for the keyring. */
  seal(identity: string): Promise<string>;
  /**
   * Decrypts a private key of the keyring.
   *
   * @throws {GitopsError} `locked` if the passphrase or private keys do not open it.
   */
  open(sealed: string): Promise<string>;
}

/** Stores private keys in plain text: for a keyring that nobody else can read. */
export const unprotected: Protector = {
  protection: { type: "none" },
  seal: async (identity) => identity,
  open: async (sealed) => sealed,
};

/** Stores private keys as armored age files with a passphrase. */
export function passphraseProtector(passphrase: string): Protector {
  return {
    protection: { type: "passphrase" },
    seal: (identity) => encrypt(encode(identity), [passphraseRecipient(passphrase)], { armor: true }),
    open: (sealed) => openSealed(sealed, [passphraseIdentity(passphrase)], "The passphrase"),
  };
}

/**
 * Stores private keys as armored age files for other age keys.
 *
 * @param recipients - the age public keys to seal for
 * @param identities - the private keys that open; may be empty if nothing has to be opened
 */
export function recipientProtector(
  recipients: readonly string[],
  identities: readonly (string | Identity)[],
): Protector {
  return {
    protection: { type: "recipients", recipients },
    seal: (identity) => encrypt(encode(identity), recipients, { armor: true }),
    open: (sealed) => openSealed(sealed, identities, "None of the identities given"),
  };
}

async function openSealed(sealed: string, identities: readonly (string | Identity)[], who: string): Promise<string> {
  try {
    return new TextDecoder().decode(await decrypt(sealed, identities));
  } catch (error) {
    if (!(error instanceof AgeError)) throw error;
    const opens = who === "The passphrase" ? "does not open" : "opens";
    throw new GitopsError("locked", `${who} ${opens} the keyring's private key.`, [], error);
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
