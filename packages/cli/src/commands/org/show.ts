import { initialized, type OrganisationInfo, show } from "@isosops/gitops";
import { exitCodes } from "../../exit-codes.js";
import type { OrgShowFlags } from "../../flags/org.js";
import { openOrganisation } from "../../keyring/open-organisation.js";
import { writeStdout } from "../../stdout.js";

/** `isosops org show`. */
export async function orgShow({ json }: OrgShowFlags): Promise<void> {
  const organisation = await openOrganisation();
  const info = await show(organisation);
  if (json === true) {
    await writeStdout(`${JSON.stringify(toJson(info), undefined, 2)}\n`);
    if (info === undefined) process.exitCode = exitCodes.noKeyring;
    return;
  }
  initialized(await organisation.storage.read());
  await writeStdout(toText(info!));
}

function toJson(info: OrganisationInfo | undefined): object {
  return {
    initialized: info !== undefined,
    organisation_id: info?.organisationId ?? null,
    age_public_key: info?.recipient ?? null,
    previous_age_public_key: info?.previousRecipient ?? null,
    enabled: info?.enabled ?? false,
  };
}

function toText({ organisationId, recipient, previousRecipient, enabled }: OrganisationInfo): string {
  const lines = [
    `Organisation:  ${organisationId}`,
    `Public key:    ${recipient}`,
    `Encryption:    ${enabled ? "enabled" : "disabled: fields marked for encryption are saved in plain text"}`,
  ];
  if (previousRecipient !== undefined) lines.push(`Rotation:      under way, from ${previousRecipient}`);
  return `${lines.join("\n")}\n`;
}
