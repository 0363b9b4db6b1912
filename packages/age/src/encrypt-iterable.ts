import { type OwnBytes, requireBytes } from "./bytes.js";
import type { EncryptOptions } from "./encrypt.js";
import { fileSealer } from "./file-sealer.js";
import { toRecipients } from "./parse-recipient.js";
import type { Recipient } from "./recipient.js";
import type { Emit } from "./stage.js";

/**
 * Encrypts a plaintext as the file is iterated over. Like {@link encryptStream}, for async iterables such as Node
 * streams, without the overhead of web streams.
 *
 * Pieces are not coalesced, and some are only 16 bytes long. Buffer them for a destination where each write is
 * expensive, for example with the `highWaterMark` of a Node stream. Leaving the iteration early also ends that of
 * `plaintext`.
 *
 * @example
 * ```ts
 * await pipeline(createReadStream(path), (plaintext) => encryptIterable(plaintext, [recipient]), destination);
 * ```
 *
 * @param plaintext - Pieces of any size. A piece is not used after the next one is requested, so its memory can be
 * reused.
 * @param recipients - Recipients, as text (`age1...`) or {@link Recipient} objects.
 * @returns Pieces of the file, owned by the caller.
 * @throws {AgeError} `no_recipients`, `invalid_recipient` or `unsupported` at once, for invalid recipients. The
 * iteration throws the other errors of {@link encrypt}, and passes on those of `plaintext`.
 */
export function encryptIterable(
  plaintext: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  recipients: readonly (string | Recipient)[],
  options: EncryptOptions = {},
): AsyncGenerator<OwnBytes, void, undefined> {
  return encryptPieces(plaintext, toRecipients(recipients), options);
}

async function* encryptPieces(
  plaintext: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  recipients: readonly Recipient[],
  options: EncryptOptions,
): AsyncGenerator<OwnBytes, void, undefined> {
  let ready: OwnBytes[] = [];
  const emit: Emit = (bytes) => ready.push(bytes);
  const file = await fileSealer(recipients, options);
  file.start(emit);
  for await (const piece of plaintext) {
    requireBytes(piece, "a piece of the plaintext", "a Node stream must not have an encoding");
    file.push(piece, emit);
    yield* ready;
    ready = [];
  }
  file.end(emit);
  yield* ready;
}
