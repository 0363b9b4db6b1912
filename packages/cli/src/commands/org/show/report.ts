import type { OrganisationInfo } from "@isosops/gitops";

export function toJson(info: OrganisationInfo | undefined, hasKeyring: boolean, generation: number): object {
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

export function toText(
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
