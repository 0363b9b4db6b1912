import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeArmor } from "../src/armor.js";
import { decryptReaderAt, type ReaderAt } from "../src/decrypt-reader-at.js";
import { encrypt } from "../src/encrypt.js";
import { AgeError } from "../src/error.js";
import { parseHeader } from "../src/header.js";
import { payloadNonceLength } from "../src/payload.js";
import { codeOf, open, plaintext } from "./support.js";

/** A source that notes what is asked of it. */
function noting(file: Uint8Array): ReaderAt & { asked: [number, number][] } {
  const asked: [number, number][] = [];
  return {
    asked,
    size: file.length,
    read: async (offset, length) => {
      asked.push([offset, length]);
      return file.subarray(offset, offset + length);
    },
  };
}

const chunk = 65_536;
const sealedChunk = chunk + 16;
const long = plaintext(3 * chunk + 5);

// Made by age 1.3.1 (make-vectors.js).
const vectorFile = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`vectors/${name}`, import.meta.url)));
const identity = /AGE-SECRET-KEY-1\S+/.exec(readFileSync(new URL("vectors/first.key", import.meta.url), "utf8"))![0];

describe("random access", () => {
  it.each([0, 1, 65_535, 65_536, 65_537, 131_072])("to %i bytes that age encrypted", async (length) => {
    const file = vectorFile(`${length}.age`);
    const whole = plaintext(length);
    const sources = [file, noting(file), new Blob([file as Uint8Array<ArrayBuffer>])];
    for (const source of sources) {
      const opened = await decryptReaderAt(source, [identity]);
      expect(opened.size).toBe(length);
      expect(Buffer.compare(await opened.read(0, length), whole)).toBe(0);
      const edge = fc.oneof(fc.nat(length + 10), fc.constantFrom(0, 1, chunk - 1, chunk, chunk + 1, length));
      await fc.assert(
        fc.asyncProperty(edge, edge, async (offset, count) => {
          const bytes = await opened.read(offset, count);
          expect(Buffer.compare(bytes, whole.subarray(offset, offset + count))).toBe(0);
        }),
        { numRuns: 50 },
      );
    }
  });

  it("to several ranges at once, in memory that is the caller's", async () => {
    const opened = await decryptReaderAt(await encrypt(long, [open]), [open]);
    const ranges = Array.from({ length: 40 }, (_, i) => [(i * 7919) % long.length, (i * 104_729) % 150_000] as const);
    const read = await Promise.all(ranges.map(([offset, length]) => opened.read(offset, length)));
    for (const [i, [offset, length]] of ranges.entries()) {
      expect(Buffer.compare(read[i]!, long.subarray(offset, offset + length))).toBe(0);
      read[i]!.fill(0);
    }
    expect(Buffer.compare(await opened.read(0, long.length), long)).toBe(0);
  });

  it("reads the last chunk first, then only what it needs, and the same chunk once", async () => {
    const file = await encrypt(long, [open]);
    const start = parseHeader(file).length + payloadNonceLength;
    const source = noting(file);
    const opened = await decryptReaderAt(source, [open]);
    expect(source.asked.at(-1)).toEqual([start + 3 * sealedChunk, 5 + 16]);
    source.asked.length = 0;
    await opened.read(chunk + 10, 20);
    await opened.read(chunk + 1000, 20);
    await opened.read(2 * chunk - 1, 2);
    expect(source.asked).toEqual([
      [start + sealedChunk, sealedChunk],
      [start + 2 * sealedChunk, sealedChunk],
    ]);
  });

  it("to a file with a long header", async () => {
    const file = await encrypt(plaintext(10), Array<typeof open>(1000).fill(open));
    expect(parseHeader(file).length).toBeGreaterThan(8192);
    const opened = await decryptReaderAt(noting(file), [open]);
    expect(await opened.read(2, 3)).toEqual(plaintext(10).slice(2, 5));
  });
});

