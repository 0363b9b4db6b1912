import { findNativeBase64, findNativeGcm } from "#native";
import { SopsError } from "../errors.js";
import { decodeBase64, encodeBase64, encodedLength } from "./base64.js";
import { createGcm, type Gcm, type GcmPieces, tagLength } from "./gcm.js";
import { withRoom, writeUtf8 } from "./utf8.js";

/**
 * Encrypts and decrypts the values of one file: AES-256-GCM under its data key, in the format of sops (aes/cipher.go).
 */
export interface ValueCipher {
  /**
   * Encrypts a value.
   *
   * @param plaintext - The value. A string is encoded as UTF-8. An empty value is not encrypted: the result is ""
   * (aes/cipher.go, `isEmpty`).
   * @param type - A type name of sops, such as `str`.
   * @param additionalData - What the value is bound to: the keys on its path, each followed by a colon.
   * @param iv - The IV, of any length from 1 byte. Default: 32 random bytes.
   * @returns `ENC[AES256_GCM,data:...,iv:...,tag:...,type:...]`.
   */
  encrypt(plaintext: string | Uint8Array, type: string, additionalData: string, iv?: Uint8Array): string;
  /**
   * Decrypts a value. "" decrypts to "". Errors do not name the path, which only the caller knows.
   *
   * @returns The type as written, and the plaintext: a string, or bytes if they are not UTF-8. `parseEncryptedValue`
   * returns the IV.
   * @throws {SopsError} `malformed_value` if `text` is malformed; `value_authentication` if it was changed, or does not
   * belong to the data key and `additionalData`.
   */
  decrypt(text: string, additionalData: string): DecryptedValue;
}

/** AES-256-GCM of one long value in pieces. */
export function cipherInPieces(dataKey: Uint8Array, iv: Uint8Array, additionalData: string): GcmPieces {
  const native = iv.length > longestNativeIv ? undefined : findNativeGcm();
  const additional = new TextEncoder().encode(additionalData);
  return native === undefined ? createGcm(dataKey).pieces(iv, additional) : native.pieces(dataKey, iv, additional);
}

interface DecryptedValue {
  /** As written; it may be unknown to sops. */
  type: string;
  plaintext: string | Uint8Array;
}

/** The parts of an encrypted value, decoded. */
export interface EncryptedValue {
  data: Uint8Array;
  iv: Uint8Array;
  tag: Uint8Array;
  type: string;
}

export const prefix: string = "ENC[AES256_GCM,data:";
export const beforeIv: string = ",iv:";
export const beforeTag: string = ",tag:";
export const beforeType: string = ",type:";

/** Length of the IVs of sops, in bytes (aes/cipher.go, `nonceSize`). */
export const ivLength: number = 32;

/**
 * From this length, a native cipher created per message is faster than the keyed one in JavaScript. Measured on Node
 * 20: 256 bytes 3.3 us against 6.2 us, 512 bytes 7.7 us against 7.7 us, 4096 bytes 49 us against 8 us.
 */
const longValue = 512;

/**
 * So many values of a file are left to the native cipher, because the tables of the keyed one take longer than they do: 1.5 ms
 * in a new process, whose code is not compiled yet, against 20 us for each value.
 */
const fewValues = 32;

/** OpenSSL rejects IVs longer than 128 bytes; Go does not. */
const longestNativeIv = 128;

/** The limit of `getRandomValues`. */
const mostRandomBytes = 65_536;

/** Offsets of the parts: of `,iv:`, of `,tag:`, of `,type:` and of the closing bracket. */
type Places = Int32Array;

/** Base64 lengths of 16 and 32 bytes. */
const usualTag = 24;
const usualIv = 44;

/**
 * Finds the last `name` with at least one character between it and `end`. The usual length is tried first. If another
 * `name` follows it, the part is not base64 in either reading.
 */
function findPart(text: string, name: string, end: number, usual: number): number {
  const guess = end - usual - name.length;
  return text.startsWith(name, guess) ? guess : text.lastIndexOf(name, end - name.length - 1);
}

/**
 * Finds the parts as sops does (aes/cipher.go, `encre`): each has at least one character, earlier ones are as long as
 * possible, none contains a newline, and anything may follow the last bracket. Four searches from the end are
 * equivalent, and linear.
 */
function findParts(text: string, places: Places): boolean {
  if (!text.startsWith(prefix)) return false;
  const newline = text.indexOf("\n");
  const close = text.lastIndexOf("]", newline < 0 ? text.length : newline);
  const type = close < 0 ? -1 : text.lastIndexOf(beforeType, close - beforeType.length - 1);
  const tag = type < 0 ? -1 : findPart(text, beforeTag, type, usualTag);
  const iv = tag < 0 ? -1 : findPart(text, beforeIv, tag, usualIv);
  if (iv <= prefix.length) return false;
  places[0] = iv;
  places[1] = tag;
  places[2] = type;
  places[3] = close;
  return true;
}

