import { randomBytes } from "node:crypto";
import { rmSync, type Stats, statSync } from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CommandError, reasonOf } from "./command-error.js";
import { exitCodes } from "./exit-codes.js";
import { writePieces } from "./file-pieces.js";
import { followLinks, keepOwnerAndMode, syncFolder } from "./write-file.js";

/**
 * As `writeFileWhole`, for what comes in pieces and need not fit into memory: the file is the old one until the last
 * piece is written, and stays it where an error comes out of `pieces`, or a signal ends the command.
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
      await writePieces(file.fd, pieces);
      if (temporary !== undefined && before !== undefined) {
        keepOwnerAndMode(file.fd, before);
        // Or a power cut might leave neither the old file nor the new one. Where there was none, nothing can be lost
        // but what can be made again, and waiting for the disk would take longer than all else.
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
  if (temporary !== undefined && before !== undefined) syncFolder(dirname(target));
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
