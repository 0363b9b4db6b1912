import { dirname, join } from "node:path";
import { existsSync, type FolderEntry, readFolder, statSync } from "@isosops/node/internal/file-system/fs";
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

/**
 * The repositories below some folders: the folders that have a `.git`, and bare repositories. As for files, `node_modules`
 * and symbolic links are left out.
 */
export function repositoriesBelow(paths: readonly string[]): string[] {
  const found: string[] = [];
  const waiting = paths.map((path) => resolve(path)).filter(isFolder);
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const entries = entriesOf(folder);
    const has = (name: string): boolean => entries.some((entry) => entry.name === name);
    if (has(".git") || isBare(folder, has)) found.push(folder);
    for (const entry of entries) {
      if (entry.isDirectory() && entry.name !== ".git" && entry.name !== "node_modules")
        waiting.push(join(folder, entry.name));
    }
  }
  return [...new Set(found)];
}

/** Whether a folder is a Git directory itself. */
export function isGitFolder(folder: string): boolean {
  return isBare(folder, (name) => existsSync(join(folder, name)));
}

function isBare(folder: string, has: (name: string) => boolean): boolean {
  return ["HEAD", "objects", "refs"].every(has) && isFolder(join(folder, "objects")) && isFolder(join(folder, "refs"));
}

/** None for a folder that cannot be read: looking for its files reports the error. */
function entriesOf(folder: string): FolderEntry[] {
  try {
    return readFolder(folder);
  } catch {
    return [];
  }
}
