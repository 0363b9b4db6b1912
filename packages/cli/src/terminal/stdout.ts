import { fstatSync } from "node:fs";
import { errorCode, reasonOf } from "@isosops/node/internal/system-error";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";

/** Write to stdout. A closed pipe is not an error. Throws `CommandError`. */
export async function writeStdout(text: string | Uint8Array): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      process.stdout.once("error", reject);
      process.stdout.write(text, (error) => {
        if (error) return reject(error);
        process.stdout.off("error", reject);
        resolve();
      });
    });
  } catch (error) {
    // The reader has closed the pipe: `isosops decrypt file | head`.
    if (errorCode(error) === "EPIPE") {
      process.exitCode = exitCodes.closedPipe;
      return;
    }
    throw new CommandError(exitCodes.generic, `The result cannot be written to stdout: ${reasonOf(error)}.`, error);
  }
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
