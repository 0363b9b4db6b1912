import { setDecryption } from "@isosops/gitops";
import { clusterFiles, clusterPath } from "../../cluster/cluster-files.js";
import { showPath } from "../../cluster/show-path.js";
import type { ClusterDecryptionFlags } from "../../flags/cluster.js";
import { harmless } from "../../messages.js";
import { writeStdout } from "../../stdout.js";

/** `isosops cluster decryption`. */
export async function decryptionCommand(
  enabled: boolean,
  { file, dryRun = false }: ClusterDecryptionFlags,
): Promise<void> {
  const path = clusterPath(file);
  const changed = await setDecryption(clusterFiles(), path, enabled, { dryRun });
  const now = `decryption is ${enabled ? "enabled" : "disabled"}`;
  const said = changed ? (dryRun ? `${now} but for the dry run: nothing was written` : now) : `${now} already`;
  await writeStdout(`${harmless(`${showPath(path)}: ${said}`)}\n`);
}
