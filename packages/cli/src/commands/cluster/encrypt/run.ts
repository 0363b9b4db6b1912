import { encryptItem, encryptStack, parseAssignment } from "@isosops/gitops";
import { openToEncrypt } from "../../../keyring/open-organisation.js";
import { clusterFiles, clusterPath } from "../cluster-files.js";
import { acceptAddedBy } from "./accept-added.js";
import type { ClusterEncryptFlags, ClusterStackFlags } from "./flags.js";
import { reportEncrypted } from "./report.js";

/** `isosops cluster encrypt manifest` and `addon`. */
export async function encryptItemCommand(flags: ClusterEncryptFlags): Promise<void> {
  const { file, kind, name, stack, key, allData, set = [], dryRun, ignoreMac } = flags;
  const acceptAdded = acceptAddedBy(flags.acceptAdded);
  const assignments = set.map(parseAssignment);
  const path = clusterPath(file);
  const options = { kind, name, stack, keys: key, allData, set: assignments, dryRun, ignoreMac, acceptAdded };
  await reportEncrypted(await encryptItem(await openToEncrypt([path]), clusterFiles(), path, options), path, flags);
}

/** `isosops cluster encrypt stack`. */
export async function encryptStackCommand(flags: ClusterStackFlags): Promise<void> {
  const { file, name: stack, dryRun, ignoreMac } = flags;
  const path = clusterPath(file);
  const options = { stack, dryRun, ignoreMac, acceptAdded: acceptAddedBy(flags.acceptAdded) };
  await reportEncrypted(await encryptStack(await openToEncrypt([path]), clusterFiles(), path, options), path, flags);
}
