import type { Metadata } from "isosops";

/** The age public keys that open a file. */
export function recipientsOf({ keyGroups }: Metadata): string[] {
  const named = keyGroups.flat().map(({ fields }) => fields.get("recipient"));
  return named.filter((name) => typeof name === "string");
}

/** Those who can open a file, in words. */
export function describeReaders(metadata: Metadata): string {
  const others = metadata.keyGroups.flat().filter(({ fields }) => typeof fields.get("recipient") !== "string");
  return [...recipientsOf(metadata), ...new Set(others.map(({ type }) => `a key of the type ${type}`))].join(" and ");
}
