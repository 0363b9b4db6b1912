import { createReadStream, type ReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { errorCode, reasonOf } from "../../command-error.js";
import { exitCodes } from "../../exit-codes.js";
import { writeFileInPieces } from "../../write-pieces.js";
import { failure } from "./files.js";
import { progress } from "./progress.js";

type Pieces = AsyncIterable<Uint8Array>;

/** Bytes to read at once. */
const pieceLength = 1024 * 1024;

/** The input in pieces. Nothing is read before the first piece is asked for. */
export async function* readPieces(path: string | undefined): Pieces {
  const size =
    path === undefined
      ? undefined
      : await stat(path).then(
          ({ size }) => size,
          () => undefined,
        );
  const shown = progress(size);
  const source: NodeJS.ReadStream | ReadStream =
    path === undefined ? process.stdin : createReadStream(path, { highWaterMark: pieceLength });
  try {
    for await (const piece of source) {
      shown.add((piece as Buffer).length);
      yield piece as Buffer;
    }
  } catch (error) {
    throw failure(`${path ?? "stdin"}: the input cannot be read: ${reasonOf(error)}.`, error);
  } finally {
    shown.end();
  }
}

/**
 * Write the result to a file, which is then whole or as it was, or to stdout.
 *
 * @param forTerminal whether the result may go to a terminal: always where `-o -` was given
 */
export async function writePieces(
  output: string | undefined,
  pieces: Pieces,
  forTerminal: (piece: Uint8Array) => boolean,
): Promise<void> {
  if (output !== undefined && output !== "-") return writeFileInPieces(output, pieces);
  const checked = output === undefined && process.stdout.isTTY === true;
  for await (const piece of pieces) {
    if (checked && !forTerminal(piece)) {
      throw failure("The result is binary, and stdout a terminal: give --output FILE, or force it with `-o -`.");
    }
    if (!(await writePiece(piece))) return;
  }
}

/** False where the reader has gone away, which is no error: it has seen enough. */
function writePiece(piece: Uint8Array): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      if (errorCode(error) === "EPIPE") {
        process.exitCode = exitCodes.closedPipe;
        resolve(false);
      } else {
        reject(failure(`The result cannot be written to stdout: ${reasonOf(error)}.`, error));
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
