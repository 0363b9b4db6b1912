import { identities, keyFile } from "@isosops/gitops";
import { openOrganisation } from "../../keyring/open-organisation.js";
import { warn } from "../../messages.js";
import { isWorldReadable, writeStdout } from "../../stdout.js";

/** `isosops org export`. */
export async function orgExport(): Promise<void> {
  const keys = await identities(await openOrganisation());
  if (isWorldReadable()) warn("the secret key goes to a file that all users can read.");
  await writeStdout(await keyFile(keys));
}
