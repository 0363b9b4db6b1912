import type { MergeVersionsOptions } from "@isosops/git/internal/merge/merge-versions";
import { ruleForFile } from "@isosops/node/internal/config/config-file";
import type { KeyReference } from "isosops";
import { loadConfig } from "../../files/config-file.js";
import { findAllKeys } from "../../keyring/find-all-keys.js";
import { keyKinds } from "../../keys/key-services.js";

/** The keys at hand: looked up once, whatever the number of files. */
export async function mergeKeys(): Promise<MergeVersionsOptions["keys"]> {
  const { identities, decryptionOrder } = await findAllKeys({});
  return { identities, decryptionOrder, kinds: await keyKinds({}) };
}

/** What merging a file takes: keys, and the readers that `.sops.yaml` has for it. */
export async function mergeOptions(name: string, keys: MergeVersionsOptions["keys"]): Promise<MergeVersionsOptions> {
  return { folder: ".", name, keys, allowedRecipients: await readersOf(name) };
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
