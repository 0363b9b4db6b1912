import { initialize, show } from "@isosops/gitops";
import type { OrgInitFlags } from "../../flags/org.js";
import { keyringPath } from "../../keyring/keyring-path.js";
import { newOrganisation, openOrganisation } from "../../keyring/open-organisation.js";
import { harmless, say } from "../../messages.js";
import { writeStdout } from "../../stdout.js";

/** `isosops org init`. */
export async function orgInit({ recipient = [] }: OrgInitFlags): Promise<void> {
  // What is there already is refused before a new passphrase is asked for.
  const before = await openOrganisation();
  const organisation = (await show(before)) === undefined ? await newOrganisation(recipient) : before;
  const { recipient: publicKey } = await initialize(organisation);
  await writeStdout(`${publicKey}\n`);
  const opener = recipient.length > 0 ? `for ${recipient.join(", ")}` : "with the passphrase";
  say(`The private key is in ${harmless(keyringPath())}, encrypted ${opener}.`);
  say("Keep a copy of that file in a safe place: without it, nobody can open what is encrypted for the organisation.");
  say(`Now encrypt for the public key above: \`isosops encrypt --age ${publicKey} --in-place FILE\``);
}
