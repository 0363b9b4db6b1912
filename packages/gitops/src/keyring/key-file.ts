import { identityToRecipient } from "@isosops/age";

/** Private keys as a file that age and sops read, each behind its public key. */
export async function keyFile(identities: readonly string[]): Promise<string> {
  const lines = identities.map(
    async (identity) => `# public key: ${await identityToRecipient(identity)}\n${identity}\n`,
  );
  return (await Promise.all(lines)).join("");
}
