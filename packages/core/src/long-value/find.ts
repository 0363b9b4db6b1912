import { prefix } from "../cipher/value.js";
import { SopsError } from "../errors.js";
import type { Pieces } from "./blocks.js";

/** Where the data of a long value is in a file. */
export interface LongValue {
  /** All of the file but the base64 of the value's data, of which the place is between the two. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  /** Offset and length of the base64, in bytes. */
  readonly start: number;
  readonly length: number;
}

/** Files up to this length are read as a whole. */
const shortFile = 4 * 1024 * 1024;

/** Bytes after the value: its IV and tag, and the `sops` block. */
const longestRest = 16 * 1024 * 1024;

const [comma, quote] = [44, 34];

/**
 * Finds the only long value of a file. It begins in the first 4 MiB.
 *
 * @returns The place of the value, or the whole of a file that is not longer than 4 MiB.
 * @throws {SopsError} `too_large` if there is no such value, or more than 16 MiB are after it.
 */
export async function findLongValue(pieces: Pieces): Promise<LongValue | Uint8Array> {
  let head: Uint8Array[] = [];
  let rest: Uint8Array[] = [];
  let headLength = 0;
  let restLength = 0;
  let before: Uint8Array | undefined;
  let length = 0;
  let ended = false;
  for await (const piece of pieces) {
    let part = piece;
    if (before === undefined) {
      head.push(piece.slice());
      headLength += piece.length;
      if (headLength <= shortFile) continue;
      const whole = join(head, headLength);
      head = [];
      before = whole.subarray(0, startOfValue(whole));
      part = whole.subarray(before.length);
    }
    if (!ended) {
      const end = endOfValue(part);
      ended = end !== -1;
      length += ended ? end : part.length;
      part = ended ? part.subarray(end) : part.subarray(part.length);
    }
    if (part.length === 0) continue;
    rest.push(part.slice());
    restLength += part.length;
    if (restLength > longestRest) throw notOfSops();
  }
  if (before === undefined) return join(head, headLength);
  const after = join(rest, restLength);
  rest = [];
  return { before, after, start: before.length, length };
}

/** The offset of the longest base64 after `ENC[AES256_GCM,data:`. */
function startOfValue(head: Uint8Array): number {
  const text = new TextDecoder("latin1").decode(head);
  let [start, longest] = [-1, -1];
  for (let at = text.indexOf(prefix); at !== -1; at = text.indexOf(prefix, at)) {
    at += prefix.length;
    const end = endOfValue(head.subarray(at));
    const length = end === -1 ? head.length - at : end;
    if (length > longest) [start, longest] = [at, length];
  }
  if (start === -1) throw notOfSops();
  return start;
}

function endOfValue(part: Uint8Array): number {
  const [one, other] = [part.indexOf(comma), part.indexOf(quote)];
  return one === -1 || other === -1 ? Math.max(one, other) : Math.min(one, other);
}

function join(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function notOfSops(): SopsError {
  return new SopsError(
    "too_large",
    "Of files above 4 MiB, binary files can be decrypted in pieces, which have one value, `data`, and then the `sops` block, as sops writes them. This file has another form.",
  );
}
