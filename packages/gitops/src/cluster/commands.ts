/** Commands in messages, that repair something in a cluster. */
import { shellWord } from "@isosops/core/verify";
import type { ClusterItem } from "./cluster-file.js";

/** The default of the commands of `isosops cluster`. */
const usualClusterFile = "cluster.yaml";

/** The flag that names a cluster file, after a blank; empty for the default. */
export function clusterFlag(path: string = usualClusterFile): string {
  return path === usualClusterFile ? "" : ` -f ${shellWord(path)}`;
}

/** The command that encrypts keys of an item and marks them. */
export function encryptCommand({ kind, name, stack }: ClusterItem, keys: readonly string[], path?: string): string {
  const words = [kind, shellWord(name), "--stack", shellWord(stack)];
  for (const key of keys) words.push("--key", shellWord(key));
  return `isosops cluster encrypt ${words.join(" ")}${clusterFlag(path)}`;
}

/** The command that gives a cluster its key. */
export function applyCommand(command: string): string {
  return `isosops cluster ${command} | kubectl apply --server-side --field-manager isosops -f -`;
}
