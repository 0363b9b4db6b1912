import type { Identity } from "@isosops/age";
import {
  GitopsError,
  type Protection,
  type Protector,
  passphraseProtector,
  recipientProtector,
  unprotected,
} from "@isosops/gitops";
import { findIdentities } from "../keys/identities.js";
import { keyringPassphrase, passphraseVariable } from "./passphrase.js";

/**
 * Encrypts and decrypts the private keys of a keyring with this protection. Passphrase or identities are requested
 * once, on first use.
 */
export function protectorFor(protection: Protection): Protector {
  switch (protection.type) {
    case "none":
      return unprotected;
    case "passphrase":
      return lazy(protection, async () => {
        const origin = process.env[passphraseVariable] ? ` It is that of ${passphraseVariable}.` : " Try again.";
        return { protector: passphraseProtector(await keyringPassphrase()), hint: origin };
      });
    case "recipients":
      return lazy(protection, () => byIdentities(protection.recipients));
  }
}

interface Opened {
  readonly protector: Protector;
  /** Appended to the error message if it does not fit. */
  readonly hint: string;
}

async function byIdentities(recipients: readonly string[]): Promise<Opened> {
  const { identities, tried } = await findIdentities();
  const found: (string | Identity)[] = [];
  for (const identity of identities) {
    if (typeof identity !== "function") found.push(identity);
    else for (const recipient of recipients) found.push(...(await identity(recipient)));
  }
  const hint = ` It is encrypted for ${recipients.join(", ")}. Looked in: ${tried.join("; ")}.`;
  return { protector: recipientProtector(recipients, found), hint };
}

function lazy(protection: Protection, prepare: () => Promise<Opened>): Protector {
  let opened: Promise<Opened> | undefined;
  const ready = (): Promise<Opened> => {
    opened ??= prepare();
    return opened;
  };
  // Cached, since decrypting is slow by design.
  const known = new Map<string, string>();
  return {
    protection,
    seal: async (identity) => (await ready()).protector.seal(identity),
    async open(sealed) {
      const before = known.get(sealed);
      if (before !== undefined) return before;
      const { protector, hint } = await ready();
      try {
        const identity = await protector.open(sealed);
        known.set(sealed, identity);
        return identity;
      } catch (error) {
        if (!(error instanceof GitopsError)) throw error;
        throw new GitopsError(error.code, `${error.message}${hint}`, error.files, error);
      }
    },
  };
}
