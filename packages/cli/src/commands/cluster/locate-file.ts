import { dirname, join, sep } from "node:path";
import { repositoryOf } from "@isosops/git/internal/repository/find-repository";
import { outside, relativeParts } from "@isosops/gitops";
import { realpathSync } from "@isosops/node/internal/file-system/fs";
import { errorCode } from "@isosops/node/internal/system-error";

/**
 * The absolute path of a file that a cluster file names, with symbolic links resolved.
 *
 * @throws {GitopsError} `outside` if it is not in the repository of the cluster file.
 */
export async function locateFile(clusterPath: string, path: string): Promise<string> {
  const folder = realPath(dirname(clusterPath));
  const target = follow(folder, relativeParts(path));
  const root = repositoryOf(folder) ?? folder;
  if (target !== root && !target.startsWith(root.endsWith(sep) ? root : root + sep)) throw outside(path);
  return target;
}

/** Resolve a path as the system does: `..` after a symbolic link is the parent of the link's target. */
function follow(folder: string, parts: readonly string[]): string {
  let at = folder;
  for (const part of parts) at = part === ".." ? dirname(at) : realPath(join(at, part));
  return at;
}

/** The real path, or the path itself if nothing exists there. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT" && errorCode(error) !== "ENOTDIR") throw error;
    return path;
  }
}
