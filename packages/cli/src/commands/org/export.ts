import { identityToRecipient } from "@isosops/age";
import { identities } from "@isosops/gitops";
import { openOrganisation } from "../../keyring/open-organisation.js";
import { warn } from "../../messages.js";
import { isWorldReadable, writeStdout } from "../../stdout.js";

/** `isosops org export`. */
export async function orgExport(): Promise<void> {
  const keys = await identities(await openOrganisation());
  if (isWorldReadable()) warn("the secret key goes to a file that all users can read.");
  const parts = keys.map(async (key) => `# public key: ${await identityToRecipient(key)}\n${key}\n`);
  await writeStdout((await Promise.all(parts)).join(""));
}
