import { encodeBase64 } from "../base64.js";
import { AgeError } from "../error.js";
import type { Recipient } from "../recipient.js";
import { sealFileKey } from "../wrap.js";
import { encapsulate } from "./kem.js";
import { stanzaType } from "./text.js";

/** A recipient from a 1216-byte public key. */
export function hybridRecipient(publicKey: Uint8Array): Recipient {
  return {
    async wrapFileKey(fileKey) {
      const wrap = await encapsulate(publicKey);
      if (wrap === undefined) {
        throw new AgeError(
          "invalid_recipient",
          "the recipient age1pq1... is not a valid public key; ask for another one",
        );
      }
      const body = sealFileKey(wrap.key, fileKey, wrap.nonce);
      const stanzas = [{ type: stanzaType, args: [encodeBase64(wrap.encapsulated)], body }];
      return { stanzas, labels: ["postquantum"] };
    },
  };
}
