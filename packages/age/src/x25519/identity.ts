import { decodeBase64 } from "../base64.js";
import { decodeBech32, encodeBech32 } from "../bech32.js";
import { AgeError } from "../error.js";
import { randomBytes } from "../primitives/random.js";
import { importSecretKey, publicKey, type X25519Key } from "../primitives/x25519.js";
import type { Identity, Stanza } from "../recipient.js";
import { bodyLength, openFileKey } from "../wrap.js";
import { formatX25519Recipient } from "./recipient.js";
import { keyLength, stanzaType, wrapKey } from "./stanza.js";

const prefix = "age-secret-key-";

/** Generates a secret key, `AGE-SECRET-KEY-1...`. */
export function generateX25519Key(): string {
  return encodeBech32(prefix, randomBytes(keyLength)).toUpperCase();
}

/**
 * Derives the recipient of an X25519 identity. Like {@link identityToRecipient}, but synchronous and for this type
 * only.
 *
 * @param text - `AGE-SECRET-KEY-1...`.
 * @returns The recipient, `age1...`.
 * @throws {AgeError} `invalid_identity`.
 */
export function x25519IdentityToRecipient(text: string): string {
  return formatX25519Recipient(publicKey(decodeSecretKey(text)));
}

/**
 * Parses `AGE-SECRET-KEY-1...`, which must be in upper case.
 *
 * @throws {AgeError} `invalid_identity`.
 */
export function parseX25519Identity(text: string): Identity {
  const secretKey = decodeSecretKey(text);
  // Imported once: a header may have thousands of stanzas.
  let ours: { key: X25519Key; publicKey: Uint8Array } | undefined;
  const imported = () => {
    const key = importSecretKey(secretKey);
    return { key, publicKey: key.publicKey() };
  };
  return {
    unwrapFileKey(stanzas) {
      for (const stanza of stanzas) {
        if (stanza.type !== stanzaType) continue;
        ours ??= imported();
        const fileKey = unwrap(stanza, ours.key, ours.publicKey);
        if (fileKey !== undefined) return fileKey;
      }
      return undefined;
    },
  };
}

function unwrap(stanza: Stanza, key: X25519Key, ourKey: Uint8Array): Uint8Array | undefined {
  const share = stanza.args.length === 1 ? decodeBase64(stanza.args[0]!) : undefined;
  // The length is checked before decryption, against partitioning oracles (age.md).
  if (share?.length !== keyLength || stanza.body.length !== bodyLength) {
    throw new AgeError("header", "an X25519 stanza of the header is malformed; get the file again from its source");
  }
  const secret = key.sharedSecret(share);
  if (secret === undefined) {
    throw new AgeError("header", "an X25519 stanza of the header holds a point of low order; do not trust this file");
  }
  return openFileKey(wrapKey(secret, share, ourKey), stanza.body);
}

function decodeSecretKey(text: string): Uint8Array {
  const decoded = text === text.toUpperCase() ? decodeBech32(text) : undefined;
  if (decoded?.prefix !== prefix || decoded.bytes.length !== keyLength) {
    throw new AgeError(
      "invalid_identity",
      "the identity AGE-SECRET-KEY-1... is incomplete or has a typo (its checksum does not match); " +
        "copy it again, in upper case",
    );
  }
  return decoded.bytes;
}
