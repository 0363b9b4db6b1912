import { open } from "./file-system/promises.js";

/** Maximum length of the input, in bytes: a longer one does not fit into a string, or into memory twice. */
export const fileLimit: number = 1024 * 1024 * 1024;

/** Maximum size of identity and recipient files in age, in bytes. */
export const keyFileLimit: number = 16 * 1024 * 1024;

/**
 * Read a file or a pipe of at most `limit` bytes, since some devices never end. Throws the system's errors, and that of
 * `tooLong`.
 */
export async function readLimited(path: string, limit: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size > limit) throw tooLong();
    // Pipes, devices and files below /proc report no size.
    const pieces: Buffer[] = [];
    let length = 0;
    for (let wanted = size > 0 ? size + 1 : pieceLength; ; wanted = pieceLength) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, null);
      if (bytesRead === 0) return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
      length += bytesRead;
      if (length > limit) throw tooLong();
      pieces.push(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
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
