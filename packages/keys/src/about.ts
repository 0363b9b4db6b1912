import { SopsError } from "@isosops/core";
import { readBytes } from "./http/answer.js";

/**
 * Do something with a key, so that an error of it names the key. What is no `SopsError` goes through as it is.
 *
 * @param key as its service names it: `AWS KMS key arn:...`
 */
export async function about<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw named(key, error);
  }
}

/** As `about`, for what is done at once, such as a look at the name of the key. */
export function aboutNow<Result>(key: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw named(key, error);
  }
}

function named(key: string, error: unknown): unknown {
  return error instanceof SopsError ? new SopsError(error.code, `${key}: ${error.message}`) : error;
}

/** The text of a field of a master key in a file, "" if it has none. */
export function textField(fields: ReadonlyMap<string, unknown>, name: string): string {
  const value = fields.get(name);
  return typeof value === "string" ? value : "";
}

/**
 * The wrapped data key of a master key in a file, in base64.
 *
 * @throws {SopsError} `data_key` if it has none
 */
export function encField(fields: ReadonlyMap<string, unknown>): Uint8Array {
  const enc = readBytes(fields.get("enc"));
  if (enc !== undefined) return enc;
  throw new SopsError(
    "data_key",
    "its entry has no `enc`, or one that is not base64: the wrapped data key is missing or damaged. Restore it from version control.",
  );
}

/** `created_at` of a master key that is made now: RFC 3339, in UTC, without fractions, as sops writes it. */
export function createdNow(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}
