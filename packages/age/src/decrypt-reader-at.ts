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

/** Bytes that can be read from any place: a file, a range request, an object in a store. */
export interface ReaderAt {
  /** How many bytes there are. */
  readonly size: number;
  /**
   * The `length` bytes from `offset` on, or those up to the end where that comes first. Both are whole numbers from 0
   * up. Calls may overlap.
   */
  read(offset: number, length: number): Uint8Array | Promise<Uint8Array>;
}

/** Most headers are shorter, and those that are not are read in steps that double. */
const firstRead = 4096;

/** What there has to be of a `Blob` or `File`. */
export interface BlobLike {
  readonly size: number;
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/**
 * Random access to the plaintext of an age file: reads and decrypts only the chunks (of 64 KiB) that a range lies in,
 * as age's `DecryptReaderAt` does. The file is binary and all there, in a `ReaderAt`, a `Blob` or bytes.
 *
 *     const archive = await decryptReaderAt(file, [identity]);
 *     const end = await archive.read(archive.size - 1000, 1000);
 *
 * Header and last chunk are read, and their authenticity is checked, before there is an answer, so `size` is that of
 * the plaintext that was encrypted. Whatever `read` gives is authenticated and stands where it stood, but the chunks in
 * between are not looked at: whether the whole file is undamaged, only reading all of it tells.
 *
 * The chunk that was decrypted last is kept in memory. Calls of `read` may overlap.
 *
 * @throws {AgeError} at once and from `read`, as `decrypt` does (`armor` for an armored file, which has to be decoded
 * first); the errors of the source's own `read` as they are; `RangeError` for an offset or length that is not a whole
 * number from 0 up.
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

/** The payload's key and where the payload starts, by the header and the nonce behind it. */
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
    // The errors are those of the parser.
    if (arrived.length === source.size || isHopeless(arrived)) parseHeader(arrived);
    await more(arrived.length);
    length = headerEnd(arrived);
  }
  const fileKey = await unwrapFileKey(parseHeader(arrived), identities);
  const start = length + payloadNonceLength;
  if (source.size < start) throw nonceMissing();
  if (arrived.length < start) await more(payloadNonceLength);
  return { key: payloadKey(fileKey, arrived.subarray(length, start)), start };
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
