import { generateIdentity, type Identity, identityToRecipient, parseIdentity } from "@isosops/age";
import { GitopsError } from "./error.js";
import { addEvent, type KeyAction } from "./keyring/history.js";
import type { Protector } from "./keyring/protector.js";
import { initialized, type KeyringState, type OrganisationKey } from "./keyring/state.js";
import type { KeyringStorage } from "./keyring/storage.js";
import type { Files, SoughtKey } from "./rotation/files.js";
import { type EndOptions, refuseInUse } from "./rotation/in-use.js";

export interface OrganisationOptions {
  readonly storage: KeyringStorage;
  readonly protector: Protector;
  /** Named in the log: who does all this. */
  readonly actor: string;
}

/** What anybody may know of an organisation. */
export interface OrganisationInfo {
  readonly organisationId: string;
  /** The public key that new files are encrypted for. */
  readonly recipient: string;
  readonly enabled: boolean;
  /** The public key that is being replaced, while a rotation is under way. */
  readonly previousRecipient: string | undefined;
}

/**
 * Make the organisation's first key pair.
 *
 * @throws {GitopsError} `already_initialized`.
 */
export async function initialize(options: OrganisationOptions): Promise<OrganisationInfo> {
  // Nobody is asked for a passphrase in vain.
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

/** What anybody may know; undefined if there is no keyring yet. */
export async function show({ storage }: Pick<OrganisationOptions, "storage">): Promise<OrganisationInfo | undefined> {
  const state = await storage.read();
  return state === undefined ? undefined : infoOf(state);
}

/** While an organisation is disabled, what is marked for encryption is saved in plain text. */
export async function setEnabled(options: OrganisationOptions, enabled: boolean): Promise<OrganisationInfo> {
  const state = await options.storage.update((before) => {
    const now = initialized(before);
    return logged(options, enabled ? "enable" : "disable", "", { ...now, enabled });
  });
  return infoOf(state);
}

/** The private keys that open the organisation's files: the current one, and the previous one during a rotation. */
export async function identities({ storage, protector }: OrganisationOptions): Promise<string[]> {
  const { current, previous } = initialized(await storage.read());
  const found: string[] = [];
  for (const key of previous === null ? [current] : [current, previous]) found.push(await openKey(protector, key));
  return found;
}

/**
 * The private key of one of a keyring's key pairs.
 *
 * @throws {GitopsError} `locked`, `keyring`.
 */
export async function openKey(protector: Protector, { sealed, recipient }: OrganisationKey): Promise<string> {
  const identity = await protector.open(sealed);
  if ((await identityToRecipient(identity)) === recipient) return identity;
  throw new GitopsError(
    "keyring",
    `The keyring's private key is not the one for ${recipient}: the keyring was changed by hand. Restore it from a copy.`,
  );
}

/** A key with its private key, which is opened where there is something to try it on. */
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

/** Begin a rotation: a new key pair for all that is written from now on; the old one still opens what there is. */
export async function rotate(options: OrganisationOptions): Promise<OrganisationInfo> {
  // With another passphrase than the keyring's, the new key would be sealed so that nobody knows what opens which.
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
 * End a rotation: destroy the old private key. Refuses with `in_use`, naming the files, while that key opens something
 * in one of the files at `paths` or in one known from before, wherever `files` has them, while one of them names its
 * public key as a reader or cannot be read, one that is known is nowhere, or somebody is still writing for it.
 */
export async function confirm(
  options: OrganisationOptions,
  files: Files,
  paths: readonly string[],
  { gone, except }: EndOptions = {},
): Promise<OrganisationInfo> {
  const before = rotating(await options.storage.read());
  const old = before.previous.recipient;
  const keys = [soughtKey(options.protector, before.previous)];
  const lost = await refuseInUse(options.storage, before, {
    files,
    paths,
    keys,
    gone,
    except,
    depends: () => true,
    remedy: confirmRemedy,
    canReencrypt: true,
    holders: [before.previous, before.current].map((key) => soughtKey(options.protector, key)),
  });
  // What is encrypted for the new key alone from now on has to be opened by somebody.
  const identity = await openKey(options.protector, before.current);
  const state = await options.storage.update((latest) => {
    const now = rotating(latest);
    // While it is the previous key nobody gets a lease on it. But it may have been the current one again meanwhile: then
    // this is another rotation, with another new key.
    if (now.previous.recipient !== old || now.current.recipient !== before.current.recipient) throw changedMeanwhile();
    const leases = now.leases.filter((lease) => lease.recipient !== old);
    const destroyed = [...now.destroyed, old];
    const known = now.known.filter((path) => !lost.has(path));
    const ended = { ...now, previous: null, destroyed, leases, known };
    return changed(options, "confirm", old, `destroyed ${old}`, ended, identity);
  });
  return infoOf(state);
}

export interface CancelOptions extends EndOptions {
  /** Go back even where files depend on the new key alone: nobody can open them any more. */
  readonly force?: boolean | undefined;
}

/**
 * Go back to the key before the rotation and destroy the new one. Refuses with `in_use` where a file at `paths`, or one
 * known from before, can be opened by the new key alone, or where one that the organisation can open holds the new private
 * key.
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
  const identity = generateIdentity();
  const recipient = await identityToRecipient(identity);
  const key = { recipient, created: new Date().toISOString(), sealed: await protector.seal(identity) };
  return { key, identity };
}

/** A state with one more line in its log. */
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
 * A state after its keys have changed, with that in its log and in its history.
 *
 * @param recipient the key that was made or destroyed
 * @param identity the private key that is there before and after
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
