import { SopsError } from "./errors.js";

export function invalidThreshold(): SopsError {
  return new SopsError(
    "invalid_option",
    "The threshold (`shamirThreshold`) must be a number of key groups, such as 2.",
  );
}

export function noRecipients(): SopsError {
  return new SopsError(
    "no_recipients",
    "No recipient to encrypt for. Give at least one, such as an age public key (age1...).",
  );
}

/** The error for a data key of another length than it has (both in bytes). */
export function wrongLength(length: number, expected: number): SopsError {
  return new SopsError(
    "data_key",
    `The file's data key is ${length} bytes long and should be ${expected}: it was not wrapped by sops.`,
  );
}
