import { toText } from "./bytes.js";
import { decrypt } from "./decrypt.js";
import { AgeError } from "./error.js";
import type { IdentityOptions } from "./identity-options.js";
import { parseIdentityLines } from "./parse-identity.js";
import type { Identity } from "./recipient.js";
import { scryptIdentity } from "./scrypt/unwrap.js";

/**
 * Decrypts a passphrase-encrypted identity file and returns its text.
 *
 * @throws {AgeError} `passphrase`, `invalid_identity`, and the errors of `decrypt`.
 */
export async function openIdentityFile(
  file: Uint8Array | string,
  { passphrase }: Pick<IdentityOptions, "passphrase">,
): Promise<string> {
  if (passphrase === undefined) {
    throw new AgeError("passphrase", "the identity file is encrypted, and no passphrase was given for it");
  }
  try {
    return toText(await decrypt(file, [scryptIdentity(passphrase)]));
  } catch (error) {
    if (!(error instanceof AgeError) || error.code !== "no_match") throw error;
    const message = "the identity file is encrypted, but not with a passphrase; decrypt it first";
    throw new AgeError("invalid_identity", message, { cause: error });
  }
}

/**
 * All identities of a passphrase-encrypted identity file, as one identity that asks for the passphrase once (age:
 * cmd/age/encrypted_keys.go).
 *
 * @throws {AgeError} `passphrase`, `invalid_identity`, and the errors of `decrypt`.
 */
export async function encryptedIdentities(file: Uint8Array | string, options: IdentityOptions): Promise<Identity> {
  let opened: Promise<Identity[]> | undefined;
  const open = async (): Promise<Identity[]> => parseIdentityLines(await openIdentityFile(file, options), options);
  return {
    interactive: true,
    async unwrapFileKey(stanzas) {
      // Ask again after a wrong passphrase.
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
