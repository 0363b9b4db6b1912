import { closeSync, fstatSync, readSync } from "node:fs";
import { openSync, statSync } from "./file-system/fs.js";

/** Maximum length of the input, in bytes: a longer one does not fit into a string, or into memory twice. */
export const fileLimit: number = 1024 * 1024 * 1024;

/** Maximum size of identity and recipient files in age, in bytes. */
export const keyFileLimit: number = 16 * 1024 * 1024;

/**
 * Read a file or a pipe of at most `limit` bytes, since some devices never end. Throws the system's errors, and that of
 * `tooLong`.
 */
export async function readLimited(path: string, limit: number): Promise<Buffer> {
  // Nothing waits for a file, but opening a pipe takes until there is a writer.
  if (statSync(path).isFile()) return readFileLimited(path, limit);
  const { open } = await import("./file-system/promises.js");
  const file = await open(path);
  try {
    return await readPieces(limit, pieceLength, async (wanted) => {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, null);
      return buffer.subarray(0, bytesRead);
    });
  } finally {
    await file.close();
  }
}

async function readFileLimited(path: string, limit: number): Promise<Buffer> {
  const descriptor = openSync(path, "r");
  try {
    const { size } = fstatSync(descriptor);
    if (size > limit) throw tooLong();
    // Files below /proc report no size.
    return await readPieces(limit, size > 0 ? size + 1 : pieceLength, (wanted) => {
      const buffer = Buffer.allocUnsafe(wanted);
      return buffer.subarray(0, readSync(descriptor, buffer, 0, wanted, null));
    });
  } finally {
    closeSync(descriptor);
  }
}

/** @param read at most so many bytes, and none at the end */
async function readPieces(
  limit: number,
  firstLength: number,
  read: (wanted: number) => Buffer | Promise<Buffer>,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for (let wanted = firstLength; ; wanted = pieceLength) {
    const piece = await read(wanted);
    if (piece.length === 0) return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    length += piece.length;
    if (length > limit) throw tooLong();
    pieces.push(piece);
  }
}

/** The `.pub` file of an SSH private key; undefined if there is none. */
export async function readPublicKey(path: string): Promise<string | undefined> {
  try {
    return (await readLimited(`${path}.pub`, keyFileLimit)).toString();
  } catch {
    return undefined;
  }
}

const pieceLength = 64 * 1024;

/** The error for a file that exceeds a limit, which `reasonOf` describes. */
export function tooLong(): Error {
  return Object.assign(new Error("too long"), { code: "TOO_LONG" });
}
