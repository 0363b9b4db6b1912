import { requireBytes } from "./bytes.js";
import type { EncryptOptions } from "./encrypt.js";
import { fileSealer } from "./file-sealer.js";
import { toRecipients } from "./parse-recipient.js";
import type { Recipient } from "./recipient.js";
import type { Emit } from "./stage.js";

/**
 * Encrypts the pieces of a plaintext as the file is asked for: `encryptStream` for async iterables, such as the streams
 * of Node, without the cost of web streams. Pieces come out as they were made, not copied together: some are of 16
 * bytes, so a destination that is slow by the piece should gather them (`highWaterMark` of a Node stream).
 *
 *     await pipeline(createReadStream(path), (plaintext) => encryptIterable(plaintext, [recipient]), destination);
 *
 * A piece that was taken from `plaintext` is not looked at any more when the next one is asked for, so its memory may
 * be used again; those that are given are the caller's to keep. An iteration that is left early ends that of
 * `plaintext` too.
 *
 * @throws {AgeError} `no_recipients`, `invalid_recipient`, `unsupported` at once for recipients given as texts; the
 * iteration throws the errors of recipients that are objects, and those of `plaintext` as they are.
 */
export function encryptIterable(
  plaintext: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  recipients: readonly (string | Recipient)[],
  options: EncryptOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  return encryptPieces(plaintext, toRecipients(recipients), options);
}

async function* encryptPieces(
  plaintext: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  recipients: readonly Recipient[],
  options: EncryptOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  let ready: Uint8Array<ArrayBuffer>[] = [];
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
