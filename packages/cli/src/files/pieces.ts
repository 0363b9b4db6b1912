/** Large files, which are read and written in pieces. */
import { closeSync } from "node:fs";
import { openSync, statSync } from "@isosops/node/internal/file-system/fs";
import { readPieces as readDescriptor } from "@isosops/node/internal/pieces";
import { isSameFile } from "@isosops/node/internal/same-file";
import { reasonOf } from "@isosops/node/internal/system-error";
import { type FileState, replaceFileInPieces, writeFileInPieces } from "@isosops/node/internal/write/write-pieces";
import type { Invocation } from "../flags/invocation.js";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import { warn } from "../terminal/messages.js";
import { writeStdout } from "../terminal/stdout.js";
import type { FormatName } from "./formats.js";
import { stdoutNames } from "./output.js";

/** In bytes. Smaller files are processed as a whole. */
const longFile = 16 * 1024 * 1024;

/** Whether a file is processed in pieces: a long one, of the format BINARY. */
export function isLong(file: string | undefined, formats: { format: FormatName; outputFormat: FormatName }): boolean {
  if (file === undefined || formats.format !== "binary" || formats.outputFormat !== "binary") return false;
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats?.isFile() === true && stats.size > longFile;
}

/** A file in pieces. A piece is valid until the next one is requested. Throws `CommandError`. */
export async function* readPieces(file: string): AsyncGenerator<Uint8Array, void, undefined> {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, "r");
    yield* readDescriptor(descriptor);
  } catch (error) {
    throw new CommandError(exitCodes.readInput, `${file}: the file cannot be read: ${reasonOf(error)}.`, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/**
 * Write the result to the destination that the flags name: the input file, which must not have changed, another file, or
 * stdout. A file gets its new content whole, or keeps the old one. Throws `CommandError`, `SopsError` (`write_file`).
 *
 * @param before the state of the input file before it was read
 */
export async function writePieces(
  { file, options }: Invocation,
  pieces: AsyncIterable<Uint8Array>,
  before: FileState,
): Promise<void> {
  const target = options.inPlace === true ? file : options.output || undefined;
  if (target === undefined || stdoutNames.has(target)) {
    for await (const piece of pieces) {
      await writeStdout(piece);
      // The reader has closed the pipe.
      if (process.exitCode === exitCodes.closedPipe) return;
    }
  } else if (isSameFile(file!, target)) {
    await replaceFileInPieces(target, before, pieces, { onWarning: warn });
  } else {
    await writeFileInPieces(target, pieces, { onWarning: warn });
  }
}
