/** Names the identities that did not decrypt a file, which few programs do. */
import { identityToRecipient } from "@isosops/age";
import type { AgeIdentity } from "./age.js";

/** Names identities by their recipients, for an error. */
export async function describeIdentities(identities: readonly AgeIdentity[]): Promise<string> {
  return (await Promise.all(identities.map(describeIdentity))).flat().join(", ");
}

async function describeIdentity(identity: AgeIdentity): Promise<string[]> {
  if (typeof identity === "function") return [];
  if (typeof identity !== "string") return ["an identity object"];
  if (identity.startsWith("-----BEGIN AGE")) return ["an encrypted identity file"];
  if (identity.startsWith("-----BEGIN")) return ["an SSH key"];
  const lines = identity.split(/\r?\n/).map((line) => line.trim());
  const keys = lines.filter((line) => line !== "" && !line.startsWith("#"));
  // For other identities, deriving the recipient takes a computation.
  return Promise.all(
    keys.map((key) => {
      if (key.startsWith("AGE-SECRET-KEY-1")) return identityToRecipient(key);
      return key.startsWith("AGE-PLUGIN-") ? "an identity of a plugin" : "a post-quantum identity";
    }),
  );
}
