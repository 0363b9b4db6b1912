import { SopsError } from "@isosops/core";
import type { KeyID, PrivateKey, SecretKeyPacket } from "openpgp";
import type { AskPassphrase } from "../given-keys.js";
import { isNotSupported, loadOpenPgp } from "./load.js";
import { unlock } from "./passphrase.js";

/**
 * Decrypts an armored message with the given private keys, without gpg. Returns undefined if it is encrypted for none of
 * them. Keys that are unlocked stay unlocked.
 *
 * @throws {SopsError} `data_key` if the message is damaged, `credentials` if a passphrase is missing or wrong,
 *   `invalid_identity` if a key lacks its secret part, or is of a kind that the library does not
 *   support
 */
export async function decryptWith(
  keys: readonly PrivateKey[],
  armored: string,
  passphrase: AskPassphrase | undefined,
): Promise<Uint8Array | undefined> {
  const recipients = await recipientsOf(armored);
  let failure: unknown;
  for (const key of keys) {
    const parts = key.getKeys().filter((part) => recipients.some((id) => id.equals(part.getKeyID(), true)));
    if (parts.length === 0) continue;
    try {
      for (const part of parts) await unlock(key, part.keyPacket as SecretKeyPacket, passphrase);
      return await decryptBy(key, armored);
    } catch (error) {
      // The message may hide its recipients, and be for another key.
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return undefined;
}

async function recipientsOf(armored: string): Promise<KeyID[]> {
  const message = await read(armored);
  const recipients = message.getEncryptionKeyIDs();
  if (recipients.length === 0) throw damaged("It has no recipients");
  return recipients;
}

async function read(armored: string) {
  const { openpgp, config } = await loadOpenPgp();
  try {
    return await openpgp.readMessage({ armoredMessage: armored, config });
  } catch {
    throw damaged("It is not a valid PGP message");
  }
}

async function decryptBy(key: PrivateKey, armored: string): Promise<Uint8Array> {
  const { openpgp, config } = await loadOpenPgp();
  const message = await read(armored);
  try {
    const { data } = await openpgp.decrypt({ message, decryptionKeys: key, format: "binary", config });
    return Uint8Array.from(data);
  } catch (error) {
    if (isNotSupported(error)) {
      const { curve, algorithm } = key.getAlgorithmInfo();
      throw new SopsError(
        "invalid_identity",
        `Private keys of this kind (${curve ?? algorithm}) are supported with gpg only. Import it (\`gpg --import\`).`,
      );
    }
    // The library's message may contain secret bytes.
    throw damaged("It does not decrypt with its own key");
  }
}

function damaged(what: string): SopsError {
  return new SopsError(
    "data_key",
    `The PGP-wrapped data key in the file's \`sops\` block is damaged. ${what}. Restore the file from version control.`,
  );
}
