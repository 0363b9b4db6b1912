import { closeSync, fstatSync } from "node:fs";
import { openSync } from "@isosops/node/internal/file-system/fs";
import { readPieces as readDescriptor, writePieces as writeDescriptor } from "@isosops/node/internal/pieces";
import { errorCode, reasonOf } from "@isosops/node/internal/system-error";
import { writeFileInPieces } from "@isosops/node/internal/write/write-pieces";
import type { CommandError } from "../../program/command-error.js";
import { exitCodes, sopsErrorCode } from "../../program/exit-codes.js";
import { warn } from "../../terminal/messages.js";
import { failure } from "./failure.js";
import { progress } from "./progress.js";

type Pieces = AsyncIterable<Uint8Array>;

/** The input in pieces. A piece is valid until the next one is requested. Nothing is read before the first request. */
export async function* readPieces(path: string | undefined): Pieces {
  let descriptor: number | undefined;
  let meter: ReturnType<typeof progress> | undefined;
  try {
    descriptor = path === undefined ? 0 : openSync(path, "r");
    const stats = fstatSync(descriptor);
    meter = progress(stats.isFile() ? stats.size : undefined);
    for await (const piece of readDescriptor(descriptor)) {
      meter.add(piece.length);
      yield piece;
    }
  } catch (error) {
    throw failure(`${path ?? "stdin"}: the input cannot be read: ${reasonOf(error)}.`, error);
  } finally {
    meter?.end();
    if (path !== undefined && descriptor !== undefined) closeSync(descriptor);
  }
}

/**
 * Write the result to stdout, or to a file, which gets its new content whole or keeps the old one.
 *
 * @param forTerminal whether the result may go to a terminal: always where `-o -` was given
 */
export async function writePieces(
  output: string | undefined,
  pieces: Pieces,
  forTerminal: (piece: Uint8Array) => boolean,
): Promise<void> {
  if (output !== undefined && output !== "-") return writeFile(output, pieces);
  if (fstatSync(1).isFile()) return writeStdoutFile(pieces);
  const checked = output === undefined && process.stdout.isTTY === true;
  for await (const piece of joined(pieces)) {
    if (checked && !forTerminal(piece)) {
      throw failure("The result is binary, and stdout is a terminal: give --output FILE, or force it with `-o -`.");
    }
    if (!(await writePiece(piece))) return;
  }
}

async function writeFile(path: string, pieces: Pieces): Promise<void> {
  try {
    await writeFileInPieces(path, pieces, { onWarning: warn });
  } catch (error) {
    if (sopsErrorCode(error) !== "write_file") throw error;
    throw failure((error as Error).message, error);
  }
}

async function writeStdoutFile(pieces: Pieces): Promise<void> {
  try {
    await writeDescriptor(1, pieces);
  } catch (error) {
    throw error instanceof Error && "syscall" in error ? stdoutFailure(error) : error;
  }
}

function stdoutFailure(error: unknown): CommandError {
  return failure(`The result cannot be written to stdout: ${reasonOf(error)}.`, error);
}

/** Joins small pieces, such as the tag of a chunk, with the next one: each write to a pipe has a cost. */
async function* joined(pieces: Pieces): Pieces {
  let held: Uint8Array = new Uint8Array(0);
  for await (const piece of pieces) {
    const whole = held.length === 0 ? piece : Buffer.concat([held, piece]);
    held = whole.length < 4096 ? whole : new Uint8Array(0);
    if (held.length === 0) yield whole;
  }
  if (held.length > 0) yield held;
}

/** False if the reader of the pipe has closed it, which is not an error. */
function writePiece(piece: Uint8Array): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      if (errorCode(error) === "EPIPE") {
        process.exitCode = exitCodes.closedPipe;
        resolve(false);
      } else {
        reject(stdoutFailure(error));
      }
    };
    process.stdout.once("error", failed);
    process.stdout.write(piece, (error) => {
      if (error) return failed(error);
      process.stdout.off("error", failed);
      resolve(true);
    });
  });
}
