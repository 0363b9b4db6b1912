import { statSync } from "../file-system/fs.js";
import { open } from "../file-system/promises.js";
import { writePieces } from "../pieces.js";
import { replaceInPieces } from "./atomic.js";
import { followLinks } from "./follow-links.js";
import { describingFailure, type WriteOptions } from "./write-file.js";

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

/** To a device or a pipe. */
async function writeDirectly(target: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(target, "w");
  try {
    await writePieces(file.fd, pieces);
  } finally {
    await file.close();
  }
}
