import { encodeBase64 } from "../base64.js";
import { decodeBech32, encodeBech32 } from "../bech32.js";
import { AgeError } from "../error.js";
import { randomBytes } from "../primitives/random.js";
import { importSecretKey } from "../primitives/x25519.js";
import type { Recipient } from "../recipient.js";
import { sealFileKey } from "../wrap.js";
import { keyLength, stanzaType, wrapKey } from "./stanza.js";

const prefix = "age";

/** Encodes a 32-byte public key as `age1...`. */
export function formatX25519Recipient(key: Uint8Array): string {
  return encodeBech32(prefix, key);
}

/**
 * Parses `age1...`, which must be in lower case.
 *
 * @throws {AgeError} `invalid_recipient`.
 */
export function parseX25519Recipient(text: string): Recipient {
  const decoded = text === text.toLowerCase() ? decodeBech32(text) : undefined;
  if (decoded?.prefix !== prefix || decoded.bytes.length !== keyLength) {
    throw new AgeError(
      "invalid_recipient",
      "the recipient age1... is incomplete or has a typo (its checksum does not match); copy it again",
    );
  }
  return x25519Recipient(decoded.bytes);
}

function x25519Recipient(theirKey: Uint8Array): Recipient {
  return {
    async wrapFileKey(fileKey) {
      const ephemeral = await importSecretKey(randomBytes(keyLength));
      const share = ephemeral.publicKey;
      const secret = await ephemeral.sharedSecret(theirKey);
      if (secret === undefined) {
        throw new AgeError(
          "invalid_recipient",
          "the recipient is not a valid public key (a point of low order), so anyone could open the file; ask for another one",
        );
      }
      const body = sealFileKey(await wrapKey(secret, share, theirKey), fileKey);
      return [{ type: stanzaType, args: [encodeBase64(share)], body }];
    },
  };
}
