import { requireBytes } from "./bytes.js";
import { type FileOpener, fileOpener } from "./file-opener.js";
import { toIdentities } from "./parse-identity.js";
import type { Identity } from "./recipient.js";
import type { Emit } from "./stage.js";

/**
 * Decrypts the pieces of an age file as they are asked for: `decryptStream` for async iterables, such as the streams of
 * Node, without the cost of web streams.
 *
 *     await pipeline(createReadStream(path), (file) => decryptIterable(file, [identity]), destination);
 *
 * What comes out is authenticated, and the beginning of the plaintext at least; that it is whole is known only when the
 * iteration has ended without an error. A piece that was taken from `ciphertext` is not looked at any more when the
 * next one is asked for, so its memory may be used again; those that are given are the caller's to keep. An iteration
 * that is left early ends that of `ciphertext` too.
 *
 * The iteration throws the errors of `decrypt`, those of `ciphertext` as they are; identities that are wrong are
 * refused at once.
 */
export function decryptIterable(
  ciphertext: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  identities: readonly (string | Identity)[],
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  return decryptPieces(ciphertext, fileOpener(toIdentities(identities)));
}

async function* decryptPieces(
  ciphertext: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  file: FileOpener,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  let ready: Uint8Array<ArrayBuffer>[] = [];
  const emit: Emit = (bytes) => ready.push(bytes);
  for await (const piece of ciphertext) {
    requireBytes(piece, "a piece of the ciphertext", "a Node stream must not have an encoding");
    await file.push(piece, emit);
    yield* ready;
    ready = [];
  }
  await file.end(emit);
  yield* ready;
}
