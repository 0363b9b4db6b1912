import { SopsError } from "@isosops/core";
import type { PrivateKey, SecretKeyPacket } from "openpgp";

/** A private key that a passphrase protects. */
export interface LockedPgpKey {
  /** Of its primary key, in upper-case hexadecimal digits. */
  readonly fingerprint: string;
  /** Of the key that is to be unlocked, a subkey most of the time: 16 upper-case hexadecimal digits. */
  readonly keyId: string;
  /** Whose it is: `Alice <alice@example.com>`. */
  readonly userIds: readonly string[];
  /** 1, then one more for each passphrase that was wrong. */
  readonly attempt: number;
}

/**
 * Asked for the passphrase of a private key in hand: undefined if there is none, and then the key decrypts nothing. It is
 * called up to three times for a key, as sops does (pgp/keysource.go, `passphrasePrompt`), and no more once it gives
 * the same again.
 */
export type AskPassphrase = (key: LockedPgpKey) => string | undefined | Promise<string | undefined>;

const mostAttempts = 3;

/** What is being unlocked: of several files that are decrypted at a time, one asks for the passphrase. */
const underWay = /* @__PURE__ */ new WeakMap<SecretKeyPacket, Promise<void>>();

/**
 * Unlock a part of a private key, which stays so.
 *
 * @throws {SopsError} `credentials`, or `invalid_identity` if its secret part is not there
 */
export async function unlock(key: PrivateKey, part: SecretKeyPacket, ask: AskPassphrase | undefined): Promise<void> {
  if (part.isDecrypted()) return;
  const running = underWay.get(part) ?? unlockPart(key, part, ask);
  underWay.set(part, running);
  try {
    await running;
  } finally {
    underWay.delete(part);
  }
}

async function unlockPart(key: PrivateKey, part: SecretKeyPacket, ask: AskPassphrase | undefined): Promise<void> {
  const fingerprint = key.getFingerprint().toUpperCase();
  const keyId = part.getKeyID().toHex().toUpperCase();
  if (part.isMissingSecretKeyMaterial()) {
    throw new SopsError(
      "invalid_identity",
      `The private key ${keyId} is a stub without its secret part, which is elsewhere, such as on a smart card. Let gpg use it, or export the whole key.`,
    );
  }
  if (ask === undefined) {
    throw new SopsError(
      "credentials",
      `The private key ${keyId} is protected by a passphrase. Give it by \`passphrase\`.`,
    );
  }
  let last: string | undefined;
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    const passphrase = await ask({ fingerprint, keyId, userIds: key.getUserIDs(), attempt });
    if (passphrase === undefined || passphrase === last) break;
    if (typeof passphrase !== "string") throw new SopsError("invalid_option", "`passphrase` must give a string.");
    last = passphrase;
    try {
      return await part.decrypt(passphrase);
    } catch {
      // A wrong one, and the next is asked for.
    }
  }
  throw new SopsError(
    "credentials",
    last === undefined
      ? `No passphrase was given for the private key ${keyId}.`
      : `The passphrase does not unlock the private key ${keyId}. Give the right one by \`passphrase\`.`,
  );
}
