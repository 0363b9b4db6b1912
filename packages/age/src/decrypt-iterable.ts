import { type OwnBytes, requireBytes } from "./bytes.js";
import { type FileOpener, fileOpener } from "./file-opener.js";
import { toIdentities } from "./parse-identity.js";
import type { Identity } from "./recipient.js";
import type { Emit } from "./stage.js";

/**
 * Decrypts an age file as it is iterated over. Like {@link decryptStream}, for async iterables such as Node streams,
 * without the overhead of web streams.
 *
 * Every byte that comes out is authenticated, but the file is known to be complete only once the iteration ends without
 * an error. Leaving the iteration early also ends that of `ciphertext`.
 *
 * @example
 * ```ts
 * await pipeline(createReadStream(path), (file) => decryptIterable(file, [identity]), destination);
 * ```
 *
 * @param ciphertext - The binary or armored file, in pieces of any size. A piece is not used after the next one is
 * requested, so its memory can be reused.
 * @param identities - Identities to try, as text (`AGE-SECRET-KEY-1...`) or {@link Identity} objects.
 * @returns Pieces of plaintext, owned by the caller.
 * @throws {AgeError} `no_identities`, `invalid_identity` or `unsupported` at once, for invalid identities. The
 * iteration throws the other errors of {@link decrypt}, and passes on those of `ciphertext`.
 */
export function decryptIterable(
  ciphertext: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  identities: readonly (string | Identity)[],
): AsyncGenerator<OwnBytes, void, undefined> {
  return decryptPieces(ciphertext, fileOpener(toIdentities(identities)));
}

async function* decryptPieces(
  ciphertext: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  file: FileOpener,
): AsyncGenerator<OwnBytes, void, undefined> {
  let ready: OwnBytes[] = [];
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
