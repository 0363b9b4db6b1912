import { dirname, join } from "node:path";
import { existsSync, statSync } from "@isosops/node/internal/file-system/fs";
import { resolve } from "@isosops/node/internal/file-system/paths";

/** The Git repository that a file or a folder is in; undefined outside of one. */
export function repositoryOf(path: string): string | undefined {
  const start = resolve(path);
  for (let folder = isFolder(start) ? start : dirname(start); ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".git"))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/** What cannot be looked at, such as links in a circle, is for whoever reads or writes it to complain of. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
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
