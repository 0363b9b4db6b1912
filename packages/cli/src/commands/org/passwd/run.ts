import { changeProtection, initialized } from "@isosops/gitops";
import { newProtector, openToRead } from "../../../keyring/open-organisation.js";
import { replacingPassphrase } from "../../../keyring/passphrase.js";
import { say } from "../../../terminal/messages.js";
import type { OrgRecipientFlags } from "../shared-flags.js";

/** `isosops org passwd`. */
export async function orgPasswd({ recipient = [] }: OrgRecipientFlags): Promise<void> {
  const organisation = await openToRead();
  // The old passphrase is asked for first, and must be correct.
  const { current } = initialized(await organisation.storage.read());
  await organisation.protector.open(current.sealed);
  await changeProtection(organisation, await newProtector(recipient, replacingPassphrase));
  const opener = recipient.length > 0 ? `for ${recipient.join(", ")}` : "with the new passphrase";
  say(`The private keys of the keyring are encrypted ${opener}.`);
  say("Earlier copies of the keyring still open as before. Make a new copy, and delete them.");
}
