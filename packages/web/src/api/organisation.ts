/** The organisation's public key, as everybody sees it. */
import { get } from "./client.js";

/** The answer of `GET /api/v1/org/sops/config`. */
interface Config {
  readonly age_public_key: string | null;
  readonly previous_age_public_key: string | null;
  readonly enabled: boolean;
}

/** For whom files are encrypted, and whether they are. */
export interface Organisation {
  readonly recipient: string;
  readonly previousRecipient: string | undefined;
  readonly enabled: boolean;
}

/** @returns undefined if there is no key yet */
export async function readOrganisation(): Promise<Organisation | undefined> {
  const { age_public_key, previous_age_public_key, enabled } = await get<Config>("/org/sops/config");
  if (age_public_key === null) return undefined;
  return { recipient: age_public_key, previousRecipient: previous_age_public_key ?? undefined, enabled };
}
