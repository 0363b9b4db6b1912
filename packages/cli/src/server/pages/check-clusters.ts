import { type ClusterFinding, lintCluster } from "@isosops/gitops";
import { locateFile } from "../../commands/cluster/locate-file.js";
import { showPath } from "../../terminal/show-path.js";
import { readBytes } from "./read-text.js";

/** Cluster files to check as they will be after a save. Plain data, which can be passed to another thread. */
export interface ClusterCheck {
  readonly kind: "check";
  /** The absolute paths of the cluster files. */
  readonly paths: readonly string[];
  /** What is saved, by absolute path. */
  readonly texts: ReadonlyMap<string, string>;
}

/** The findings of a cluster file. */
export interface CheckedCluster {
  readonly path: string;
  readonly findings: readonly ClusterFinding[];
}

/** Checks cluster files. Large ones take seconds. Throws as `lintCluster`, and `HttpError`. */
export type CheckClusters = (check: ClusterCheck) => Promise<readonly CheckedCluster[]>;

/** Checks in this thread. */
export const checkClusters: CheckClusters = async ({ paths, texts }) => {
  const files = {
    locate: locateFile,
    async read(path: string): Promise<Uint8Array | undefined> {
      const saved = texts.get(path);
      return saved === undefined ? readBytes(path, showPath(path)) : new TextEncoder().encode(saved);
    },
    replace: async (): Promise<boolean> => false,
  };
  const checked: CheckedCluster[] = [];
  for (const path of paths) checked.push({ path, findings: await lintCluster(files, path) });
  return checked;
};
