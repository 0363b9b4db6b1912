import { hostname, userInfo } from "node:os";
import { AgeError, parseRecipient } from "@isosops/age";
import type { Files, OrganisationOptions } from "@isosops/gitops";
import { passphraseProtector, recipientProtector } from "@isosops/gitops";
import { CommandError } from "../command-error.js";
import { exitCodes } from "../exit-codes.js";
import { branchesOf } from "./branches.js";
import { fileStorage, lockingKeyring } from "./file-storage.js";
import { keyringPath } from "./keyring-path.js";
import { newPassphrase } from "./passphrase.js";
import { protectorFor } from "./protector.js";
import { repositoryFiles } from "./repository-files.js";

/**
 * The organisation whose keyring is on this machine, whether it is there yet or not. A passphrase is asked for, and
 * identities are looked for, when a private key is needed. Throws `CommandError`, `GitopsError` (`keyring`).
 */
export async function openOrganisation(): Promise<OrganisationOptions> {
  const storage = fileStorage(keyringPath());
  const state = await storage.read();
  return { storage, protector: protectorFor(state?.protection ?? { type: "passphrase" }), actor: actor() };
}

/**
 * An organisation that has no key yet, whose private keys are for the identities of these recipients, else for a
 * passphrase.
 */
export async function newOrganisation(recipients: readonly string[]): Promise<OrganisationOptions> {
  const storage = fileStorage(keyringPath());
  for (const recipient of recipients) checkRecipient(recipient);
  const protector =
    recipients.length > 0 ? recipientProtector(recipients, []) : passphraseProtector(await newPassphrase());
  return { storage, protector, actor: actor() };
}

/** The files of the file system, replaced by one process at a time. */
export function organisationFiles(): Files {
  return repositoryFiles((work) => lockingKeyring(keyringPath(), work));
}

/**
 * The same, with the branches, tags and stashes of their repositories.
 *
 * @param exceptRefs those that are not looked at; `*` in one stands for anything
 */
export function filesOfAllBranches(exceptRefs: readonly string[]): Files {
  return { ...organisationFiles(), elsewhere: (paths, known) => branchesOf(paths, known, exceptRefs) };
}

function checkRecipient(recipient: string): void {
  try {
    parseRecipient(recipient);
  } catch (error) {
    if (!(error instanceof AgeError)) throw error;
    throw new CommandError(exitCodes.generic, `--recipient: ${error.message}.`, error);
  }
}

/** Who does something, for the log: `user@host`. */
function actor(): string {
  let user: string;
  try {
    user = userInfo().username;
  } catch {
    // In a container, a user need not have a name.
    user = `user ${process.getuid?.() ?? "unknown"}`;
  }
  return `${user}@${hostname()}`;
}
