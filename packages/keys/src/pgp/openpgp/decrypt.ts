import { SopsError } from "@isosops/core";
import type { KeyID, PrivateKey, SecretKeyPacket } from "openpgp";
import { isNotSupported, loadOpenPgp } from "./load.js";
import type { AskPassphrase } from "./passphrase.js";
import { unlock } from "./passphrase.js";

/**
 * Decrypt an armored message with private keys in hand, in memory of its own; undefined if it is for none of them. Keys
 * stay unlocked once they are.
 *
 * @throws {SopsError} `data_key` if the message is damaged, `credentials` if a passphrase is missing or wrong,
 *   `invalid_identity` if a key is there without its secret part, or the library cannot use its kind
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
      // A message that hides its recipients may be for another key.
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return undefined;
}

async function recipientsOf(armored: string): Promise<KeyID[]> {
  const message = await read(armored);
  const recipients = message.getEncryptionKeyIDs();
  if (recipients.length === 0) throw damaged("It is encrypted for no PGP key");
  return recipients;
}

async function read(armored: string) {
  const { openpgp, config } = await loadOpenPgp();
  try {
    return await openpgp.readMessage({ armoredMessage: armored, config });
  } catch {
    throw damaged("It is no PGP message that can be read");
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
        `Private keys of its kind (${curve ?? algorithm}) can be used by gpg alone here. Import it (\`gpg --import\`).`,
      );
    }
    // What the library says of it may be about secret bytes.
    throw damaged("It does not decrypt with the key that it is for");
  }
}

function damaged(what: string): SopsError {
  return new SopsError(
    "data_key",
    `The data key that PGP wrapped in the file's \`sops\` block is damaged. ${what}. Restore the file from version control.`,
  );
}
