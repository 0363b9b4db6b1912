import { closeSync, fsyncSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import { exitCodes } from "../program/exit-codes.js";
import { rmSync, statSync } from "./file-system/fs.js";
import { open } from "./file-system/promises.js";
import { writePieces } from "./pieces.js";
import { openTemporary, type TemporaryFile } from "./temporary-file.js";
import { followLinks, putInPlace, syncFolder, writing } from "./write-file.js";

/**
 * As `writeFileWhole`, for what comes in pieces and need not fit into memory: the file is the old one until the last
 * piece is written, and stays it where an error comes out of `pieces`, or a signal ends the command.
 *
 * Throws `CommandError`, and what `pieces` throws as it is.
 */
export async function writeFileInPieces(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  await writing(
    path,
    async () => {
      const target = followLinks(path);
      const before = statSync(target, { throwIfNoEntry: false });
      if (before === undefined || before.isFile()) await replaceInPieces(target, pieces, before);
      else await writeDirectly(target, pieces);
    },
    exitCodes.generic,
  );
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

async function replaceInPieces(
  target: string,
  pieces: AsyncIterable<Uint8Array>,
  before: Stats | undefined,
): Promise<void> {
  const temporary = openTemporary(dirname(target));
  const release = removingOnSignals(temporary);
  try {
    try {
      await writePieces(temporary.descriptor, pieces);
      // Or a power cut might leave neither the old file nor the new one. Where there was none, nothing can be lost
      // but what can be made again, and waiting for the disk would take longer than all else.
      if (before !== undefined) fsyncSync(temporary.descriptor);
    } catch (error) {
      closeSync(temporary.descriptor);
      throw error;
    }
    putInPlace(temporary, target, before);
  } catch (error) {
    rmSync(temporary.path, { force: true });
    throw error;
  } finally {
    release();
  }
  if (before !== undefined) syncFolder(dirname(target));
}

function removingOnSignals({ path }: TemporaryFile): () => void {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const end = (signal: NodeJS.Signals): void => {
    rmSync(path, { force: true });
    release();
    process.kill(process.pid, signal);
  };
  const release = (): void => {
    for (const signal of signals) process.off(signal, end);
  };
  for (const signal of signals) process.on(signal, end);
  return release;
}
