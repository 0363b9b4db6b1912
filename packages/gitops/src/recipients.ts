import type { Metadata } from "isosops";

/** The age public keys that open a file. */
export function recipientsOf({ keyGroups }: Metadata): string[] {
  const named = keyGroups.flat().map(({ fields }) => fields.get("recipient"));
  return named.filter((name) => typeof name === "string");
}
