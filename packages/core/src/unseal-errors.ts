/**
 * What is said of files that are not encrypted, whose MAC is missing, wrong or of other tools, or whose block sops rejects.
 * Loaded on demand.
 */
import { SopsError } from "./errors.js";
import { shellPath } from "./shell-word.js";
import { isSopsVersion } from "./sops-version.js";
import type { Warning } from "./warning.js";

/** @param filename - As passed to a shell. */
function remedies(filename: string | undefined): string {
  return `Restore the file from version control; if the changes are intended, \`isosops repair ${shellPath(filename)}\` shows them and seals the file again. To read it anyway, ignore the MAC (\`ignoreMac\`, \`--ignore-mac\`).`;
}

export function notEncrypted(): SopsError {
  return new SopsError(
    "not_encrypted",
    "The file has no `sops` block, so it is not an encrypted SOPS file. Encrypt it first, or check that this is the file you meant.",
  );
}

export const noVersion =
  "The `sops` block has no `version`, as in files of rops, so sops rejects the file. Add a `version` such as 3.13.3: the MAC does not cover it.";

/** @throws {SopsError} `metadata`. */
export function checkVersion(version: string): void {
  if (isSopsVersion(version)) return;
  throw new SopsError(
    "metadata",
    "`version` in the file's `sops` block is not a version of sops, so sops rejects the file, too. Restore the file from version control, or set it to `3.13.3`: the MAC does not cover it.",
  );
}

export const unquotedTime =
  "`lastmodified` in the `sops` block has no quotes, so sops 3.13 and later reject the file. Put it in double quotes.";

/** The warning about a MAC that is bound to `lastmodified` as it is written, which sops normalizes. */
export const timeOfOthers =
  "`lastmodified` in the `sops` block is not written as sops writes it, so sops rejects the MAC. Another tool made the file; to use it with sops, decrypt it and encrypt it again.";

export function macMissing(filename: string | undefined): SopsError {
  return new SopsError(
    "mac_missing",
    `The file has no MAC, so nobody can tell whether it was changed. ${remedies(filename)}`,
  );
}

/** The error for a file whose versions were merged without a key: it has no MAC yet. */
export function mergedWithoutKey(filename: string | undefined): SopsError {
  return new SopsError(
    "mac_missing",
    `The file was merged without a key, and has no MAC yet. \`isosops git repair ${shellPath(filename)}\` merges the same versions with your key, checks that the file says the same, and writes the MAC.`,
  );
}

/** The error for a MAC that does not decrypt. */
export function macUnreadable(filename: string | undefined): SopsError {
  return new SopsError(
    "mac_mismatch",
    `The file's MAC does not decrypt: \`mac\` or \`lastmodified\` in the \`sops\` block was changed. ${remedies(filename)}`,
  );
}

/** @param warnings - About the source, which may be the reason. */
export function macMismatch(warnings: readonly Warning[], filename: string | undefined): SopsError {
  return new SopsError(
    "mac_mismatch",
    `The file's MAC does not match its values: a value was added, removed, reordered or changed after encryption. ${[...warnings.map(({ message }) => message), remedies(filename)].join(" ")}`,
  );
}
