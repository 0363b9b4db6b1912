/** Native code in runtimes that have node:crypto: Node, Deno, Bun. */

import { Buffer } from "node:buffer";
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type JsonWebKey,
  type KeyObject,
  timingSafeEqual,
} from "node:crypto";
import type { OwnBytes } from "../bytes.js";

/**
 * Encrypts with ChaCha20-Poly1305 (RFC 8439) without additional data. The key is 32 bytes long, the nonce 12. Returns the
 * ciphertext followed by the 16-byte tag, in one or more parts of newly allocated memory.
 */
export type NativeSeal = (key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array) => OwnBytes[];

/** Decrypts what `NativeSeal` has encrypted, to newly allocated memory. Returns undefined if the tag, the last 16 bytes, is wrong. */
export type NativeOpen = (key: Uint8Array, nonce: Uint8Array, ciphertext: Uint8Array) => OwnBytes | undefined;

/** X25519 (RFC 7748). */
export interface NativeX25519 {
  /** Imports a 32-byte secret key. This takes ten times as long as using it, so keep the result. */
  importSecretKey(secretKey: Uint8Array): NativeX25519Key;
}

/** An imported X25519 secret key (RFC 7748). */
export interface NativeX25519Key {
  /** 32 bytes. */
  publicKey(): Uint8Array;
  /** 32 bytes, or undefined if they would be all zero. */
  sharedSecret(theirPublicKey: Uint8Array): Uint8Array | undefined;
}

/** DES-EDE3 in CBC mode (FIPS 46-3, SP 800-38A). The key is 24 bytes long, the initialization vector 8. */
export interface NativeTripleDes {
  /** Returns the plaintext in newly allocated memory, or undefined if its padding (RFC 1423) is invalid. */
  open(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined;
}

/** Base64 in full lines: 64 characters and a line feed for every 48 bytes. */
export interface NativeBase64Lines {
  /** Encodes `bytes`, whose length is a multiple of 48, into `target` at `offset`. */
  encode(bytes: Uint8Array, target: Uint8Array, offset: number): void;
  /**
   * Decodes `lines`, whose length is a multiple of 65, into `target` at `offset`. Returns false if they are not exactly
   * what `encode` writes. The contents of `target` are then undefined.
   */
  decode(lines: Uint8Array, target: Uint8Array, offset: number): boolean;
}

/** HMAC-SHA-256 (RFC 2104), 32 bytes. The key must not be empty. */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  return owned(createHmac("sha256", key).update(message).digest());
}

/** Compares bytes of the same length, in a time that does not depend on them. */
export function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return timingSafeEqual(one, other);
}

const algorithm = "chacha20-poly1305";
const tagLength = 16;
const options = { authTagLength: tagLength };

const seal: NativeSeal = (key, nonce, plaintext) => {
  const cipher = createCipheriv(algorithm, key, nonce, options);
  const ciphertext = owned(cipher.update(plaintext));
  cipher.final();
  return [ciphertext, owned(cipher.getAuthTag())];
};

const open: NativeOpen = (key, nonce, ciphertext) => {
  const length = ciphertext.length - tagLength;
  const decipher = createDecipheriv(algorithm, key, nonce, options);
  decipher.setAuthTag(ciphertext.subarray(length));
  const plaintext = decipher.update(ciphertext.subarray(0, length));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return owned(plaintext);
};

/** How X25519 keys are imported into node:crypto. */
interface KeyForm {
  secretKey(key: Uint8Array): KeyObject;
  publicKey(key: Uint8Array): KeyObject;
}

/**
 * JWK (RFC 8037), which Node imports ten times as fast as DER. Node requires `x` but only uses `d`, and computing `x`
 * would take an imported key.
 */
const jwkForm: KeyForm = {
  secretKey: (key) => createPrivateKey({ key: { ...jwk(new Uint8Array(32)), d: base64url(key) }, format: "jwk" }),
  publicKey: (key) => createPublicKey({ key: jwk(key), format: "jwk" }),
};

function jwk(publicKey: Uint8Array): JsonWebKey {
  return { kty: "OKP", crv: "X25519", x: base64url(publicKey) };
}

// The DER (RFC 8410) of a key without its last 32 bytes.
const secretKeyStart = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20];
const publicKeyStart = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 3, 0x21, 0];

/** For a node:crypto that rejects such a JWK. */
const derForm: KeyForm = {
  secretKey: (key) => createPrivateKey({ key: der(secretKeyStart, key), format: "der", type: "pkcs8" }),
  publicKey: (key) => createPublicKey({ key: der(publicKeyStart, key), format: "der", type: "spki" }),
};

// RFC 7748, section 6.1: a public key is the shared secret with the point 9.
const basePoint = /* @__PURE__ */ Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 9 : 0));

