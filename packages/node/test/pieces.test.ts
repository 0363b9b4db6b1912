import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readPieces, writePieces } from "../src/pieces.js";

const folder = mkdtempSync(join(tmpdir(), "isosops-pieces-"));
afterAll(() => rmSync(folder, { recursive: true }));
const input = join(folder, "input");
const output = join(folder, "output");
const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (7 * i + (i >> 8)) & 255);

/** Run with both files open. */
async function withFiles(run: (from: number, to: number) => Promise<void>): Promise<void> {
  const [from, to] = [openSync(input, "r"), openSync(output, "w")];
  try {
    await run(from, to);
  } finally {
    closeSync(from);
    closeSync(to);
  }
}

/** What is written may not change until it is, and the memory of a piece that was read is used again. */
async function* copied(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) yield piece.slice();
}

describe("pieces of files", () => {
  it.each([0, 1, 1_048_575, 1_048_576, 1_048_577, 5_000_000])("are all of %i bytes, in order", async (length) => {
    writeFileSync(input, bytes(length));
    await withFiles((from, to) => writePieces(to, copied(readPieces(from))));
    expect(Buffer.compare(readFileSync(output), bytes(length))).toBe(0);
  });

  it("are written whatever their number and sizes", async () => {
    const whole = bytes(2_000_000);
    async function* cut(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 5000; i++) {
        yield whole.slice(i * 400, i * 400 + 399);
        yield new Uint8Array(0);
        yield whole.slice(i * 400 + 399, (i + 1) * 400);
      }
    }
    await withFiles((_, to) => writePieces(to, cut()));
    expect(Buffer.compare(readFileSync(output), whole)).toBe(0);
  });

  it("end with the error of what makes them, and leave no reading behind", async () => {
    writeFileSync(input, bytes(3_000_000));
    await withFiles(async (from, to) => {
      async function* failing(): AsyncGenerator<Uint8Array> {
        for await (const piece of readPieces(from)) {
          yield piece.slice();
          throw new Error("halfway");
        }
      }
      await expect(writePieces(to, failing())).rejects.toThrow("halfway");
    });
  });

  it("end with the error of the system", async () => {
    writeFileSync(input, bytes(3_000_000));
    const readOnly = openSync(input, "r");
    await withFiles((from) => expect(writePieces(readOnly, readPieces(from))).rejects.toMatchObject({ code: "EBADF" }));
    closeSync(readOnly);
    const directory = openSync(folder, "r");
    await withFiles((_, to) =>
      expect(writePieces(to, readPieces(directory))).rejects.toMatchObject({ code: "EISDIR" }),
    );
    closeSync(directory);
  });
});
