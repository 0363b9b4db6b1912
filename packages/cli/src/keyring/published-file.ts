import { dirname } from "node:path";
import { repositoriesOf } from "@isosops/git/internal/repository/find-repository";
import {
  compareHistories,
  formatPublished,
  GitopsError,
  historyToPublish,
  type KeyHistory,
  type OrganisationOptions,
  parsePublished,
  toldDestroyed,
} from "@isosops/gitops";
import { mkdirSync } from "@isosops/node/internal/file-system/fs";
import { errorCode, reasonOf } from "@isosops/node/internal/system-error";
import { writeFileAtomic } from "../files/write-file.js";
import { CommandError } from "../program/command-error.js";
import { exitCodes, sopsErrorCode } from "../program/exit-codes.js";
import { say } from "../terminal/messages.js";
import { printable } from "../terminal/printable.js";
import { showPath } from "../terminal/show-path.js";
import { checkNotLeftOut } from "./left-out.js";
import { checkPlace, publishedPathIn, readPublishedBytes } from "./published-path.js";

/** The published keys of a repository. */
export interface PublishedFile {
  /** For messages. */
  readonly name: string;
  readonly path: string;
  readonly history: KeyHistory;
}

/**
 * Read the published keys of a repository; undefined if there are none. Throws `CommandError`, also if they are in Git
 * alone, and `GitopsError` (`history`).
 */
export async function readPublished(repository: string): Promise<PublishedFile | undefined> {
  const path = publishedPathIn(repository);
  const name = showPath(path);
  let text: string;
  try {
    text = readPublishedBytes(repository).toString();
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") {
      await checkNotLeftOut(repository);
      return undefined;
    }
    throw new CommandError(
      exitCodes.readInput,
      `${showPath(pathOf(error) ?? path)}: it cannot be read: ${reasonOf(error)}. Remove it, and take its last version from Git, or let whoever has the keyring write it: \`isosops org publish\`.`,
      error,
    );
  }
  return { name, path, history: await parsePublished(text, name) };
}

/**
 * Whether a repository of some paths tells that a key was destroyed, in a file that need not be whole: where it is damaged
 * or has conflict markers, whoever has an old copy of the keyring would believe that copy.
 */
export function isToldDestroyed(paths: readonly string[], recipient: string): boolean {
  return repositoriesOf(paths).some((repository) => {
    try {
      return toldDestroyed(readPublishedBytes(repository).toString()).has(recipient);
    } catch {
      return false;
    }
  });
}

/**
 * The published keys of the first of the paths' repositories that has any. Throws `CommandError`, `GitopsError`
 * (`history`).
 */
export async function findPublished(paths: readonly string[]): Promise<PublishedFile | undefined> {
  for (const repository of repositoriesOf(paths)) {
    const found = await readPublished(repository);
    if (found !== undefined) return found;
  }
  return undefined;
}

interface PublishOptions {
  /** Also where there is no such file yet. */
  readonly make?: boolean;
  readonly force?: boolean | undefined;
  /** Told what was done, a sentence for each repository. On stderr when left out. */
  readonly tell?: (sentence: string) => void;
}

/** Publish a keyring's public keys in repositories. A file with another history is left as it is. */
export async function publish(
  organisation: OrganisationOptions,
  repositories: readonly string[],
  { make = false, force = false, tell = say }: PublishOptions = {},
): Promise<void> {
  for (const repository of repositories) {
    const path = publishedPathIn(repository);
    const name = showPath(path);
    const before = force ? undefined : await readPublished(repository);
    if (before === undefined && !make) continue;
    const history = await historyToPublish(organisation);
    if (before !== undefined) {
      const found = compareHistories(history, before.history);
      if (found.kind !== "current") continue;
      if (!found.isBehind) {
        if (make) tell(`${printable(name)}: nothing to do.`);
        continue;
      }
    }
    await write(repository, formatPublished(history));
    tell(`${printable(name)}: generation ${history.events.length} of the organisation's keys. Commit it.`);
  }
}

async function write(repository: string, text: string): Promise<void> {
  const path = publishedPathIn(repository);
  try {
    checkPlace(repository);
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    throw new CommandError(
      exitCodes.writeOutput,
      `${showPath(pathOf(error) ?? path)}: it cannot be written: ${reasonOf(error)}. Remove it, then: \`isosops org publish\`.`,
      error,
    );
  }
  await writeFileAtomic(path, new TextEncoder().encode(text));
}

/** What a system error is about. */
function pathOf(error: unknown): string | undefined {
  const { path } = error as NodeJS.ErrnoException;
  return typeof path === "string" ? path : undefined;
}

/** Publish after the keys have changed. Errors are warnings, since the keyring is already changed. */
export async function publishChange(
  organisation: OrganisationOptions,
  paths: readonly string[],
  tell: (sentence: string) => void = say,
): Promise<void> {
  try {
    await publish(organisation, repositoriesOf([".", ...paths]), { tell });
  } catch (error) {
    if (!(error instanceof CommandError || error instanceof GitopsError || sopsErrorCode(error) === "write_file")) {
      throw error;
    }
    tell(
      printable(`warning: ${(error as Error).message} The keyring itself was changed; then: \`isosops org publish\`.`),
    );
  }
}
