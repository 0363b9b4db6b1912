import { fluxKey, identities } from "@isosops/gitops";
import { openNewest } from "../../../keyring/open-organisation.js";
import { clusterPath } from "../cluster-files.js";
import { checkDecryption, checkNamespace, handOut, refuseToShow } from "../hand-out-key.js";
import type { ClusterFluxFlags } from "./flags.js";

/** `isosops cluster flux`. */
export async function fluxCommand({ file, output, namespace }: ClusterFluxFlags): Promise<void> {
  checkNamespace(namespace);
  await checkDecryption(clusterPath(file), "kubectl -n flux-system delete secret sops-age");
  if (output === undefined) refuseToShow("isosops cluster flux");
  const organisation = await openNewest([file]);
  await handOut(organisation, output, await fluxKey(await identities(organisation), namespace));
}
