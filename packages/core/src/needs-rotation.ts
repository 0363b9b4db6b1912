import type { MasterKey } from "./keysource.js";

/** Milliseconds after which sops wants a key rotated: six months of 30 days (kms/keysource.go, `kmsTTL`, and others). */
const longest = 6 * 30 * 24 * 60 * 60 * 1000;

/**
 * Whether the entry of a key was created more than six months (180 days) ago, as `created_at` says (the `NeedsRotation`
 * methods in sops). age keys have no such time, and never need it.
 *
 * sops tells nobody of it, and `sops rotate` keeps `created_at`: a new entry, with the current time, is written when a
 * key is removed and added.
 */
export function needsRotation({ type, fields }: MasterKey, now: Date = new Date()): boolean {
  if (type === "age") return false;
  const created = fields.get("created_at");
  return typeof created === "string" && now.getTime() - Date.parse(created) > longest;
}
