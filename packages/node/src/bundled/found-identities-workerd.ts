import { parseIdentities } from "@isosops/age";
import type { FoundIdentities } from "../identities/find-identities.js";

/**
 * The age identities of the binding `SOPS_AGE_KEY` of a Worker, one per line or separated by blanks. A Worker has no
 * files and no processes, so the other places of `findIdentities` do not exist.
 */
export async function findIdentities(): Promise<FoundIdentities> {
  // A module of the runtime, which neither Node nor its types know.
  const module = "cloudflare:workers";
  const { env } = (await import(/* @vite-ignore */ module)) as { env: Record<string, unknown> };
  const text = env.SOPS_AGE_KEY;
  if (typeof text !== "string") return { identities: [], tried: ["the binding SOPS_AGE_KEY (not set)"] };
  const identities = text.split(/\s+/).filter((word) => word !== "");
  try {
    for (const identity of identities) parseIdentities(identity);
  } catch {
    return { identities: [], tried: ["the binding SOPS_AGE_KEY (not an age identity)"] };
  }
  return {
    identities,
    tried: [`the binding SOPS_AGE_KEY (${identities.length === 1 ? "1 key" : `${identities.length} keys`})`],
  };
}
