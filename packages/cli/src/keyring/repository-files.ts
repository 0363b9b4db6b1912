import { closeSync, fstatSync, readSync } from "node:fs";
import { basename } from "node:path";
import type { Files } from "@isosops/gitops";
import { lstatSync, openSync, readdirSync, readFileSync, statSync } from "@isosops/node/internal/file-system/fs";
import { bytesOfName } from "@isosops/node/internal/file-system/names";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { findFiles } from "@isosops/node/internal/find-files";
import { errorCode, reasonOf } from "@isosops/node/internal/system-error";
import { isTemporary } from "@isosops/node/internal/write/temporary-file";
import { FileChangedError } from "@isosops/node/internal/write/write-file";
import { replaceFile } from "../files/write-file.js";
import { createProgress } from "../terminal/progress.js";

/** Runs `work` while holding a lock. */
type Alone = <Result>(work: () => Promise<Result>) => Promise<Result>;

/**
 * Files below folders, by absolute path. Unlike `verify`, ignored files count: one may be encrypted, and its key must
 * not be destroyed.
 *
 * @param alone what replaces a file holds off others with; two that compare at the same time would both write
 */
export function repositoryFiles(alone: Alone): Files {
  return {
    list: (paths, texts) =>
      filesOfInterest(findFiles(paths, { includeIgnored: true }), (path) => mayContain(path, texts)),
    read: async (path) => readWhole(wholePath(path)),
    replace: (path, expected, content) =>
      alone(async () => {
        try {
          await replaceFile(wholePath(path), expected, content);
          return true;
        } catch (error) {
          if (error instanceof FileChangedError) return false;
          throw error;
        }
      }),
  };
}

/** The files of interest among some, by absolute path. Progress is shown on a terminal. */
export async function* filesOfInterest(
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

/** Longest time without a turn of the event loop, in milliseconds. */
const mostWithoutRest = 50;

/** The content of a file; undefined if it does not exist. Throws if it cannot be read. */
function readWhole(path: string): Buffer | undefined {
  if (isPipe(path)) throw new Error("it is neither a file nor a folder");
  try {
    return readFileSync(path);
  } catch (error) {
    if (errorCode(error) === "EISDIR" && lstatSync(path).isSymbolicLink()) {
      throw new Error("it is a symbolic link to a folder elsewhere. Name that folder beside the others", {
        cause: error,
      });
    }
    if (errorCode(error) !== "ENOENT") throw new Error(reasonOf(error), { cause: error });
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
    throw new Error("it is a symbolic link that leads nowhere", { cause: error });
  }
}

/** Whether a path is a pipe or a device: reading one that a cluster file names might never end. Those of a shell are below /dev. */
function isPipe(path: string): boolean {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found !== undefined && !found.isFile() && !found.isDirectory() && !path.startsWith("/dev/");
  } catch {
    return false;
  }
}

/**
 * The path itself, or the file on disk that it stands for if it was written by a program that replaced bytes that are
 * not UTF-8 by U+FFFD. Throws if several files match.
 */
function wholePath(path: string): string {
  if (!path.includes("\ufffd") || lstatSync(path, { throwIfNoEntry: false }) !== undefined) return path;
  let found = [""];
  for (const part of path.split("/").slice(1)) found = found.flatMap((folder) => namesLike(folder, part));
  if (found.length > 1) throw new Error(`${found.length} files with names that are not UTF-8 match`);
  return found[0] ?? path;
}

/** @param part of a path, in which U+FFFD may stand for bytes */
function namesLike(folder: string, part: string): string[] {
  if (!part.includes("\ufffd")) return [`${folder}/${part}`];
  try {
    const names = readdirSync(`${folder}/`).filter((name) => bytesOfName(name).toString("utf8") === part);
    return names.map((name) => `${folder}/${name}`);
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return [];
    throw new Error(reasonOf(error), { cause: error });
  }
}

const pieceLength = 1024 * 1024;

/** Whether a file of any size contains one of the texts; true if it cannot be read. */
export function mayContain(path: string, texts: readonly string[]): boolean {
  const longest = Math.max(...texts.map((text) => text.length));
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, "r");
    const { size } = fstatSync(descriptor);
    const piece = Buffer.allocUnsafe(Math.min(size, pieceLength) + longest);
    // A match may span two pieces.
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
