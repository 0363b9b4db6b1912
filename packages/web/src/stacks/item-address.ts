/** The address of an item, which follows that of the page: `#/stacks/cluster.yaml/web/manifest/shop`. */
import type { ItemAddress } from "./edit-session.js";

/** Each part may contain any character, also `/`. */
export function formatAddress({ clusterPath, stack, kind, name }: ItemAddress): string {
  return [clusterPath, stack, kind, name].map(encodeURIComponent).join("/");
}

/** The item of an address; undefined for none. */
export function parseAddress(rest: string): ItemAddress | undefined {
  const parts = rest.split("/");
  if (parts.length !== 4) return undefined;
  try {
    const [clusterPath, stack, kind, name] = parts.map(decodeURIComponent) as [string, string, string, string];
    return kind === "manifest" || kind === "addon" ? { clusterPath, stack, kind, name } : undefined;
  } catch {
    return undefined;
  }
}
