import { dirname, join, sep } from "node:path";
import { lstatSync, readFileSync, realpathSync, statSync } from "@isosops/node/internal/file-system/fs";
import { tooLong } from "@isosops/node/internal/read-limited";
import { errorCode } from "@isosops/node/internal/system-error";

/** The path of the file with a repository's published keys: `publishedPath` of `@isosops/gitops`. */
export function publishedPathIn(repository: string): string {
  return join(repository, ".isosops", "organisation.yaml");
}

/** Greatest length of the file, in bytes. A change of the keys takes about 500. */
const longest = 1024 * 1024;

/**
 * The content of the file with a repository's published keys. Throws the system's errors, and those of `checkPlace`.
 */
export function readPublishedBytes(repository: string): Buffer {
  checkPlace(repository);
  const path = publishedPathIn(repository);
  if (statSync(path).size > longest) throw tooLong();
  return readFileSync(path);
}

/**
 * Refuse devices and pipes, which may never end, and links to another place than the repository or to nothing yet: whoever
 * commits one could have a file of the user's read or overwritten. Throws an error that `reasonOf` describes, with the
 * `path` of the link.
 */
export function checkPlace(repository: string): void {
  const path = publishedPathIn(repository);
  for (const part of [dirname(path), path]) {
    // ENOTDIR is left to what reads or writes the file.
    if (!isLink(part)) continue;
    const top = realpathSync(repository);
    if (!targetOf(part).startsWith(top.endsWith(sep) ? top : top + sep)) throw linkError("LINK_OUTSIDE", part);
  }
  if (isEndless(path)) throw tooLong();
}

function isEndless(path: string): boolean {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found !== undefined && !found.isFile() && !found.isDirectory();
  } catch (error) {
    if (errorCode(error) === "ENOTDIR") return false;
    throw error;
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  } catch (error) {
    if (errorCode(error) === "ENOTDIR") return false;
    throw error;
  }
}

function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    throw errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR" ? linkError("LINK_NOWHERE", path) : error;
  }
}

function linkError(code: "LINK_NOWHERE" | "LINK_OUTSIDE", path: string): Error {
  return Object.assign(new Error("a symbolic link"), { code, path });
}
