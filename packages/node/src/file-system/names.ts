/**
 * Names of files, which on most systems are bytes and need not be UTF-8. Here a name is a string in which each byte that is
 * no UTF-8 stands as U+DC00 and that byte, as in Python (PEP 383): no name is lost, and no two become the same.
 */

/** The name that bytes stand for. */
export function nameOf(bytes: Buffer): string {
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

/** What the functions of Node take for a name: the name itself, or its bytes. */
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

/** A name as a person can read it, with `\xf6` for a byte that is no UTF-8. */
export function showName(name: string): string {
  return name.replace(/[\udc80-\udcff]/gu, (byte) => `\\x${(byte.charCodeAt(0) - 0xdc00).toString(16)}`);
}
