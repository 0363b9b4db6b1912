import { armorDecoder, isArmored } from "./armor.js";
import { concat } from "./bytes.js";
import { nonceMissing } from "./decrypt.js";
import { unwrapFileKey } from "./file-key.js";
import { headerEndFinder, isHopeless, parseHeader } from "./header.js";
import { payloadKey, payloadNonceLength, payloadOpener } from "./payload.js";
import type { Identity } from "./recipient.js";
import type { Emit, Stage } from "./stage.js";

/** Like `Stage`, but asynchronous, because it waits for identities. Does not use a piece after its promise resolves. */
export interface FileOpener {
  push(bytes: Uint8Array, emit: Emit): Promise<void>;
  end(emit: Emit): Promise<void>;
}

/** Decrypts a file, armored or binary, that arrives in pieces. */
export function fileOpener(identities: readonly Identity[]): FileOpener {
  const binary = binaryOpener(identities);
  // Leading white space, buffered until the next character tells whether the file is armored.
  let start = new Uint8Array(0);
  let chosen: FileOpener | undefined;

  return {
    async push(bytes, emit) {
      if (chosen !== undefined) return chosen.push(bytes, emit);
      const arrived = start.length === 0 ? bytes : concat([start, bytes]);
      const armored = isArmored(arrived);
      if (armored === undefined) {
        start = arrived.slice();
        return;
      }
      chosen = armored ? armoredOpener(binary) : binary;
      start = new Uint8Array(0);
      await chosen.push(arrived, emit);
    },
    async end(emit) {
      if (chosen === undefined) await binary.push(start, emit);
      await (chosen ?? binary).end(emit);
    },
  };
}

/** Removes the armor and passes the bytes to a binary opener. */
function armoredOpener(binary: FileOpener): FileOpener {
  const armor = armorDecoder();

  // Decoding is synchronous, but the opener may wait for a key.
  async function pass(decode: (take: Emit) => void, emit: Emit): Promise<void> {
    const parts: Uint8Array[] = [];
    decode((bytes) => parts.push(bytes));
    for (const part of parts) await binary.push(part, emit);
  }

  return {
    push: (bytes, emit) => pass((take) => armor.push(bytes, take), emit),
    async end(emit) {
      await pass((take) => armor.end(take), emit);
      await binary.end(emit);
    },
  };
}

/** Parses header, nonce and payload of a binary file that arrives in pieces. */
function binaryOpener(identities: readonly Identity[]): FileOpener {
  const headerEnd = headerEndFinder();
  // Header and nonce so far, if they arrive in more than one piece. Grows by doubling.
  let held = new Uint8Array(0);
  let length = 0;
  let headerLength: number | undefined;
  let fileKey: Uint8Array | undefined;
  let payload: Stage | undefined;

  function hold(bytes: Uint8Array): Uint8Array {
    if (length + bytes.length > held.length) {
      const larger = new Uint8Array(Math.max(1024, 2 * held.length, length + bytes.length));
      larger.set(held.subarray(0, length));
      held = larger;
    }
    held.set(bytes, length);
    length += bytes.length;
    return held.subarray(0, length);
  }

  /** Returns the length of header and nonce once both have arrived and the header opens. */
  async function open(arrived: Uint8Array): Promise<number | undefined> {
    headerLength ??= headerEnd(arrived);
    if (headerLength === undefined) {
      if (isHopeless(arrived)) parseHeader(arrived);
      return undefined;
    }
    fileKey ??= await unwrapFileKey(parseHeader(arrived), identities);
    const start = headerLength + payloadNonceLength;
    if (arrived.length < start) return undefined;
    payload = payloadOpener(await payloadKey(fileKey, arrived.subarray(headerLength, start)));
    return start;
  }

  return {
    async push(bytes, emit) {
      if (payload !== undefined) return payload.push(bytes, emit);
      const arrived = length === 0 ? bytes : hold(bytes);
      const start = await open(arrived);
      if (start !== undefined) {
        held = new Uint8Array(0);
        payload!.push(arrived.subarray(start), emit);
      } else if (length === 0) {
        hold(bytes);
      }
    },
    async end(emit) {
      if (payload !== undefined) return payload.end(emit);
      parseHeader(held.subarray(0, length));
      throw nonceMissing();
    },
  };
}
