import { join } from "node:path";
import { readFileSync, statSync } from "@isosops/node/internal/file-system/fs";
import { keyFileLimit, tooLong } from "@isosops/node/internal/read-limited";

/** The path of the file with a repository's published keys: `publishedPath` of `@isosops/gitops`. */
export function publishedPathIn(repository: string): string {
  return join(repository, ".isosops", "organisation.yaml");
}

/**
 * The content of the file with a repository's published keys. Throws the system's errors. A repository can contain a link to
 * a device or pipe that never ends, which is not read.
 */
export function readPublishedBytes(repository: string): Buffer {
  const path = publishedPathIn(repository);
  const found = statSync(path);
  const isEndless = !found.isFile() && !found.isDirectory();
  if (isEndless || found.size > keyFileLimit) throw tooLong();
  return readFileSync(path);
}
