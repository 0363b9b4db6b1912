import { armorDecoder, isArmored } from "./armor.js";
import { concat, fromText, isBytes, requireBytes } from "./bytes.js";
import { AgeError } from "./error.js";
import { headerEndFinder, isHopeless, parseHeader } from "./header.js";
import { chunkLength, payloadNonceLength } from "./payload.js";
import { tagLength } from "./primitives/aead.js";
import type { Stage } from "./stage.js";

/** What an age file reveals without a key. None of it is authenticated. */
export interface AgeFileInfo {
  readonly version: "age-encryption.org/v1";
  readonly armored: boolean;
  /** The stanza types, in order. Each recipient has one or more stanzas. */
  readonly stanzaTypes: readonly string[];
  /**
   * Whether the file is safe from quantum computers: `no` if any recipient is classic, `unknown` if no stanza type is
   * known. A passphrase counts as post-quantum.
   */
  readonly postQuantum: "yes" | "no" | "unknown";
  /** In bytes. They add up to the size of the file. */
  readonly sizes: {
    readonly header: number;
    /** Overhead of the armor, including white space around it. 0 for a binary file. */
    readonly armor: number;
    /** Nonce and tags. */
    readonly overhead: number;
    /** Size of the plaintext, if the file is undamaged. */
    readonly payload: number;
  };
}

/** Options of {@link inspect}. */
export interface InspectOptions {
  /** The size of the file in bytes, if known. Then only the header of a binary file is read. */
  size?: number | undefined;
}

const classic = new Set(["X25519", "ssh-rsa", "ssh-ed25519", "p256tag", "piv-p256"]);
const postQuantum = new Set(["mlkem768x25519", "mlkem768p256tag", "scrypt"]);

/**
 * Reports what can be said about an age file without a key, like `age-inspect`: recipients, armor, sizes. age:
 * internal/inspect/inspect.go.
 *
 * @param file - The whole file, or its pieces. Memory use does not depend on the size of the file.
 * @throws {AgeError} `header`, `armor` or `unsupported` if it is not an age file; `payload` if no age file can have its
 * size.
 */
export async function inspect(
  file: Uint8Array | string | AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: InspectOptions = {},
): Promise<AgeFileInfo> {
  const pieces = typeof file === "string" ? [fromText(file)] : isBytes(file) ? [file] : file;
  const headerEnd = headerEndFinder();
  let sniffed: Uint8Array = new Uint8Array(0);
  let armor: Stage | undefined;
  let known = false;
  let arrived: Uint8Array = new Uint8Array(0);
  let headerLength: number | undefined;
  let size = 0;
  let decoded = 0;

  function take(bytes: Uint8Array): void {
    decoded += bytes.length;
    if (headerLength !== undefined) return;
    arrived = concat([arrived, bytes]);
    headerLength = headerEnd(arrived);
    if (headerLength === undefined && isHopeless(arrived)) parseHeader(arrived);
  }

  for await (const piece of pieces) {
    requireBytes(piece, "a piece of the file", "read it as bytes");
    size += piece.length;
    let ready = piece;
    if (!known) {
      sniffed = concat([sniffed, piece]);
      const armored = isArmored(sniffed);
      if (armored === undefined) continue;
      known = true;
      if (armored) armor = armorDecoder();
      ready = sniffed;
    }
    if (armor === undefined) take(ready);
    else armor.push(ready, take);
    if (headerLength !== undefined && armor === undefined && options.size !== undefined) break;
  }
  if (!known) take(sniffed);
  armor?.end(take);

  const { stanzas, length } = parseHeader(arrived);
  const whole = armor === undefined ? (options.size ?? size) : decoded;
  const stanzaTypes = stanzas.map(({ type }) => type);
  const payload = plaintextLength(whole - length);
  return {
    version: "age-encryption.org/v1",
    armored: armor !== undefined,
    stanzaTypes,
    postQuantum: stanzaTypes.some((type) => classic.has(type))
      ? "no"
      : stanzaTypes.some((type) => postQuantum.has(type))
        ? "yes"
        : "unknown",
    sizes: {
      header: length,
      armor: armor === undefined ? 0 : size - whole,
      overhead: whole - length - payload,
      payload,
    },
  };
}

/**
 * The length of the plaintext, from the length of nonce and payload.
 *
 * @throws {AgeError} `payload`.
 */
function plaintextLength(length: number): number {
  const sealed = length - payloadNonceLength;
  const chunks = Math.ceil(sealed / (chunkLength + tagLength));
  const plain = sealed - chunks * tagLength;
  // Only the empty file has an empty chunk.
  if (sealed > 0 && Math.max(1, Math.ceil(plain / chunkLength)) === chunks) return plain;
  throw new AgeError("payload", "no age file can have a payload of this size: the file was truncated or extended");
}
