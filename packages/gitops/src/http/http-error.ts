import { SopsError } from "isosops";
import { GitopsError, type GitopsErrorCode } from "../error.js";

/** What a client is told in place of a result. */
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

/** Undefined for what is a mistake of the program, of which nothing is told. */
export function toHttpError(error: unknown): HttpError | undefined {
  if (error instanceof HttpError) return error;
  // Messages of both say what is wrong with the document, and never show a value of it.
  if (error instanceof SopsError) return new HttpError(422, error.message);
  if (error instanceof GitopsError) return new HttpError(statuses[error.code] ?? 422, error.message);
  return undefined;
}
