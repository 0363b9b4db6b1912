import { GitopsError } from "../error.js";
import { isKeyAction, isOrganisationId, type KeyEvent, mistakeOf } from "./history.js";
import type { Protection } from "./protector.js";

/** A key pair of the organisation. */
export interface OrganisationKey {
  /** age public key, `age1...`. */
  readonly recipient: string;
  /** RFC 3339. */
  readonly created: string;
  /** The private key, sealed by the keyring's {@link Protector}. */
  readonly sealed: string;
}

/**
 * Protects a key while somebody writes files for it. The key must not be destroyed until the lease is released, or its
 * owner is known to have ended and the files were checked.
 */
export interface Lease {
  readonly id: string;
  readonly recipient: string;
  readonly paths: readonly string[];
  /** The holder. {@link KeyringStorage.mayRun} tells whether it still runs. */
  readonly owner: string;
  /** RFC 3339: the time until which documents that were given out may be saved. */
  readonly until?: string | undefined;
}

/** A line of the keyring's log, without secrets. */
export interface LogEntry {
  /** RFC 3339. */
  readonly time: string;
  readonly actor: string;
  readonly action: string;
  readonly detail: string;
}

/** The contents of a keyring. */
export interface KeyringState {
  readonly version: 1;
  readonly organisationId: string;
  /** If false, values that are marked for encryption are saved in plain text. */
  readonly enabled: boolean;
  readonly protection: Protection;
  /** The key that new files are encrypted for. */
  readonly current: OrganisationKey;
  /** The previous key, from `rotate` until `confirm` or `cancel`; else null. */
  readonly previous: OrganisationKey | null;
  /** The public keys of destroyed private keys. Nobody can open what was encrypted for them alone. */
  readonly destroyed: readonly string[];
  readonly leases: readonly Lease[];
  /** The files that were written for the organisation. All are checked before a key is destroyed. */
  readonly known: readonly string[];
  /** The number of leases taken, to detect activity. */
  readonly generation: number;
  readonly log: readonly LogEntry[];
  /** The history of the keys; see {@link KeyHistory}. */
  readonly history: readonly KeyEvent[];
}

/**
 * Parses a keyring.
 *
 * @param text - JSON, from {@link formatState}
 * @throws {GitopsError} `keyring` if it is not a valid keyring.
 */
export function parseState(text: string): KeyringState {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged("is not JSON", cause);
  }
  if (!isRecord(value)) throw damaged("is not an object");
  if (value.version !== 1) throw damaged("is of a version that this program does not know");
  const { organisationId, enabled, protection, current, previous, destroyed, leases, known, generation, log } = value;
  const { history = isListOf(log, isLogEntry) ? historyOf(log) : [] } = value;
  if (typeof organisationId !== "string" || typeof enabled !== "boolean" || typeof generation !== "number") {
    throw damaged("has no `organisationId`, `enabled` or `generation`");
  }
  // A keyring from a colleague is anybody's text, and messages quote these.
  if (!isOrganisationId(organisationId)) throw damaged("has an `organisationId` that is not a UUID");
  if (!isProtection(protection)) throw damaged("does not say what opens it");
  if (!isKey(current) || !(previous === null || isKey(previous))) throw damaged("has a key pair that is not whole");
  if (
    !isListOf(destroyed, isText) ||
    !isListOf(leases, isLease) ||
    !isListOf(log, isLogEntry) ||
    !isListOf(known, isText) ||
    !isListOf(history, isKeyEvent)
  ) {
    throw damaged("has a list that is not whole");
  }
  return {
    version: 1,
    organisationId,
    enabled,
    protection,
    current,
    previous,
    destroyed,
    leases,
    known,
    generation,
    log,
    history,
  };
}

/** Keyrings from before there was a history have its events in their log, without MACs. */
function historyOf(log: readonly LogEntry[]): KeyEvent[] {
  return log.flatMap(({ action, detail, time }) => {
    if (!isKeyAction(action)) return [];
    const recipient = /age1[a-z0-9]+$/.exec(detail.split(",", 1)[0]!)?.[0];
    return recipient === undefined ? [] : [{ action, recipient, time, mac: "" }];
  });
}

/** Formats a keyring as JSON. */
export function formatState(state: KeyringState): string {
  return `${JSON.stringify(state, undefined, 2)}\n`;
}

/**
 * Checks that there is a keyring.
 *
 * @throws {GitopsError} `not_initialized` if there is none.
 */
export function initialized(state: KeyringState | undefined): KeyringState {
  if (state !== undefined) return state;
  throw new GitopsError("not_initialized", "The organisation has no key yet. Make one: `isosops org init`.");
}

function damaged(what: string, cause?: unknown): GitopsError {
  return new GitopsError(
    "keyring",
    `The keyring ${what}. It was changed by hand, or is of another program: restore it from a copy.`,
    [],
    cause,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isListOf<T>(value: unknown, is: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.every(is);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function hasTexts(value: unknown, ...names: string[]): boolean {
  return isRecord(value) && names.every((name) => typeof value[name] === "string");
}

function isProtection(value: unknown): value is Protection {
  if (!isRecord(value)) return false;
  const { type, recipients } = value;
  return type === "none" || type === "passphrase" || (type === "recipients" && isListOf(recipients, isText));
}

function isKey(value: unknown): value is OrganisationKey {
  return hasTexts(value, "recipient", "created", "sealed");
}

function isLease(value: unknown): value is Lease {
  if (!hasTexts(value, "id", "recipient", "owner")) return false;
  const { paths, until } = value as { paths?: unknown; until?: unknown };
  return isListOf(paths, isText) && (until === undefined || (isText(until) && !Number.isNaN(Date.parse(until))));
}

function isLogEntry(value: unknown): value is LogEntry {
  return hasTexts(value, "time", "actor", "action", "detail");
}

function isKeyEvent(value: unknown): value is KeyEvent {
  if (!hasTexts(value, "action", "recipient", "time", "mac")) return false;
  const event = value as KeyEvent;
  return isKeyAction(event.action) && mistakeOf(event) === undefined;
}
