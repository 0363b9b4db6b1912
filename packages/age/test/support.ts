import { decryptStream } from "../src/decrypt-stream.js";
import { AgeError, type AgeErrorCode } from "../src/error.js";
import type { Identity, Recipient } from "../src/recipient.js";

/** The bytes of the vectors, by the rule that make-vectors.js names. */
export function plaintext(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (7 * i + Math.floor(i / 256)) % 256);
}

/** `bytes` in pieces of the given sizes, over and over. */
export function* cut(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  let from = 0;
  for (let turn = 0; from < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    yield bytes.subarray(from, from + size);
    from += size;
  }
}

export interface Piped {
  /** Every piece that came out before the end or the error. */
  pieces: Uint8Array[];
  bytes: Uint8Array;
  error: unknown;
}

/** Send pieces through a stream and note all that comes out, with the error it may end with. */
export async function pipe(
  pieces: Iterable<Uint8Array>,
  through: TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>,
): Promise<Piped> {
  const out: Uint8Array[] = [];
  let error: unknown;
  const writer = through.writable.getWriter();
  const write = async (): Promise<void> => {
    for (const piece of pieces) await writer.write(piece);
    await writer.close();
  };
  const written = write().catch(() => {});
  try {
    for await (const piece of through.readable) out.push(piece);
  } catch (caught) {
    error = caught;
  }
  await written;
  return { pieces: out, bytes: new Uint8Array(Buffer.concat(out)), error };
}

/** As `cut`, but that every piece is overwritten when the next one is asked for. */
export function* cutInOneBuffer(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  const buffer = new Uint8Array(Math.max(...sizes));
  for (const piece of cut(bytes, sizes)) {
    buffer.set(piece);
    yield buffer.subarray(0, piece.length);
    buffer.fill(0xff);
  }
}

/** All pieces of an iteration, with the error it may end with. */
export async function gather(iteration: AsyncIterable<Uint8Array>): Promise<Piped> {
  const pieces: Uint8Array[] = [];
  let error: unknown;
  try {
    for await (const piece of iteration) pieces.push(piece);
  } catch (caught) {
    error = caught;
  }
  return { pieces, bytes: new Uint8Array(Buffer.concat(pieces)), error };
}

export async function openInPieces(
  file: Uint8Array,
  identities: readonly (string | Identity)[],
  sizes: readonly number[],
): Promise<Piped> {
  return pipe(cut(file, sizes), decryptStream(identities));
}

/** The code of the `AgeError` that `run` ends with; "none" where it does not fail. */
export async function codeOf(run: () => unknown): Promise<AgeErrorCode | "none"> {
  try {
    await run();
  } catch (error) {
    if (error instanceof AgeError) return error.code;
    throw error;
  }
  return "none";
}

/** Leaves the file key as it is: for properties of header and payload that need no slow public key. */
export const open: Recipient & Identity = {
  wrapFileKey: (fileKey) => [{ type: "test/open", args: [], body: fileKey.slice() }],
  unwrapFileKey: (stanzas) => stanzas.find((stanza) => stanza.type === "test/open")?.body,
};
