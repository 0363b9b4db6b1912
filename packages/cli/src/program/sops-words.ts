import type { ErrorCode } from "isosops";
import { CommandError, type SopsWords } from "./command-error.js";
import { sopsErrorCode } from "./exit-codes.js";

const metadataNotFound = "sops metadata not found";
const notRecovered = "Failed to get the data key required to decrypt the SOPS file.";
const macMismatch = "MAC mismatch.";
const alreadyEncrypted = `The file you have provided contains a top-level entry called 'sops', or for
flat file formats top-level entries starting with 'sops_'. This is
generally due to the file already being encrypted.`;

/** The words of sops 3.13.3 by the code of the error, without what is not the same for all files. */
const byCode: Partial<Record<ErrorCode, string>> = {
  not_encrypted: metadataNotFound,
  already_encrypted: alreadyEncrypted,
  empty: "File cannot be completely empty, it must contain at least one document",
  no_identities: notRecovered,
  no_matching_identity: notRecovered,
  invalid_identity: notRecovered,
  not_recovered: notRecovered,
  data_key: notRecovered,
  mac_mismatch: macMismatch,
  mac_missing: `${macMismatch} File has no MAC.`,
  malformed_value: "Error decrypting tree: Error walking tree: Could not decrypt value.",
  value_authentication:
    "Error decrypting tree: Error walking tree: Could not decrypt value: Could not decrypt with AES_GCM.",
};

/** What sops says of an error, where programs are known to look for it, or to show it. */
export function wordsOfSops(error: unknown): SopsWords | undefined {
  if (error instanceof CommandError && error.sopsWords !== undefined) return error.sopsWords;
  const cause = error instanceof CommandError ? error.cause : error;
  const code = sopsErrorCode(cause);
  const text = code === undefined ? undefined : byCode[code];
  return text === undefined ? undefined : { text };
}
