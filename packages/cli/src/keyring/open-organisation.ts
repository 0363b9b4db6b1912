import { hostname, userInfo } from "node:os";
import { AgeError, parseRecipient } from "@isosops/age";
import { repositoriesOf } from "@isosops/git/internal/repository/find-repository";
import type { Files, OrganisationOptions, Protector } from "@isosops/gitops";
import {
  checkPublished,
  GitopsError,
  type KeyringState,
  passphraseProtector,
  publishedState,
  recipientProtector,
} from "@isosops/gitops";
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
import { type Exceptions, withWorkTrees } from "./searched-repositories.js";

/**
 * The organisation of this machine's keyring, which need not exist yet. Passphrase and identities are requested when a
 * private key is needed. Throws `CommandError`, `GitopsError` (`keyring`).
 */
export async function openOrganisation(): Promise<OrganisationOptions> {
  const storage = fileStorage(keyringPath());
  const state = await storage.read();
  return { storage, protector: protectorFor(state?.protection ?? { type: "passphrase" }), actor: actor() };
}

/**
 * `openOrganisation`, to write files or to export or change keys. Also throws `GitopsError` if the repository of the
 * working folder or of a path shows that the keyring is another organisation's or out of date: nobody else could read
 * what it writes.
 */
export async function openNewest(paths: readonly string[] = []): Promise<OrganisationOptions> {
  const organisation = await openOrganisation();
  const problem = await problemOf(organisation, [".", ...paths], true);
  if (problem !== undefined) throw problem;
  return organisation;
}

/** `openNewest`, to encrypt. Without a keyring, the public key that the repository publishes is used. */
export async function openToEncrypt(paths: readonly string[]): Promise<OrganisationOptions> {
  const organisation = await openNewest(paths);
  if ((await organisation.storage.read()) !== undefined) return organisation;
  const published = await findPublished([...paths, "."]);
  return published === undefined ? organisation : publishedOrganisation(published);
}

/** `openOrganisation`, to inspect the keyring or to decrypt. A conflict with the repository is a warning. */
export async function openToRead(paths: readonly string[] = []): Promise<OrganisationOptions> {
  const organisation = await openOrganisation();
  const problem = await problemOf(organisation, [".", ...paths], false);
  if (problem !== undefined) warn(problem.message);
  return organisation;
}

/** What is known about an organisation's public keys. */
export interface KnownOrganisation {
  /** The source, for messages: the keyring, or the published file of a repository. */
  readonly name: string;
  /** The state of the keyring, or of a repository that is ahead of it; undefined if neither can be trusted. */
  readonly state: KeyringState | undefined;
  /** Set if the keyring is out of date, or differs from the repository's. */
  readonly problem: GitopsError | undefined;
}

/**
 * The public keys of the organisation that owns some paths, from the keyring or from the repository; undefined if
 * unknown.
 */
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
 * The first conflict between a keyring and what the paths' repositories publish; undefined if there is none.
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
 * A new organisation without keys, whose private keys will be encrypted for these recipients, else with a passphrase.
 */
export async function newOrganisation(recipients: readonly string[]): Promise<OrganisationOptions> {
  const storage = fileStorage(keyringPath());
  return { storage, protector: await newProtector(recipients, newPassphrase), actor: actor() };
}

/** Encrypts private keys for these recipients, else with a passphrase. Throws `CommandError`. */
export async function newProtector(
  recipients: readonly string[],
  passphrase: () => Promise<string>,
): Promise<Protector> {
  for (const recipient of recipients) checkRecipient(recipient, "--recipient");
  return recipients.length > 0 ? recipientProtector(recipients, []) : passphraseProtector(await passphrase());
}

/** Files on disk. Replacing one holds the keyring's lock. */
export function organisationFiles(): Files {
  return repositoryFiles((work) => lockingKeyring(keyringPath(), work));
}

/** `organisationFiles`, with all work trees, indexes, branches, other refs and stashes of the files' repositories. */
export function filesOfAllBranches(except: Exceptions): Files {
  const files = organisationFiles();
  return {
    ...files,
    async *list(paths, texts) {
      yield* files.list(await withWorkTrees(paths), texts);
    },
    elsewhere: (paths, known) => branchesOf(paths, known, except),
  };
}

/** Throws `CommandError` that names the flag if the recipient is not valid. */
export function checkRecipient(recipient: string, flag: string): void {
  try {
    parseRecipient(recipient);
  } catch (error) {
    if (!(error instanceof AgeError)) throw error;
    throw new CommandError(exitCodes.generic, `${flag}: ${error.message}.`, error);
  }
}

/** The user for the log: `user@host`. */
function actor(): string {
  let user: string;
  try {
    user = userInfo().username;
  } catch {
    // In a container, a user may have no name.
    user = `user ${process.getuid?.() ?? "unknown"}`;
  }
  return `${user}@${hostname()}`;
}
