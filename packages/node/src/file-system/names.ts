/**
 * File names as strings. On most systems they are bytes that need not be UTF-8. Each byte that is not valid UTF-8
 * becomes U+DC00 plus that byte, as in Python (PEP 383), so that every name has its own string.
 */

/** The name of these bytes. Deno gives some names as a `Uint8Array`, whose `toString` lists its numbers. */
export function nameOf(given: Uint8Array): string {
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.length);
  const text = bytes.toString("utf8");
  if (!text.includes("\ufffd")) return text;
  let name = "";
  for (let at = 0; at < bytes.length; ) {
    const character = characterAt(bytes, at);
    name += character ?? String.fromCharCode(0xdc00 + bytes[at]!);
    at += character === undefined ? 1 : Buffer.byteLength(character);
  }
  return name;
}

function characterAt(bytes: Buffer, at: number): string | undefined {
  const first = bytes[at]!;
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  const piece = bytes.subarray(at, at + length);
  const character = piece.toString("utf8");
  return length > 0 && Buffer.from(character).equals(piece) ? character : undefined;
}

const escapedByte = /[\udc80-\udcff]/u;

/** The name as Node's functions take it: itself, or its bytes if it has escaped bytes. */
export function native<Path>(path: Path): Path | Buffer {
  if (typeof path !== "string" || process.platform === "win32" || !escapedByte.test(path)) return path;
  return bytesOfName(path);
}

export function bytesOfName(name: string): Buffer {
  return Buffer.concat(
    name.split(/([\udc80-\udcff])/u).map((part, index) =>
      // Every second one is an escaped byte.
      index % 2 === 1 ? Buffer.of(part.charCodeAt(0) - 0xdc00) : Buffer.from(part),
    ),
  );
}

/** A name for messages, with `\xf6` for a byte that is not UTF-8. */
export function showName(name: string): string {
  return name.replace(/[\udc80-\udcff]/gu, (byte) => `\\x${(byte.charCodeAt(0) - 0xdc00).toString(16)}`);
}