const restore = "It was truncated or edited by hand: restore it from version control, or encrypt the value again.";

function malformed(): SopsError {
  return new SopsError(
    "malformed_value",
    `The value does not have the form ENC[AES256_GCM,data:...,iv:...,tag:...,type:...]. ${restore}`,
  );
}

function malformedPart(part: string): SopsError {
  return new SopsError("malformed_value", `The \`${part}\` of the encrypted value is not base64. ${restore}`);
}

/**
 * Parses an encrypted value.
 *
 * @throws {SopsError} `malformed_value` if sops could not parse it either.
 */
export function parseEncryptedValue(text: string): EncryptedValue {
  const places = new Int32Array(4);
  if (!findParts(text, places)) throw malformed();
  return {
    data: decodePart(text, prefix.length, places[0]!, "data"),
    iv: decodePart(text, places[0]! + beforeIv.length, places[1]!, "iv"),
    tag: decodePart(text, places[1]! + beforeTag.length, places[2]!, "tag"),
    type: text.slice(places[2]! + beforeType.length, places[3]!),
  };
}

function decodePart(text: string, start: number, end: number, part: string): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((end - start) / 4) * 3);
  const length = decodeBase64(text, start, end, bytes, 0);
  if (length < 0) throw malformedPart(part);
  return bytes.subarray(0, length);
}

