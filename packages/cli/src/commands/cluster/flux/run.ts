import { clusterFlag, fluxKey, fluxNamespace, identities, shellWord } from "@isosops/gitops";
import { openNewest } from "../../../keyring/open-organisation.js";
import { clusterPath } from "../cluster-files.js";
import { checkDecryption, checkNamespace, handOut, refuseToShow } from "../hand-out-key.js";
import type { ClusterFluxFlags } from "./flags.js";

/** `isosops cluster flux`. */
export async function fluxCommand({ file, output, namespace }: ClusterFluxFlags): Promise<void> {
  checkNamespace(namespace);
  const remove = `kubectl -n ${shellWord(namespace ?? fluxNamespace)} delete secret sops-age`;
  await checkDecryption(clusterPath(file), remove);
  const flag = namespace === undefined ? "" : ` --namespace ${shellWord(namespace)}`;
  if (output === undefined) refuseToShow(`isosops cluster flux${flag}${clusterFlag(file)}`);
  const organisation = await openNewest([file]);
  await handOut(organisation, output, await fluxKey(await identities(organisation), namespace));
}
