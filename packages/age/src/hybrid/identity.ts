import { decodeBase64 } from "../base64.js";
import { AgeError } from "../error.js";
import type { Identity, Stanza } from "../recipient.js";
import { bodyLength, openFileKey } from "../wrap.js";
import { decapsulate, encapsulatedLength, expandSeed, type HybridKeys } from "./kem.js";
import { formatHybridRecipient, stanzaType } from "./text.js";

/** An identity from its 32-byte seed. */
export function hybridIdentity(seed: Uint8Array): Identity {
  const keys = expandSeed(seed);
  return {
    unwrapFileKey(stanzas) {
      for (const stanza of stanzas) {
        const fileKey = stanza.type === stanzaType ? unwrap(stanza, keys) : undefined;
        if (fileKey !== undefined) return fileKey;
      }
      return undefined;
    },
  };
}

/** The recipient `age1pq1...` of the identity with this seed. */
export function hybridSeedToRecipient(seed: Uint8Array): string {
  return formatHybridRecipient(expandSeed(seed).publicKey);
}

function unwrap({ args, body }: Stanza, keys: HybridKeys): Uint8Array | undefined {
  const encapsulated = args.length === 1 ? decodeBase64(args[0]!) : undefined;
  if (encapsulated?.length !== encapsulatedLength || body.length !== bodyLength) {
    throw new AgeError("header", "an mlkem768x25519 stanza of the header is malformed; get the file again");
  }
  const wrap = decapsulate(encapsulated, keys);
  if (wrap === undefined) {
    throw new AgeError("header", "an mlkem768x25519 stanza holds a point of low order; do not trust this file");
  }
  return openFileKey(wrap.key, body, wrap.nonce);
}
