import { SopsError } from "@isosops/core";
import type { Key, KeyID } from "openpgp";
import { parseFingerprint } from "../fingerprint.js";
import { isNotSupported, loadOpenPgp } from "./load.js";

/**
 * The key whose primary key or subkey has a fingerprint, or a key ID of 16 digits; undefined if none has it.
 *
 * @throws {SopsError} `invalid_key` if several keys match
 */
export function findKey(keys: readonly Key[], fingerprint: string): Key | undefined {
  const { digits } = parseFingerprint(fingerprint);
  const found = keys.filter((key) => key.getKeys().some((part) => isNamedBy(part, digits)));
  if (new Set(found.map((key) => key.getFingerprint())).size > 1) {
    throw new SopsError("invalid_key", "Several of the public keys have this ID. Give the whole fingerprint.");
  }
  return found[0];
}

function isNamedBy(part: { getFingerprint(): string; getKeyID(): KeyID }, digits: string): boolean {
  return part.getFingerprint().toUpperCase() === digits || part.getKeyID().toHex().toUpperCase() === digits;
}

/**
 * Encrypts a data key for the newest encryption subkey, or, with a `!` after the fingerprint, for exactly that key. Returns
 * an armored message without a trailing line feed, as in sops.
 *
 * @throws {SopsError} `key_disabled` if the key is expired, revoked or not for encryption, `invalid_recipient` if the
 *   library does not support its kind
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
        `Keys of this kind (${curve ?? algorithm}) are supported with gpg only. Import it (\`gpg --import\`), and give its fingerprint.`,
      );
    }
    throw new SopsError("key_disabled", await sayUnusable(key, cause), { cause });
  }
}

async function sayUnusable(key: Key, error: unknown): Promise<string> {
  const said = error instanceof Error ? error.message : "";
  const expires = await key.getExpirationTime().catch(() => undefined);
  if (expires instanceof Date && expires.getTime() <= Date.now()) {
    return `The key has expired on ${expires.toISOString().slice(0, 10)}. Ask its owner for a renewed key, or encrypt for another one.`;
  }
  if (/Subkey is expired/.test(said)) {
    return "Its subkey for encryption has expired. Ask its owner for a key with a valid subkey, or encrypt for another one.";
  }
  if (/revoked/i.test(said)) return "The key is revoked. Encrypt for its owner's current key.";
  if (/too weak/.test(said)) return "The key is too weak to encrypt for. Encrypt for another key.";
  return "It has no valid key for encryption. Ask its owner for a valid one, or encrypt for another key.";
}
