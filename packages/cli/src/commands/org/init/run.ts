import { repositoriesOf } from "@isosops/git/internal/repository/find-repository";
import { GitopsError, initialize, show } from "@isosops/gitops";
import { keyringPath } from "../../../keyring/keyring-path.js";
import { newOrganisation, openToRead } from "../../../keyring/open-organisation.js";
import { findPublished, publish } from "../../../keyring/published-file.js";
import { say } from "../../../terminal/messages.js";
import { printable } from "../../../terminal/printable.js";
import { writeStdout } from "../../../terminal/stdout.js";
import type { OrgRecipientFlags } from "../shared-flags.js";

/** `isosops org init`. */
export async function orgInit({ recipient = [] }: OrgRecipientFlags): Promise<void> {
  // Fail on an existing keyring before asking for a new passphrase.
  const before = await openToRead();
  const isNew = (await show(before)) === undefined;
  if (isNew) await refuseSecond();
  const organisation = isNew ? await newOrganisation(recipient) : before;
  const { recipient: publicKey } = await initialize(organisation);
  await writeStdout(`${publicKey}\n`);
  const opener = recipient.length > 0 ? `for ${recipient.join(", ")}` : "with the passphrase";
  say(`The private key is in ${printable(keyringPath())}, encrypted ${opener}.`);
  say("Keep a copy of that file in a safe place: without it, nobody can open what is encrypted for the organisation.");
  await publish(organisation, repositoriesOf(["."]), { make: true });
  say(`Now encrypt for the public key above: \`isosops encrypt --age ${publicKey} --in-place FILE\``);
}

/**
 * Refuse a second organisation in the working folder's repository: neither could open all of its files. Throws
 * `GitopsError` (`already_initialized`).
 */
export async function refuseSecond(): Promise<void> {
  const published = await findPublished(["."]);
  if (published === undefined) return;
  throw new GitopsError(
    "already_initialized",
    `${published.name}: this repository has an organisation already, ${published.history.organisationId}, and nobody of it could read what is encrypted for another one. To encrypt, no keyring is needed. To have its keyring, get it from a colleague: \`isosops org export --for YOUR_AGE_PUBLIC_KEY\` there, then here \`isosops org join FILE\`.`,
  );
}
