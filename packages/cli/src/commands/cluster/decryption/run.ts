import { setDecryption } from "@isosops/gitops";
import { printable } from "../../../terminal/printable.js";
import { showPath } from "../../../terminal/show-path.js";
import { writeStdout } from "../../../terminal/stdout.js";
import { clusterFiles, clusterPath } from "../cluster-files.js";
import type { ClusterDecryptionFlags } from "./flags.js";

/** `isosops cluster decryption`. */
export async function decryptionCommand(
  enabled: boolean,
  { file, dryRun = false }: ClusterDecryptionFlags,
): Promise<void> {
  const path = clusterPath(file);
  const changed = await setDecryption(clusterFiles(), path, enabled, { dryRun });
  const now = `decryption is ${enabled ? "enabled" : "disabled"}`;
  const said = changed ? (dryRun ? `${now} but for the dry run: nothing was written` : now) : `${now} already`;
  await writeStdout(`${printable(`${showPath(path)}: ${said}`)}\n`);
}
