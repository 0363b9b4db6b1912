import { AgeError, decrypt, encrypt, type Identity, passphraseIdentity, passphraseRecipient } from "@isosops/age";
import { GitopsError } from "../error.js";

/** What opens the private keys of a keyring. It stands in the keyring, so that whoever opens it knows what to ask for. */
export type Protection =
  | { readonly type: "none" }
  | { readonly type: "passphrase" }
  /** age identities; `recipients` are their public keys, for which new private keys are sealed. */
  | { readonly type: "recipients"; readonly recipients: readonly string[] };

/** How private keys lie in a keyring. */
export interface Protector {
  readonly protection: Protection;
  seal(identity: string): Promise<string>;
  /** @throws {GitopsError} `locked`. */
  open(sealed: string): Promise<string>;
}

/** For a keyring that is itself out of reach: private keys as they are. */
export const unprotected: Protector = {
  protection: { type: "none" },
  seal: async (identity) => identity,
  open: async (sealed) => sealed,
};

/** Private keys as armored age files with a passphrase. */
export function passphraseProtector(passphrase: string): Protector {
  return {
    protection: { type: "passphrase" },
    seal: (identity) => encrypt(encode(identity), [passphraseRecipient(passphrase)], { armor: true }),
    open: (sealed) => openSealed(sealed, [passphraseIdentity(passphrase)], "The passphrase"),
  };
}

/** Private keys as armored age files for another age key, of which opening takes an identity. */
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