describe("random access refuses", () => {
  const refused = async (file: Uint8Array): Promise<void> => {
    await expect(decryptReaderAt(file, [open])).rejects.toBeInstanceOf(AgeError);
  };

  it("a small file that was changed, anywhere, cut or extended", async () => {
    const file = await encrypt(plaintext(100), [open]);
    for (let at = 0; at < file.length; at++) {
      const changed = file.slice();
      changed[at]! ^= 1 << (at % 8);
      await refused(changed);
      await refused(file.subarray(0, at));
      await refused(new Uint8Array(Buffer.concat([file, file.subarray(0, at + 1)])));
    }
  });

  it("a file without its last chunks, or with more", async () => {
    for (const whole of [plaintext(2 * chunk), long]) {
      const file = await encrypt(whole, [open]);
      const start = parseHeader(file).length + payloadNonceLength;
      for (const chunks of [0, 1, 2]) {
        const cut = start + chunks * sealedChunk;
        if (cut < file.length)
          expect(await codeOf(() => decryptReaderAt(file.subarray(0, cut), [open]))).toBe("payload");
      }
      for (const more of [1, 15, 16, 17, sealedChunk]) {
        await refused(new Uint8Array(Buffer.concat([file, new Uint8Array(more)])));
      }
    }
  });

  it("a chunk that was changed, and no other", async () => {
    const file = await encrypt(long, [open]);
    const start = parseHeader(file).length + payloadNonceLength;
    await fc.assert(
      fc.asyncProperty(fc.nat(3 * sealedChunk - 1), fc.nat(7), async (at, bit) => {
        const changed = file.slice();
        changed[start + at]! ^= 1 << bit;
        const opened = await decryptReaderAt(changed, [open]);
        const damaged = Math.floor(at / sealedChunk);
        for (const index of [0, 1, 2, 3]) {
          const read = opened.read(index * chunk + 3, 2);
          if (index === damaged) await expect(read).rejects.toMatchObject({ code: "payload" });
          else expect(await read).toEqual(long.slice(index * chunk + 3, index * chunk + 5));
        }
        // A range that touches it gives nothing, not even what lies before it.
        await expect(opened.read(0, long.length)).rejects.toMatchObject({ code: "payload" });
      }),
      { numRuns: 20 },
    );
  });

  it("chunks in another order", async () => {
    const file = await encrypt(long, [open]);
    const start = parseHeader(file).length + payloadNonceLength;
    const swapped = file.slice();
    swapped.set(file.subarray(start, start + sealedChunk), start + sealedChunk);
    swapped.set(file.subarray(start + sealedChunk, start + 2 * sealedChunk), start);
    const opened = await decryptReaderAt(swapped, [open]);
    for (const index of [0, 1]) await expect(opened.read(index * chunk, 1)).rejects.toMatchObject({ code: "payload" });
  });

  it("an armored file, no file, an identity that does not fit, and what is no range", async () => {
    const file = await encrypt(plaintext(10), [open]);
    const armored = new TextEncoder().encode(encodeArmor(file));
    expect(await codeOf(() => decryptReaderAt(armored, [open]))).toBe("armor");
    expect(await codeOf(() => decryptReaderAt(new Uint8Array(0), [open]))).toBe("header");
    expect(await codeOf(() => decryptReaderAt(new Uint8Array(100_000).fill(97), [open]))).toBe("header");
    expect(await codeOf(() => decryptReaderAt(file, [identity]))).toBe("no_match");
    expect(await codeOf(() => decryptReaderAt(file, []))).toBe("no_identities");
    const opened = await decryptReaderAt(file, [open]);
    for (const range of [
      [-1, 1],
      [0, -1],
      [0.5, 1],
      [0, Number.NaN],
      [0, Number.POSITIVE_INFINITY],
    ] as [number, number][]) {
      await expect(opened.read(...range)).rejects.toBeInstanceOf(RangeError);
    }
  });

  it("a source that gives less than its size says, and passes on an error of its own", async () => {
    const file = await encrypt(long, [open]);
    expect(await codeOf(() => decryptReaderAt({ ...noting(file), size: file.length + 5 }, [open]))).toBe("payload");
    const failing = noting(file);
    const opened = await decryptReaderAt(failing, [open]);
    failing.read = () => Promise.reject(new Error("the network is down"));
    await expect(opened.read(0, 1)).rejects.toThrow("the network is down");
  });
});
