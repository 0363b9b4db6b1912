import { generateIdentity, type Identity, identityToRecipient, parseIdentity } from "@isosops/age";
import { GitopsError } from "./error.js";
import { addEvent, type KeyAction } from "./keyring/history.js";
import type { Protector } from "./keyring/protector.js";
import { initialized, type KeyringState, type OrganisationKey } from "./keyring/state.js";
import type { KeyringStorage } from "./keyring/storage.js";
import type { Files, SoughtKey } from "./rotation/files.js";
import { type EndOptions, refuseInUse } from "./rotation/in-use.js";

/** An organisation: its keyring, and what opens it. */
export interface OrganisationOptions {
  /** Where the keyring is. */
  readonly storage: KeyringStorage;
  /** What seals and opens its private keys. */
  readonly protector: Protector;
  /** The name of the user in the keyring's log. */
  readonly actor: string;
}

/** The public facts about an organisation. */
export interface OrganisationInfo {
  readonly organisationId: string;
  /** The public key that new files are encrypted for. */
  readonly recipient: string;
  readonly enabled: boolean;
  /** The public key that is being replaced during a rotation. */
  readonly previousRecipient: string | undefined;
}

/**
 * Creates a keyring with the organisation's first key pair.
 *
 * @throws {GitopsError} `already_initialized` if there is a keyring.
 * @example
 * ```ts
 * const organisation = { storage: memoryStorage(), protector: passphraseProtector(passphrase), actor: "alice" };
 * const { recipient } = await initialize(organisation);
 * ```
 */
export async function initialize(options: OrganisationOptions): Promise<OrganisationInfo> {
  // Checked first, before the protector asks for a passphrase.
  absent(await options.storage.read());
  const { key: current, identity } = await newKey(options.protector);
  const organisationId = globalThis.crypto.randomUUID();
  const state = await options.storage.update((before) => {
    absent(before);
    const empty: KeyringState = {
      version: 1,
      organisationId,
      enabled: true,
      protection: options.protector.protection,
      current,
      previous: null,
      destroyed: [],
      leases: [],
      known: [],
      generation: 0,
      log: [],
      history: [],
    };
    return changed(options, "init", current.recipient, current.recipient, empty, identity);
  });
  return infoOf(state);
}

/** Returns the public facts about an organisation; undefined if there is no keyring yet. */
export async function show({ storage }: Pick<OrganisationOptions, "storage">): Promise<OrganisationInfo | undefined> {
  const state = await storage.read();
  return state === undefined ? undefined : infoOf(state);
}

/**
 * Enables or disables an organisation. While it is disabled, values that are marked for encryption are saved in plain
 * text.
 *
 * @throws {GitopsError} `not_initialized` if there is no keyring.
 */
export async function setEnabled(options: OrganisationOptions, enabled: boolean): Promise<OrganisationInfo> {
  const state = await options.storage.update((before) => {
    const now = initialized(before);
    return logged(options, enabled ? "enable" : "disable", "", { ...now, enabled });
  });
  return infoOf(state);
}

/**
 * Returns the private keys that open the organisation's files: the current one, then during a rotation the previous
 * one.
 *
 * @throws {GitopsError} `not_initialized` if there is no keyring, `locked` if the protector does not open it, `keyring`
 * if a private key does not match its public key.
 */
export async function identities({ storage, protector }: OrganisationOptions): Promise<string[]> {
  const { current, previous } = initialized(await storage.read());
  const found: string[] = [];
  for (const key of previous === null ? [current] : [current, previous]) found.push(await openKey(protector, key));
  return found;
}

/**
 * Opens the private key of a key pair.
 *
 * @throws {GitopsError} `locked` if the protector does not open it, `keyring` if it does not match its public key.
 */
export async function openKey(protector: Protector, { sealed, recipient }: OrganisationKey): Promise<string> {
  const identity = await protector.open(sealed);
  if ((await identityToRecipient(identity)) === recipient) return identity;
  throw new GitopsError(
    "keyring",
    `The keyring's private key is not the one for ${recipient}: the keyring was changed by hand. Restore it from a copy.`,
  );
}

/** A key whose private key is opened when it is first needed. */
export function soughtKey(protector: Protector, key: OrganisationKey): SoughtKey {
  let opened: Promise<Identity> | undefined;
  const identity: Identity = {
    async unwrapFileKey(stanzas) {
      opened ??= openKey(protector, key).then((text) => parseIdentity(text));
      return (await opened).unwrapFileKey(stanzas);
    },
  };
  return { recipient: key.recipient, identity };
}

