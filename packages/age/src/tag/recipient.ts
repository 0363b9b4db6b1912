import { pow } from "@noble/curves/abstract/modular.js";
import { extract } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { encodeBase64 } from "../base64.js";
import { concat, fromText, type OwnBytes } from "../bytes.js";
import { AgeError } from "../error.js";
import { dhkemSharedSecret, hpkeKeyAndNonce } from "../primitives/hpke.js";
import { randomBytes } from "../primitives/random.js";
import { webCrypto } from "../primitives/web-crypto.js";
import type { Recipient } from "../recipient.js";
import { sealFileKey } from "../wrap.js";
import type { TagKey } from "./text.js";

/*
 * Recipients for hardware keys (age.md, "The p256tag and mlkem768p256tag recipient types"; age: tag/tag.go). A 4-byte
 * tag lets the holder of the key see that a file is for it without touching the device.
 */

const mlKemPublicKeyLength = 1184;

interface Encapsulated {
  readonly encapsulated: Uint8Array;
  readonly sharedSecret: Uint8Array;
}

/** A recipient. Decryption is up to the plugin of the hardware key. */
export function tagRecipient({ hybrid, publicKey }: TagKey): Recipient {
  const type = hybrid ? "mlkem768p256tag" : "p256tag";
  const info = `age-encryption.org/${type}`;
  return {
    async wrapFileKey(fileKey) {
      const encapsulate = hybrid ? encapsulateHybrid : encapsulateClassic;
      const { encapsulated, sharedSecret } = await encapsulate(publicKey);
      const { key, nonce } = hpkeKeyAndNonce(hybrid ? kemIds.hybrid : kemIds.classic, sharedSecret, info);
      // For a hybrid key, only the P-256 part.
      const tagged = sha256(hybrid ? publicKey.subarray(mlKemPublicKeyLength) : publicKey).subarray(0, 4);
      const tag = extract(sha256, concat([encapsulated, tagged]), fromText(info)).subarray(0, 4);
      const body = sealFileKey(key, fileKey, nonce);
      const stanzas = [{ type, args: [encodeBase64(tag), encodeBase64(encapsulated)], body }];
      return { stanzas, labels: hybrid ? ["postquantum"] : [] };
    },
  };
}

/** RFC 9180, table 2, and draft-ietf-hpke-pq. */
const kemIds = { classic: 0x0010, hybrid: 0x0050 };

/** DHKEM(P-256, HKDF-SHA256); RFC 9180, section 4.1. */
async function encapsulateClassic(publicKey: Uint8Array): Promise<Encapsulated> {
  const point = uncompressed(publicKey);
  const { share, secret } = await diffieHellman(point);
  return { encapsulated: share, sharedSecret: dhkemSharedSecret(kemIds.classic, secret, share, point) };
}

/** MLKEM768-P256 of draft-ietf-hpke-pq. */
async function encapsulateHybrid(publicKey: Uint8Array): Promise<Encapsulated> {
  const point = publicKey.slice(mlKemPublicKeyLength);
  const { share, secret } = await diffieHellman(point);
  const { sha3_256 } = await import("../hybrid/ml-kem.js");
  const mlKem = await mlKemEncapsulate(publicKey.subarray(0, mlKemPublicKeyLength));
  const parts = [mlKem.sharedSecret, secret, share, point, fromText("MLKEM768-P256")];
  return { encapsulated: concat([mlKem.cipherText, share]), sharedSecret: sha3_256(concat(parts)) };
}

async function mlKemEncapsulate(publicKey: Uint8Array): Promise<{ cipherText: Uint8Array; sharedSecret: Uint8Array }> {
  const { ml_kem768 } = await import("../hybrid/ml-kem.js");
  try {
    return ml_kem768.encapsulate(publicKey, randomBytes(32));
  } catch (cause) {
    throw noPublicKey(cause);
  }
}

/**
 * ECDH with an ephemeral key. Points are uncompressed, 65 bytes; the secret is the x coordinate, 32 bytes. Every Web
 * Crypto has P-256, and rejects points that are not on the curve.
 */
async function diffieHellman(theirPoint: OwnBytes): Promise<{ share: Uint8Array; secret: Uint8Array }> {
  const subtle = webCrypto();
  const algorithm = { name: "ECDH", namedCurve: "P-256" };
  let theirKey: CryptoKey;
  try {
    theirKey = await subtle.importKey("raw", theirPoint, algorithm, false, []);
  } catch (cause) {
    throw noPublicKey(cause);
  }
  const pair = (await subtle.generateKey(algorithm, false, ["deriveBits"])) as CryptoKeyPair;
  const secret = await subtle.deriveBits({ name: "ECDH", public: theirKey }, pair.privateKey, 256);
  return { share: new Uint8Array(await subtle.exportKey("raw", pair.publicKey)), secret: new Uint8Array(secret) };
}

// The curve y^2 = x^3 - 3x + b over the integers modulo p (SP 800-186, section 3.2.1.3).
const p = /* @__PURE__ */ BigInt("0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
const b = /* @__PURE__ */ BigInt("0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");

/**
 * Decompresses a point (SEC 1, section 2.3.4), because Web Crypto need not accept compressed ones. Web Crypto rejects
 * the result if it is not on the curve.
 */
function uncompressed(point: Uint8Array): OwnBytes {
  if (point[0] !== 2 && point[0] !== 3) throw noPublicKey();
  const x = BigInt(`0x${bytesToHex(point.subarray(1))}`);
  const root = pow(((((x * x - 3n) * x + b) % p) + p) % p, (p + 1n) / 4n, p);
  const y = (root & 1n) === BigInt(point[0] & 1) ? root : p - root;
  return concat([Uint8Array.of(4), point.subarray(1), hexToBytes(y.toString(16).padStart(64, "0"))]);
}

function noPublicKey(cause?: unknown): AgeError {
  const message = "the recipient age1tag... is not a valid public key; ask for another one";
  return new AgeError("invalid_recipient", message, { cause });
}
