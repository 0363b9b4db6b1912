import { SopsError } from "@isosops/core";
import type { Key, KeyID } from "openpgp";
import { parseFingerprint } from "../fingerprint.js";
import { isNotSupported, loadOpenPgp } from "./load.js";

/**
 * The key that a fingerprint, or the 16 digits of a key id, names by its primary key or one of its subkeys; undefined if
 * none of them is it.
 *
 * @throws {SopsError} `invalid_key` if it names several
 */
export function findKey(keys: readonly Key[], fingerprint: string): Key | undefined {
  const { digits } = parseFingerprint(fingerprint);
  const found = keys.filter((key) => key.getKeys().some((part) => isNamedBy(part, digits)));
  if (new Set(found.map((key) => key.getFingerprint())).size > 1) {
    throw new SopsError("invalid_key", "Several of the public keys have this id. Name one by its whole fingerprint.");
  }
  return found[0];
}

function isNamedBy(part: { getFingerprint(): string; getKeyID(): KeyID }, digits: string): boolean {
  return part.getFingerprint().toUpperCase() === digits || part.getKeyID().toHex().toUpperCase() === digits;
}

/**
 * Encrypt a data key, for the newest encryption subkey or, where a `!` behind the fingerprint says so, for the very key
 * that it names. Gives an armored message without a line feed at its end, as sops keeps it.
 *
 * @throws {SopsError} `key_disabled` if the key is expired, revoked or for another use, `invalid_recipient` if the library
 *   cannot use its kind
 */
export async function encryptWith(key: Key, dataKey: Uint8Array, fingerprint = ""): Promise<string> {
  const { openpgp, config } = await loadOpenPgp();
  const { digits, exact } = parseFingerprint(fingerprint);
  const only = exact ? key.getKeys().find((part) => isNamedBy(part, digits)) : undefined;
  const message = await openpgp.createMessage({ binary: dataKey });
  try {
    const encryptionKey = await key.getEncryptionKey(only?.getKeyID(), new Date(), undefined, {
      ...openpgp.config,
      ...config,
    } as never);
    const armored = await openpgp.encrypt({
      message,
      encryptionKeys: key as never,
      encryptionKeyIDs: [encryptionKey.getKeyID()],
      config,
    });
    return armored.trim();
  } catch (cause) {
    if (isNotSupported(cause)) {
      const { curve, algorithm } = key.getAlgorithmInfo();
      throw new SopsError(
        "invalid_recipient",
        `Keys of its kind (${curve ?? algorithm}) can be used by gpg alone here. Import it (\`gpg --import\`), and name it by its fingerprint.`,
      );
    }
    throw new SopsError("key_disabled", await sayUnusable(key, cause), { cause });
  }
}

async function sayUnusable(key: Key, error: unknown): Promise<string> {
  const said = error instanceof Error ? error.message : "";
  const expires = await key.getExpirationTime().catch(() => undefined);
  if (expires instanceof Date && expires.getTime() <= Date.now()) {
    return `The key has expired on ${expires.toISOString().slice(0, 10)}. Ask its owner for it with a later date, or encrypt for another key.`;
  }
  if (/Subkey is expired/.test(said)) {
    return "Its subkey for encryption has expired. Ask its owner for the key with a new one, or encrypt for another key.";
  }
  if (/revoked/i.test(said)) return "The key is revoked. Encrypt for the one that its owner uses now.";
  if (/too weak/.test(said)) return "The key is too weak to encrypt for. Encrypt for another key.";
  return "It has no valid key for encryption. Ask its owner for one that has, or encrypt for another key.";
}
