/** Native code in runtimes that have node:crypto: Node, Deno, Bun. */
import { Buffer } from "node:buffer";
import { type CipherGCM, createCipheriv, createDecipheriv, createHash, type DecipherGCM } from "node:crypto";

/** An incremental hash. */
export interface Hash {
  /** The bytes may be used again afterwards. */
  update(bytes: Uint8Array): void;
  digest(): Uint8Array | Promise<Uint8Array>;
}

export interface NativeGcm {
  /** Returns the ciphertext followed by the 16-byte tag. */
  seal(key: Uint8Array, iv: Uint8Array, additionalData: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** Returns the plaintext, or undefined if the tag (the last 16 bytes of `sealed`) is wrong. */
  open(key: Uint8Array, iv: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
  /** A message in pieces, which is either sealed or opened. */
  pieces(key: Uint8Array, iv: Uint8Array, additionalData: Uint8Array): NativeGcmPieces;
}

/** See `GcmPieces`. */
export interface NativeGcmPieces {
  seal(piece: Uint8Array): Uint8Array;
  open(piece: Uint8Array): Uint8Array;
  tag(): Uint8Array;
  isRight(tag: Uint8Array): boolean;
}

export interface NativeBase64 {
  encode(bytes: Uint8Array): string;
  /** Returns the bytes if `text` is exactly what `encode` writes for them, undefined otherwise. */
  decode(text: string): Uint8Array | undefined;
}

export function createSha512(): Hash {
  const hash = createHash("sha512");
  return {
    update(bytes) {
      hash.update(bytes);
    },
    digest() {
      return new Uint8Array(hash.digest());
    },
  };
}

/** A hash that takes its input as it comes. */
export async function loadSha512(): Promise<() => Hash> {
  return createSha512;
}

const algorithm = "aes-256-gcm";

/** The runtime's AES-256-GCM, or undefined if its node:crypto has none. */
export function findNativeGcm(): NativeGcm | undefined {
  try {
    createDecipheriv(algorithm, new Uint8Array(32), new Uint8Array(12));
  } catch {
    return undefined;
  }
  return {
    seal(key, iv, additionalData, plaintext) {
      const cipher = createCipheriv(algorithm, key, iv);
      cipher.setAAD(additionalData);
      const sealed = new Uint8Array(plaintext.length + 16);
      sealed.set(cipher.update(plaintext));
      cipher.final();
      sealed.set(cipher.getAuthTag(), plaintext.length);
      return sealed;
    },
    open(key, iv, additionalData, sealed) {
      const length = sealed.length - 16;
      const decipher = createDecipheriv(algorithm, key, iv, { authTagLength: 16 });
      decipher.setAAD(additionalData);
      decipher.setAuthTag(sealed.subarray(length));
      const plaintext = decipher.update(sealed.subarray(0, length));
      try {
        decipher.final();
      } catch {
        return undefined;
      }
      return new Uint8Array(plaintext.buffer, plaintext.byteOffset, plaintext.length);
    },
    pieces(key, iv, additionalData) {
      let cipher: CipherGCM | undefined;
      let decipher: DecipherGCM | undefined;
      const encrypting = () => (cipher ??= createCipheriv(algorithm, key, iv).setAAD(additionalData));
      const decrypting = () =>
        (decipher ??= createDecipheriv(algorithm, key, iv, { authTagLength: 16 }).setAAD(additionalData));
      return {
        seal: (piece) => encrypting().update(piece),
        open: (piece) => decrypting().update(piece),
        tag() {
          encrypting().final();
          return encrypting().getAuthTag();
        },
        isRight(tag) {
          try {
            decrypting().setAuthTag(tag);
            decrypting().final();
            return true;
          } catch {
            return false;
          }
        },
      };
    },
  };
}

export function findNativeBase64(): NativeBase64 | undefined {
  return {
    encode: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64"),
    decode(text) {
      // Buffer skips invalid characters, so encode the result again and compare.
      const bytes = Buffer.from(text, "base64");
      return bytes.toString("base64") === text ? bytes : undefined;
    },
  };
}
