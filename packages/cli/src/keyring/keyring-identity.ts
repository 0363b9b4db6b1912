import { type Identity, parseIdentity } from "@isosops/age";
import { identities } from "@isosops/gitops";
import { fileStorage } from "./file-storage.js";
import { keyringPath } from "./keyring-path.js";
import { openOrganisation } from "./open-organisation.js";

export interface KeyringIdentity {
  /** The private keys, if the recipient is a public key of the keyring; else none. */
  readonly find: (recipient: string) => Promise<readonly Identity[]>;
  /** Rethrows the error that opening the keyring had, if any. */
  readonly check: () => void;
}

/**
 * The organisation's private keys, if there is a keyring on this machine. Its passphrase is asked for at the first file
 * that needs it. Throws `CommandError`, `GitopsError` (`keyring`).
 */
export async function keyringIdentity(): Promise<KeyringIdentity | undefined> {
  const state = await fileStorage(keyringPath()).read();
  if (state === undefined) return undefined;
  let opened: Promise<readonly Identity[]> | undefined;
  let problem: { readonly error: unknown } | undefined;
  return {
    async find(recipient) {
      if (recipient !== state.current.recipient && recipient !== state.previous?.recipient) return [];
      opened ??= open();
      try {
        return await opened;
      } catch (error) {
        problem = { error };
        throw error;
      }
    },
    check() {
      if (problem !== undefined) throw problem.error;
    },
  };
}

async function open(): Promise<readonly Identity[]> {
  return (await identities(await openOrganisation())).map((identity) => parseIdentity(identity));
}
