import { fileLimit, tooLong } from "@isosops/node/internal/read-limited";

/** All of stdin. Throws as `readLimited` does. */
export async function readStdin(limit: number = fileLimit): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of process.stdin as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > limit) throw tooLong();
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
