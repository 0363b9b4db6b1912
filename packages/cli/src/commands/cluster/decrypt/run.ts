import { decryptItem, identities, show } from "@isosops/gitops";
import { lazySources } from "@isosops/node/internal/keys/kinds";
import type { AgeIdentity } from "isosops/age";
import { openToRead } from "../../../keyring/open-organisation.js";
import { readDecryptionOrder } from "../../../keys/find-keys.js";
import { findIdentities, withPlacesTried } from "../../../keys/identities.js";
import { warn } from "../../../terminal/messages.js";
import { writeStdout } from "../../../terminal/stdout.js";
import { clusterFiles, clusterPath } from "../cluster-files.js";
import type { ClusterItemFlags } from "../shared-flags.js";

/** `isosops cluster decrypt`. Without a keyring, the key is looked up where sops looks for keys. */
export async function decryptItemCommand(flags: ClusterItemFlags): Promise<void> {
  const { file, kind, name, stack, ignoreMac } = flags;
  const tried: string[] = [];
  const findKeys = async (): Promise<readonly AgeIdentity[]> => {
    const organisation = await openToRead([file]);
    if ((await show(organisation)) !== undefined) {
      tried.push("the organisation's keyring");
      return identities(organisation);
    }
    const found = await findIdentities();
    tried.push(
      "the organisation's keyring (there is none; `isosops org join FILE` takes over that of a colleague)",
      ...found.tried,
    );
    return found.identities;
  };
  const { text, isEncrypted } = await withPlacesTried(tried, () =>
    decryptItem(clusterFiles(), clusterPath(file), {
      ...{ kind, name, stack, ignoreMac },
      identities: findKeys,
      keySources: lazySources(),
      decryptionOrder: readDecryptionOrder(undefined),
    }),
  );
  if (!isEncrypted) warn(`The ${kind} ${name} is not encrypted.`);
  await writeStdout(text);
}
