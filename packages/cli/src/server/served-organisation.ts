import { identities, type OrganisationOptions, show } from "@isosops/gitops";
import { openNewest } from "../keyring/open-organisation.js";
import { warn } from "../terminal/messages.js";

/** The organisation of a server. Its keyring is opened once, so that no request waits for a passphrase. */
export interface ServedOrganisation {
  /** It need not have a keyring yet. Throws as `openNewest`. */
  get(): Promise<OrganisationOptions>;
  /** Use one that was just created. */
  set(organisation: OrganisationOptions): void;
}

/** Open the keyring if there is one, which asks for its passphrase. */
export async function openServedOrganisation(how: string): Promise<ServedOrganisation> {
  let opened: OrganisationOptions | undefined;
  const get = async (): Promise<OrganisationOptions> => {
    if (opened !== undefined) return opened;
    const organisation = await openNewest();
    if ((await show(organisation)) !== undefined) opened = organisation;
    return organisation;
  };
  const organisation = await get();
  if (opened !== undefined) await identities(organisation);
  else warn(`the organisation has no key yet. Make one: ${how}.`);
  return {
    get,
    set(created) {
      opened = created;
    },
  };
}
