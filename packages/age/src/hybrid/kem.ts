import type { NativeX25519Key } from "#native";
import { concat, fromText } from "../bytes.js";
import { hpkeKeyAndNonce } from "../primitives/hpke.js";
import { randomBytes } from "../primitives/random.js";
import { importSecretKeySync } from "../primitives/x25519-sync.js";

/*
 * MLKEM768-X25519, also known as X-Wing (draft-ietf-hpke-pq, draft-connolly-cfrg-xwing-kem), and the HPKE key that
 * age.md derives from it. Built from ML-KEM and this package's X25519: the X-Wing of @noble/post-quantum pulls in all
 * of noble's curves.
 */

const loadMlKem = (): Promise<typeof import("./ml-kem.js")> => import("./ml-kem.js");

const kemId = 0x647a;
const label = "\\.//^\\";
const mlKemPublicKeyLength = 1184;
const mlKemCiphertextLength = 1088;

/** Length of an encapsulated key in bytes: the ML-KEM ciphertext, then the ephemeral X25519 share. */
export const encapsulatedLength: number = mlKemCiphertextLength + 32;

export interface HybridKeys {
  readonly mlKemSecret: Uint8Array;
  readonly x25519Secret: NativeX25519Key;
  readonly x25519Public: Uint8Array;
  /** 1216 bytes. */
  readonly publicKey: Uint8Array;
}

/** Derives both key pairs from the 32-byte seed. */
export async function expandSeed(seed: Uint8Array): Promise<HybridKeys> {
  const { ml_kem768, shake256 } = await loadMlKem();
  const expanded = shake256(seed, { dkLen: 64 + 32 });
  const mlKem = ml_kem768.keygen(expanded.subarray(0, 64));
  const x25519Secret = importSecretKeySync(expanded.slice(64));
  const x25519Public = x25519Secret.publicKey();
  return {
    mlKemSecret: mlKem.secretKey,
    x25519Secret,
    x25519Public,
    publicKey: concat([mlKem.publicKey, x25519Public]),
  };
}

export interface WrapKey {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
}

/** Encapsulates a key to a public key (1216 bytes). Returns undefined if the public key is invalid. */
export async function encapsulate(theirKey: Uint8Array): Promise<(WrapKey & { encapsulated: Uint8Array }) | undefined> {
  const theirShare = theirKey.subarray(mlKemPublicKeyLength);
  const ephemeral = importSecretKeySync(randomBytes(32));
  const secret = ephemeral.sharedSecret(theirShare);
  const mlKem = await mlKemEncapsulate(theirKey.subarray(0, mlKemPublicKeyLength));
  if (secret === undefined || mlKem === undefined) return undefined;
  const share = ephemeral.publicKey();
  return {
    encapsulated: concat([mlKem.cipherText, share]),
    ...(await wrapKey(mlKem.sharedSecret, secret, share, theirShare)),
  };
}

/**
 * Decapsulates a key (1120 bytes). With the wrong secret key, the result is a different key. Returns undefined if the
 * X25519 share is a point of low order.
 */
export async function decapsulate(encapsulated: Uint8Array, keys: HybridKeys): Promise<WrapKey | undefined> {
  const { ml_kem768 } = await loadMlKem();
  const share = encapsulated.subarray(mlKemCiphertextLength);
  const secret = keys.x25519Secret.sharedSecret(share);
  if (secret === undefined) return undefined;
  const mlKemSecret = ml_kem768.decapsulate(encapsulated.subarray(0, mlKemCiphertextLength), keys.mlKemSecret);
  return wrapKey(mlKemSecret, secret, share, keys.x25519Public);
}

/** Returns undefined if the public key has a coefficient out of range (FIPS 203, section 7.2). */
async function mlKemEncapsulate(
  theirKey: Uint8Array,
): Promise<{ cipherText: Uint8Array; sharedSecret: Uint8Array } | undefined> {
  const { ml_kem768 } = await loadMlKem();
  try {
    return ml_kem768.encapsulate(theirKey, randomBytes(32));
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw error;
    return undefined;
  }
}

async function wrapKey(
  mlKemSecret: Uint8Array,
  secret: Uint8Array,
  share: Uint8Array,
  theirShare: Uint8Array,
): Promise<WrapKey> {
  const { sha3_256 } = await loadMlKem();
  const combined = sha3_256(concat([mlKemSecret, secret, share, theirShare, fromText(label)]));
  return hpkeKeyAndNonce(kemId, combined, "age-encryption.org/mlkem768x25519");
}
