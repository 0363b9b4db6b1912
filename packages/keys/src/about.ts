import { SopsError } from "@isosops/core";

/**
 * Do something with a key, so that an error of it names the key. What is no `SopsError` goes through as it is.
 *
 * @param key as its service names it: `AWS KMS key arn:...`
 */
export async function about<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    throw new SopsError(error.code, `${key}: ${error.message}`);
  }
}

/** The text of a field of a master key in a file, "" if it has none. */
export function textField(fields: ReadonlyMap<string, unknown>, name: string): string {
  const value = fields.get(name);
  return typeof value === "string" ? value : "";
}

/** `created_at` of a master key that is made now: RFC 3339, in UTC, without fractions, as sops writes it. */
export function createdNow(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}
