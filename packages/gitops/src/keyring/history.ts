/** The history of an organisation's keys, by which its keyring and its repositories are compared. */
import { canonicalTime } from "@isosops/core";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { GitopsError } from "../error.js";

/** A change of an organisation's keys. */
export interface KeyEvent {
  readonly action: KeyAction;
  /** The public key that `init` or `rotate` created, or that `confirm` or `cancel` destroyed. */
  readonly recipient: string;
  /** RFC 3339. */
  readonly time: string;
  /**
   * Hexadecimal HMAC-SHA-256 of this event and the MAC of the previous one. The key is derived from the private key
   * that existed both before and after the event. Empty in keyrings from before there were MACs.
   */
  readonly mac: string;
}

/** What changed the keys. */
export type KeyAction = "init" | "rotate" | "confirm" | "cancel";

export function isKeyAction(text: string): text is KeyAction {
  return /^(?:init|rotate|confirm|cancel)$/.test(text);
}

/** Whether a text is a UUID, as every organisation has one. */
export function isOrganisationId(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}

/**
 * Checks the fields of an event from a file that others write: files are encrypted for its recipient, and messages quote
 * it with its time, so neither may be free text.
 *
 * @returns the mistake as the end of a sentence, without any of the text; undefined if there is none
 */
export function mistakeOf({ recipient, time, mac }: KeyEvent): string | undefined {
  if (!/^age1[a-z0-9]{50,100}$/.test(recipient)) return "with an invalid recipient";
  // 20 characters without a fraction of a second; nanoseconds and an offset make 35.
  if (time.length > 35 || canonicalTime(time) === undefined)
    return "whose time is not of RFC 3339 (2026-01-31T10:00:00Z)";
  return /^(?:[0-9a-f]{64})?$/.test(mac) ? undefined : "whose MAC is not that of an HMAC-SHA-256 in hexadecimal";
}

/** The public history of an organisation's keys. */
export interface KeyHistory {
  readonly organisationId: string;
  /** In order. Their number is the generation of the keys. */
  readonly events: readonly KeyEvent[];
}

/** A public key of an organisation, and the state of its private key. */
export interface PublicKey {
  readonly recipient: string;
  readonly state: "current" | "previous" | "destroyed";
  /** RFC 3339. */
  readonly created: string;
  /** RFC 3339; undefined unless it was destroyed. */
  readonly destroyed: string | undefined;
}

/**
 * Returns all keys of a history, in order of creation.
 *
 * @throws {GitopsError} `history` if the events are inconsistent.
 */
export function publicKeys({ events }: Pick<KeyHistory, "events">): PublicKey[] {
  const keys = new Map<string, PublicKey>();
  let current: string | undefined;
  let previous: string | undefined;
  for (const { action, recipient, time } of events) {
    if (action === "init" || action === "rotate") {
      const follows = action === "init" ? current === undefined : current !== undefined && previous === undefined;
      if (!follows || keys.has(recipient)) throw notFollowing();
      keys.set(recipient, { recipient, state: "current", created: time, destroyed: undefined });
      previous = current;
      current = recipient;
    } else {
      if (previous === undefined || recipient !== (action === "confirm" ? previous : current)) throw notFollowing();
      if (action === "cancel") current = previous;
      previous = undefined;
      keys.set(recipient, { ...keys.get(recipient)!, state: "destroyed", destroyed: time });
    }
  }
  if (current === undefined) throw notFollowing();
  const stateOf = ({ recipient, state }: PublicKey): PublicKey["state"] =>
    recipient === previous ? "previous" : recipient === current ? "current" : state;
  return [...keys.values()].map((key) => ({ ...key, state: stateOf(key) }));
}

function notFollowing(): GitopsError {
  return new GitopsError("history", "Its events are inconsistent: it was changed by hand.");
}

/**
 * Appends an event to a history.
 *
 * @param identity - the private key that exists before and after the event
 */
export function addEvent(history: KeyHistory, event: Omit<KeyEvent, "mac">, identity: string): KeyEvent[] {
  const { organisationId, events } = signHistory(history, identity);
  return [...events, { ...event, mac: macOf(organisationId, event, events.at(-1)?.mac ?? "", identity) }];
}

/** Adds the missing MACs of a history. */
export function signHistory({ organisationId, events }: KeyHistory, identity: string): KeyHistory {
  const signed: KeyEvent[] = [];
  for (const event of events) {
    const mac = event.mac || macOf(organisationId, event, signed.at(-1)?.mac ?? "", identity);
    signed.push({ ...event, mac });
  }
  return { organisationId, events: signed };
}

/** Whether the MAC of an event was computed with one of these private keys. */
export function isSigned(
  { organisationId, events }: KeyHistory,
  index: number,
  identities: readonly string[],
): boolean {
  const event = events[index]!;
  const before = events[index - 1]?.mac ?? "";
  return identities.some((identity) => macOf(organisationId, event, before, identity) === event.mac);
}

/** The public key of the private key that signs an event: the one that exists before and after it. */
export function signerOf({ events }: Pick<KeyHistory, "events">, index: number): string {
  const { action, recipient } = events[index]!;
  if (index === 0) return recipient;
  const kept = publicKeys({ events: events.slice(0, index) });
  const state = action === "cancel" ? "previous" : "current";
  return kept.find((key) => key.state === state)?.recipient ?? recipient;
}

/** The MAC of the previous event is part of the message, so each MAC covers all events up to its own. */
function macOf(
  organisationId: string,
  { action, recipient, time }: Omit<KeyEvent, "mac">,
  before: string,
  identity: string,
): string {
  const secret = utf8ToBytes(identity.trim().toUpperCase());
  // RFC 5869. The info string separates it from other keys that are derived from the private key.
  const key = hkdf(sha256, secret, undefined, utf8ToBytes("isosops/organisation-history/v1"), 32);
  const message = JSON.stringify([organisationId, before, action, recipient, time]);
  return bytesToHex(hmac(sha256, key, utf8ToBytes(message)));
}

/** The relation between the histories of a keyring and a repository. */
export type HistoryComparison =
  /** Equal, or the repository's is a prefix of the keyring's (`isBehind`). */
  | { readonly kind: "current"; readonly isBehind: boolean }
  /** The keyring's is a prefix of the repository's: the keyring is an old copy. */
  | { readonly kind: "old"; readonly next: KeyEvent }
  /** They diverge: the keys were rotated twice, from copies of a keyring. */
  | { readonly kind: "forked"; readonly own: KeyEvent; readonly other: KeyEvent; readonly index: number }
  /** The same events with other MACs: somebody changed that of the repository. */
  | { readonly kind: "changed" }
  /** Of different organisations. */
  | { readonly kind: "foreign" };

/** Compares the histories of a keyring and a repository. MACs are compared, not verified. */
export function compareHistories(own: KeyHistory, published: KeyHistory): HistoryComparison {
  if (own.organisationId !== published.organisationId) return { kind: "foreign" };
  for (const [index, other] of published.events.entries()) {
    const event = own.events[index];
    if (event === undefined) return { kind: "old", next: other };
    if (event.action !== other.action || event.recipient !== other.recipient || event.time !== other.time) {
      return { kind: "forked", own: event, other, index };
    }
    if (event.mac !== "" && event.mac !== other.mac) return { kind: "changed" };
  }
  return { kind: "current", isBehind: published.events.length < own.events.length };
}