/**
 * Begins a rotation: creates a new key pair for everything that is written from now on. The old one still opens
 * existing files until {@link confirm}.
 *
 * @throws {GitopsError} `rotating` if a rotation is in progress, `in_use` if the keys changed meanwhile; and the codes
 * of {@link identities}.
 */
export async function rotate(options: OrganisationOptions): Promise<OrganisationInfo> {
  // Opened first: with a wrong passphrase, the new key would be sealed differently from the old one.
  const [identity] = await identities(options);
  const signer = await identityToRecipient(identity!);
  const { key: next } = await newKey(options.protector);
  const state = await options.storage.update((before) => {
    const now = initialized(before);
    if (now.previous !== null) {
      throw new GitopsError(
        "rotating",
        `A rotation from ${now.previous.recipient} to ${now.current.recipient} is under way. Confirm it once all files are re-encrypted, or cancel it.`,
      );
    }
    if (now.current.recipient !== signer) throw changedMeanwhile();
    const detail = `${signer} to ${next.recipient}`;
    const rotated = { ...now, current: next, previous: now.current };
    return changed(options, "rotate", next.recipient, detail, rotated, identity!);
  });
  return infoOf(state);
}

/**
 * Ends a rotation: destroys the old private key.
 *
 * @param files - searched for files that depend on the old key
 * @param paths - files and folders to search, in addition to the known files of the keyring
 * @throws {GitopsError} `in_use` with the files, if the old key opens one of them, one names its public key as a
 * recipient or cannot be read, one contains its private key or one that was destroyed before, a known one is missing, or
 * somebody is still writing for it; `not_rotating` if no
 * rotation is in progress; and the codes of {@link identities}.
 */
export async function confirm(
  options: OrganisationOptions,
  files: Files,
  paths: readonly string[],
  { gone, except, onLost }: EndOptions = {},
): Promise<OrganisationInfo> {
  const before = rotating(await options.storage.read());
  const old = before.previous.recipient;
  const lost = await refuseOldInUse(options, before, files, paths, { gone, except, onLost });
  // Somebody must be able to open what is encrypted for the new key alone.
  const identity = await openKey(options.protector, before.current);
  const state = await options.storage.update((latest) => {
    const now = rotating(latest);
    // Nobody gets a lease on the previous key. But it may have been the current one again meanwhile: then this is
    // another rotation, with another new key.
    if (now.previous.recipient !== old || now.current.recipient !== before.current.recipient) throw changedMeanwhile();
    const leases = now.leases.filter((lease) => lease.recipient !== old);
    const destroyed = [...now.destroyed, old];
    const known = now.known.filter((path) => !lost.has(path));
    const ended = { ...now, previous: null, destroyed, leases, known };
    return changed(options, "confirm", old, `destroyed ${old}`, ended, identity);
  });
  return infoOf(state);
}

/**
 * Checks whether {@link confirm} would end a rotation. Destroys nothing.
 *
 * @param files - searched for files that depend on the old key
 * @param paths - files and folders to search, in addition to the known files of the keyring
 * @throws {GitopsError} `in_use` with the files that still need the old key, `not_rotating` if no rotation is in progress;
 * and the codes of {@link identities}.
 */
export async function checkConfirm(
  options: OrganisationOptions,
  files: Files,
  paths: readonly string[],
  end: EndOptions = {},
): Promise<void> {
  await refuseOldInUse(options, rotating(await options.storage.read()), files, paths, end);
}

/** Throws if the old key may be needed. Returns files that may be lost, as {@link refuseInUse}. */
function refuseOldInUse(
  { storage, protector }: OrganisationOptions,
  before: KeyringState & { readonly previous: OrganisationKey },
  files: Files,
  paths: readonly string[],
  end: EndOptions,
): Promise<ReadonlySet<string>> {
  return refuseInUse(storage, before, {
    ...end,
    files,
    paths,
    keys: [soughtKey(protector, before.previous)],
    keyring: before,
    depends: () => true,
    remedy: confirmRemedy,
    canReencrypt: true,
    holders: [before.previous, before.current].map((key) => soughtKey(protector, key)),
  });
}

/** Options of {@link cancel}. */
export interface CancelOptions extends Omit<EndOptions, "onLost"> {
  /** Cancel even if files depend on the new key alone. Nobody can open them afterwards. Default: false. */
  readonly force?: boolean | undefined;
}

