import { dirname, join } from "node:path";
import { existsSync, statSync } from "@isosops/node/internal/file-system/fs";
import { resolve } from "@isosops/node/internal/file-system/paths";

/** The Git repository that a folder is in, by the folder with its `.git`; undefined outside of one. */
export function findRepository(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
    if (at === dirname(at)) return undefined;
  }
}

/** The same for a file or a folder, which need not be there. */
export function repositoryOf(path: string): string | undefined {
  const start = resolve(path);
  return findRepository(isFolder(start) ? start : dirname(start));
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
