import { armorDecoder, isArmored } from "./armor.js";
import { concat, requireBytes } from "./bytes.js";
import { nonceMissing } from "./decrypt.js";
import { unwrapFileKey } from "./file-key.js";
import { headerEndFinder, isHopeless, parseHeader } from "./header.js";
import { toIdentities } from "./parse-identity.js";
import { payloadKey, payloadNonceLength, payloadOpener } from "./payload.js";
import type { Identity } from "./recipient.js";
import type { Emit, Stage } from "./stage.js";

/**
 * Decrypts what is piped through it, as `decrypt` does, in memory that does not grow with the file: some 200 KiB, the
 * header and the piece at hand. Armored input (ASCII bytes) is recognised. Pieces may be of any size.
 *
 *     await source.pipeThrough(decryptStream([identity])).pipeTo(destination);
 *
 * Every byte that comes out is authenticated, but whether the file is whole is known only at its end: until the
 * stream has closed without an error, what came out may be the beginning of a file that was cut short.
 *
 * The stream fails with the errors of `decrypt`. `no_identities`, `invalid_identity` and `unsupported` for identities
 * given as texts are thrown at once.
 */
export function decryptStream(
  identities: readonly (string | Identity)[],
): TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  const file = fileOpener(toIdentities(identities));
  let start = new Uint8Array(0);
  let armor: Stage | undefined;
  let sniffed = false;

  async function read(piece: Uint8Array, emit: Emit): Promise<void> {
    if (armor === undefined) return file.push(piece, emit);
    // The armor's stage gives its bytes at once, the file's may have to wait for a key.
    const parts: Uint8Array[] = [];
    armor.push(piece, (bytes) => parts.push(bytes));
    for (const part of parts) await file.push(part, emit);
  }

  async function finish(emit: Emit): Promise<void> {
    if (armor !== undefined) {
      const parts: Uint8Array[] = [];
      armor.end((bytes) => parts.push(bytes));
      for (const part of parts) await file.push(part, emit);
    }
    return file.end(emit);
  }

  return new TransformStream({
    async transform(piece, controller) {
      requireBytes(piece, "a piece of the ciphertext", "turn text into bytes with new TextEncoderStream()");
      const emit: Emit = (bytes) => controller.enqueue(bytes);
      if (sniffed) return read(piece, emit);
      start = concat([start, piece]);
      const armored = isArmored(start);
      if (armored === undefined) return;
      sniffed = true;
      if (armored) armor = armorDecoder();
      await read(start, emit);
      start = new Uint8Array(0);
    },
    async flush(controller) {
      const emit: Emit = (bytes) => controller.enqueue(bytes);
      if (!sniffed) await read(start, emit);
      await finish(emit);
    },
  });
}

interface FileOpener {
  push(bytes: Uint8Array, emit: Emit): Promise<void>;
  end(emit: Emit): Promise<void>;
}

/** Header, nonce and payload of a binary file that arrives in pieces. */
function fileOpener(identities: readonly Identity[]): FileOpener {
  const headerEnd = headerEndFinder();
  // What has arrived of header and nonce; grows by doubling.
  let held = new Uint8Array(1024);
  let length = 0;
  let fileKey: Uint8Array | undefined;
  let headerLength: number | undefined;
  let payload: Stage | undefined;

  function hold(bytes: Uint8Array): Uint8Array {
    if (length + bytes.length > held.length) {
      const larger = new Uint8Array(Math.max(2 * held.length, length + bytes.length));
      larger.set(held.subarray(0, length));
      held = larger;
    }
    held.set(bytes, length);
    length += bytes.length;
    return held.subarray(0, length);
  }

  return {
    async push(bytes, emit) {
      if (payload !== undefined) return payload.push(bytes, emit);
      const arrived = hold(bytes);
      headerLength ??= headerEnd(arrived);
      if (headerLength === undefined) {
        if (isHopeless(arrived)) parseHeader(arrived);
        return;
      }
      fileKey ??= await unwrapFileKey(parseHeader(arrived), identities);
      const start = headerLength + payloadNonceLength;
      if (length < start) return;
      payload = payloadOpener(payloadKey(fileKey, arrived.subarray(headerLength, start)));
      held = new Uint8Array(0);
      payload.push(arrived.subarray(start), emit);
    },
    async end(emit) {
      if (payload !== undefined) return payload.end(emit);
      parseHeader(held.subarray(0, length));
      throw nonceMissing();
    },
  };
}