/**
 * Cancels a rotation: returns to the previous key, and destroys the new private key.
 *
 * @param files - searched for files that depend on the new key
 * @param paths - files and folders to search, in addition to the known files of the keyring
 * @throws {GitopsError} `in_use` with the files, if the new key alone opens one of them, or one holds the new private
 * key; `not_rotating` if no rotation is in progress; and the codes of {@link identities}.
 */
export async function cancel(
  options: OrganisationOptions,
  files: Files,
  paths: readonly string[],
  { force = false, gone, except }: CancelOptions = {},
): Promise<OrganisationInfo> {
  const before = rotating(await options.storage.read());
  const next = before.current.recipient;
  let lost: ReadonlySet<string> = new Set();
  if (!force) {
    const keys = [before.current, before.previous].map((key) => soughtKey(options.protector, key));
    const depends = (openers: readonly string[]) => !openers.includes(before.previous.recipient);
    lost = await refuseInUse(options.storage, before, {
      files,
      paths,
      keys,
      gone,
      except,
      depends,
      remedy: cancelRemedy,
      canReencrypt: false,
      holders: keys,
    });
  }
  const identity = await openKey(options.protector, before.previous);
  const state = await options.storage.update((latest) => {
    const now = rotating(latest);
    if (now.previous.recipient !== before.previous.recipient) throw changedMeanwhile();
    if (now.current.recipient !== next || (!force && now.generation !== before.generation)) throw changedMeanwhile();
    const leases = now.leases.filter((lease) => lease.recipient !== next);
    const detail = `destroyed ${next}${force ? ", by force" : ""}`;
    const destroyed = [...now.destroyed, next];
    const known = now.known.filter((path) => !lost.has(path));
    const ended = { ...now, current: now.previous, previous: null, destroyed, leases, known };
    return changed(options, "cancel", next, detail, ended, identity);
  });
  return infoOf(state);
}

const exceptRemedy =
  "What may be lost is left out by `--except FILE`, and by `--except-ref NAME` on a branch, in a tag or a stash.";
const confirmRemedy = `Re-encrypt these files (\`isosops org reencrypt\`), restore or delete those that cannot be read, then try again. ${exceptRemedy}`;
const cancelRemedy = `To keep them, go on with the rotation: re-encrypt the others (\`isosops org reencrypt\`), and confirm it (\`isosops org confirm\`). ${exceptRemedy} By force, all these files are lost.`;

function changedMeanwhile(): GitopsError {
  return new GitopsError(
    "in_use",
    "The organisation's keys were used meanwhile, and nothing was destroyed. Try again.",
  );
}

async function newKey(protector: Protector): Promise<{ readonly key: OrganisationKey; readonly identity: string }> {
  const { identity, recipient } = await generateIdentity();
  const key = { recipient, created: new Date().toISOString(), sealed: await protector.seal(identity) };
  return { key, identity };
}

/** Appends a line to the log. */
export function logged(
  { actor }: Pick<OrganisationOptions, "actor">,
  action: string,
  detail: string,
  state: KeyringState,
  time: string = new Date().toISOString(),
): KeyringState {
  return { ...state, log: [...state.log, { time, actor, action, detail }] };
}

/**
 * Records a change of the keys in the log and in the history.
 *
 * @param recipient - the key that was created or destroyed
 * @param identity - the private key that exists before and after
 */
function changed(
  options: OrganisationOptions,
  action: KeyAction,
  recipient: string,
  detail: string,
  state: KeyringState,
  identity: string,
): KeyringState {
  const time = new Date().toISOString();
  const { organisationId, history: events } = state;
  const history = addEvent({ organisationId, events }, { action, recipient, time }, identity);
  return logged(options, action, detail, { ...state, history }, time);
}

function absent(state: KeyringState | undefined): void {
  if (state === undefined) return;
  throw new GitopsError(
    "already_initialized",
    `The organisation has a key already, ${state.current.recipient}. To replace it, rotate it.`,
  );
}

function rotating(state: KeyringState | undefined): KeyringState & { readonly previous: OrganisationKey } {
  const { previous, ...rest } = initialized(state);
  if (previous !== null) return { ...rest, previous };
  throw new GitopsError("not_rotating", "No rotation is under way. Begin one: `isosops org rotate`.");
}

function infoOf({ organisationId, enabled, current, previous }: KeyringState): OrganisationInfo {
  return {
    organisationId,
    recipient: current.recipient,
    enabled,
    previousRecipient: previous?.recipient,
  };
}
