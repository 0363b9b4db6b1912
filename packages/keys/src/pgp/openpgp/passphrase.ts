import { SopsError } from "@isosops/core";
import type { PrivateKey, SecretKeyPacket } from "openpgp";
import type { AskPassphrase } from "../given-keys.js";

const mostAttempts = 3;

/** Keys being unlocked, so that files decrypted concurrently ask for a passphrase once. */
const underWay = /* @__PURE__ */ new WeakMap<SecretKeyPacket, Promise<void>>();

/**
 * Unlocks a primary key or subkey, which stays unlocked.
 *
 * @throws {SopsError} `credentials`, or `invalid_identity` if its secret part is missing
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
      `The private key ${keyId} is a stub: its secret part is elsewhere, such as on a smart card. Use it through gpg, or export the whole key.`,
    );
  }
  if (ask === undefined) {
    throw new SopsError("credentials", `The private key ${keyId} is protected by a passphrase. Give \`passphrase\`.`);
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
      // Wrong passphrase: ask again.
    }
  }
  throw new SopsError(
    "credentials",
    last === undefined
      ? `No passphrase was given for the private key ${keyId}.`
      : `The passphrase does not unlock the private key ${keyId}. Check \`passphrase\`.`,
  );
}
