import { randomBytes } from "node:crypto";
import { rmSync, type Stats, statSync } from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CommandError, reasonOf } from "./command-error.js";
import { exitCodes } from "./exit-codes.js";
import { followLinks, keepOwnerAndMode, syncFolder } from "./write-file.js";

/**
 * As `writeFileWhole`, for what comes in pieces and need not fit into memory: the file is the old one until the last
 * piece is on the disk, and stays it where an error comes out of `pieces`, or a signal ends the command.
 *
 * Throws `CommandError`, and what `pieces` throws as it is.
 */
export async function writeFileInPieces(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const failed = (error: unknown): CommandError =>
    new CommandError(exitCodes.generic, `${path}: the file cannot be written: ${reasonOf(error)}.`, error);
  let target: string;
  let before: Stats | undefined;
  let file: FileHandle;
  let temporary: string | undefined;
  try {
    target = followLinks(path);
    before = statSync(target, { throwIfNoEntry: false });
    // Devices and pipes are written to directly.
    if (before === undefined || before.isFile()) {
      temporary = join(dirname(target), `.isosops-${randomBytes(8).toString("hex")}.tmp`);
    }
    file = await open(temporary ?? target, temporary === undefined ? "w" : "wx", before === undefined ? 0o666 : 0o600);
  } catch (error) {
    throw failed(error);
  }
  const release = removingOnSignals(temporary);
  try {
    try {
      for await (const piece of pieces) await writeAll(file, piece).catch((error) => Promise.reject(failed(error)));
      if (temporary !== undefined) {
        if (before !== undefined) keepOwnerAndMode(file.fd, before);
        await file.sync();
      }
    } finally {
      await file.close();
    }
    if (temporary !== undefined) await rename(temporary, target);
  } catch (error) {
    if (temporary !== undefined) rmSync(temporary, { force: true });
    throw error instanceof Error && "syscall" in error ? failed(error) : error;
  } finally {
    release();
  }
  if (temporary !== undefined) syncFolder(dirname(target));
}

async function writeAll(file: FileHandle, piece: Uint8Array): Promise<void> {
  for (let from = 0; from < piece.length; ) from += (await file.write(piece, from)).bytesWritten;
}

function removingOnSignals(temporary: string | undefined): () => void {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const end = (signal: NodeJS.Signals): void => {
    if (temporary !== undefined) rmSync(temporary, { force: true });
    release();
    process.kill(process.pid, signal);
  };
  const release = (): void => {
    for (const signal of signals) process.off(signal, end);
  };
  for (const signal of signals) process.on(signal, end);
  return release;
}
