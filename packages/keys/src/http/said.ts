/** Characters of what a service says that are shown. */
const mostShown = 300;

/**
 * What a service says of an error, fit to be shown: its first line, without what a terminal obeys and without the secrets
 * that were in the request.
 */
export function said(text: string, secrets: readonly (string | undefined)[]): string {
  let shown = text;
  for (const secret of secrets) if (secret !== undefined && secret !== "") shown = shown.replaceAll(secret, "***");
  // AWS tells the request that it has seen, with all its headers, below a blank line.
  const line = shown.trim().split(/\r?\n\r?\n|The Canonical String/, 1)[0]!;
  const printable = line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]+/gu, " ").trim();
  return printable.length > mostShown ? `${printable.slice(0, mostShown)}...` : printable;
}

/** `: what was said`, or nothing. */
export function quoted(name: string, message: string): string {
  return message === "" ? name : `${name}: ${message}`.replace(/[.!]$/, "");
}
