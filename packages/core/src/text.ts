import { errorAt, placeOf } from "./error-at.js";
import { checkSize } from "./too-large.js";

/**
 * A source as text. A byte-order mark stays.
 *
 * @throws {SopsError} `syntax` naming the first byte that is not UTF-8.
 */
export function toText(source: string | Uint8Array, filename: string | undefined): string {
  if (typeof source === "string") return source;
  checkSize(source);
  const text = decodeUtf8(source);
  if (text !== undefined) return text;
  const byte = firstInvalidByte(source);
  // A byte-order mark counts as a character, as it does for the stores.
  const before = new TextDecoder("utf-8", { ignoreBOM: true }).decode(source.subarray(0, byte));
  const { line, column } = placeOf(before, before.length);
  throw errorAt({
    code: "syntax",
    format: filename === undefined ? "The source" : `The file ${filename}`,
    filename: undefined,
    line,
    column,
    problem: `This is not UTF-8 text: byte ${byte} (counted from 0) does not fit. Convert it to UTF-8, or encrypt it as binary.`,
    picture: { before: column === 1 ? "" : "*** ", behind: "***" },
  });
}

/** The text that bytes hold, a byte-order mark included, or undefined if they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Where the first character starts that is none. By halving: the start of a stream is valid as far as it goes. */
function firstInvalidByte(bytes: Uint8Array): number {
  let valid = 0;
  let invalid = bytes.length;
  while (valid < invalid) {
    const middle = (valid + invalid) >> 1;
    if (startsValid(bytes.subarray(0, middle + 1))) valid = middle + 1;
    else invalid = middle;
  }
  for (let back = 1; back <= 3 && back <= valid; back++) {
    const byte = bytes[valid - back]!;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    if (length > back) return valid - back;
    if (byte < 0x80 || byte >= 0xc0) break;
  }
  return valid;
}

function startsValid(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
