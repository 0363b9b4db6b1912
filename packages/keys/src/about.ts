import { SopsError } from "@isosops/core";
import { readBytes } from "./http/answer.js";

/**
 * Runs an operation on a key, and adds the name of the key to its `SopsError`.
 *
 * @param key - The name of the key in messages: `AWS KMS key arn:...`.
 */
export async function about<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw named(key, error);
  }
}

/** Like {@link about}, for synchronous operations. */
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

/** The text of a field of a master key. "" if it is missing or not text. */
export function textField(fields: ReadonlyMap<string, unknown>, name: string): string {
  const value = fields.get(name);
  return typeof value === "string" ? value : "";
}

/**
 * Decodes `enc`, the wrapped data key of a master key, from base64.
 *
 * @throws {SopsError} `data_key` if it is missing or malformed.
 */
export function encField(fields: ReadonlyMap<string, unknown>): Uint8Array {
  const enc = readBytes(fields.get("enc"));
  if (enc !== undefined) return enc;
  throw new SopsError(
    "data_key",
    "its `enc` is missing or not base64, so the wrapped data key is missing or damaged. Restore it from version control.",
  );
}

/** `created_at` of a new master key, as sops writes it: RFC 3339, in UTC, without fractions of a second. */
export function createdNow(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}
