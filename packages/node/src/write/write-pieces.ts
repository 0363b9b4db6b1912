import { constants } from "node:fs";
import { accessSync, statSync } from "../file-system/fs.js";
import { open } from "../file-system/promises.js";
import { writePieces } from "../pieces.js";
import { replaceInPieces, withoutTemporary } from "./atomic.js";
import { followLinks } from "./follow-links.js";
import { describingFailure, FileChangedError, lockFile, type WriteOptions } from "./write-file.js";

/**
 * Write a file atomically from pieces that need not fit into memory together. The file keeps its old content if
 * `pieces` throws or a signal ends the process.
 *
 * @throws {SopsError} `write_file`; and whatever `pieces` throws.
 */
export async function writeFileInPieces(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  options: WriteOptions = {},
): Promise<void> {
  await describingFailure(path, async () => {
    const target = followLinks(path);
    const before = statSync(target, { throwIfNoEntry: false });
    if (before === undefined || before.isFile()) await replaceInPieces(target, pieces, before, options);
    else await writeDirectly(target, pieces);
  });
}

/** What tells whether a file was changed, where its content is too long to be compared. */
export type FileState = readonly [device: bigint, inode: bigint, size: bigint, changed: bigint];

/** Throws the system's errors. */
export function stateOf(path: string): FileState {
  const { dev, ino, size, mtimeNs } = statSync(path, { bigint: true });
  return [dev, ino, size, mtimeNs];
}

/**
 * The same for a file that was read before. It must be as it was then, by size, inode and time of its last change.
 *
 * @param before its state before it was read
 * @throws {FileChangedError} if the file has changed
 */
export async function replaceFileInPieces(
  path: string,
  before: FileState,
  pieces: AsyncIterable<Uint8Array>,
  options: WriteOptions = {},
): Promise<void> {
  await describingFailure(path, async () => {
    const target = followLinks(path);
    accessSync(target, constants.W_OK);
    await replaceInPieces(target, pieces, statSync(target), {
      ...options,
      async beforeReplacing() {
        const release = await lockFile(path, target).catch(withoutTemporary);
        try {
          if (String(stateOf(target)) !== String(before)) throw new FileChangedError(path);
        } catch (error) {
          release();
          throw error;
        }
        return release;
      },
    });
  });
}

/** To a device or a pipe. */
async function writeDirectly(target: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(target, "w");
  try {
    await writePieces(file.fd, pieces);
  } finally {
    await file.close();
  }
}
