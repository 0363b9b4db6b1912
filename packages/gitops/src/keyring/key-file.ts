import { identityToRecipient } from "@isosops/age";

/**
 * Formats private keys as a file for age and sops, each after a comment with its public key.
 *
 * @param identities - `AGE-SECRET-KEY-1…`
 * @throws {AgeError} `invalid_identity` if one of them is not an age private key.
 */
export async function keyFile(identities: readonly string[]): Promise<string> {
  const lines = identities.map(
    async (identity) => `# public key: ${await identityToRecipient(identity)}\n${identity}\n`,
  );
  return (await Promise.all(lines)).join("");
}