/** Whether `parseEncryptedValue` can parse `text`. It may still fail to decrypt. */
export function isEncryptedValue(text: string): boolean {
  if (!text.startsWith(prefix)) return false;
  try {
    parseEncryptedValue(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether a text is meant to be an encrypted value, intact or damaged. White space before it is ignored. */
export function looksEncrypted(text: string): boolean {
  return text.includes("ENC[") && /^\s*ENC\[[A-Z0-9_]+,/.test(text);
}

function writeAscii(text: string, out: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) out[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** Decodes the first `length` bytes, with cached views: for short texts, creating a view costs more than decoding. */
function createReader(decoder: TextDecoder): (bytes: Uint8Array, length: number) => string {
  let of: Uint8Array | undefined;
  let views: (Uint8Array | undefined)[] = [];
  return (bytes, length) => {
    if (length >= 512) return decoder.decode(bytes.subarray(0, length));
    if (of !== bytes) {
      of = bytes;
      views = new Array(512).fill(undefined);
    }
    let view = views[length];
    if (view === undefined) {
      view = bytes.subarray(0, length);
      views[length] = view;
    }
    return decoder.decode(view);
  };
}

/**
 * Creates the value cipher for a data key (32 bytes). Everything that depends on the key alone is computed once, for the
 * first value that needs it.
 *
 * @throws {SopsError} `data_key` if the key does not have 32 bytes.
 */
export function createValueCipher(dataKey: Uint8Array): ValueCipher {
  if (dataKey.length !== 32) {
    throw new SopsError(
      "data_key",
      `The data key has ${dataKey.length} bytes instead of 32. The entry it was unwrapped from is damaged or was not made by sops.`,
    );
  }
  const key = dataKey.slice();
  const native = findNativeGcm();
  let gcm: Gcm | undefined;
  let count = 0;
  const nativeBase64 = findNativeBase64();
  const places: Places = new Int32Array(4);
  const tag = new Uint8Array(tagLength);
  const readUtf8 = createReader(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }));
  const readAscii = createReader(new TextDecoder());

  // Buffers grow to the longest value and are reused.
  let data: Uint8Array = new Uint8Array(1024);
  let additional: Uint8Array = new Uint8Array(1024);
  let iv: Uint8Array = new Uint8Array(64);
  let out: Uint8Array = new Uint8Array(0);

  let random: Uint8Array = new Uint8Array(0);
  let randomUsed = 0;

  function drawIv(): void {
    if (randomUsed === random.length) {
      // Start small: most files have few values.
      random = new Uint8Array(Math.min(mostRandomBytes, Math.max(8 * ivLength, random.length * 4)));
      globalThis.crypto.getRandomValues(random as Uint8Array<ArrayBuffer>);
      randomUsed = 0;
    }
    for (let i = 0; i < ivLength; i++) iv[i] = random[randomUsed + i]!;
    randomUsed += ivLength;
  }

  function writeAdditionalData(text: string): number {
    additional = withRoom(additional, text.length * 3);
    return writeUtf8(text, additional, 0);
  }

  /** The keyed cipher, or undefined if the native one is to process a value. */
  function keyed(length: number, ivBytes: number): Gcm | undefined {
    if (
      native !== undefined &&
      ivBytes <= longestNativeIv &&
      (length >= longValue || (ivBytes === ivLength && count++ < fewValues))
    ) {
      return undefined;
    }
    gcm ??= createGcm(key);
    return gcm;
  }

  function seal(length: number, ivBytes: number, additionalLength: number): void {
    const gcm = keyed(length, ivBytes);
    if (gcm !== undefined) {
      gcm.seal(data, length, iv, ivBytes, additional, additionalLength, tag);
      return;
    }
    const sealed = native!.seal(
      key,
      iv.subarray(0, ivBytes),
      additional.subarray(0, additionalLength),
      data.subarray(0, length),
    );
    data.set(sealed.subarray(0, length));
    tag.set(sealed.subarray(length));
  }

  function open(length: number, ivBytes: number, additionalLength: number): boolean {
    const gcm = keyed(length, ivBytes);
    if (gcm !== undefined) {
      for (let i = 0; i < tagLength; i++) tag[i] = data[length + i]!;
      return gcm.open(data, length, iv, ivBytes, additional, additionalLength, tag);
    }
    const plaintext = native!.open(
      key,
      iv.subarray(0, ivBytes),
      additional.subarray(0, additionalLength),
      data.subarray(0, length + tagLength),
    );
    if (plaintext === undefined) return false;
    data.set(plaintext);
    return true;
  }

  /**
   * Decodes the data of an encrypted value, which ends at `end`. Returns the number of bytes, or -1 if it is invalid.
   */
  function readData(text: string, end: number): number {
    if (nativeBase64 !== undefined && end > encodedLength(longValue)) {
      const bytes = nativeBase64.decode(text.slice(prefix.length, end));
      if (bytes !== undefined) {
        data.set(bytes);
        return bytes.length;
      }
    }
    return decodeBase64(text, prefix.length, end, data, 0);
  }

  return {
    encrypt(plaintext, type, additionalData, givenIv) {
      if (plaintext.length === 0) return "";
      let length = plaintext.length;
      if (typeof plaintext === "string") {
        data = withRoom(data, length * 3);
        length = writeUtf8(plaintext, data, 0);
      } else {
        data = withRoom(data, length);
        data.set(plaintext);
      }
      let ivBytes = ivLength;
      if (givenIv === undefined) {
        drawIv();
      } else {
        ivBytes = givenIv.length;
        if (ivBytes === 0) throw new SopsError("invalid_option", "The IV is empty. Give 32 bytes, or leave it out.");
        iv = withRoom(iv, ivBytes);
        iv.set(givenIv);
      }
      seal(length, ivBytes, writeAdditionalData(additionalData));
      if (nativeBase64 !== undefined && length >= longValue) {
        const parts = [data.subarray(0, length), iv.subarray(0, ivBytes), tag].map(nativeBase64.encode);
        return `${prefix}${parts[0]}${beforeIv}${parts[1]}${beforeTag}${parts[2]}${beforeType}${type}]`;
      }
      const room = 64 + encodedLength(length) + encodedLength(ivBytes) + encodedLength(tagLength) + type.length * 3;
      if (out.length < room) {
        out = withRoom(out, Math.max(room, 512));
        writeAscii(prefix, out, 0);
      }
      let at = encodeBase64(data, length, out, prefix.length);
      at = writeAscii(beforeIv, out, at);
      at = encodeBase64(iv, ivBytes, out, at);
      at = writeAscii(beforeTag, out, at);
      at = encodeBase64(tag, tagLength, out, at);
      at = writeAscii(beforeType, out, at);
      at = writeUtf8(type, out, at);
      at = writeAscii("]", out, at);
      return readAscii(out, at);
    },

    decrypt(text, additionalData) {
      if (text === "") return { type: "str", plaintext: "" };
      if (!findParts(text, places)) throw malformed();
      const ivAt = places[0]!;
      const tagAt = places[1]!;
      const typeAt = places[2]!;
      data = withRoom(data, tagAt + typeAt);
      const tagStart = readData(text, ivAt);
      if (tagStart < 0) throw malformedPart("data");
      iv = withRoom(iv, tagAt - ivAt);
      const ivBytes = decodeBase64(text, ivAt + beforeIv.length, tagAt, iv, 0);
      if (ivBytes < 0) throw malformedPart("iv");
      // sops concatenates data and tag, and GCM uses the last 16 bytes as the tag, however they were split.
      const end = decodeBase64(text, tagAt + beforeTag.length, typeAt, data, tagStart);
      if (end < 0) throw malformedPart("tag");
      if (ivBytes === 0)
        throw new SopsError("malformed_value", `The \`iv\` of the encrypted value is empty. ${restore}`);
      const length = end - tagLength;
      if (length < 0 || !open(length, ivBytes, writeAdditionalData(additionalData))) {
        throw new SopsError(
          "value_authentication",
          "The value does not decrypt: it was changed, or moved to another path, after it was encrypted. Restore it from version control, or move values in a decrypted copy.",
        );
      }
      let plaintext: string | Uint8Array;
      try {
        plaintext = readUtf8(data, length);
      } catch {
        plaintext = data.slice(0, length);
      }
      return { type: text.slice(typeAt + beforeType.length, places[3]!), plaintext };
    },
  };
}
