import { armorDecoder, isArmored } from "./armor.js";
import { concat, fromText, isBytes, requireBytes } from "./bytes.js";
import { AgeError } from "./error.js";
import { headerEndFinder, isHopeless, parseHeader } from "./header.js";
import { chunkLength, payloadNonceLength } from "./payload.js";
import { tagLength } from "./primitives/aead.js";
import type { Stage } from "./stage.js";

/** What an age file tells without a key. Nothing of it is authenticated. */
export interface AgeFileInfo {
  readonly version: "age-encryption.org/v1";
  readonly armored: boolean;
  /** The types of the stanzas, in their order: one or more for every recipient. */
  readonly stanzaTypes: readonly string[];
  /**
   * Whether a quantum computer could not open the file: `no` where one recipient is classic, `unknown` where no kind is
   * known. A passphrase counts as post-quantum.
   */
  readonly postQuantum: "yes" | "no" | "unknown";
  /** In bytes; together they are the size of the file. */
  readonly sizes: {
    readonly header: number;
    /** What the armor adds, white space around it included; 0 without armor. */
    readonly armor: number;
    /** Nonce and tags. */
    readonly overhead: number;
    /** Of the plaintext, if the file is undamaged. */
    readonly payload: number;
  };
}

/** What is known of the file beforehand. */
export interface InspectOptions {
  /** The size of the file, where it is known: of a binary file then no more is read than the header. */
  size?: number | undefined;
}

const classic = new Set(["X25519", "ssh-rsa", "ssh-ed25519", "p256tag", "piv-p256"]);
const postQuantum = new Set(["mlkem768x25519", "mlkem768p256tag", "scrypt"]);

/**
 * What can be said of an age file without a key, as `age-inspect` does: recipients, armor, sizes. Takes a whole file
 * (armored also as text) or its pieces, in memory that does not grow with the file.
 *
 * @throws {AgeError} `header`, `armor`, `payload`, `unsupported` for what is no age file, or is not of a size that one
 * can have. age: internal/inspect/inspect.go.
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
 * Of nonce and payload together.
 *
 * @throws {AgeError} `payload`.
 */
function plaintextLength(length: number): number {
  const sealed = length - payloadNonceLength;
  const chunks = Math.ceil(sealed / (chunkLength + tagLength));
  const plain = sealed - chunks * tagLength;
  // Only the empty file has an empty chunk.
  if (sealed > 0 && Math.max(1, Math.ceil(plain / chunkLength)) === chunks) return plain;
  throw new AgeError("payload", "the payload has no size that an age file can have: the file is cut short or extended");
}
