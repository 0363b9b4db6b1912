import { decodeBase64 } from "../base64.js";
import { AgeError } from "../error.js";
import { importSecretKey, type X25519Key } from "../primitives/x25519.js";
import type { Identity, Stanza } from "../recipient.js";
import { bodyLength, openFileKey } from "../wrap.js";
import { formatX25519Recipient } from "./recipient.js";
import { decodeSecretKey } from "./secret-key.js";
import { keyLength, stanzaType, wrapKey } from "./stanza.js";

/**
 * Parses `AGE-SECRET-KEY-1...`, which must be in upper case.
 *
 * @throws {AgeError} `invalid_identity`.
 */
export function parseX25519Identity(text: string): Identity {
  const secretKey = decodeSecretKey(text);
  // Imported once: a header may have thousands of stanzas.
  let key: Promise<X25519Key> | undefined;
  return {
    async unwrapFileKey(stanzas) {
      for (const stanza of stanzas) {
        if (stanza.type !== stanzaType) continue;
        key ??= importSecretKey(secretKey);
        const fileKey = await unwrap(stanza, await key);
        if (fileKey !== undefined) return fileKey;
      }
      return undefined;
    },
  };
}

/** Unwraps the file key of an X25519 stanza. Undefined if it is for another key. */
export async function unwrap(stanza: Stanza, key: X25519Key): Promise<Uint8Array | undefined> {
  const share = stanza.args.length === 1 ? decodeBase64(stanza.args[0]!) : undefined;
  // The length is checked before decryption, against partitioning oracles (age.md).
  if (share?.length !== keyLength || stanza.body.length !== bodyLength) {
    throw new AgeError("header", "an X25519 stanza of the header is malformed; get the file again from its source");
  }
  const secret = await key.sharedSecret(share);
  if (secret === undefined) {
    throw new AgeError("header", "an X25519 stanza of the header holds a point of low order; do not trust this file");
  }
  return openFileKey(await wrapKey(secret, share, key.publicKey), stanza.body);
}

/**
 * Derives the recipient `age1...` of `AGE-SECRET-KEY-1...`.
 *
 * @throws {AgeError} `invalid_identity`.
 */
export async function x25519RecipientOf(text: string): Promise<string> {
  return formatX25519Recipient((await importSecretKey(decodeSecretKey(text))).publicKey);
}
