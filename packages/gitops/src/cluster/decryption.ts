import { leaf } from "@isosops/core";
import { parseCluster } from "./cluster-file.js";
import type { ClusterFiles } from "./cluster-files.js";
import { createDraft, writeTogether } from "./draft.js";

/**
 * Whether a cluster file enables decryption (`spec.sops.decryption`).
 *
 * @returns undefined if it says nothing about it
 * @throws {GitopsError} `cluster` or `missing_file` if the cluster file cannot be read.
 * @throws {SopsError} `syntax` if it is not YAML.
 */
export async function getDecryption(
  files: Pick<ClusterFiles, "read">,
  clusterPath: string,
): Promise<boolean | undefined> {
  return (await parseCluster(await createDraft(files).read(clusterPath), clusterPath)).decryption;
}

/**
 * Enables or disables decryption in a cluster file (`spec.sops.decryption`).
 *
 * @returns whether the file changed, or in a dry run would change
 * @throws {GitopsError} `cluster` or `missing_file` if the cluster file cannot be read, `changed` if somebody else
 * changed it meanwhile.
 * @throws {SopsError} `syntax` if it is not YAML, `unwritable` if the value cannot be set.
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
