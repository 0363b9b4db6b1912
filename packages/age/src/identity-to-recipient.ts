import { readHybridIdentity } from "./hybrid/text.js";
import { notAnIdentity } from "./parse-identity.js";
import { x25519IdentityToRecipient } from "./x25519/identity.js";

/**
 * The recipient of an identity: `age1...` of `AGE-SECRET-KEY-1...`, `age1pq1...` of `AGE-SECRET-KEY-PQ-1...`. Give it to
 * those who are to encrypt for you. Rejects with `AgeError` (`invalid_identity`).
 */
export async function identityToRecipient(identity: string): Promise<string> {
  if (identity.startsWith("AGE-SECRET-KEY-1")) return x25519IdentityToRecipient(identity);
  if (identity.startsWith("AGE-SECRET-KEY-PQ-1")) {
    const seed = readHybridIdentity(identity);
    return (await import("./hybrid/identity.js")).hybridSeedToRecipient(seed);
  }
  throw notAnIdentity(identity);
}
