import type { MergeVersionsOptions } from "@isosops/git/internal/merge/merge-versions";
import { ruleForFile } from "@isosops/node/internal/config/config-file";
import type { KeyReference } from "isosops";
import { loadConfig } from "../../files/config-file.js";
import { findAllKeys } from "../../keyring/find-all-keys.js";
import { keyKinds } from "../../keys/key-services.js";

/** What merging a file takes: the keys at hand, and the readers that `.sops.yaml` has for it. */
export async function mergeOptions(name: string): Promise<MergeVersionsOptions> {
  const { identities, decryptionOrder } = await findAllKeys({});
  return {
    folder: ".",
    name,
    keys: { identities, decryptionOrder, kinds: await keyKinds({}) },
    allowedRecipients: await readersOf(name),
  };
}

/** A configuration that cannot be read allows nobody: a merge may be under way that mends it. */
async function readersOf(name: string): Promise<readonly KeyReference[]> {
  try {
    const config = await loadConfig(undefined);
    const rule = config?.config.creationRules === undefined ? undefined : await ruleForFile(config, name);
    return rule?.keyGroups.flat() ?? [];
  } catch {
    return [];
  }
}
