/** What has become of an organisation's keys, event by event: what its keyring and its repositories are compared by. */
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { GitopsError } from "../error.js";

/** A change of an organisation's keys. */
export interface KeyEvent {
  readonly action: KeyAction;
  /** The public key that was made by `init` and `rotate`, or destroyed by `confirm` and `cancel`. */
  readonly recipient: string;
  /** RFC 3339. */
  readonly time: string;
  /**
   * HMAC-SHA-256 in hexadecimal over this event and the MAC of the one before, under a key that is derived from the
   * private key that was there before the event and after it. Empty in a keyring of before there were such MACs.
   */
  readonly mac: string;
}

export type KeyAction = "init" | "rotate" | "confirm" | "cancel";

/** What anybody may know of an organisation's keys. */
export interface KeyHistory {
  readonly organisationId: string;
  /** From the first key on. How many there are is the generation of the keys. */
  readonly events: readonly KeyEvent[];
}

/** A public key of an organisation, and what has become of its private key. */
export interface PublicKey {
  readonly recipient: string;
  readonly state: "current" | "previous" | "destroyed";
  /** RFC 3339. */
  readonly created: string;
  /** RFC 3339; undefined for one that is kept. */
  readonly destroyed: string | undefined;
}

/**
 * The keys after all events, in the order in which they were made.
 *
 * @throws {GitopsError} `history` if these do not follow from each other.
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
  return new GitopsError("history", "Its events do not follow from each other: it was changed by hand.");
}

/**
 * A history with one more event.
 *
 * @param identity the private key that is there before the event and after it
 */
export function addEvent(history: KeyHistory, event: Omit<KeyEvent, "mac">, identity: string): KeyEvent[] {
  const { organisationId, events } = signHistory(history, identity);
  return [...events, { ...event, mac: macOf(organisationId, event, events.at(-1)?.mac ?? "", identity) }];
}

/** The same history with a MAC for each event that has none. */
export function signHistory({ organisationId, events }: KeyHistory, identity: string): KeyHistory {
  const signed: KeyEvent[] = [];
  for (const event of events) {
    const mac = event.mac || macOf(organisationId, event, signed.at(-1)?.mac ?? "", identity);
    signed.push({ ...event, mac });
  }
  return { organisationId, events: signed };
}

/** Whether one of these private keys has signed an event of a history. */
export function isSigned(
  { organisationId, events }: KeyHistory,
  index: number,
  identities: readonly string[],
): boolean {
  const event = events[index]!;
  const before = events[index - 1]?.mac ?? "";
  return identities.some((identity) => macOf(organisationId, event, before, identity) === event.mac);
}

/** The public key whose private key signs an event: the one that is there before and after it. */
export function signerOf({ events }: Pick<KeyHistory, "events">, index: number): string {
  const { action, recipient } = events[index]!;
  if (index === 0) return recipient;
  const kept = publicKeys({ events: events.slice(0, index) });
  const state = action === "cancel" ? "previous" : "current";
  return kept.find((key) => key.state === state)?.recipient ?? recipient;
}

/** The MAC of the event before is among what is signed, so that each MAC is over all events up to its own. */
function macOf(
  organisationId: string,
  { action, recipient, time }: Omit<KeyEvent, "mac">,
  before: string,
  identity: string,
): string {
  const secret = utf8ToBytes(identity.trim().toUpperCase());
  // RFC 5869; the info keeps it apart from whatever else is derived from the private key.
  const key = hkdf(sha256, secret, undefined, utf8ToBytes("isosops/organisation-history/v1"), 32);
  const message = JSON.stringify([organisationId, before, action, recipient, time]);
  return bytesToHex(hmac(sha256, key, utf8ToBytes(message)));
}

/** How the history of a keyring and that of a repository stand to each other. */
export type HistoryComparison =
  /** The same, or the repository's is of an earlier time: the keyring knows all. */
  | { readonly kind: "current"; readonly isBehind: boolean }
  /** The repository's goes on where that of the keyring ends: the keyring is an old copy. */
  | { readonly kind: "old"; readonly next: KeyEvent }
  /** Both go on from a common beginning: the keys were rotated twice, from copies of a keyring. */
  | { readonly kind: "forked"; readonly own: KeyEvent; readonly other: KeyEvent; readonly index: number }
  /** The same events with other MACs: somebody has changed the one of the repository. */
  | { readonly kind: "changed" }
  /** Of two organisations. */
  | { readonly kind: "foreign" };

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
