import { initialized, type OrganisationInfo, show } from "@isosops/gitops";
import { openToRead } from "../../../keyring/open-organisation.js";
import { findPublished } from "../../../keyring/published-file.js";
import { publishedOrganisation } from "../../../keyring/published-organisation.js";
import { exitCodes } from "../../../program/exit-codes.js";
import { writeStdout } from "../../../terminal/stdout.js";
import type { OrgJsonFlags } from "../shared-flags.js";

/** `isosops org show`. */
export async function orgShow({ json }: OrgJsonFlags): Promise<void> {
  const organisation = await openToRead();
  const own = await show(organisation);
  const published = own === undefined ? await findPublished(["."]) : undefined;
  const info = published === undefined ? own : await show(publishedOrganisation(published));
  const { history = [] } = (await organisation.storage.read()) ?? {};
  const generation = (published?.history.events ?? history).length;
  if (json === true) {
    await writeStdout(`${JSON.stringify(toJson(info, own !== undefined, generation), undefined, 2)}\n`);
    if (info === undefined) process.exitCode = exitCodes.noKeyring;
    return;
  }
  if (info === undefined) initialized(undefined);
  await writeStdout(toText(info!, generation, published?.name));
}

function toJson(info: OrganisationInfo | undefined, hasKeyring: boolean, generation: number): object {
  return {
    initialized: info !== undefined,
    organisation_id: info?.organisationId ?? null,
    age_public_key: info?.recipient ?? null,
    previous_age_public_key: info?.previousRecipient ?? null,
    enabled: info?.enabled ?? false,
    generation,
    keyring: hasKeyring,
  };
}

function toText(
  { organisationId, recipient, previousRecipient, enabled }: OrganisationInfo,
  generation: number,
  publishedName: string | undefined,
): string {
  const lines = [
    `Organisation:  ${organisationId}`,
    `Public key:    ${recipient}`,
    `Generation:    ${generation}`,
    `Encryption:    ${enabled ? "enabled" : "disabled: fields marked for encryption are saved in plain text"}`,
  ];
  if (previousRecipient !== undefined) lines.push(`Rotation:      under way, from ${previousRecipient}`);
  if (publishedName !== undefined) lines.push(`Keyring:       none here; this is what ${publishedName} tells`);
  return `${lines.join("\n")}\n`;
}
