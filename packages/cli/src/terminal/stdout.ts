import { fstatSync, writeSync } from "node:fs";
import { errorCode, reasonOf } from "@isosops/node/internal/system-error";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";

/** Write to stdout. A closed pipe is not an error. Throws `CommandError`. */
export async function writeStdout(text: string | Uint8Array): Promise<void> {
  try {
    const bytes = typeof text === "string" ? Buffer.from(text) : text;
    const written = writeDirectly(bytes);
    if (written < bytes.length) await writeToStream(bytes.subarray(written));
  } catch (error) {
    // The reader has closed the pipe: `isosops decrypt file | head`.
    if (errorCode(error) === "EPIPE") {
      process.exitCode = exitCodes.closedPipe;
      return;
    }
    throw new CommandError(exitCodes.generic, `The result cannot be written to stdout: ${reasonOf(error)}.`, error);
  }
}

/**
 * Write as much as the descriptor takes. Preparing the stream of stdout takes longer than decrypting a small file; on
 * Windows only the stream knows how to write to a console.
 *
 * @returns the number of bytes written
 */
function writeDirectly(bytes: Uint8Array): number {
  let written = 0;
  if (process.platform === "win32") return written;
  try {
    while (written < bytes.length) written += writeSync(1, bytes, written);
  } catch (error) {
    // Another process has made the pipe non-blocking, and its reader is slower. The stream waits for it.
    if (errorCode(error) !== "EAGAIN") throw error;
  }
  return written;
}

function writeToStream(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.once("error", reject);
    process.stdout.write(bytes, (error) => {
      if (error) return reject(error);
      process.stdout.off("error", reject);
      resolve();
    });
  });
}

/** Whether stdout is a file that other users may read. */
export function isWorldReadable(): boolean {
  try {
    const stats = fstatSync(1);
    return stats.isFile() && (stats.mode & 0o004) !== 0;
  } catch {
    return false;
  }
}
