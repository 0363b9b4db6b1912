import { cbc, ctr } from "@noble/ciphers/aes.js";
import { md5 } from "@noble/hashes/legacy.js";
import { hexToBytes } from "@noble/hashes/utils.js";
import { findNativeTripleDes } from "#native";
import { concat, fromText } from "../bytes.js";
import { AgeError } from "../error.js";
import { malformedKey, wrongPassphrase } from "./pem.js";
import { wireReader } from "./wire.js";

/** The most bcrypt rounds to compute, which take some minutes. ssh-keygen uses 16 or 24 by default. */
const roundsLimit = 4096;

/**
 * Decrypts bytes with a passphrase. Only the contents show whether it was right.
 *
 * @throws {AgeError} `invalid_identity`, `passphrase`.
 */
type Decrypt = (bytes: Uint8Array, passphrase: string) => Uint8Array | Promise<Uint8Array>;

/**
 * Returns a function that decrypts the secret part of the OpenSSH format.
 *
 * @throws {AgeError} `unsupported`, before a passphrase is asked for.
 */
export function openSshDecryption(cipher: string, kdf: string, kdfOptions: Uint8Array): Decrypt {
  if (kdf !== "bcrypt" || (cipher !== "aes256-ctr" && cipher !== "aes256-cbc")) {
    throw new AgeError(
      "unsupported",
      "the SSH key is encrypted in a way that age does not support; re-encrypt it with `ssh-keygen -p -Z aes256-ctr -f FILE`",
    );
  }
  const reader = wireReader(kdfOptions);
  const [salt, rounds] = [reader.string(), reader.uint32()];
  if (salt === undefined || rounds === undefined) throw malformedKey("is damaged");
  if (rounds > roundsLimit) {
    throw new AgeError("unsupported", `the SSH key asks for more than ${roundsLimit} rounds of bcrypt`);
  }
  return async (secret, passphrase) => {
    if (secret.length % 16 !== 0) throw malformedKey("is damaged");
    const password = fromText(passphrase);
    const { default: bcrypt } = await import("./bcrypt.js");
    const derived = new Uint8Array(32 + 16);
    if (bcrypt.pbkdf(password, password.length, salt, salt.length, derived, derived.length, rounds) !== 0) {
      throw passphrase === "" ? wrongPassphrase() : malformedKey("is damaged");
    }
    const [key, iv] = [derived.subarray(0, 32), derived.subarray(32)];
    return cipher === "aes256-ctr"
      ? ctr(key, iv).decrypt(secret)
      : cbc(key, iv, { disablePadding: true }).decrypt(secret);
  };
}

/**
 * Returns a function that decrypts PEM as OpenSSL encrypted it before PKCS #8, `DEK-Info: AES-128-CBC,...` (RFC 1421,
 * section 4.6.1.3). DES-EDE3 requires node:crypto.
 *
 * @throws {AgeError} `unsupported`, before a passphrase is asked for.
 */
export function legacyDecryption(dekInfo: string): Decrypt {
  const [, bits, aesIv] = /^AES-(128|192|256)-CBC,([0-9A-Fa-f]{32})$/.exec(dekInfo) ?? [];
  if (bits !== undefined) {
    const iv = hexToBytes(aesIv!);
    return (bytes, passphrase) => {
      try {
        return cbc(derive(passphrase, iv, Number(bits) / 8), iv).decrypt(bytes);
      } catch {
        throw wrongPassphrase();
      }
    };
  }
  const [, desIv] = /^DES-EDE3-CBC,([0-9A-Fa-f]{16})$/.exec(dekInfo) ?? [];
  const tripleDes = desIv === undefined ? undefined : findNativeTripleDes();
  if (tripleDes === undefined) {
    throw new AgeError(
      "unsupported",
      "the SSH key is encrypted with an obsolete cipher; re-encrypt it with `ssh-keygen -p -f FILE`",
    );
  }
  const iv = hexToBytes(desIv!);
  return (bytes, passphrase) => {
    const opened = tripleDes.open(derive(passphrase, iv, 24), iv, bytes);
    if (opened === undefined) throw wrongPassphrase();
    return opened;
  };
}

/** OpenSSL's EVP_BytesToKey with MD5 and one round. */
function derive(passphrase: string, iv: Uint8Array, length: number): Uint8Array {
  let digest: Uint8Array = new Uint8Array(0);
  let key: Uint8Array = new Uint8Array(0);
  while (key.length < length) {
    digest = md5(concat([digest, fromText(passphrase), iv.subarray(0, 8)]));
    key = concat([key, digest]);
  }
  return key.slice(0, length);
}
