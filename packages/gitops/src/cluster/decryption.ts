import { leaf } from "@isosops/core";
import { setPlainValue } from "@isosops/core/edit";
import { loadStore } from "@isosops/formats/load";
import { parseCluster } from "./cluster-file.js";
import type { ClusterFiles } from "./cluster-files.js";
import { createDraft, writeTogether } from "./draft.js";

/**
 * Say in a cluster file whether the cluster is to decrypt what it deploys: `spec.sops.decryption`. Gives whether that is
 * another answer than before. Throws `GitopsError` (`cluster`, `missing_file`, `changed`).
 */
export async function setDecryption(
  files: Pick<ClusterFiles, "read" | "replace">,
  clusterPath: string,
  enabled: boolean,
  { dryRun = false }: { readonly dryRun?: boolean | undefined } = {},
): Promise<boolean> {
  const draft = createDraft(files);
  const source = await draft.read(clusterPath);
  const { decryption } = await parseCluster(source, clusterPath);
  if (decryption === enabled) return false;
  const store = await loadStore("yaml");
  const value = leaf("bool", enabled ? "True" : "False");
  const { text } = await setPlainValue(source, ["spec", "sops", "decryption"], value, { store, filename: clusterPath });
  draft.change(clusterPath, text);
  if (!dryRun) await writeTogether(files, draft.changes(clusterPath));
  return true;
}
