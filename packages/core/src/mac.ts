import { createSha512, type Hash } from "#native";
import { writeUtf8 } from "./cipher/utf8.js";

/** Computes the MAC of a file. */
export interface Mac {
  /** Adds the plaintext of the next value, in file order. */
  add(plaintext: string | Uint8Array): void;
  /** Returns 128 upper-case hexadecimal digits. Must be called once, at the end. */
  digest(): Promise<string>;
}

/**
 * The initial input of a MAC over the encrypted values only, which tells it apart from one over all values: SHA-256 of
 * "sops" (sops.go, `MACOnlyEncryptedInitialization`).
 */
const onlyEncryptedStart: readonly number[] = [
  0x8a, 0x3f, 0xd2, 0xad, 0x54, 0xce, 0x66, 0x52, 0x7b, 0x10, 0x34, 0xf3, 0xd1, 0x47, 0xbe, 0x0b, 0x0b, 0x97, 0x5b,
  0x3b, 0xf4, 0x4f, 0x72, 0xc6, 0xfd, 0xad, 0xec, 0x81, 0x76, 0xf2, 0x7d, 0x69,
];

/** Input is buffered: a call of native code per value would cost more than the hashing. */
const pieceSize = 32_768;

/**
 * SHA-512 over the concatenated plaintexts of the values (sops.go, `Encrypt` and `Decrypt`).
 *
 * @param hash - Of `loadSha512`, for more input than fits into memory.
 */
export function createMac(onlyEncrypted: boolean, hash: Hash = createSha512()): Mac {
  const piece = new Uint8Array(pieceSize);
  let filled = 0;

  function flush(): void {
    if (filled > 0) hash.update(piece.subarray(0, filled));
    filled = 0;
  }

  function addBytes(bytes: Uint8Array): void {
    if (filled + bytes.length > pieceSize) flush();
    if (bytes.length > pieceSize) {
      hash.update(bytes);
      return;
    }
    piece.set(bytes, filled);
    filled += bytes.length;
  }

  if (onlyEncrypted) addBytes(Uint8Array.from(onlyEncryptedStart));
  return {
    add(plaintext) {
      if (typeof plaintext !== "string") {
        addBytes(plaintext);
      } else if (plaintext.length * 3 > pieceSize) {
        addBytes(new TextEncoder().encode(plaintext));
      } else {
        if (filled + plaintext.length * 3 > pieceSize) flush();
        filled = writeUtf8(plaintext, piece, filled);
      }
    },
    async digest() {
      flush();
      let digits = "";
      for (const byte of await hash.digest()) digits += byte.toString(16).padStart(2, "0");
      return digits.toUpperCase();
    },
  };
}
