import { toText } from "./bytes.js";
import { decrypt } from "./decrypt.js";
import { AgeError } from "./error.js";
import type { IdentityOptions } from "./identity-options.js";
import { parseIdentityLines } from "./parse-identity.js";
import type { Identity } from "./recipient.js";
import { passphraseIdentity } from "./scrypt/identity.js";

/**
 * The text of an identity file that is encrypted with a passphrase.
 *
 * @throws {AgeError}
 */
export async function openIdentityFile(
  file: Uint8Array | string,
  { passphrase }: Pick<IdentityOptions, "passphrase">,
): Promise<string> {
  if (passphrase === undefined) {
    throw new AgeError("passphrase", "the identity file is encrypted, and no passphrase was given for it");
  }
  try {
    return toText(await decrypt(file, [passphraseIdentity(passphrase)]));
  } catch (error) {
    if (!(error instanceof AgeError) || error.code !== "no_match") throw error;
    const message = "the identity file is encrypted, but not with a passphrase; decrypt it first";
    throw new AgeError("invalid_identity", message, { cause: error });
  }
}

/**
 * All identities of an encrypted identity file, as one that asks for the passphrase once (age:
 * cmd/age/encrypted_keys.go).
 *
 * @throws {AgeError}
 */
export async function encryptedIdentities(file: Uint8Array | string, options: IdentityOptions): Promise<Identity> {
  let opened: Promise<Identity[]> | undefined;
  const open = async (): Promise<Identity[]> => parseIdentityLines(await openIdentityFile(file, options), options);
  return {
    interactive: true,
    async unwrapFileKey(stanzas) {
      // Asked for again where the passphrase was wrong.
      opened ??= open().catch((error: unknown) => {
        opened = undefined;
        throw error;
      });
      for (const identity of await opened) {
        const fileKey = await identity.unwrapFileKey(stanzas);
        if (fileKey !== undefined) return fileKey;
      }
      return undefined;
    },
  };
}
