import type { ClusterFiles } from "@isosops/gitops";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { organisationFiles } from "../../keyring/open-organisation.js";
import { locateFile, realPath } from "./locate-file.js";

/** Files on disk, by absolute path with symbolic links resolved, so that each file has one name. */
export function clusterFiles(): ClusterFiles {
  const { read, replace } = organisationFiles();
  return { read, replace, locate: locateFile };
}

/** The absolute path of the cluster file that a flag names, with symbolic links resolved. */
export function clusterPath(file: string): string {
  return realPath(resolve(file));
}
