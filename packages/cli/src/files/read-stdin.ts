import { tooLong } from "@isosops/node/internal/read-limited";

/** Maximum length of the input, in bytes: a longer one does not fit into a string, or into memory twice. */
export const fileLimit: number = 1024 * 1024 * 1024;

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
