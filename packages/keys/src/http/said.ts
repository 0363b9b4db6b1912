/** The most characters of a service's message that are shown. */
const mostShown = 300;

/**
 * Prepares the error message of a service for display: its first paragraph, without control characters and without the
 * secrets of the request.
 */
export function said(text: string, secrets: readonly (string | undefined)[]): string {
  let shown = text;
  for (const secret of secrets) {
    // The request may have had it without the line break of its file, or escaped in a form.
    const bare = secret?.trim() ?? "";
    if (bare === "") continue;
    const inForm = new URLSearchParams([["", bare]]).toString().slice(1);
    for (const form of [bare, inForm, encodeURIComponent(bare)]) shown = shown.replaceAll(form, "***");
  }
  // After a blank line, AWS repeats the request, with all its headers.
  const line = shown.trim().split(/\r?\n\r?\n|The Canonical String/, 1)[0]!;
  const printable = line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]+/gu, " ").trim();
  return printable.length > mostShown ? `${printable.slice(0, mostShown)}...` : printable;
}

/** Formats the name of an error with its message: `NAME: message`. */
export function quoted(name: string, message: string): string {
  return message === "" ? name : `${name}: ${message}`.replace(/[.!]$/, "");
}
