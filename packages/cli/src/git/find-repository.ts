import { dirname, join } from "node:path";
import { existsSync, statSync } from "@isosops/node/internal/file-system/fs";
import { resolve } from "@isosops/node/internal/file-system/paths";

/** The top folder of the Git repository that contains a folder; undefined outside of one. */
export function findRepository(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
    if (at === dirname(at)) return undefined;
  }
}

/** The top folder of the Git repository that contains a file or folder, which need not exist. */
export function repositoryOf(path: string): string | undefined {
  const start = resolve(path);
  return findRepository(isFolder(start) ? start : dirname(start));
}

/** False for what cannot be inspected, such as a link cycle: reading or writing it will report the error. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** The repositories that contain the paths, without duplicates. */
export function repositoriesOf(paths: readonly string[]): string[] {
  return [...new Set(paths.map(repositoryOf).filter((found) => found !== undefined))];
}
