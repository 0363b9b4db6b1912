/** Encrypted files among all files of a folder: most are ruled out by their bytes, without parsing. */
import { close, fstat, read } from "node:fs";
import { promisify } from "node:util";
import { open } from "@isosops/node/internal/file-system/fs";
import { hasCiphertext } from "@isosops/node/internal/guess-format";

/** How many bytes of a large file are inspected first. */
const headLength = 64 * 1024;

// Twice as fast as the file handles of `node:fs/promises`, and there may be thousands of files.
const openFile = promisify(open);
const statFile = promisify(fstat);
const readBytes = promisify(read);
const closeFile = promisify(close);

/**
 * The content of a file; undefined if the first bytes rule out a SOPS file.
 *
 * @param anything whether its name tells no format
 */
export async function readCandidate(path: string, anything: boolean): Promise<Buffer | undefined> {
  const file = await openFile(path, "r");
  try {
    const { size } = await statFile(file);
    if (!anything || size <= headLength) {
      const whole = await readFrom(file, 0, size);
      return anything && whole.includes(0) ? undefined : whole;
    }
    const head = await readFrom(file, 0, headLength);
    // A file encrypted as binary starts with its ciphertext.
    if (head.includes(0) || !hasCiphertext(head)) return undefined;
    return Buffer.concat([head, await readFrom(file, headLength, size - headLength)]);
  } finally {
    await closeFile(file);
  }
}

async function readFrom(file: number, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await readBytes(file, bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
