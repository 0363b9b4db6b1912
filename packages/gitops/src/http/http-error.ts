import { SopsError } from "isosops";
import { GitopsError, type GitopsErrorCode } from "../error.js";

/** An error response of the HTTP API. The message is its `detail`. */
export class HttpError extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.name = "HttpError";
    this.status = status;
    this.headers = headers;
  }
}

const statuses: Partial<Record<GitopsErrorCode, number>> = {
  not_initialized: 409,
  busy: 503,
  locked: 503,
  keyring: 500,
};

/**
 * Converts an error to an error response.
 *
 * @returns undefined for an unexpected error, which the client must not see
 */
export function toHttpError(error: unknown): HttpError | undefined {
  if (error instanceof HttpError) return error;
  // The messages of both never contain a value of the document.
  if (error instanceof SopsError) return new HttpError(422, error.message);
  if (error instanceof GitopsError) return new HttpError(statuses[error.code] ?? 422, error.message);
  return undefined;
}
