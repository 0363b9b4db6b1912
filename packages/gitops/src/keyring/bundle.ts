/** The transfer of a keyring to a colleague, encrypted for an age key of theirs. */
import { AgeError, decrypt, encrypt, type Identity, identityToRecipient } from "@isosops/age";
import { GitopsError } from "../error.js";
import { identities, logged, type OrganisationOptions } from "../organisation.js";
import { compareHistories, isSigned, type KeyHistory, publicKeys } from "./history.js";
import type { Protector } from "./protector.js";
import { historyToPublish } from "./published-check.js";
import { formatState, initialized, type KeyringState, type OrganisationKey, parseState } from "./state.js";
import type { KeyringStorage } from "./storage.js";

/**
 * Exports a keyring with its private keys.
 *
 * @param recipients - the colleague's age public keys
 * @returns an armored age file, which the owners of these keys can open
 * @throws {GitopsError} `not_initialized` if there is no keyring, `locked` or `keyring` if its private keys cannot be
 * opened.
 * @throws {AgeError} `invalid_recipient` or `no_recipients` for the recipients.
 */
export async function exportBundle(organisation: OrganisationOptions, recipients: readonly string[]): Promise<string> {
  await historyToPublish(organisation);
  const state = initialized(await organisation.storage.read());
  const [current, previous] = await identities({ ...organisation, storage: fixed(organisation.storage, state) });
  const open = (key: OrganisationKey, identity: string): OrganisationKey => ({ ...key, sealed: identity });
  const bundle: KeyringState = {
    ...state,
    protection: { type: "none" },
    current: open(state.current, current!),
    previous: state.previous === null ? null : open(state.previous, previous!),
    // Specific to this machine.
    leases: [],
    known: [],
    generation: 0,
  };
  return encrypt(new TextEncoder().encode(formatState(bundle)), recipients, { armor: true });
}

function fixed(storage: KeyringStorage, state: KeyringState): KeyringStorage {
  return { ...storage, read: async () => state };
}

/**
 * Opens the output of {@link exportBundle}. It does not prove who made it: anybody who knows the public key can encrypt
 * for it. See {@link checkBundle}.
 *
 * @param ownIdentities - your age private keys
 * @returns a keyring whose private keys are in plain text
 * @throws {GitopsError} `locked` if none of the private keys opens it, `keyring` if it does not contain a valid
 * keyring.
 */
export async function openBundle(
  text: string | Uint8Array,
  ownIdentities: readonly (string | Identity)[],
): Promise<KeyringState> {
  let opened: Uint8Array;
  try {
    opened = await decrypt(text, ownIdentities);
  } catch (error) {
    if (!(error instanceof AgeError)) throw error;
    throw new GitopsError("locked", `None of your identities opens the file: ${error.message}.`, [], error);
  }
  let state: KeyringState;
  try {
    state = parseState(new TextDecoder().decode(opened));
  } catch (error) {
    if (!(error instanceof GitopsError)) throw error;
    throw new GitopsError(
      "keyring",
      "The file is an age file, and no keyring is in it. Let a colleague make one: `isosops org export --for YOUR_AGE_PUBLIC_KEY`.",
    );
  }
  for (const key of keysOf(state)) {
    if ((await identityOwner(key.sealed)) !== key.recipient) {
      throw new GitopsError("keyring", `The file's private key is not the one for ${key.recipient}. Ask for another.`);
    }
  }
  return state;
}

async function identityOwner(identity: string): Promise<string | undefined> {
  try {
    return await identityToRecipient(identity);
  } catch (error) {
    if (!(error instanceof AgeError)) throw error;
    return undefined;
  }
}

function keysOf({ current, previous }: KeyringState): OrganisationKey[] {
  return previous === null ? [current] : [current, previous];
}

/**
 * Checks that the keyring from a colleague is the one that the repository publishes.
 *
 * @param bundle - from {@link openBundle}
 * @param published - from {@link parsePublished}
 * @param name - of the published file, for messages
 * @throws {GitopsError} `other_organisation`, `old_keyring`, `history` or `forked` if it is not.
 */
