import { exportBundle, identities, keyFile } from "@isosops/gitops";
import { checkRecipient, openNewest, openToRead } from "../../../keyring/open-organisation.js";
import { say, warn } from "../../../terminal/messages.js";
import { isWorldReadable, writeStdout } from "../../../terminal/stdout.js";
import type { OrgExportFlags } from "./flags.js";

/** `isosops org export`. */
export async function orgExport({ for: recipients = [] }: OrgExportFlags): Promise<void> {
  if (recipients.length > 0) return exportFor(recipients);
  const keys = await identities(await openToRead());
  if (isWorldReadable()) warn("the secret key goes to a file that all users can read.");
  await writeStdout(await keyFile(keys));
}

async function exportFor(recipients: readonly string[]): Promise<void> {
  for (const recipient of recipients) checkRecipient(recipient, "--for");
  await writeStdout(await exportBundle(await openNewest(), recipients));
  say(`The keyring, encrypted for ${recipients.join(", ")}. There: \`isosops org join FILE\`.`);
}
