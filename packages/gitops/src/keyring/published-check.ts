import { gitCommand } from "@isosops/core/verify";
import { GitopsError } from "../error.js";
import { identities, type OrganisationOptions, openKey } from "../organisation.js";
import {
  compareHistories,
  isSigned,
  type KeyEvent,
  type KeyHistory,
  publicKeys,
  signerOf,
  signHistory,
} from "./history.js";
import { initialized } from "./state.js";

/**
 * Returns the history of a keyring to publish in repositories. Adds missing MACs to the keyring.
 *
 * @throws {GitopsError} `not_initialized` if there is no keyring, `locked` or `keyring` if its private key is needed
 * and cannot be opened.
 */
export async function historyToPublish({ storage, protector }: OrganisationOptions): Promise<KeyHistory> {
  const state = initialized(await storage.read());
  const { organisationId, history: events, previous, current } = state;
  if (events.every(({ mac }) => mac !== "")) return { organisationId, events };
  const identity = await openKey(protector, previous ?? current);
  const signed = signHistory({ organisationId, events }, identity);
  await storage.update((latest) => {
    const now = initialized(latest);
    return now.history.length === events.length ? { ...now, history: signed.events } : now;
  });
  return signed;
}

/** Options of {@link checkPublished}. */
export interface CheckOptions {
  /** The published file, for messages. */
  readonly name: string;
  /** Whether the private keys may be opened to verify MACs. */
  readonly opens: boolean;
}

/**
 * Checks a keyring against the history that a repository publishes. An old copy of a keyring can verify the MAC of the
 * next event, so nobody without the private key can make a keyring look old.
 *
 * @param published - from {@link parsePublished}
 * @returns the reason not to use the keyring, to be thrown or shown: `other_organisation`, `history`, `old_keyring` or
 * `forked`; undefined if there is none
 * @throws {GitopsError} `not_initialized` if there is no keyring, `locked` or `keyring` if its private keys cannot be
 * opened.
 */
export async function checkPublished(
  organisation: OrganisationOptions,
  published: KeyHistory,
  { name, opens }: CheckOptions,
): Promise<GitopsError | undefined> {
  const state = initialized(await organisation.storage.read());
  const own = { organisationId: state.organisationId, events: state.history };
  const found = compareHistories(own, published);
  switch (found.kind) {
    case "current":
      return undefined;
    case "foreign":
      return new GitopsError(
        "other_organisation",
        `${name}: this repository is of the organisation ${published.organisationId}, and your keyring of ${own.organisationId}. If you have a keyring of the first, name its folder: ISOSOPS_HOME. Else get it from a colleague: ${joining}`,
      );
    case "changed":
      return changedFile(name);
    case "old": {
      const isGenuine = opens ? isSigned(published, own.events.length, await identities(organisation)) : undefined;
      return isGenuine === false ? changedFile(name) : oldKeyring(published, own, found.next, name);
    }
    case "forked": {
      const signer = signerOf(published, found.index);
      const held = [state.current, state.previous].find((key) => key?.recipient === signer);
      const isKnown = opens && held !== undefined && held !== null;
      const isGenuine = isKnown && isSigned(published, found.index, await identities(organisation));
      if (isKnown && !isGenuine) return changedFile(name);
      return forkedKeyring(published, state.current.recipient, found, isGenuine, name);
    }
  }
}

function forkedKeyring(
  published: KeyHistory,
  mine: string,
  { own, other }: { readonly own: KeyEvent; readonly other: KeyEvent },
  isGenuine: boolean,
  name: string,
): GitopsError {
  const current = publicKeys(published).find((key) => key.state === "current")!.recipient;
  // Anybody could have written their own public key into the file.
  const doubt = isGenuine
    ? ""
    : ` Your keyring cannot tell whether the repository's is genuine: ask whoever wrote it (\`${historyCommand(name)}\`), and not by the repository, for the public key.`;
  return new GitopsError(
    "forked",
    `${name}: the organisation's keys were changed twice, from copies of the keyring: there ${describe(other)}, in your keyring ${describe(own)}.${doubt} Keep one of the two. If it is the repository's, let each file that your keyring alone opens be encrypted for its key, \`SOPS_AGE_KEY_CMD='isosops org export' sops rotate -i --add-age ${current} --rm-age ${mine} FILE\`, then take over its keyring: ${joining} If it is yours, let the other one do the same, then write the file: \`isosops org publish --force\`.`,
  );
}

/** Shows who has changed the file. */
function historyCommand(name: string): string {
  const { git, file } = gitCommand(name);
  return `${git} log -p -- ${file}`;
}

const joining = "`isosops org export --for YOUR_AGE_PUBLIC_KEY` there, then here `isosops org join --replace FILE`.";

function changedFile(name: string): GitopsError {
  return new GitopsError(
    "history",
    `${name} was changed by somebody who does not have the organisation's keys: it is not what your keyring knows, and no key of it has signed what is new. See who it was (\`${historyCommand(name)}\`), and write it again: \`isosops org publish --force\`.`,
  );
}

function oldKeyring(published: KeyHistory, own: KeyHistory, next: KeyEvent, name: string): GitopsError {
  const [there, here] = [published.events.length, own.events.length];
  return new GitopsError(
    "old_keyring",
    `Your keyring may be an old copy: its keys are of the generation ${here}, and those of ${name} of ${there}; in between, ${describe(next)}. Restore the newest copy of the keyring, or get it from a colleague: ${joining}`,
  );
}

function describe({ action, recipient, time }: KeyEvent): string {
  const done = action === "init" || action === "rotate" ? "was made" : "was destroyed";
  return `${recipient} ${done} on ${time}`;
}
