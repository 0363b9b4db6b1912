import type { Role } from "./api.js";

/** A line of the audit log. Contains no secret: neither a value, nor a key, nor a token. */
export interface AuditEntry {
  /** RFC 3339. */
  readonly time: string;
  /** The same in both entries of a request. */
  readonly request: string;
  /** `begun` before something is done, so that what a crash interrupts is recorded too. */
  readonly phase: "begun" | "ended";
  /** The `operationId` of the OpenAPI document. */
  readonly action: string;
  /** Null if nobody is signed in. */
  readonly actor: string | null;
  readonly role: Role | null;
  /** The network address that the request came from; null if it is not known. */
  readonly address: string | null;
  /** The files that it is about, as the client names them. */
  readonly paths: readonly string[];
  /** The status of the response, for `ended`; else null. */
  readonly status: number | null;
}

const mostPaths = 100;
const longestPath = 500;

/** The paths in a query and in a body. */
export function pathsOf(url: URL, body: Record<string, unknown>): string[] {
  const { path, files } = body;
  const listed = Array.isArray(files) ? files.map((file) => (file as { path?: unknown } | null)?.path) : [];
  return [url.searchParams.get("path"), path, ...listed]
    .filter((one): one is string => typeof one === "string")
    .slice(0, mostPaths)
    .map((one) => one.slice(0, longestPath));
}
