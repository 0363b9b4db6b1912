import type { Metadata } from "isosops";

/** The age public keys in a file's metadata. */
export function recipientsOf({ keyGroups }: Metadata): string[] {
  const named = keyGroups.flat().map(({ fields }) => fields.get("recipient"));
  return named.filter((name) => typeof name === "string");
}

/**
 * Says how to repair a file that is encrypted for a destroyed key of the organisation and not for its current one.
 *
 * @param recipients - all age public keys that the file names
 * @param destroyed - the organisation's public keys whose private keys were destroyed
 * @param recipient - the organisation's key
 * @returns a sentence; undefined if no destroyed key is among the recipients
 */
export function remedyForDestroyed(
  recipients: readonly string[],
  destroyed: readonly string[],
  recipient: string,
): string | undefined {
  const former = recipients.filter((one) => destroyed.includes(one));
  if (former.length === 0) return undefined;
  const others = recipients.filter((one) => !destroyed.includes(one));
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
  const others = metadata.keyGroups.flat().filter(({ fields }) => typeof fields.get("recipient") !== "string");
  const readers = [...new Set([...recipientsOf(metadata), ...others.map(({ type }) => `a key of the type ${type}`)])];
  const shown = readers.slice(0, mostShown).map((reader) => reader.slice(0, 100));
  if (readers.length > mostShown) shown.push(`${readers.length - mostShown} more`);
  return shown.join(" and ");
}
