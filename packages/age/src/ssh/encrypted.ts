/// <reference path="./bcrypt-pbkdf.d.ts" />
import { cbc, ctr } from "@noble/ciphers/aes.js";
import { md5 } from "@noble/hashes/legacy.js";
import { hexToBytes } from "@noble/hashes/utils.js";
import bcrypt from "bcrypt-pbkdf";
import { concat, fromText } from "../bytes.js";
import { AgeError } from "../error.js";
import { malformedKey, wrongPassphrase } from "./pem.js";
import { wireReader } from "./wire.js";

/** The most rounds of bcrypt to compute: some minutes. ssh-keygen makes 16 or 24 unless told otherwise. */
const roundsLimit = 4096;

/** Decrypts the secret part of OpenSSH's form. Whether the passphrase was right its content shows. */
export function decryptOpenSsh(
  cipher: string,
  kdf: string,
  kdfOptions: Uint8Array,
  secret: Uint8Array,
  passphrase: string,
): Uint8Array {
  if (kdf !== "bcrypt" || (cipher !== "aes256-ctr" && cipher !== "aes256-cbc")) {
    throw new AgeError(
      "unsupported",
      "the SSH key is encrypted in a way that age does not take; encrypt it anew with `ssh-keygen -p -Z aes256-ctr -f FILE`",
    );
  }
  const reader = wireReader(kdfOptions);
  const [salt, rounds] = [reader.string(), reader.uint32()];
  if (salt === undefined || rounds === undefined || secret.length % 16 !== 0) throw malformedKey("is damaged");
  if (rounds > roundsLimit) {
    throw new AgeError("unsupported", `the SSH key asks for more than ${roundsLimit} rounds of bcrypt`);
  }
  const password = fromText(passphrase);
  const derived = new Uint8Array(32 + 16);
  if (bcrypt.pbkdf(password, password.length, salt, salt.length, derived, derived.length, rounds) !== 0) {
    throw passphrase === "" ? wrongPassphrase() : malformedKey("is damaged");
  }
  const [key, iv] = [derived.subarray(0, 32), derived.subarray(32)];
  return cipher === "aes256-ctr"
    ? ctr(key, iv).decrypt(secret)
    : cbc(key, iv, { disablePadding: true }).decrypt(secret);
}

/** Decrypts PEM as OpenSSL encrypted it before PKCS #8, `DEK-Info: AES-128-CBC,...` (RFC 1421, section 4.6.1.3). */
export function decryptLegacy(bytes: Uint8Array, dekInfo: string, passphrase: string): Uint8Array {
  const [, bits, iv] = /^AES-(128|192|256)-CBC,([0-9A-Fa-f]{32})$/.exec(dekInfo) ?? [];
  if (bits === undefined) {
    throw new AgeError(
      "unsupported",
      "the SSH key is encrypted with a cipher that is out of use; encrypt it anew with `ssh-keygen -p -f FILE`",
    );
  }
  const salt = hexToBytes(iv!);
  // EVP_BytesToKey of OpenSSL, with MD5 and one round.
  let digest: Uint8Array = new Uint8Array(0);
  let key: Uint8Array = new Uint8Array(0);
  while (key.length < Number(bits) / 8) {
    digest = md5(concat([digest, fromText(passphrase), salt.subarray(0, 8)]));
    key = concat([key, digest]);
  }
  try {
    return cbc(key.slice(0, Number(bits) / 8), salt).decrypt(bytes);
  } catch {
    throw wrongPassphrase();
  }
}
