import type { OwnBytes } from "./bytes.js";
import { AgeError } from "./error.js";
import { open, openNew, seal, sealParts, tagLength } from "./primitives/aead.js";
import { deriveKey } from "./primitives/hkdf.js";
import type { Emit, Stage } from "./stage.js";

/*
 * The payload (age.md, "Payload"): chunks of 64 KiB, encrypted separately under one key. The nonce holds the chunk's
 * number and whether it is the last, so chunks can be neither moved nor dropped, and the end is authenticated.
 */

/** Bytes of plaintext in every chunk except the last. */
export const chunkLength: number = 64 * 1024;
/** The same, encrypted. */
export const sealedLength: number = chunkLength + tagLength;

/** Length of the nonce between header and payload, in bytes. */
export const payloadNonceLength = 16;

export async function payloadKey(fileKey: Uint8Array, nonce: Uint8Array): Promise<Uint8Array> {
  return deriveKey(fileKey, nonce, "payload");
}

/** The length of the payload, without its nonce, for a plaintext of `length` bytes. */
export function sealedPayloadLength(length: number): number {
  return length + Math.max(1, Math.ceil(length / chunkLength)) * tagLength;
}

/** Encrypts `plaintext` into `output`, which has `sealedPayloadLength(plaintext.length)` bytes. */
export function sealPayload(key: Uint8Array, plaintext: Uint8Array, output: Uint8Array): void {
  const chunks = Math.max(1, Math.ceil(plaintext.length / chunkLength));
  for (let index = 0; index < chunks; index++) {
    seal(
      key,
      chunkNonce(index, index === chunks - 1),
      plaintext.subarray(index * chunkLength, (index + 1) * chunkLength),
      output.subarray(index * sealedLength, (index + 1) * sealedLength),
    );
  }
}

/**
 * Decrypts a whole payload.
 *
 * @throws {AgeError} `payload` if any chunk is damaged.
 */
export function openPayload(key: Uint8Array, payload: Uint8Array): OwnBytes {
  const chunks = Math.max(1, Math.ceil(payload.length / sealedLength));
  checkLastLength(payload.length - (chunks - 1) * sealedLength, chunks - 1);
  const plaintext = new Uint8Array(payload.length - chunks * tagLength);
  for (let index = 0; index < chunks; index++) {
    const last = index === chunks - 1;
    const sealed = payload.subarray(index * sealedLength, (index + 1) * sealedLength);
    const output = plaintext.subarray(index * chunkLength, (index + 1) * chunkLength);
    if (open(key, chunkNonce(index, last), sealed, output)) continue;
    // Only the error message depends on this: whole chunks were appended or removed, or this chunk is damaged.
    if (sealed.length < sealedLength || !open(key, chunkNonce(index, !last), sealed, output)) throw damaged(index);
    throw last ? truncated() : trailing();
  }
  return plaintext;
}

/** Encrypts a payload that arrives in pieces. Buffers one chunk at most. A chunk may be emitted in parts. */
export function payloadSealer(key: Uint8Array): Stage {
  let index = 0;
  const held = new Uint8Array(chunkLength);
  let length = 0;

  function sealChunk(chunk: Uint8Array, last: boolean, emit: Emit): void {
    for (const part of sealParts(key, chunkNonce(index++, last), chunk)) if (part.length > 0) emit(part);
  }

  return {
    push(bytes, emit) {
      length = fill(held, length, bytes, (chunk) => sealChunk(chunk, false, emit));
    },
    end: (emit) => sealChunk(held.subarray(0, length), true, emit),
  };
}

/** Decrypts a payload that arrives in pieces. Buffers one chunk at most, and emits only authenticated chunks. */
export function payloadOpener(key: Uint8Array): Stage {
  let index = 0;
  const held = new Uint8Array(sealedLength);
  let length = 0;

  function openChunk(sealed: Uint8Array, last: boolean, emit: Emit): boolean {
    const plaintext = openNew(key, chunkNonce(index, last), sealed);
    if (plaintext === undefined) return false;
    index++;
    if (plaintext.length > 0) emit(plaintext);
    return true;
  }

  return {
    push(bytes, emit) {
      length = fill(held, length, bytes, (chunk) => {
        if (openChunk(chunk, false, emit)) return;
        if (openChunk(chunk, true, emit)) throw trailing();
        throw damaged(index);
      });
    },
    end(emit) {
      checkLastLength(length, index);
      const chunk = held.subarray(0, length);
      if (openChunk(chunk, true, emit)) return;
      if (length === sealedLength && openChunk(chunk, false, emit)) throw truncated();
      throw damaged(index);
    },
  };
}

/** The number of chunks of `size` bytes that are followed by more bytes. The one after them may be the last. */
function chunksReady(length: number, size: number): number {
  return Math.max(0, Math.ceil(length / size) - 1);
}

/**
 * Passes every complete chunk to `take`, keeps the rest in `held` and returns its length. Chunks that lie entirely
 * within `bytes` are not copied.
 */
function fill(held: Uint8Array, length: number, bytes: Uint8Array, take: (chunk: Uint8Array) => void): number {
  const size = held.length;
  const chunks = chunksReady(length + bytes.length, size);
  let from = 0;
  for (let taken = 0; taken < chunks; taken++) {
    if (taken === 0 && length > 0) {
      from = size - length;
      held.set(bytes.subarray(0, from), length);
      take(held);
    } else {
      take(bytes.subarray(from, from + size));
      from += size;
    }
  }
  const start = chunks > 0 ? 0 : length;
  held.set(bytes.subarray(from), start);
  return start + bytes.length - from;
}

/** The chunk's number in 11 bytes, big endian, then 1 for the last chunk and 0 otherwise. */
export function chunkNonce(index: number, last: boolean): Uint8Array {
  const nonce = new Uint8Array(12);
  let rest = index;
  for (let i = 10; rest > 0; i--) {
    nonce[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  nonce[11] = last ? 1 : 0;
  return nonce;
}

/**
 * Checks the length of the last chunk.
 *
 * @throws {AgeError} `payload`.
 */
export function checkLastLength(length: number, index: number): void {
  if (length === 0) throw truncated();
  if (length < tagLength) throw damaged(index);
  if (length === tagLength && index > 0) {
    throw new AgeError("payload", "the payload ends with an empty chunk, which the format allows in empty files only");
  }
}

export function damaged(index: number): AgeError {
  return new AgeError(
    "payload",
    `the payload was changed or truncated in chunk ${index + 1} (of 64 KiB each); get the file again from its source`,
  );
}

export function truncated(): AgeError {
  return new AgeError("payload", "the payload is truncated: its last chunk is missing; get the whole file again");
}

function trailing(): AgeError {
  return new AgeError("payload", "data follows the end of the payload; get the file again from its source");
}
