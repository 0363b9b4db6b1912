import { fstatSync, read, writev } from "node:fs";

/*
 * Reads and writes files of any size in pieces. While one piece is processed, the runtime's threads read the next one
 * and write the previous one. Node's streams do the same in more, smaller steps.
 */

const pieceLength = 1024 * 1024;

/**
 * Buffer memory, in bytes, above which we wait for the garbage collector's thread, which lags on a busy machine. It
 * typically frees about 30 MiB at a time.
 */
const garbageLimit = 40 * 1024 * 1024;

/**
 * The rest of an open file, in pieces. A piece is valid until the next one is requested. Throws the system's errors.
 */
export async function* readPieces(descriptor: number): AsyncGenerator<Uint8Array, void, undefined> {
  // stdin may be in non-blocking mode, in which reads fail instead of waiting.
  if (descriptor === 0 && !fstatSync(descriptor).isFile()) {
    yield* process.stdin as AsyncIterable<Buffer>;
    return;
  }
  let [piece, spare] = [new Uint8Array(pieceLength), new Uint8Array(pieceLength)];
  let reading = readInto(descriptor, piece);
  try {
    for (;;) {
      const length = await reading;
      if (length === 0) return;
      reading = readInto(descriptor, spare);
      yield piece.subarray(0, length);
      [piece, spare] = [spare, piece];
    }
  } finally {
    // After this, the caller may close the file.
    await reading.catch(() => {});
  }
}

/** Write all pieces to an open file at its position. Throws the system's errors, and those of `pieces`. */
export async function writePieces(descriptor: number, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  let gathered: Uint8Array[] = [];
  let length = 0;
  let writing: Promise<void> = Promise.resolve();
  try {
    for await (const piece of pieces) {
      gathered.push(piece);
      length += piece.length;
      if (length < pieceLength) continue;
      await writing;
      if (process.memoryUsage().arrayBuffers > garbageLimit) await new Promise((resolve) => setTimeout(resolve, 5));
      writing = writeAll(descriptor, gathered);
      // Awaited below: no unhandled rejection until then.
      writing.catch(() => {});
      gathered = [];
      length = 0;
    }
  } finally {
    await writing;
  }
  await writeAll(descriptor, gathered);
}

function readInto(descriptor: number, buffer: Uint8Array): Promise<number> {
  const reading = new Promise<number>((resolve, reject) => {
    read(descriptor, buffer, 0, buffer.length, null, (error, length) => (error ? reject(error) : resolve(length)));
  });
  // Awaited with the next piece: no unhandled rejection until then.
  reading.catch(() => {});
  return reading;
}

async function writeAll(descriptor: number, pieces: readonly Uint8Array[]): Promise<void> {
  let rest = pieces.filter((piece) => piece.length > 0);
  while (rest.length > 0) {
    let written = await write(descriptor, rest);
    let whole = 0;
    while (whole < rest.length && written >= rest[whole]!.length) written -= rest[whole++]!.length;
    rest = rest.slice(whole);
    if (rest.length > 0) rest[0] = rest[0]!.subarray(written);
  }
}

function write(descriptor: number, pieces: readonly Uint8Array[]): Promise<number> {
  return new Promise((resolve, reject) => {
    writev(descriptor, pieces, null, (error, written) => (error ? reject(error) : resolve(written)));
  });
}
