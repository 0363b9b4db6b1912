import { AgeError } from "./error.js";
import { readHybridIdentity } from "./hybrid/text.js";
import type { IdentityOptions } from "./identity-options.js";
import { isSshKeyFile, notAnIdentity } from "./parse-identity.js";
import { readPluginIdentity } from "./plugin/text.js";
import { x25519IdentityToRecipient } from "./x25519/identity.js";

/**
 * The recipient of an identity: `age1...` of `AGE-SECRET-KEY-1...`, `age1pq1...` of `AGE-SECRET-KEY-PQ-1...`, the
 * public key `ssh-ed25519 AAAA...` or `ssh-rsa AAAA...` of an SSH private key file, which may be encrypted. Give it to
 * those who are to encrypt for you.
 *
 * @throws {AgeError} `invalid_identity`, `unsupported`.
 */
export async function identityToRecipient(identity: string, options: IdentityOptions = {}): Promise<string> {
  if (identity.startsWith("AGE-SECRET-KEY-1")) return x25519IdentityToRecipient(identity);
  if (identity.startsWith("AGE-SECRET-KEY-PQ-1")) {
    const seed = readHybridIdentity(identity);
    return (await import("./hybrid/identity.js")).hybridSeedToRecipient(seed);
  }
  if (isSshKeyFile(identity)) return (await import("./ssh/identity.js")).sshKeyFileToRecipient(identity, options);
  if (identity.startsWith("AGE-PLUGIN-")) {
    readPluginIdentity(identity);
    const message =
      "the recipient of a plugin's identity is known to the plugin alone; it is printed with the identity";
    throw new AgeError("unsupported", message);
  }
  throw notAnIdentity(identity);
}
