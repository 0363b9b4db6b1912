import { open } from "./file-system/promises.js";

/** As large as the longest identity or recipient file that age reads, in bytes. */
export const keyFileLimit: number = 16 * 1024 * 1024;

/**
 * A whole file, which may be a pipe, of at most so many bytes: some devices never end. Throws the system's errors, and one
 * that `reasonOf` has words for where there is more.
 */
export async function readLimited(path: string, limit: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size > limit) throw tooLong();
    // Pipes, devices and files below /proc do not say how much they hold.
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

/** The `.pub` file beside an SSH private key, where there is one. */
export async function readPublicKey(path: string): Promise<string | undefined> {
  try {
    return (await readLimited(`${path}.pub`, keyFileLimit)).toString();
  } catch {
    return undefined;
  }
}

const pieceLength = 64 * 1024;

/** What `reasonOf` has words for. */
export function tooLong(): Error {
  return Object.assign(new Error("too long"), { code: "TOO_LONG" });
}
