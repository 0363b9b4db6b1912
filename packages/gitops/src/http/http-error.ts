import { SopsError } from "isosops";
import { GitopsError, type GitopsErrorCode } from "../error.js";
import type { Problem } from "./api.js";

/** The members of an error response besides `detail`. */
export type ProblemDetails = Omit<Problem, "detail">;

/** An error response of the HTTP API. The message is its `detail`. */
export class HttpError extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly details: ProblemDetails;

  constructor(
    status: number,
    detail: string,
    headers: Readonly<Record<string, string>> = {},
    details: ProblemDetails = {},
  ) {
    super(detail);
    this.name = "HttpError";
    this.status = status;
    this.headers = headers;
    this.details = details;
  }
}

const statuses: Partial<Record<GitopsErrorCode, number>> = {
  not_initialized: 409,
  already_initialized: 409,
  rotating: 409,
  not_rotating: 409,
  in_use: 409,
  changed: 409,
  outdated: 409,
  history: 409,
  old_keyring: 409,
  forked: 409,
  other_organisation: 409,
  missing_file: 404,
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
  if (error instanceof SopsError) return new HttpError(422, error.message, {}, { code: error.code });
  if (error instanceof GitopsError) {
    const { code, files } = error;
    const details = files.length === 0 ? { code } : { code, files };
    return new HttpError(statuses[code] ?? 422, error.message, {}, details);
  }
  return undefined;
}
