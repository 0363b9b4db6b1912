import { encodeArmor } from "./armor.js";
import { requireBytes } from "./bytes.js";
import { wrapFileKey } from "./file-key.js";
import { toRecipients } from "./parse-recipient.js";
import { payloadKey, payloadNonceLength, sealedPayloadLength, sealPayload } from "./payload.js";
import { randomBytes } from "./primitives/random.js";
import type { Recipient } from "./recipient.js";

export interface EncryptOptions {
  /** Armored, as text (`-----BEGIN AGE ENCRYPTED FILE-----`), instead of binary. Default false. */
  armor?: boolean | undefined;
}

/**
 * Encrypt `plaintext` so that each of the recipients can open it: an age file, as bytes, or as text with `armor: true`.
 * Recipients are texts (`age1...`) or `Recipient` objects.
 *
 * Anybody who has a recipient can encrypt for it: an age file does not say who made it.
 *
 * @throws {AgeError} `no_recipients`, `invalid_recipient`, `unsupported`.
 */
export function encrypt(
  plaintext: Uint8Array,
  recipients: readonly (string | Recipient)[],
  options?: EncryptOptions & { armor?: false | undefined },
): Promise<Uint8Array<ArrayBuffer>>;
export function encrypt(
  plaintext: Uint8Array,
  recipients: readonly (string | Recipient)[],
  options: EncryptOptions & { armor: true },
): Promise<string>;
export function encrypt(
  plaintext: Uint8Array,
  recipients: readonly (string | Recipient)[],
  options?: EncryptOptions,
): Promise<Uint8Array<ArrayBuffer> | string>;
export async function encrypt(
  plaintext: Uint8Array,
  recipients: readonly (string | Recipient)[],
  options: EncryptOptions = {},
): Promise<Uint8Array<ArrayBuffer> | string> {
  requireBytes(plaintext, "plaintext", "turn a text into one with new TextEncoder().encode(text)");
  const { fileKey, header } = await wrapFileKey(toRecipients(recipients));
  const nonce = randomBytes(payloadNonceLength);
  const start = header.length + nonce.length;
  const file = new Uint8Array(start + sealedPayloadLength(plaintext.length));
  file.set(header);
  file.set(nonce, header.length);
  sealPayload(payloadKey(fileKey, nonce), plaintext, file.subarray(start));
  return options.armor === true ? encodeArmor(file) : file;
}
