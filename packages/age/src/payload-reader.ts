import type { OwnBytes } from "./bytes.js";
import { checkLastLength, chunkLength, chunkNonce, damaged, sealedLength, truncated } from "./payload.js";
import { openNew, tagLength } from "./primitives/aead.js";

/** Random access to a plaintext. */
export interface PlaintextReaderAt {
  /** Size of the whole plaintext in bytes. */
  readonly size: number;
  /**
   * Reads `length` bytes at `offset`, or fewer at the end. The result is owned by the caller.
   *
   * @throws {AgeError} `payload` if a chunk is damaged.
   * @throws {RangeError} if `offset` or `length` is not a non-negative integer.
   */
  read(offset: number, length: number): Promise<OwnBytes>;
}

/** A payload without its nonce. `read` returns exactly `length` bytes, which must lie within `size`. */
interface SealedPayload {
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
}

/**
 * Decrypts the last chunk first, which authenticates the size.
 *
 * @throws {AgeError} `payload`.
 */
export async function payloadReader(key: Uint8Array, payload: SealedPayload): Promise<PlaintextReaderAt> {
  const chunks = Math.max(1, Math.ceil(payload.size / sealedLength));
  const lastIndex = chunks - 1;
  checkLastLength(payload.size - lastIndex * sealedLength, lastIndex);
  const size = payload.size - chunks * tagLength;

  function openChunk(index: number, sealed: Uint8Array): Uint8Array {
    const plaintext = openNew(key, chunkNonce(index, index === lastIndex), sealed);
    if (plaintext !== undefined) return plaintext;
    // If the chunk is valid but not final, chunks after it are missing.
    const cut = index === lastIndex && sealed.length === sealedLength;
    throw cut && openNew(key, chunkNonce(index, false), sealed) !== undefined ? truncated() : damaged(index);
  }

  const lastStart = lastIndex * sealedLength;
  // The last decrypted chunk: consecutive short reads mostly fall into the same one.
  let recent = {
    index: lastIndex,
    plaintext: openChunk(lastIndex, await payload.read(lastStart, payload.size - lastStart)),
  };

  return {
    size,
    async read(offset, length) {
      for (const number of [offset, length]) {
        if (!Number.isSafeInteger(number) || number < 0) {
          throw new RangeError("offset and length must be whole numbers from 0 up");
        }
      }
      const end = Math.min(offset + length, size);
      const output = new Uint8Array(Math.max(0, end - offset));
      if (output.length === 0) return output;

      let next = Math.floor(offset / chunkLength);
      const behind = Math.ceil(end / chunkLength);
      const copy = (index: number, plaintext: Uint8Array): void => {
        const from = index * chunkLength;
        output.set(plaintext.subarray(Math.max(0, offset - from), end - from), Math.max(0, from - offset));
      };
      const { index, plaintext } = recent;
      if (index === next) {
        copy(index, plaintext);
        next++;
      }
      if (next === behind) return output;
      const start = next * sealedLength;
      const sealed = await payload.read(start, Math.min(behind * sealedLength, payload.size) - start);
      for (let from = 0; next < behind; next++, from += sealedLength) {
        const opened = openChunk(next, sealed.subarray(from, from + sealedLength));
        copy(next, opened);
        recent = { index: next, plaintext: opened };
      }
      return output;
    },
  };
}
