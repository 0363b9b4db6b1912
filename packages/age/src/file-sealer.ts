import { armorEncoder } from "./armor.js";
import { concat } from "./bytes.js";
import type { EncryptOptions } from "./encrypt.js";
import { wrapFileKey } from "./file-key.js";
import { payloadKey, payloadNonceLength, payloadSealer } from "./payload.js";
import { randomBytes } from "./primitives/random.js";
import type { Recipient } from "./recipient.js";
import type { Emit, Stage } from "./stage.js";

export interface FileSealer extends Stage {
  /** Gives the header. To be called once, before all else. */
  start(emit: Emit): void;
}

/** Encrypts a plaintext that arrives in pieces, to a file, armored or binary. Keeps nothing of a piece. */
export async function fileSealer(recipients: readonly Recipient[], options: EncryptOptions): Promise<FileSealer> {
  const { fileKey, header } = await wrapFileKey(recipients);
  const nonce = randomBytes(payloadNonceLength);
  const payload = payloadSealer(payloadKey(fileKey, nonce));
  const armor = options.armor === true ? armorEncoder() : undefined;
  const through = (emit: Emit): Emit => (armor === undefined ? emit : (bytes) => armor.push(bytes, emit));
  return {
    start: (emit) => through(emit)(concat([header, nonce])),
    push: (bytes, emit) => payload.push(bytes, through(emit)),
    end(emit) {
      payload.end(through(emit));
      armor?.end(emit);
    },
  };
}
