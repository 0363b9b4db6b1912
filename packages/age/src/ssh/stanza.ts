import { sha256 } from "@noble/hashes/sha2.js";
import { encodeBase64 } from "../base64.js";
import { concat, fromText } from "../bytes.js";
import { deriveKey } from "../primitives/hkdf.js";
import { importSecretKey } from "../primitives/x25519.js";
import type { SshPublicKey } from "./public-key.js";
import { publicKeyBlob } from "./write-public-key.js";

/*
 * age.md, "The SSH recipient types" (age: agessh/agessh.go). The first argument is a 4-byte fingerprint, which tells
 * which key the stanza is for.
 */

export function fingerprint(key: SshPublicKey): string {
  return encodeBase64(sha256(publicKeyBlob(key)).subarray(0, 4));
}

/** OAEP with SHA-256 and a label (RFC 8017, section 7.1). */
export function oaep(): RsaOaepParams {
  return { name: "RSA-OAEP", label: fromText("age-encryption.org/v1/ssh-rsa") };
}

/** For both wrapping and unwrapping. */
export const importOaep: RsaHashedImportParams = { name: "RSA-OAEP", hash: "SHA-256" };

const ed25519Label = "age-encryption.org/v1/ssh-ed25519";

/**
 * Derives the key that encrypts the file key.
 *
 * @param secret - The shared secret of the ephemeral share and the X25519 form of the SSH key.
 * @param recipient - The X25519 form of the SSH public key.
 */
export async function ed25519WrapKey(
  secret: Uint8Array,
  share: Uint8Array,
  recipient: Uint8Array,
  key: SshPublicKey,
): Promise<Uint8Array | undefined> {
  const tweak = await deriveKey(new Uint8Array(0), publicKeyBlob(key), ed25519Label);
  const tweaked = await (await importSecretKey(tweak)).sharedSecret(secret);
  return tweaked === undefined ? undefined : deriveKey(tweaked, concat([share, recipient]), ed25519Label);
}
