import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { basename, resolve } from "node:path";
import type { Files } from "@isosops/gitops";
import { errorCode, reasonOf } from "../command-error.js";
import { findFiles } from "../find-files.js";
import { createProgress } from "../progress.js";
import { isTemporary } from "../temporary-file.js";
import { FileChanged, replaceFile } from "../write-file.js";

/** Does something while no other process does anything in here. */
type Alone = <Result>(work: () => Promise<Result>) => Promise<Result>;

/**
 * The files below folders of the file system, by their absolute paths. Unlike for `verify`, what `.gitignore` ignores
 * counts: somebody may have encrypted it all the same, and its key must not be destroyed.
 *
 * @param alone what replaces a file holds off others with; two that compare at the same time would both write
 */
export function repositoryFiles(alone: Alone): Files {
  return {
    list: (paths, texts) => lookAt(findFiles(paths, { ignoredToo: true }), (path) => mayHold(path, texts)),
    read: async (path) => readWhole(path),
    replace: (path, expected, content) =>
      alone(async () => {
        try {
          await replaceFile(path, expected, content);
          return true;
        } catch (error) {
          if (error instanceof FileChanged) return false;
          throw error;
        }
      }),
  };
}

/** Those of some files that are of interest, by their absolute paths. How far it is, a terminal is told. */
export async function* lookAt(
  found: readonly string[],
  isOfInterest: (path: string) => boolean,
): AsyncIterable<string> {
  const progress = createProgress((done) => `${done} of ${found.length} files looked at`);
  try {
    let rested = Date.now();
    for (const path of found) {
      if (!isTemporary(basename(path)) && isOfInterest(path)) yield resolve(path);
      progress.step();
      if (Date.now() - rested < mostWithoutRest) continue;
      await new Promise((resume) => setImmediate(resume));
      rested = Date.now();
    }
  } finally {
    progress.end();
  }
}

/** How long nothing else gets its turn, in milliseconds. */
const mostWithoutRest = 50;

function readWhole(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw new Error(reasonOf(error), { cause: error });
  }
}

const pieceLength = 1024 * 1024;

/** Whether a text stands in a file, of any size; true where the file cannot be read. */
export function mayHold(path: string, texts: readonly string[]): boolean {
  const longest = Math.max(...texts.map((text) => text.length));
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, "r");
    const { size } = fstatSync(descriptor);
    const piece = Buffer.allocUnsafe(Math.min(size, pieceLength) + longest);
    // What the last piece ended with may be the beginning of a text.
    for (let kept = 0; ; ) {
      const length = kept + readSync(descriptor, piece, kept, piece.length - kept, null);
      if (length === kept) return false;
      const filled = piece.subarray(0, length);
      if (texts.some((text) => filled.includes(text))) return true;
      kept = Math.min(length, longest - 1);
      piece.copyWithin(0, length - kept, length);
    }
  } catch {
    return true;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
