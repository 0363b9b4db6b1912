import { armorEncoder } from "./armor.js";
import { requireBytes } from "./bytes.js";
import type { EncryptOptions } from "./encrypt.js";
import { wrapFileKey } from "./file-key.js";
import { toRecipients } from "./parse-recipient.js";
import { payloadKey, payloadNonceLength, payloadSealer } from "./payload.js";
import { randomBytes } from "./primitives/random.js";
import type { Recipient } from "./recipient.js";
import type { Emit, Stage } from "./stage.js";

/**
 * Encrypts what is piped through it, as `encrypt` does, in memory that does not grow with the file: some 200 KiB and
 * the piece at hand. Pieces in and out may be of any size; armored output is ASCII bytes. One stream makes one file.
 *
 *     await source.pipeThrough(encryptStream([recipient])).pipeTo(destination);
 *
 * Throws `AgeError` (`no_recipients`, `invalid_recipient`, `unsupported`) at once for recipients given as texts.
 */
export function encryptStream(
  recipients: readonly (string | Recipient)[],
  options: EncryptOptions = {},
): TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  const resolved = toRecipients(recipients);
  const armor = options.armor === true ? armorEncoder() : undefined;
  let payload: Stage;

  function through(controller: TransformStreamDefaultController<Uint8Array<ArrayBuffer>>): Emit {
    const enqueue: Emit = (bytes) => controller.enqueue(bytes);
    return armor === undefined ? enqueue : (bytes) => armor.push(bytes, enqueue);
  }

  return new TransformStream({
    async start(controller) {
      const { fileKey, header } = await wrapFileKey(resolved);
      const nonce = randomBytes(payloadNonceLength);
      payload = payloadSealer(payloadKey(fileKey, nonce));
      const emit = through(controller);
      emit(header);
      emit(nonce);
    },
    transform(piece, controller) {
      requireBytes(piece, "a piece of the plaintext", "turn text into bytes with new TextEncoderStream()");
      payload.push(piece, through(controller));
    },
    flush(controller) {
      payload.end(through(controller));
      armor?.end((bytes) => controller.enqueue(bytes));
    },
  });
}
