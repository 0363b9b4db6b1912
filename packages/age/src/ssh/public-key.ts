import { decodedLength, decodePaddedInto } from "../base64.js";
import { fromText } from "../bytes.js";
import { AgeError } from "../error.js";
import { wireReader } from "./wire.js";

/*
 * SSH public keys as in `.pub` and `authorized_keys` files: the type, the key in base64, a comment (sshd(8), RFC 4253,
 * section 6.6, RFC 8709, section 4).
 */

export type SshPublicKey =
  /** `key`: 32 bytes. */
  | { readonly type: "ssh-ed25519"; readonly key: Uint8Array }
  /** Modulus and exponent, big endian, without leading zeros. */
  | { readonly type: "ssh-rsa"; readonly n: Uint8Array; readonly e: Uint8Array };

/**
 * Parses a line such as `ssh-ed25519 AAAA... comment`.
 *
 * @throws {AgeError} `invalid_recipient`, or `unsupported` for a valid key of a type that age cannot encrypt to.
 */
export function readSshPublicKey(line: string): SshPublicKey {
  const encoded = fromText(line.trim().split(/[ \t]+/, 2)[1] ?? "");
  const blob = new Uint8Array(decodedLength(encoded.length));
  const length = decodePaddedInto(encoded, 0, encoded.length, blob, 0);
  const key = length === -1 ? undefined : readPublicKeyBlob(blob.subarray(0, length));
  if (key !== undefined) return key;
  throw new AgeError(
    "invalid_recipient",
    "the SSH public key is incomplete or was changed; copy the whole line of the .pub file again",
  );
}

/**
 * Parses a public key in the SSH wire format. Returns undefined if it is not a key.
 *
 * @throws {AgeError} `unsupported` for other types of keys.
 */
export function readPublicKeyBlob(blob: Uint8Array): SshPublicKey | undefined {
  const reader = wireReader(blob);
  const type = reader.text();
  if (type === "ssh-ed25519") {
    const key = reader.string();
    return key?.length === 32 && reader.rest().length === 0 ? { type, key } : undefined;
  }
  if (type === "ssh-rsa") {
    const e = reader.mpint();
    const n = reader.mpint();
    // As in Go (x/crypto/ssh): an odd exponent of 3 to 24 bits.
    if (e === undefined || e.length === 0 || e.length > 3 || (e.at(-1)! & 1) === 0 || (e.length === 1 && e[0]! < 3)) {
      return undefined;
    }
    if (n === undefined || reader.rest().length > 0) return undefined;
    if (bitLength(n) < 2048) {
      throw new AgeError("unsupported", "the RSA key is shorter than 2048 bits; use another key");
    }
    return { type, n, e };
  }
  if (type === undefined || !/^[a-z0-9@.-]{1,64}$/.test(type)) return undefined;
  throw new AgeError(
    "unsupported",
    `age supports SSH keys of the types ssh-ed25519 and ssh-rsa, not ${type}; use another key`,
  );
}

function bitLength(value: Uint8Array): number {
  return value.length === 0 ? 0 : value.length * 8 - Math.clz32(value[0]!) + 24;
}
