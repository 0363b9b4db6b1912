/** Commands that mend something in a cluster, as messages print them. */
import { shellWord } from "@isosops/core/verify";
import type { ClusterItem } from "./cluster-file.js";

/** What the commands of `isosops cluster` take without being told. */
export const usualClusterFile = "cluster.yaml";

/** The flag that names a cluster file, with a blank before it; empty for the usual one. */
export function clusterFlag(path: string = usualClusterFile): string {
  return path === usualClusterFile ? "" : ` -f ${shellWord(path)}`;
}

/** The command that encrypts keys of an item and marks them. */
export function encryptCommand({ kind, name, stack }: ClusterItem, keys: readonly string[], path?: string): string {
  const words = [kind, shellWord(name), "--stack", shellWord(stack)];
  for (const key of keys) words.push("--key", shellWord(key));
  return `isosops cluster encrypt ${words.join(" ")}${clusterFlag(path)}`;
}

/** What gives a cluster its key, as a file or through a pipe. */
export function applyCommand(command: string): string {
  return `isosops cluster ${command} | kubectl apply --server-side --field-manager isosops -f -`;
}
