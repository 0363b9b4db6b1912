import { errorAt, placeOf } from "./error-at.js";
import { checkSize } from "./too-large.js";

/**
 * Decodes a source as UTF-8. A byte-order mark is kept.
 *
 * @param filename - Used in error messages.
 * @throws {SopsError} `syntax`, naming the first invalid byte; `too_large`.
 */
export function toText(source: string | Uint8Array, filename: string | undefined): string {
  if (typeof source === "string") return source;
  checkSize(source);
  const text = decodeUtf8(source);
  if (text !== undefined) return text;
  const byte = firstInvalidByte(source);
  // A byte-order mark counts as a character, as in the stores.
  const before = new TextDecoder("utf-8", { ignoreBOM: true }).decode(source.subarray(0, byte));
  const { line, column } = placeOf(before, before.length);
  throw errorAt({
    code: "syntax",
    format: filename === undefined ? "The source" : `The file ${filename}`,
    filename: undefined,
    line,
    column,
    problem: `This is not UTF-8 text: byte ${byte} (counted from 0) is invalid. Convert it to UTF-8, or encrypt it as binary.`,
    picture: { before: column === 1 ? "" : "*** ", behind: "***" },
  });
}

/**
 * Decodes UTF-8, including a byte-order mark. Returns undefined if the bytes are invalid.
 *
 * @param options - With `stream`, a character may be incomplete at the end.
 */
export function decodeUtf8(bytes: Uint8Array, options?: { readonly stream?: boolean }): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes, options);
  } catch {
    return undefined;
  }
}

/** Offset of the first invalid character, by binary search. */
function firstInvalidByte(bytes: Uint8Array): number {
  let valid = 0;
  let invalid = bytes.length;
  while (valid < invalid) {
    const middle = (valid + invalid) >> 1;
    if (decodeUtf8(bytes.subarray(0, middle + 1), { stream: true }) !== undefined) valid = middle + 1;
    else invalid = middle;
  }
  // The character may have begun before.
  while (decodeUtf8(bytes.subarray(0, valid)) === undefined) valid--;
  return valid;
}
