/** The files of a cluster as a page has read them, in the form that `@isosops/gitops` reads files in. */
import { type ClusterFiles, resolveInRepository } from "@isosops/gitops";

/** The cluster file, and the file of one of its items. */
export interface ClusterSnapshot {
  /** From the root folder, with `/`. */
  readonly clusterPath: string;
  /** Texts by their paths from the root folder. */
  readonly files: Readonly<Record<string, string>>;
}

/** Access to a snapshot. Paths that lead out of the root folder are refused. */
export function snapshotFiles({ files }: ClusterSnapshot): Pick<ClusterFiles, "read" | "locate"> {
  return {
    async read(path) {
      return Object.hasOwn(files, path) ? new TextEncoder().encode(files[path]) : undefined;
    },
    locate: async (clusterPath, path) => resolveInRepository(clusterPath.split("/").slice(0, -1), path).join("/"),
  };
}
