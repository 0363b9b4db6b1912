import { decodeArmor, isArmored } from "./armor.js";
import { requireBytes } from "./bytes.js";
import { AgeError } from "./error.js";
import { unwrapFileKey } from "./file-key.js";
import { parseHeader } from "./header.js";
import { toIdentities } from "./parse-identity.js";
import { openPayload, payloadKey, payloadNonceLength } from "./payload.js";
import type { Identity } from "./recipient.js";

/**
 * The plaintext of an age file, binary (bytes) or armored (bytes or text), by the first of the identities that fits.
 * Identities are texts (`AGE-SECRET-KEY-1...`) or `Identity` objects. All of the plaintext, or an error and nothing.
 *
 * @throws {AgeError} `no_match` if no identity fits; `armor`, `header`, `header_mac`, `payload` if the file is damaged;
 * `unsupported`, `no_identities`, `invalid_identity`.
 */
export async function decrypt(
  ciphertext: Uint8Array | string,
  identities: readonly (string | Identity)[],
): Promise<Uint8Array<ArrayBuffer>> {
  const resolved = toIdentities(identities);
  let file: Uint8Array;
  if (typeof ciphertext === "string") {
    if (ciphertext.startsWith("age-encryption.org/")) {
      throw new AgeError("armor", "this is a binary age file, which cannot be held in a text; read it as bytes");
    }
    file = decodeArmor(ciphertext);
  } else {
    requireBytes(ciphertext, "ciphertext", "or an armored file as a string");
    file = isArmored(ciphertext) === true ? decodeArmor(ciphertext) : ciphertext;
  }
  const header = parseHeader(file);
  const fileKey = await unwrapFileKey(header, resolved);
  const start = header.length + payloadNonceLength;
  if (file.length < start) throw nonceMissing();
  const key = payloadKey(fileKey, file.subarray(header.length, start));
  return openPayload(key, file.subarray(start));
}

export function nonceMissing(): AgeError {
  return new AgeError("header", "the file ends right behind its header; get the whole file again");
}
