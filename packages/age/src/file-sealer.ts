import { armorEncoder } from "./armor.js";
import { concat } from "./bytes.js";
import type { EncryptOptions } from "./encrypt.js";
import { wrapFileKey } from "./file-key.js";
import { payloadKey, payloadNonceLength, payloadSealer } from "./payload.js";
import { randomBytes } from "./primitives/random.js";
import type { Recipient } from "./recipient.js";
import { type Emit, gathered, type Stage } from "./stage.js";

export interface FileSealer extends Stage {
  /** Emits the header. Must be called once, before the other methods. */
  start(emit: Emit): void;
}

/** Encrypts a plaintext that arrives in pieces to a binary or armored file. Does not retain the pieces. */
export async function fileSealer(recipients: readonly Recipient[], options: EncryptOptions): Promise<FileSealer> {
  const { fileKey, header } = await wrapFileKey(recipients);
  const nonce = randomBytes(payloadNonceLength);
  const payload = payloadSealer(await payloadKey(fileKey, nonce));
  const start = concat([header, nonce]);
  if (options.armor !== true) return { start: (emit) => emit(start), ...payload };

  const armor = armorEncoder();
  const through = (call: (emit: Emit) => void, emit: Emit): void => gathered(call, (bytes) => armor.push(bytes, emit));
  return {
    start: (emit) => armor.push(start, emit),
    push: (bytes, emit) => through((take) => payload.push(bytes, take), emit),
    end(emit) {
      through((take) => payload.end(take), emit);
      armor.end(emit);
    },
  };
}
