import { AgeError } from "./error.js";
import { readHybridIdentity } from "./hybrid/text.js";
import type { IdentityOptions } from "./identity-options.js";
import { isSshKeyFile, notAnIdentity } from "./parse-identity.js";
import { readPluginIdentity } from "./plugin/text.js";
import { x25519RecipientOf } from "./x25519/identity.js";

/**
 * Derives the recipient of an identity. Give it to those who encrypt files to you.
 *
 * @example
 * ```ts
 * const recipient = await identityToRecipient("AGE-SECRET-KEY-1...");
 * ```
 *
 * @param identity - `AGE-SECRET-KEY-1...`, `AGE-SECRET-KEY-PQ-1...`, or the contents of an SSH private key file, which
 * may be encrypted.
 * @returns `age1...`, `age1pq1...`, or the SSH public key `ssh-ed25519 AAAA...` or `ssh-rsa AAAA...`.
 * @throws {AgeError} `invalid_identity`, or `unsupported` for plugin identities and other SSH keys.
 */
export async function identityToRecipient(identity: string, options: IdentityOptions = {}): Promise<string> {
  if (identity.startsWith("AGE-SECRET-KEY-1")) return x25519RecipientOf(identity);
  if (identity.startsWith("AGE-SECRET-KEY-PQ-1")) {
    const seed = readHybridIdentity(identity);
    return (await import("./on-demand.js")).hybridSeedToRecipient(seed);
  }
  if (isSshKeyFile(identity)) return (await import("./on-demand.js")).sshKeyFileToRecipient(identity, options);
  if (identity.startsWith("AGE-PLUGIN-")) {
    readPluginIdentity(identity);
    const message = "only the plugin knows the recipient of its identity; it is printed with the identity";
    throw new AgeError("unsupported", message);
  }
  throw notAnIdentity(identity);
}
