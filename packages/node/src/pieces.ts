import { fstatSync, read, writev } from "node:fs";

/*
 * Files of any size, piece by piece: the next piece is read and the last one is written, by threads of the runtime,
 * while the one at hand is worked on. Streams of Node do the same, in more and smaller steps.
 */

const pieceLength = 1024 * 1024;

/**
 * Bytes that buffers may take before we wait for what frees those that nobody needs any more: another thread, which on
 * a busy machine falls behind. It mostly frees some 30 MiB at a time.
 */
const garbageLimit = 40 * 1024 * 1024;

/**
 * The pieces of an open file, from where it stands to its end. The memory of a piece is used again when the next one is
 * asked for. Throws the system's errors.
 */
export async function* readPieces(descriptor: number): AsyncGenerator<Uint8Array, void, undefined> {
  // Whoever gave us stdin may have left it in a state in which reading fails where it has to wait.
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
    // The caller may close the file now.
    await reading.catch(() => {});
  }
}

/** Write all pieces to an open file, where it stands. Throws the system's errors, and those of `pieces` as they are. */
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
      // It is awaited below; until then its failure is nobody's.
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
  // It is awaited with the next piece; until then its failure is nobody's.
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
