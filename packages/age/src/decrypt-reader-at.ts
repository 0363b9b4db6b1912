import { isArmored } from "./armor.js";
import { concat, isBytes, requireBytes } from "./bytes.js";
import { nonceMissing } from "./decrypt.js";
import { AgeError } from "./error.js";
import { unwrapFileKey } from "./file-key.js";
import { headerEndFinder, isHopeless, parseHeader } from "./header.js";
import { toIdentities } from "./parse-identity.js";
import { payloadKey, payloadNonceLength } from "./payload.js";
import { type PlaintextReaderAt, payloadReader } from "./payload-reader.js";
import type { Identity } from "./recipient.js";

/** Random access to bytes: a file, range requests, an object in a store. */
export interface ReaderAt {
  /** The total number of bytes. */
  readonly size: number;
  /** Reads `length` bytes at `offset`, or fewer at the end. Both are non-negative integers. Calls may overlap. */
  read(offset: number, length: number): Uint8Array | Promise<Uint8Array>;
}

/** Bytes of the first read. Most headers are shorter; for longer ones each read doubles what was read. */
const firstRead = 4096;

/** The part of `Blob` and `File` that {@link decryptReaderAt} uses. */
export interface BlobLike {
  readonly size: number;
  /** The bytes from `start` to `end` (exclusive), not yet read. */
  slice(
    start: number,
    end: number,
  ): {
    /** Reads the bytes of the slice. */
    arrayBuffer(): Promise<ArrayBuffer>;
  };
}

/**
 * Opens an age file for random access to its plaintext. Only the 64 KiB chunks that a range touches are read and
 * decrypted, as with age's `DecryptReaderAt`.
 *
 * The header and the last chunk are authenticated before the promise resolves, so `size` is the size of the original
 * plaintext. What `read` returns is authenticated, too, but only reading the whole file shows that all of it is
 * undamaged. The last decrypted chunk is cached. Calls of `read` may overlap.
 *
 * @example
 * ```ts
 * const archive = await decryptReaderAt(file, [identity]);
 * const end = await archive.read(archive.size - 1000, 1000);
 * ```
 *
 * @param ciphertext - The binary file.
 * @param identities - Identities to try, as text (`AGE-SECRET-KEY-1...`) or {@link Identity} objects.
 * @throws {AgeError} `armor` for an armored file, which must be decoded first; otherwise like {@link decrypt}, also
 * from `read`. Errors of the source's own `read` are passed on.
 */
export async function decryptReaderAt(
  ciphertext: ReaderAt | BlobLike | Uint8Array,
  identities: readonly (string | Identity)[],
): Promise<PlaintextReaderAt> {
  const resolved = toIdentities(identities);
  const source = toReaderAt(ciphertext);
  const { key, start } = await readStart(source, resolved);
  return payloadReader(key, {
    size: source.size - start,
    read: (offset, length) => readExactly(source, start + offset, length),
  });
}

function toReaderAt(given: ReaderAt | BlobLike | Uint8Array): ReaderAt {
  if (isBytes(given)) {
    return { size: given.length, read: (offset, length) => given.subarray(offset, offset + length) };
  }
  if ("read" in given) return given;
  return {
    size: given.size,
    read: async (offset, length) => new Uint8Array(await given.slice(offset, offset + length).arrayBuffer()),
  };
}

/** Derives the payload key from the header and the nonce, and returns it with the offset of the payload. */
async function readStart(
  source: ReaderAt,
  identities: readonly Identity[],
): Promise<{ key: Uint8Array; start: number }> {
  const headerEnd = headerEndFinder();
  let arrived: Uint8Array = new Uint8Array(0);
  const more = async (length: number): Promise<void> => {
    const wanted = Math.min(length, source.size - arrived.length);
    arrived = concat([arrived, await readExactly(source, arrived.length, wanted)]);
  };

  await more(firstRead);
  if (isArmored(arrived) === true) {
    throw new AgeError("armor", "an armored file cannot be read in parts; take the armor off with decodeArmor first");
  }
  let length = headerEnd(arrived);
  while (length === undefined) {
    // Let the parser report the error.
    if (arrived.length === source.size || isHopeless(arrived)) parseHeader(arrived);
    await more(arrived.length);
    length = headerEnd(arrived);
  }
  const fileKey = await unwrapFileKey(parseHeader(arrived), identities);
  const start = length + payloadNonceLength;
  if (source.size < start) throw nonceMissing();
  if (arrived.length < start) await more(payloadNonceLength);
  return { key: await payloadKey(fileKey, arrived.subarray(length, start)), start };
}

async function readExactly(source: ReaderAt, offset: number, length: number): Promise<Uint8Array> {
  const bytes = await source.read(offset, length);
  requireBytes(bytes, "what read() gives", "of the ciphertext");
  if (bytes.length === length) return bytes;
  throw new AgeError(
    "payload",
    `the ciphertext gave ${bytes.length} bytes where ${length} were asked for, within its size; was it changed meanwhile?`,
  );
}
