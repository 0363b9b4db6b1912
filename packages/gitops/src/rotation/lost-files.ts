/** Files that none of the organisation's keys opens any more. */
import type { KeyringState } from "../keyring/state.js";
import { decodeText, readEscapes } from "./encodings.js";
import { examine } from "./files.js";

/** A file that is encrypted for a destroyed key of the organisation, and for none that it has. */
export interface LostFile {
  readonly path: string;
  /** Where it is, if not in the folders: `on the branch feature`. */
  readonly place?: string | undefined;
  /** The public key of the destroyed key. */
  readonly recipient: string;
}

const recipients = /age1[02-9ac-hj-np-z]+/g;

/** Returns the destroyed key that a file is encrypted for; undefined if the organisation has a key for it. */
export async function lostKeyOf(
  path: string,
  content: Uint8Array,
  { current, previous, destroyed }: Pick<KeyringState, "current" | "previous" | "destroyed">,
): Promise<string | undefined> {
  const kept = previous === null ? [current.recipient] : [current.recipient, previous.recipient];
  const text = readEscapes(decodeText(content) ?? "");
  const all = new Set(destroyed);
  const named = new Set([...text.matchAll(recipients)].map(([one]) => one).filter((one) => all.has(one)));
  for (const one of kept) named.delete(one);
  if (named.size === 0) return undefined;
  // Without private keys, the recipients in the file are believed.
  const finding = await examine(
    path,
    content,
    [...kept, ...named].map((recipient) => ({ recipient })),
  );
  if (!("locks" in finding)) return undefined;
  return finding.locks.find((lock) => lock.recipients.every((one) => named.has(one)))?.recipients[0];
}
