/** Requests to the server of ours that the pages come from. */
import type { FileVersion, Problem, ProblemFile } from "@isosops/gitops";
import { endSession, server } from "./session.js";

/** What went wrong with a request. The message says what to do. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** The HTTP status; 0 if the server does not answer. */
  readonly status: number;
  /** A code of `GitopsError` or `SopsError`, where the error is one. */
  readonly code: string | undefined;
  /** The files that are the reason. */
  readonly files: readonly ProblemFile[];
  /** Of a save: the files that somebody else has changed. */
  readonly changed: readonly FileVersion[];

  constructor(status: number, { detail, code, files = [], changed = [] }: Problem) {
    super(detail);
    this.status = status;
    this.code = code;
    this.files = files;
    this.changed = changed;
  }
}

const unreachable =
  "The server does not answer. Start it again (isosops org serve --ui), then repeat this. What you typed is still here.";
const signedOut = "You are signed out. Sign in again, then repeat this. What you typed is still here.";

/** The address of the API, which a worker cannot resolve by itself. */
export function apiAddress(): string {
  return new URL("./api/v1", document.baseURI).href;
}

/**
 * Reads from the server.
 *
 * @param path below `/api/v1`, such as `/clusters`
 * @param query the path of a file
 * @throws {ApiError}
 */
export function get<Answer>(path: string, query: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const search = new URLSearchParams(query).toString();
  return ask(`${path}${search === "" ? "" : `?${search}`}`, { method: "GET" });
}

/**
 * Changes something on the server.
 *
 * @throws {ApiError}
 */
export function send<Answer>(method: "POST" | "PUT" | "DELETE", path: string, body?: object): Promise<Answer> {
  const { value } = server;
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (value.state === "connected") headers["x-isosops-csrf"] = value.session.csrf;
  return ask(path, { method, headers, body: method === "DELETE" ? null : JSON.stringify(body ?? {}) });
}

async function ask<Answer>(path: string, init: RequestInit): Promise<Answer> {
  let response: Response;
  let answer: unknown;
  try {
    response = await fetch(`${apiAddress()}${path}`, init);
    answer = await response.json();
  } catch {
    throw new ApiError(0, { detail: unreachable, code: "unreachable" });
  }
  if (response.ok) return answer as Answer;
  if (response.status === 401 && path !== "/session") {
    endSession();
    throw new ApiError(401, { detail: signedOut });
  }
  throw new ApiError(response.status, problemOf(answer, response.status));
}

function problemOf(answer: unknown, status: number): Problem {
  const isProblem = typeof answer === "object" && answer !== null && "detail" in answer;
  return isProblem ? (answer as Problem) : { detail: `The server has answered with the status ${status}. Try again.` };
}