function x25519By(form: KeyForm): NativeX25519 {
  return {
    importSecretKey(secretKey) {
      const privateKey = form.secretKey(secretKey);
      const sharedSecret = (theirPublicKey: Uint8Array): Uint8Array | undefined => {
        const publicKey = form.publicKey(theirPublicKey);
        let secret: Uint8Array;
        try {
          secret = diffieHellman({ privateKey, publicKey });
        } catch {
          // OpenSSL and BoringSSL reject an all-zero secret. Both keys are known to be valid.
          return undefined;
        }
        return secret.some((byte) => byte !== 0) ? owned(secret) : undefined;
      };
      return { sharedSecret, publicKey: () => sharedSecret(basePoint)! };
    },
  };
}

// Two bytes of zero under a key and a nonce of zeros (RFC 8439).
const sample: readonly number[] = [
  0x9f, 0x07, 0x58, 0x33, 0x6e, 0x20, 0xe1, 0x9c, 0x64, 0xd7, 0x66, 0xe9, 0x47, 0x05, 0xfc, 0x31, 0xf1, 0x2e,
];
const sampleKey = /* @__PURE__ */ new Uint8Array(32);
const sampleNonce = /* @__PURE__ */ new Uint8Array(12);

/** Encryption with the runtime's ChaCha20-Poly1305, or undefined if its node:crypto has none (Bun) or a broken one. */
export function findNativeSeal(): NativeSeal | undefined {
  try {
    const sealed = seal(sampleKey, sampleNonce, new Uint8Array(2)).flatMap((part) => [...part]);
    return hex(sealed) === hex(sample) ? seal : undefined;
  } catch {
    return undefined;
  }
}

/** Decryption with the runtime's ChaCha20-Poly1305, or undefined if its node:crypto has none (Bun) or a broken one. */
export function findNativeOpen(): NativeOpen | undefined {
  try {
    const sealed = Uint8Array.from(sample);
    const fits = hex(open(sampleKey, sampleNonce, sealed) ?? []) === "0000";
    sealed[0]! ^= 1;
    return fits && open(sampleKey, sampleNonce, sealed) === undefined ? open : undefined;
  } catch {
    return undefined;
  }
}

/** The runtime's X25519, or undefined if its node:crypto has none or a broken one. */
export function findNativeX25519(): NativeX25519 | undefined {
  return [jwkForm, derForm].map(x25519By).find(isX25519);
}

function isX25519({ importSecretKey }: NativeX25519): boolean {
  try {
    // RFC 7748, section 6.1: Alice's keys.
    const secretKey = Uint8Array.from([
      0x77, 0x07, 0x6d, 0x0a, 0x73, 0x18, 0xa5, 0x7d, 0x3c, 0x16, 0xc1, 0x72, 0x51, 0xb2, 0x66, 0x45, 0xdf, 0x4c, 0x2f,
      0x87, 0xeb, 0xc0, 0x99, 0x2a, 0xb1, 0x77, 0xfb, 0xa5, 0x1d, 0xb9, 0x2c, 0x2a,
    ]);
    const publicKey = importSecretKey(secretKey).publicKey();
    return hex(publicKey) === "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
  } catch {
    return false;
  }
}

/** The runtime's DES-EDE3, or undefined if its node:crypto has none (Bun, FIPS). */
export function findNativeTripleDes(): NativeTripleDes | undefined {
  try {
    createDecipheriv(tripleDes, new Uint8Array(24), new Uint8Array(8));
  } catch {
    return undefined;
  }
  return {
    open(key, iv, ciphertext) {
      const decipher = createDecipheriv(tripleDes, key, iv);
      try {
        return owned(Buffer.concat([decipher.update(ciphertext), decipher.final()]));
      } catch {
        return undefined;
      }
    },
  };
}

const tripleDes = "des-ede3-cbc";

export function findNativeBase64Lines(): NativeBase64Lines | undefined {
  return base64Lines;
}

const base64Lines: NativeBase64Lines = {
  encode(bytes, target, offset) {
    const count = bytes.length / 48;
    // Write all characters at the end of the buffer, then move each line to its place.
    const room = view(target).subarray(offset, offset + count * 65);
    room.write(view(bytes).toString("base64"), count, "latin1");
    for (let line = 0; line < count; line++) {
      const from = count + line * 64;
      room.copyWithin(line * 65, from, from + 64);
      room[line * 65 + 64] = 0x0a;
    }
  },
  decode(lines, target, offset) {
    const text = view(lines);
    const length = (lines.length / 65) * 48;
    const decoded = view(target).subarray(offset, offset + length);
    // Buffer skips invalid characters, so encode the result again and compare.
    if (decoded.write(text.toString("latin1"), "base64") !== length) return false;
    const again = Buffer.allocUnsafe(lines.length);
    base64Lines.encode(decoded, again, 0);
    return again.equals(text);
  },
};

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function base64url(bytes: Uint8Array): string {
  return view(bytes).toString("base64url");
}

function der(start: readonly number[], key: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.from(start), key]);
}

/** Bytes that share their memory with nothing else, so that the caller can own them. */
function owned(bytes: Uint8Array): OwnBytes {
  const { buffer, byteOffset, length } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === length
    ? new Uint8Array(buffer, byteOffset, length)
    : new Uint8Array(bytes);
}

function hex(bytes: Iterable<number>): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
