import { type OwnBytes, requireBytes } from "./bytes.js";
import { fileOpener } from "./file-opener.js";
import { toIdentities } from "./parse-identity.js";
import type { Identity } from "./recipient.js";

/**
 * Decrypts an age file, binary or armored, that is piped through it. Memory use does not depend on the size of the
 * file: about 200 KiB, plus the header and the current piece.
 *
 * Every byte that comes out is authenticated, but the file is known to be complete only once the stream closes without
 * an error. Until then, the output may be the beginning of a truncated file.
 *
 * @example
 * ```ts
 * await source.pipeThrough(decryptStream([identity])).pipeTo(destination);
 * ```
 *
 * @param identities - Identities to try, as text (`AGE-SECRET-KEY-1...`) or {@link Identity} objects.
 * @throws {AgeError} `no_identities`, `invalid_identity` or `unsupported` at once, for invalid identities. The stream
 * fails with the other errors of {@link decrypt}.
 */
export function decryptStream(identities: readonly (string | Identity)[]): TransformStream<Uint8Array, OwnBytes> {
  const file = fileOpener(toIdentities(identities));
  return new TransformStream({
    transform(piece, controller) {
      requireBytes(piece, "a piece of the ciphertext", "turn text into bytes with new TextEncoderStream()");
      return file.push(piece, (bytes) => controller.enqueue(bytes));
    },
    flush: (controller) => file.end((bytes) => controller.enqueue(bytes)),
  });
}
