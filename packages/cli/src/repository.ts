import { dirname, join } from "node:path";
import { existsSync, statSync } from "./file-system/fs.js";
import { resolve } from "./file-system/paths.js";

/** The Git repository that a file or a folder is in; undefined outside of one. */
export function repositoryOf(path: string): string | undefined {
  const start = resolve(path);
  const isFolder = statSync(start, { throwIfNoEntry: false })?.isDirectory() ?? false;
  for (let folder = isFolder ? start : dirname(start); ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".git"))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/** The repositories that paths are in, each once. */
export function repositoriesOf(paths: readonly string[]): string[] {
  return [...new Set(paths.map(repositoryOf).filter((found) => found !== undefined))];
}

/** Where a repository tells of the organisation's keys: `publishedPath` of `@isosops/gitops`. */
export function publishedFile(repository: string): string {
  return join(repository, ".isosops", "organisation.yaml");
}
