import { HttpError } from "./http-error.js";

/** What one request may ask for. More is answered with 413. */
export interface HttpLimits {
  /** Bytes of a request's body. */
  readonly body: number;
  /** Documents of a YAML file: each gets a `sops` block of its own, which is many times as long as a small one. */
  readonly documents: number;
  /** Names in `encrypted_paths`. */
  readonly names: number;
  /** Characters of a result: an encrypted value is some hundred longer than a plain one. */
  readonly output: number;
}

const mib = 1024 * 1024;

export const defaultLimits: HttpLimits = { body: 10 * mib, documents: 1000, names: 1000, output: 64 * mib };

/** @throws {HttpError} 413. */
export function checkNames(names: readonly string[], limits: HttpLimits): void {
  if (names.length <= limits.names) return;
  throw new HttpError(
    413,
    `\`encrypted_paths\` has ${names.length} names, and this server takes ${limits.names}. Name a key above them, or send them in parts.`,
  );
}

/**
 * Before a document is read.
 *
 * @throws {HttpError} 413.
 */
export function checkDocuments(source: string, limits: HttpLimits): void {
  // Markers at the beginning of a line: there is no way to have these in a value.
  let documents = 1;
  for (const _ of source.matchAll(/^(?:---|\.\.\.)(?=[ \t\r\n]|$)/gm)) documents++;
  // What is before the first marker and behind the last one may be nothing.
  if (documents <= limits.documents + 2) return;
  throw new HttpError(
    413,
    `The file has more than ${limits.documents} YAML documents, and each gets a \`sops\` block of its own. Send them in parts.`,
  );
}

/** @throws {HttpError} 413. */
export function checkOutput(text: string, limits: HttpLimits): void {
  if (text.length <= limits.output) return;
  throw new HttpError(
    413,
    `The result has ${text.length} characters, and this server gives ${limits.output}. Encrypt fewer values, or send the document in parts.`,
  );
}
