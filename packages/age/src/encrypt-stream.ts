import { type OwnBytes, requireBytes } from "./bytes.js";
import type { EncryptOptions } from "./encrypt.js";
import { type FileSealer, fileSealer } from "./file-sealer.js";
import { toRecipients } from "./parse-recipient.js";
import type { Recipient } from "./recipient.js";
import { gathered } from "./stage.js";

/**
 * Encrypts what is piped through it. Memory use does not depend on the size of the file: about 200 KiB, plus the
 * current piece. Armored output is ASCII bytes. Each stream produces one file.
 *
 * @example
 * ```ts
 * await source.pipeThrough(encryptStream([recipient])).pipeTo(destination);
 * ```
 *
 * @param recipients - Recipients, as text (`age1...`) or {@link Recipient} objects.
 * @throws {AgeError} `no_recipients`, `invalid_recipient` or `unsupported` at once, for invalid recipients. The stream
 * fails with the other errors of {@link encrypt}.
 */
export function encryptStream(
  recipients: readonly (string | Recipient)[],
  options: EncryptOptions = {},
): TransformStream<Uint8Array, OwnBytes> {
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
