import { dirname, join, sep } from "node:path";
import { repositoryOf } from "@isosops/git/internal/repository/find-repository";
import { type ClusterFiles, outside, relativeParts } from "@isosops/gitops";
import { realpathSync } from "@isosops/node/internal/file-system/fs";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { errorCode } from "@isosops/node/internal/system-error";
import { organisationFiles } from "../../keyring/open-organisation.js";

/** Files on disk, by absolute path with symbolic links resolved, so that each file has one name. */
export function clusterFiles(): ClusterFiles {
  const { read, replace } = organisationFiles();
  return {
    read,
    replace,
    async locate(clusterPath, path) {
      const folder = real(dirname(clusterPath));
      const target = follow(folder, relativeParts(path));
      const root = repositoryOf(folder) ?? folder;
      if (target !== root && !target.startsWith(root.endsWith(sep) ? root : root + sep)) throw outside(path);
      return target;
    },
  };
}

/** The absolute path of the cluster file that a flag names, with symbolic links resolved. */
export function clusterPath(file: string): string {
  return real(resolve(file));
}

/** Resolve a path as the system does: `..` after a symbolic link is the parent of the link's target. */
function follow(folder: string, parts: readonly string[]): string {
  let at = folder;
  for (const part of parts) at = part === ".." ? dirname(at) : real(join(at, part));
  return at;
}

/** The real path, or the path itself if nothing exists there. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT" && errorCode(error) !== "ENOTDIR") throw error;
    return path;
  }
}
