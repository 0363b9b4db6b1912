import { decodeBase64 } from "../base64.js";
import { AgeError } from "../error.js";
import type { Identity, Stanza } from "../recipient.js";
import { bodyLength, openFileKey } from "../wrap.js";
import { decapsulate, encapsulatedLength, expandSeed, type HybridKeys } from "./kem.js";
import { formatHybridRecipient, stanzaType } from "./text.js";

/** An identity from its 32-byte seed. */
export async function hybridIdentity(seed: Uint8Array): Promise<Identity> {
  const keys = await expandSeed(seed);
  return {
    async unwrapFileKey(stanzas) {
      for (const stanza of stanzas) {
        const fileKey = stanza.type === stanzaType ? await unwrap(stanza, keys) : undefined;
        if (fileKey !== undefined) return fileKey;
      }
      return undefined;
    },
  };
}

/** The recipient `age1pq1...` of the identity with this seed. */
export async function hybridSeedToRecipient(seed: Uint8Array): Promise<string> {
  return formatHybridRecipient((await expandSeed(seed)).publicKey);
}

async function unwrap({ args, body }: Stanza, keys: HybridKeys): Promise<Uint8Array | undefined> {
  const encapsulated = args.length === 1 ? decodeBase64(args[0]!) : undefined;
  if (encapsulated?.length !== encapsulatedLength || body.length !== bodyLength) {
    throw new AgeError("header", "an mlkem768x25519 stanza of the header is malformed; get the file again");
  }
  const wrap = await decapsulate(encapsulated, keys);
  if (wrap === undefined) {
    throw new AgeError("header", "an mlkem768x25519 stanza holds a point of low order; do not trust this file");
  }
  return openFileKey(wrap.key, body, wrap.nonce);
}
