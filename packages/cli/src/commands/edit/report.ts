import { say, warn } from "../../terminal/messages.js";
import { printableLines } from "../../terminal/printable.js";

/** Say why what was saved cannot be encrypted, before the editor opens again. */
export function reportInvalid(message: string): void {
  say(`${printableLines(message)}\nPress enter to return to the editor, or Ctrl+C to exit.`);
}

/** What sops says if nothing was changed. */
export const notModifiedWords = "File has not changed, exiting.";

/** The message that nothing was changed, with the words of sops. */
export function notModified(waitFlag: string | undefined): string {
  return waitFlag === undefined
    ? notModifiedWords
    : `${notModifiedWords} This editor returns before its file is closed: give it the flag ${waitFlag} in SOPS_EDITOR or EDITOR.`;
}

/** What is said of an edit that was not written to its file. */
export async function notWritten(reason: string, path: string | undefined): Promise<string> {
  if (path === undefined) return `${reason} The edit could not be kept anywhere else, either.`;
  const { shellPath } = await import("@isosops/gitops");
  return `${reason} Your edit is in ${path}, encrypted: \`isosops decrypt ${shellPath(path)}\` shows it.`;
}

export function reportNothingEncrypted(file: string): void {
  warn(
    `${file}: nothing is encrypted: the rule selects no value, or only empty ones. Check the spelling of the keys; they are case-sensitive.`,
  );
}
