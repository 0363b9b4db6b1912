import { referenceOf, withoutUser } from "@isosops/core/key-reference";
import type { Metadata } from "isosops";

/** The age public keys in a file's metadata. */
export function recipientsOf({ keyGroups }: Metadata): string[] {
  const named = keyGroups.flat().map(({ fields }) => fields.get("recipient"));
  return named.filter((name) => typeof name === "string");
}

/** The keys of other types than age in a file's metadata: `kms arn:...`. Whether they open it is not known here. */
export function otherKeysOf({ keyGroups }: Metadata): string[] {
  const others = keyGroups.flat().filter(({ fields }) => typeof fields.get("recipient") !== "string");
  return [...new Set(others.map((key) => `${key.type} ${withoutUser(referenceOf(key).id)}`.trim().slice(0, 120)))];
}

/**
 * Says how to repair a file that is encrypted for a destroyed key of the organisation and not for its current one.
 *
 * @param metadata - of the file. Keys of other types than age may open it still
 * @param destroyed - the organisation's public keys whose private keys were destroyed
 * @param recipient - the organisation's key
 * @returns a sentence; undefined if no destroyed key is among the recipients
 */
export function remedyForDestroyed(
  metadata: Metadata,
  destroyed: readonly string[],
  recipient: string,
): string | undefined {
  const recipients = recipientsOf(metadata);
  const former = recipients.filter((one) => destroyed.includes(one));
  if (former.length === 0) return undefined;
  const others = [...recipients.filter((one) => !destroyed.includes(one)), ...otherKeysOf(metadata)];
  if (others.length === 0) {
    return "Take a version that was re-encrypted before (`git log`), or encrypt its plain text again.";
  }
  const remove = former.map((one) => ` --rm-age ${one}`).join("");
  return `Let ${others.join(" or ")} put the key in the place of the old one: \`sops rotate -i --add-age ${recipient}${remove}\` with the name of the file.`;
}

/** More do not help in a message. */
const mostShown = 10;

/** The recipients of a file, in words. */
export function describeReaders(metadata: Metadata): string {
  const readers = [...new Set([...recipientsOf(metadata), ...otherKeysOf(metadata)])];
  const shown = readers.slice(0, mostShown).map((reader) => reader.slice(0, 100));
  if (readers.length > mostShown) shown.push(`${readers.length - mostShown} more`);
  return shown.join(" and ");
}
