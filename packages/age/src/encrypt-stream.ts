import { requireBytes } from "./bytes.js";
import type { EncryptOptions } from "./encrypt.js";
import { type FileSealer, fileSealer } from "./file-sealer.js";
import { toRecipients } from "./parse-recipient.js";
import type { Recipient } from "./recipient.js";
import { gathered } from "./stage.js";

/**
 * Encrypts what is piped through it, as `encrypt` does, in memory that does not grow with the file: some 200 KiB and
 * the piece at hand. Pieces in and out may be of any size; armored output is ASCII bytes. One stream makes one file.
 *
 *     await source.pipeThrough(encryptStream([recipient])).pipeTo(destination);
 *
 * @throws {AgeError} `no_recipients`, `invalid_recipient`, `unsupported` at once for recipients given as texts.
 */
export function encryptStream(
  recipients: readonly (string | Recipient)[],
  options: EncryptOptions = {},
): TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  const resolved = toRecipients(recipients);
  let file: FileSealer;
  return new TransformStream({
    async start(controller) {
      file = await fileSealer(resolved, options);
      gathered(file.start, (bytes) => controller.enqueue(bytes));
    },
    transform(piece, controller) {
      requireBytes(piece, "a piece of the plaintext", "turn text into bytes with new TextEncoderStream()");
      gathered(
        (take) => file.push(piece, take),
        (bytes) => controller.enqueue(bytes),
      );
    },
    flush: (controller) => gathered(file.end, (bytes) => controller.enqueue(bytes)),
  });
}
