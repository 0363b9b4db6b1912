import { execFileSync } from "node:child_process";
import { constants, openSync, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { reasonOf } from "@isosops/node/internal/system-error";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";

/** A file with plain text for another program. */
export interface PlainFile {
  readonly path: string;
  /** Ends writing to it. */
  close(): void;
}

/** Throws `CommandError`. */
export function writePlainFile(path: string, bytes: Uint8Array): PlainFile {
  try {
    writeFileSync(path, bytes, { flag: "wx", mode: 0o600 });
  } catch (error) {
    throw new CommandError(exitCodes.generic, `The temporary file cannot be written: ${reasonOf(error)}.`, error);
  }
  return { path, close() {} };
}

/**
 * Make a FIFO, and write to it once a program opens it. As in sops, that is done once: a second write could reach the
 * reader of the first. Throws `CommandError`.
 */
export function writeToFifo(path: string, bytes: Uint8Array): PlainFile {
  try {
    // The runtime has no function for it.
    execFileSync("mkfifo", ["-m", "600", path], { stdio: "ignore" });
  } catch (error) {
    throw new CommandError(
      exitCodes.generic,
      "A FIFO cannot be made: the program `mkfifo` is missing, or failed. Give --no-fifo to use a regular file.",
      error,
    );
  }
  let stream: Socket | undefined;
  const timer = setInterval(() => {
    const descriptor = openForReader(path);
    if (descriptor === undefined) return;
    clearInterval(timer);
    stream = new Socket({ fd: descriptor, readable: false, writable: true });
    // A reader may stop early.
    stream.on("error", () => {});
    stream.end(bytes);
  }, pollInterval);
  return {
    path,
    close() {
      clearInterval(timer);
      stream?.destroy();
    },
  };
}

/** How often to look for a reader, in milliseconds. */
const pollInterval = 5;

/** Opens a FIFO if a program has opened it to read, since waiting for one cannot be ended. */
function openForReader(path: string): number | undefined {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // ENXIO: there is no reader. ENOENT: the command has removed it.
    return undefined;
  }
}
