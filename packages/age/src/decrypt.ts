import { decodeArmor, isArmored } from "./armor.js";
import { type OwnBytes, requireBytes } from "./bytes.js";
import { AgeError } from "./error.js";
import { unwrapFileKey } from "./file-key.js";
import { parseHeader } from "./header.js";
import { toIdentities } from "./parse-identity.js";
import { openPayload, payloadKey, payloadNonceLength } from "./payload.js";
import type { Identity } from "./recipient.js";

/**
 * Decrypts an age file with the first identity that matches one of its recipients. Either all of the plaintext is
 * returned, or an error is thrown.
 *
 * @example
 * ```ts
 * const plaintext = await decrypt(file, ["AGE-SECRET-KEY-1..."]);
 * console.log(new TextDecoder().decode(plaintext));
 * ```
 *
 * @param ciphertext - The binary file as bytes, or the armored file as bytes or text.
 * @param identities - Identities to try, as text (`AGE-SECRET-KEY-1...`) or {@link Identity} objects.
 * @throws {AgeError} `no_identities`, `invalid_identity` or `unsupported` for invalid identities; `no_match` if no
 * identity matches; `passphrase` or `plugin` from an identity of that kind; `armor`, `header`, `header_mac` or
 * `payload` if the file is damaged.
 */
export async function decrypt(
  ciphertext: Uint8Array | string,
  identities: readonly (string | Identity)[],
): Promise<OwnBytes> {
  const resolved = toIdentities(identities);
  let file: Uint8Array;
  if (typeof ciphertext === "string") {
    if (ciphertext.startsWith("age-encryption.org/")) {
      throw new AgeError("armor", "this is a binary age file, which cannot be passed as text; read it as bytes");
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
  const key = await payloadKey(fileKey, file.subarray(header.length, start));
  return openPayload(key, file.subarray(start));
}

export function nonceMissing(): AgeError {
  return new AgeError("header", "the file ends right after its header; get the whole file again");
}
