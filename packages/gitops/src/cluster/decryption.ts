import { leaf } from "@isosops/core";
import { parseCluster } from "./cluster-file.js";
import type { ClusterFiles } from "./cluster-files.js";
import { createDraft, writeTogether } from "./draft.js";

/**
 * Whether a cluster file says that the cluster decrypts what it deploys; undefined if it says nothing of it.
 *
 * @throws {GitopsError} `cluster`, `missing_file`.
 */
export async function getDecryption(
  files: Pick<ClusterFiles, "read">,
  clusterPath: string,
): Promise<boolean | undefined> {
  return (await parseCluster(await createDraft(files).read(clusterPath), clusterPath)).decryption;
}

/**
 * Say in a cluster file whether the cluster is to decrypt what it deploys: `spec.sops.decryption`. Returns whether that
 * is another answer than before.
 *
 * @throws {GitopsError} `cluster`, `missing_file`, `changed`.
 */
export async function setDecryption(
  files: Pick<ClusterFiles, "read" | "replace">,
  clusterPath: string,
  enabled: boolean,
  { dryRun = false }: { readonly dryRun?: boolean | undefined } = {},
): Promise<boolean> {
  const draft = createDraft(files);
  const { decryption } = await parseCluster(await draft.read(clusterPath), clusterPath);
  if (decryption === enabled) return false;
  draft.set(clusterPath, { path: ["spec", "sops", "decryption"], value: leaf("bool", enabled ? "True" : "False") });
  const changes = await draft.changes(clusterPath);
  if (!dryRun) await writeTogether(files, changes);
  return true;
}
