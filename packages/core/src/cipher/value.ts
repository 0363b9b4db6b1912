import { findNativeBase64, findNativeGcm } from "#native";
import { SopsError } from "../errors.js";
import { decodeBase64, encodeBase64, encodedLength } from "./base64.js";
import { createGcm, tagLength } from "./gcm.js";
import { withRoom, writeUtf8 } from "./utf8.js";

/** Encrypts and decrypts the values of one file: AES-256-GCM under its data key, in the form sops gives them. */
export interface ValueCipher {
  /**
   * `ENC[AES256_GCM,data:...,iv:...,tag:...,type:...]` of `plaintext` (a string stands for its UTF-8), `type` being one
   * of sops's names of types. The empty plaintext is not encrypted: the answer is "" (aes/cipher.go, `isEmpty`).
   *
   * `additionalData` is what the value is bound to: the keys on its path, a colon behind each. Without an `iv`, 32
   * random bytes are drawn; one that is given is used as it is, of any length from 1 byte.
   */
  encrypt(plaintext: string | Uint8Array, type: string, additionalData: string, iv?: Uint8Array): string;
  /**
   * The plaintext, as a string where its bytes are UTF-8, with the type that was written; "" gives "". The IV, which
   * few ask for, is to be had from `parseEncryptedValue`.
   *
   * The errors do not know the path; the caller does.
   *
   * @throws {SopsError} `malformed_value` if `text` is not in sops's form, `value_authentication` if it does not belong
   * to the data key and `additionalData`, or was changed.
   */
  decrypt(text: string, additionalData: string): DecryptedValue;
}

export interface DecryptedValue {
  /** As written; it may be none that sops knows. */
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

const prefix = "ENC[AES256_GCM,data:";
const beforeIv = ",iv:";
const beforeTag = ",tag:";
const beforeType = ",type:";

/** Bytes of the IVs sops makes (aes/cipher.go, `nonceSize`). */
const ivLength = 32;

/**
 * From this many bytes on, a native cipher made for one message is faster than the keyed one in JavaScript. Measured on
 * Node 20: 256 bytes 3.3 us against 6.2 us, 512 bytes 7.7 us against 7.7 us, 4096 bytes 49 us against 8 us.
 */
const longValue = 512;

/** OpenSSL refuses IVs longer than 128 bytes, Go does not. */
const longestNativeIv = 128;

/** The limit of `getRandomValues`. */
const mostRandomBytes = 65_536;

/** Where the parts stand: the index of `,iv:`, of `,tag:`, of `,type:` and of the closing bracket. */
type Places = Int32Array;

/** Characters of base64 that 16 and 32 bytes take. */
const usualTag = 24;
const usualIv = 44;

/**
 * The last `name` with at least one character between it and `end`. Nearly always that is as many as sops writes, so
 * that place is tried first; should another `name` follow it, the part between is no base64 in either reading.
 */
function findPart(text: string, name: string, end: number, usual: number): number {
  const guess = end - usual - name.length;
  return text.startsWith(name, guess) ? guess : text.lastIndexOf(name, end - name.length - 1);
}

/**
 * Find the parts as sops does (aes/cipher.go, `encre`): each is at least one character, the earlier ones are as long as
 * can be, none holds a newline, and behind the last bracket there may be anything. Four searches from the end come to
 * the same and are linear in time.
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

const restore = "It was cut short or changed by hand: restore it from version control, or encrypt the value anew.";

function malformed(): SopsError {
  return new SopsError(
    "malformed_value",
    `The value is not of the form ENC[AES256_GCM,data:...,iv:...,tag:...,type:...]. ${restore}`,
  );
}

function malformedPart(part: string): SopsError {
  return new SopsError("malformed_value", `The \`${part}\` of the encrypted value is not base64. ${restore}`);
}

/**
 * Take an encrypted value apart.
 *
 * @throws {SopsError} `malformed_value` on what sops cannot take apart either.
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

/** Whether `parseEncryptedValue` can take `text` apart. Whether it decrypts is not known before that is tried. */
export function isEncryptedValue(text: string): boolean {
  if (!text.startsWith(prefix)) return false;
  try {
    parseEncryptedValue(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether a text is meant to be an encrypted value, whole or damaged. White space before it does not make it a plain one. */
export function looksEncrypted(text: string): boolean {
  return /^\s*ENC\[[A-Z0-9_]+,/.test(text);
}

function writeAscii(text: string, out: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) out[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** Text of the first `length` bytes, by views that are made once: for short text the view costs more than the text. */
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
 * The value cipher of a file with this data key (32 bytes). All that depends on the key alone is done here, once.
 *
 * @throws {SopsError} `data_key` for a key of another length.
 */
export function createValueCipher(dataKey: Uint8Array): ValueCipher {
  if (dataKey.length !== 32) {
    throw new SopsError(
      "data_key",
      `The data key has ${dataKey.length} bytes instead of 32. The entry it was unwrapped from is damaged or was not made by sops.`,
    );
  }
  const key = dataKey.slice();
  const gcm = createGcm(key);
  const native = findNativeGcm();
  const nativeBase64 = findNativeBase64();
  const places: Places = new Int32Array(4);
  const tag = new Uint8Array(tagLength);
  const readUtf8 = createReader(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }));
  const readAscii = createReader(new TextDecoder());

  // Work buffers: they grow to the longest value and are used again for the next.
  let data: Uint8Array = new Uint8Array(1024);
  let additional: Uint8Array = new Uint8Array(1024);
  let iv: Uint8Array = new Uint8Array(64);
  let out: Uint8Array = new Uint8Array(0);

  let random: Uint8Array = new Uint8Array(0);
  let randomUsed = 0;

  function drawIv(): void {
    if (randomUsed === random.length) {
      // A single value is not to pay for thousands.
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

  function seal(length: number, ivBytes: number, additionalLength: number): void {
    if (native === undefined || length < longValue || ivBytes > longestNativeIv) {
      gcm.seal(data, length, iv, ivBytes, additional, additionalLength, tag);
      return;
    }
    const sealed = native.seal(
      key,
      iv.subarray(0, ivBytes),
      additional.subarray(0, additionalLength),
      data.subarray(0, length),
    );
    data.set(sealed.subarray(0, length));
    tag.set(sealed.subarray(length));
  }

  function open(length: number, ivBytes: number, additionalLength: number): boolean {
    if (native === undefined || length < longValue || ivBytes > longestNativeIv) {
      for (let i = 0; i < tagLength; i++) tag[i] = data[length + i]!;
      return gcm.open(data, length, iv, ivBytes, additional, additionalLength, tag);
    }
    const plaintext = native.open(
      key,
      iv.subarray(0, ivBytes),
      additional.subarray(0, additionalLength),
      data.subarray(0, length + tagLength),
    );
    if (plaintext === undefined) return false;
    data.set(plaintext);
    return true;
  }

  /** Decode the data of an encrypted value, which ends at `end`. Returns the number of bytes, -1 for none. */
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
      // sops joins data and tag, and GCM takes the last 16 bytes for the tag, however they were split.
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
