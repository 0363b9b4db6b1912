import { HttpError } from "./http-error.js";

/** Limits of one request. Above them, it is answered with 413. */
export interface HttpLimits {
  /** The size of the body in bytes. */
  readonly body: number;
  /** The number of documents in YAML: each gets its own `sops` block, which is much longer than a small document. */
  readonly documents: number;
  /** The number of names in `encrypted_paths`. */
  readonly names: number;
  /** The length of the result in UTF-16 code units: an encrypted value is about a hundred longer than a plain one. */
  readonly output: number;
  /** Where there are pages: how often in a minute somebody may ask for secrets, or change keys. Above it: 429. */
  readonly secrets: number;
}

const mib = 1024 * 1024;

/** 10 MiB of body, 1000 documents, 1000 names, 64 Mi code units of output, and secrets 120 times in a minute. */
export const defaultLimits: HttpLimits = {
  body: 10 * mib,
  documents: 1000,
  names: 1000,
  output: 64 * mib,
  secrets: 120,
};

/** @throws {HttpError} 413. */
export function checkNames(names: readonly string[], limits: HttpLimits): void {
  if (names.length <= limits.names) return;
  throw new HttpError(
    413,
    `\`encrypted_paths\` has ${names.length} names, and this server takes ${limits.names}. Name a key above them, or send them in parts.`,
  );
}

/**
 * Checks the number of documents before parsing.
 *
 * @throws {HttpError} 413 if there are too many.
 */
export function checkDocuments(source: string, limits: HttpLimits): void {
  // No value can contain a marker at the beginning of a line.
  let documents = 1;
  for (const _ of source.matchAll(/^(?:---|\.\.\.)(?=[ \t\r\n]|$)/gm)) documents++;
  // The parts before the first marker and after the last one may be empty.
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
