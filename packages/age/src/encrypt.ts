import { encodeArmor } from "./armor.js";
import { type OwnBytes, requireBytes } from "./bytes.js";
import { wrapFileKey } from "./file-key.js";
import { toRecipients } from "./parse-recipient.js";
import { payloadKey, payloadNonceLength, sealedPayloadLength, sealPayload } from "./payload.js";
import { randomBytes } from "./primitives/random.js";
import type { Recipient } from "./recipient.js";

/** Options of {@link encrypt}, {@link encryptStream} and {@link encryptIterable}. */
export interface EncryptOptions {
  /** Write ASCII armor (`-----BEGIN AGE ENCRYPTED FILE-----`) instead of a binary file. Default: false. */
  armor?: boolean | undefined;
}

/**
 * Encrypts a file so that each of the recipients can decrypt it.
 *
 * The file is not signed: anyone who knows a recipient can encrypt to it.
 *
 * @example
 * ```ts
 * const file = await encrypt(new TextEncoder().encode("Hello, age!"), ["age1..."]);
 * ```
 *
 * @param plaintext - The bytes to encrypt.
 * @param recipients - Recipients, as text (`age1...`) or {@link Recipient} objects.
 * @returns The age file: bytes, or text with `armor: true`.
 * @throws {AgeError} `no_recipients`, `invalid_recipient` or `unsupported` for invalid recipients;
 * `incompatible_recipients` if they cannot share a file; `plugin` from a plugin.
 */
export function encrypt(
  plaintext: Uint8Array,
  recipients: readonly (string | Recipient)[],
  options?: EncryptOptions & { armor?: false | undefined },
): Promise<OwnBytes>;
export function encrypt(
  plaintext: Uint8Array,
  recipients: readonly (string | Recipient)[],
  options: EncryptOptions & { armor: true },
): Promise<string>;
export function encrypt(
  plaintext: Uint8Array,
  recipients: readonly (string | Recipient)[],
  options?: EncryptOptions,
): Promise<OwnBytes | string>;
export async function encrypt(
  plaintext: Uint8Array,
  recipients: readonly (string | Recipient)[],
  options: EncryptOptions = {},
): Promise<OwnBytes | string> {
  requireBytes(plaintext, "plaintext", "encode text with new TextEncoder().encode(text)");
  const { fileKey, header } = await wrapFileKey(toRecipients(recipients));
  const nonce = randomBytes(payloadNonceLength);
  const start = header.length + nonce.length;
  const file = new Uint8Array(start + sealedPayloadLength(plaintext.length));
  file.set(header);
  file.set(nonce, header.length);
  sealPayload(await payloadKey(fileKey, nonce), plaintext, file.subarray(start));
  return options.armor === true ? encodeArmor(file) : file;
}
