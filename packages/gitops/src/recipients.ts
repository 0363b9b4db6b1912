import type { Metadata } from "isosops";

/** The age public keys that open a file. */
export function recipientsOf({ keyGroups }: Metadata): string[] {
  const named = keyGroups.flat().map(({ fields }) => fields.get("recipient"));
  return named.filter((name) => typeof name === "string");
}

/** More say nothing to a reader of a message. */
const mostShown = 10;

/** Those who can open a file, in words. */
export function describeReaders(metadata: Metadata): string {
  const others = metadata.keyGroups.flat().filter(({ fields }) => typeof fields.get("recipient") !== "string");
  const readers = [...new Set([...recipientsOf(metadata), ...others.map(({ type }) => `a key of the type ${type}`)])];
  const shown = readers.slice(0, mostShown).map((reader) => reader.slice(0, 100));
  if (readers.length > mostShown) shown.push(`${readers.length - mostShown} more`);
  return shown.join(" and ");
}