export function checkBundle(bundle: KeyringState, published: KeyHistory, name: string): void {
  const own = { organisationId: bundle.organisationId, events: bundle.history };
  const found = compareHistories(own, published);
  const held = keysOf(bundle).map(({ sealed }) => sealed);
  if (found.kind === "foreign") {
    throw new GitopsError(
      "other_organisation",
      `The file is of another organisation than ${name}: of ${own.organisationId}, not of ${published.organisationId}. Ask where it comes from.`,
    );
  }
  if (found.kind === "old") {
    throw new GitopsError(
      "old_keyring",
      `The file is of before the organisation's keys were changed: ${name} tells of a later generation. Ask for a new one.`,
    );
  }
  if (found.kind === "current" && found.isBehind) {
    throw new GitopsError(
      "history",
      `The file tells of a later generation of keys than ${name}, and nobody here can tell whether that is right. Get the newest version of the repository (\`git pull\`), which whoever changed the keys has to have written and committed: \`isosops org publish\`.`,
    );
  }
  const current = publicKeys(published).find(({ state }) => state === "current")?.recipient;
  const isOwner = isSigned(published, published.events.length - 1, held) && current === bundle.current.recipient;
  if (found.kind === "current" && isOwner) return;
  throw new GitopsError(
    "forked",
    `The file is not of the keyring that has written ${name}: one of the two is somebody else's, or the keys were changed twice, from copies. Ask who has the organisation's keyring.`,
  );
}

/** Options of {@link join}. */
export interface JoinOptions {
  /** Seals the private keys in the new keyring. */
  readonly protector: Protector;
  /** Replace another keyring. An older one of the same organisation is always replaced. Default: false. */
  readonly replace?: boolean | undefined;
}

/**
 * Stores a keyring from {@link openBundle}.
 *
 * @throws {GitopsError} `already_initialized` if there is another keyring, which would be lost; `old_keyring` if the
 * present one is newer.
 */
export async function join(
  { storage, actor }: Pick<OrganisationOptions, "storage" | "actor">,
  bundle: KeyringState,
  { protector, replace = false }: JoinOptions,
): Promise<KeyringState> {
  checkReplaced(await storage.read(), bundle, replace);
  const seal = async (key: OrganisationKey): Promise<OrganisationKey> => ({
    ...key,
    sealed: await protector.seal(key.sealed),
  });
  const current = await seal(bundle.current);
  const previous = bundle.previous === null ? null : await seal(bundle.previous);
  return storage.update((before) => {
    checkReplaced(before, bundle, replace);
    const { known = [] } = before ?? {};
    const state = { ...bundle, protection: protector.protection, current, previous, known };
    return logged({ actor }, "join", bundle.current.recipient, state);
  });
}

function checkReplaced(before: KeyringState | undefined, bundle: KeyringState, replace: boolean): void {
  if (before === undefined || replace) return;
  const historyOf = (state: KeyringState) => ({ organisationId: state.organisationId, events: state.history });
  const found = compareHistories(historyOf(bundle), historyOf(before));
  if (found.kind === "current") return;
  throw new GitopsError(
    found.kind === "old" ? "old_keyring" : "already_initialized",
    found.kind === "old"
      ? "Your keyring is newer than the file. Nothing was changed: ask for a new file."
      : `There is a keyring already, with the key ${before.current.recipient}, and the file's is another one. What only that key opens would be lost: keep a copy of it, then take --replace.`,
  );
}

/**
 * Seals the private keys of a keyring again: with another passphrase, or for others. All keys change in one step.
 *
 * @param organisation - with the present protector
 * @param protector - the new one
 * @throws {GitopsError} `not_initialized`, `locked` or `keyring` if the keyring cannot be opened, `changed` if it
 * changed meanwhile.
 */
export async function changeProtection(organisation: OrganisationOptions, protector: Protector): Promise<KeyringState> {
  const { storage } = organisation;
  const before = initialized(await storage.read());
  const opened = await identities({ ...organisation, storage: fixed(storage, before) });
  const sealed = new Map<string, string>();
  for (const [index, key] of keysOf(before).entries()) sealed.set(key.recipient, await protector.seal(opened[index]!));
  return storage.update((latest) => {
    const now = initialized(latest);
    const reseal = (key: OrganisationKey): OrganisationKey => {
      const text = sealed.get(key.recipient);
      if (text !== undefined) return { ...key, sealed: text };
      throw new GitopsError("changed", "The keyring was changed meanwhile, and its passphrase was not. Try again.");
    };
    const current = reseal(now.current);
    const previous = now.previous === null ? null : reseal(now.previous);
    const state = { ...now, protection: protector.protection, current, previous };
    return logged(organisation, "passwd", protector.protection.type, state);
  });
}
