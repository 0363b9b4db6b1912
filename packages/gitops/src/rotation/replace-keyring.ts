/** Files that a keyring opens and its replacement does not. */
import { GitopsError } from "../error.js";
import { compareHistories, isSigned } from "../keyring/history.js";
import { unprotected } from "../keyring/protector.js";
import { initialized, type KeyringState, type OrganisationKey } from "../keyring/state.js";
import { memoryStorage } from "../keyring/storage.js";
import { identities, type OrganisationOptions, openKey, soughtKey } from "../organisation.js";
import type { Files } from "./files.js";
import { type EndOptions, refuseInUse } from "./in-use.js";
import { type Reencrypted, type ReencryptOptions, reencrypt } from "./reencrypt.js";

/** Options of {@link refuseLost}. */
export interface ReplaceOptions extends Omit<EndOptions, "onLost"> {
  /** The command that calls {@link reencryptFor}, for messages. */
  readonly command: string;
  /** The command that stores the replacement, for messages. */
  readonly joinCommand: string;
}

/**
 * Checks that no file is lost when another keyring replaces this one, and that a later keyring of the organisation was
 * made from this one.
 *
 * @param bundle - the replacement, from {@link openBundle}
 * @param paths - files and folders to search, in addition to the known files of the keyring
 * @throws {GitopsError} `in_use` with the files, if one of them can be opened only by keys that the replacement does
 * not have, or contains one of these; `forked` if the replacement claims to continue this keyring, and was made without
 * its private keys.
 */
export async function refuseLost(
  { storage, protector }: OrganisationOptions,
  bundle: KeyringState,
  files: Files,
  paths: readonly string[],
  { command, joinCommand, ...options }: ReplaceOptions,
): Promise<void> {
  const before = await storage.read();
  if (before === undefined) return;
  const isOther = before.organisationId !== bundle.organisationId;
  if (isContinued(before, bundle) && !(await goesOn({ storage, protector }, before, bundle))) {
    throw new GitopsError(
      "forked",
      "The file does not go on where your keyring ends: it was made by somebody who does not have your keyring's private keys. Nothing was changed: ask a colleague, and not by this file, for the organisation's public key.",
    );
  }
  const kept = keysOf(bundle).map((key) => soughtKey(unprotected, key));
  const names = kept.map(({ recipient }) => recipient);
  const known: string[] = [];
  // Of the same organisation, a file that was moved, or re-encrypted by somebody else, is found at its place.
  for (const path of before.known) if (isOther || (await isThere(files, path))) known.push(path);
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
        remedy: `${isOther ? keepBoth(joinCommand) : reencryptFirst(command)} What may be lost is left out by \`--except FILE\`, and by \`--except-ref NAME\` on a branch, in a tag or a stash.`,
        canReencrypt: !isOther,
        holders: [lost, ...kept],
        reencryptCommand: command,
      },
    );
  }
}

const reencryptFirst = (command: string): string =>
  `The keyring that is to take the place of yours does not have this key. Re-encrypt these files for it (\`${command}\`), and commit, then try again.`;

/** Only the organisation itself can take over its files. */
const keepBoth = (joinCommand: string): string =>
  `The keyring that is to take the place of yours is another organisation's, and does not have this key. Keep both, in folders of their own: \`ISOSOPS_HOME=FOLDER ${joinCommand}\`.`;

/** Options of {@link reencryptFor}. */
export interface ReencryptForOptions extends Pick<ReencryptOptions, "readersOf" | "kinds" | "onFile"> {
  /** Whether the repository publishes this keyring: {@link checkBundle} has accepted it. Default: false. */
  readonly isPublished?: boolean | undefined;
}

/**
 * Re-encrypts files for the key of another keyring that is going to replace this one, like {@link reencrypt}.
 *
 * @param bundle - the replacement, from {@link openBundle}
 * @throws {GitopsError} `forked` if the history of the replacement does not continue that of this keyring, unless
 * `isPublished`; `not_initialized` if there is no keyring; and the codes of {@link identities}.
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
    // A file that holds the lost key may be encrypted for the previous key of the replacement alone.
    for (const current of keysOf(bundle)) {
      const storage = memoryStorage({ ...bundle, current, previous, leases: [], known: [] });
      const between = { storage, protector: unprotected, actor: organisation.actor };
      // The old private key is destroyed everywhere else, so nobody needs it.
      const result = await reencrypt(between, files, paths, { ...options, dropOldKey: true });
      done += result.done;
      for (const one of result.failed) if (!failed.some(({ path }) => path === one.path)) failed.push(one);
    }
  }
  return { done, failed, lost: [] };
}

/** Whether a keyring was made from this one, by somebody with its private keys. */
async function goesOn(
  organisation: Pick<OrganisationOptions, "storage" | "protector">,
  before: KeyringState,
  bundle: KeyringState,
): Promise<boolean> {
  if (!isContinued(before, bundle)) return false;
  const { length } = before.history;
  if (bundle.history.length === length) return lostKeys(before, bundle).length === 0;
  const later = { organisationId: bundle.organisationId, events: bundle.history };
  return isSigned(later, length, await identities({ ...organisation, actor: "" }));
}

/** Whether a keyring has all events of another one. MACs are not verified. */
function isContinued(before: KeyringState, bundle: KeyringState): boolean {
  const historyOf = ({ organisationId, history: events }: KeyringState) => ({ organisationId, events });
  return compareHistories(historyOf(bundle), historyOf(before)).kind === "current";
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
