import { requireBytes } from "./bytes.js";
import { fileOpener } from "./file-opener.js";
import { toIdentities } from "./parse-identity.js";
import type { Identity } from "./recipient.js";

/**
 * Decrypts what is piped through it, as `decrypt` does, in memory that does not grow with the file: some 200 KiB, the
 * header and the piece at hand. Armored input (ASCII bytes) is recognised. Pieces may be of any size.
 *
 *     await source.pipeThrough(decryptStream([identity])).pipeTo(destination);
 *
 * Every byte that comes out is authenticated, but whether the file is whole is known only at its end: until the stream
 * has closed without an error, what came out may be the beginning of a file that was cut short.
 *
 * The stream fails with the errors of `decrypt`. `no_identities`, `invalid_identity` and `unsupported` for identities
 * given as texts are thrown at once.
 */
export function decryptStream(
  identities: readonly (string | Identity)[],
): TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  const file = fileOpener(toIdentities(identities));
  return new TransformStream({
    transform(piece, controller) {
      requireBytes(piece, "a piece of the ciphertext", "turn text into bytes with new TextEncoderStream()");
      return file.push(piece, (bytes) => controller.enqueue(bytes));
    },
    flush: (controller) => file.end((bytes) => controller.enqueue(bytes)),
  });
}
