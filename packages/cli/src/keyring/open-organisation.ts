import { hostname, userInfo } from "node:os";
import { AgeError, parseRecipient } from "@isosops/age";
import type { Files, OrganisationOptions, Protector } from "@isosops/gitops";
import {
  checkPublished,
  GitopsError,
  type KeyringState,
  passphraseProtector,
  publishedState,
  recipientProtector,
} from "@isosops/gitops";
import { repositoriesOf } from "../git/find-repository.js";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import { warn } from "../terminal/messages.js";
import { branchesOf } from "./branches.js";
import { fileStorage, lockingKeyring } from "./file-storage.js";
import { keyringPath } from "./keyring-path.js";
import { newPassphrase } from "./passphrase.js";
import { protectorFor } from "./protector.js";
import { findPublished, isToldDestroyed, readPublished } from "./published-file.js";
import { publishedOrganisation } from "./published-organisation.js";
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
 * The same, to write files, hand out keys or change them. Throws `GitopsError` too where the repository that the working
 * folder or a path is in says that this is not the keyring, or not the newest: what an old one writes, nobody else reads.
 */
export async function openNewest(paths: readonly string[] = []): Promise<OrganisationOptions> {
  const organisation = await openOrganisation();
  const problem = await problemOf(organisation, [".", ...paths], true);
  if (problem !== undefined) throw problem;
  return organisation;
}

/** The same, to encrypt: where there is no keyring, for the key that the repository tells of. */
export async function openToEncrypt(paths: readonly string[]): Promise<OrganisationOptions> {
  const organisation = await openNewest(paths);
  if ((await organisation.storage.read()) !== undefined) return organisation;
  const published = await findPublished([...paths, "."]);
  return published === undefined ? organisation : publishedOrganisation(published);
}

/** The same, to look at the keyring or to decrypt: what the repository has against it is a warning. */
export async function openToRead(paths: readonly string[] = []): Promise<OrganisationOptions> {
  const organisation = await openOrganisation();
  const problem = await problemOf(organisation, [".", ...paths], false);
  if (problem !== undefined) warn(problem.message);
  return organisation;
}

/** What is known of an organisation's public keys. */
export interface KnownOrganisation {
  /** What tells it: the keyring, or the file of a repository, as a message names it. */
  readonly name: string;
  /** Of the keyring, or of a repository that knows better; undefined where neither can be believed. */
  readonly state: KeyringState | undefined;
  /** Where the keyring is an old copy, or another one than the repository's. */
  readonly problem: GitopsError | undefined;
}

/** What is known of the public keys of whoever the files at some paths are for, from the keyring or the repository; undefined where nothing is. */
export async function knownOrganisation(paths: readonly string[]): Promise<KnownOrganisation | undefined> {
  const organisation = await openOrganisation();
  const state = await organisation.storage.read();
  const problem = await problemOf(organisation, [...paths, "."], false);
  if (state !== undefined && (problem === undefined || problem.code === "history")) {
    const isOld = problem !== undefined && isToldDestroyed([...paths, "."], state.current.recipient);
    return { name: "the keyring", state: isOld ? undefined : state, problem };
  }
  const published = await findPublished([...paths, "."]);
  if (published === undefined) return undefined;
  return { name: published.name, state: publishedState(published.history), problem };
}

/**
 * What the repositories of some paths have against a keyring.
 *
 * @param opens whether a passphrase may be asked for, to tell for certain
 */
export async function problemOf(
  organisation: OrganisationOptions,
  paths: readonly string[],
  opens: boolean,
): Promise<GitopsError | undefined> {
  if ((await organisation.storage.read()) === undefined) return undefined;
  for (const repository of repositoriesOf(paths)) {
    try {
      const published = await readPublished(repository);
      if (published === undefined) continue;
      const problem = await checkPublished(organisation, published.history, { name: published.name, opens });
      if (problem !== undefined) return problem;
    } catch (error) {
      if (!(error instanceof GitopsError) || error.code !== "history") throw error;
      return error;
    }
  }
  return undefined;
}

/**
 * An organisation that has no key yet, whose private keys are for the identities of these recipients, else for a
 * passphrase.
 */
export async function newOrganisation(recipients: readonly string[]): Promise<OrganisationOptions> {
  const storage = fileStorage(keyringPath());
  return { storage, protector: await newProtector(recipients, newPassphrase), actor: actor() };
}

/** Seals private keys for these recipients, else with a passphrase. Throws `CommandError`. */
export async function newProtector(
  recipients: readonly string[],
  passphrase: () => Promise<string>,
): Promise<Protector> {
  for (const recipient of recipients) checkRecipient(recipient, "--recipient");
  return recipients.length > 0 ? recipientProtector(recipients, []) : passphraseProtector(await passphrase());
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

/** Throws `CommandError`, which names the flag. */
export function checkRecipient(recipient: string, flag: string): void {
  try {
    parseRecipient(recipient);
  } catch (error) {
    if (!(error instanceof AgeError)) throw error;
    throw new CommandError(exitCodes.generic, `${flag}: ${error.message}.`, error);
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
