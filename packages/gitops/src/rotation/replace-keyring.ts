/** What becomes of files that a keyring opens and the one that is to take its place does not. */
import { GitopsError } from "../error.js";
import { compareHistories, isSigned } from "../keyring/history.js";
import { unprotected } from "../keyring/protector.js";
import { initialized, type KeyringState, type OrganisationKey } from "../keyring/state.js";
import { memoryStorage } from "../keyring/storage.js";
import { identities, type OrganisationOptions, openKey, soughtKey } from "../organisation.js";
import type { Files } from "./files.js";
import { type EndOptions, refuseInUse } from "./in-use.js";
import { type Reencrypted, type ReencryptOptions, reencrypt } from "./reencrypt.js";

export interface ReplaceOptions extends EndOptions {
  /** The command that calls `reencryptFor`, for messages. */
  readonly command: string;
}

/**
 * Throw `in_use`, naming the files, where one at the paths, or one that the keyring here knows, can be opened by keys of the
 * keyring here alone, or holds one of them. A keyring of another organisation is not looked at.
 *
 * @param bundle the keyring that is to take its place, as `openBundle` gives it
 */
export async function refuseLost(
  { storage, protector }: OrganisationOptions,
  bundle: KeyringState,
  files: Files,
  paths: readonly string[],
  { command, ...options }: ReplaceOptions,
): Promise<void> {
  const before = await storage.read();
  if (before === undefined || before.organisationId !== bundle.organisationId) return;
  const kept = keysOf(bundle).map((key) => soughtKey(unprotected, key));
  const names = kept.map(({ recipient }) => recipient);
  // One that was moved, or re-encrypted by somebody else meanwhile, is found where it is.
  const known: string[] = [];
  for (const path of before.known) if (await isThere(files, path)) known.push(path);
  for (const key of lostKeys(before, bundle)) {
    const lost = soughtKey(protector, key);
    await refuseInUse(
      storage,
      { ...before, known },
      {
        ...options,
        files,
        paths,
        keys: [lost, ...kept],
        depends: (openers) => !openers.some((opener) => names.includes(opener)),
        remedy: `The keyring that is to take the place of yours does not have this key. Re-encrypt these files for it (\`${command}\`), and commit, then try again. What may be lost is left out by \`--except FILE\`, and by \`--except-ref NAME\` on a branch, in a tag or a stash.`,
        canReencrypt: true,
        holders: [lost, ...kept],
        reencryptCommand: command,
      },
    );
  }
}

export interface ReencryptForOptions extends Pick<ReencryptOptions, "readersOf" | "onFile"> {
  /** The keyring is the one that a repository tells of: `checkBundle` has nothing against it. */
  readonly isPublished?: boolean | undefined;
}

/**
 * Let the key of a keyring that is to take the place of the one here take the place of its keys in files, as `reencrypt`
 * does. Throws `GitopsError` (`forked`) where that keyring does not go on where the one here ends, unless `isPublished`.
 *
 * @param bundle as `openBundle` gives it
 */
export async function reencryptFor(
  organisation: OrganisationOptions,
  bundle: KeyringState,
  files: Files,
  paths: readonly string[],
  { isPublished = false, ...options }: ReencryptForOptions = {},
): Promise<Reencrypted> {
  const before = initialized(await organisation.storage.read());
  if (!isPublished && !(await goesOn(organisation, before, bundle))) {
    throw new GitopsError(
      "forked",
      "The file does not go on where your keyring ends: the keys were changed twice, from copies, or it is somebody else's. If it is right, let the repository tell the same before: `git checkout origin/main -- .isosops/organisation.yaml`.",
    );
  }
  let done = 0;
  const failed: Reencrypted["failed"][number][] = [];
  for (const key of lostKeys(before, bundle)) {
    const previous = { ...key, sealed: await openKey(organisation.protector, key) };
    const storage = memoryStorage({ ...bundle, previous, leases: [], known: [] });
    const between = { storage, protector: unprotected, actor: organisation.actor };
    // Nobody needs a private key that is destroyed everywhere else.
    const result = await reencrypt(between, files, paths, { ...options, dropOldKey: true });
    done += result.done;
    failed.push(...result.failed);
  }
  return { done, failed };
}

/** Whether a keyring is one that whoever had the keys of the keyring here has made of it. */
async function goesOn(
  organisation: OrganisationOptions,
  { organisationId, history: events }: KeyringState,
  bundle: KeyringState,
): Promise<boolean> {
  const later = { organisationId: bundle.organisationId, events: bundle.history };
  if (compareHistories(later, { organisationId, events }).kind !== "current") return false;
  return later.events.length === events.length || isSigned(later, events.length, await identities(organisation));
}

function lostKeys(before: KeyringState, bundle: KeyringState): OrganisationKey[] {
  const names = keysOf(bundle).map(({ recipient }) => recipient);
  return keysOf(before).filter(({ recipient }) => !names.includes(recipient));
}

function keysOf({ current, previous }: KeyringState): OrganisationKey[] {
  return previous === null ? [current] : [current, previous];
}

async function isThere(files: Files, path: string): Promise<boolean> {
  try {
    return (await files.read(path)) !== undefined;
  } catch {
    return true;
  }
}
