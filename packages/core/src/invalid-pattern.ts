import { SopsError } from "./errors.js";

/** @param error - What the library threw. */
export function invalidPattern(source: string, error: unknown): SopsError {
  return new SopsError(
    "invalid_rule",
    `The pattern ${shorten(JSON.stringify(source))} is not a regular expression that sops understands${reason(error)}. ` +
      "sops takes those of RE2, as Go does: they have no look-around ((?=...), (?!...), (?<=...), (?<!...)) and no backreferences (\\1).",
    { cause: error },
  );
}

function reason(error: unknown): string {
  return error instanceof Error && error.message !== "" ? ` (${shorten(error.message)})` : "";
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}
