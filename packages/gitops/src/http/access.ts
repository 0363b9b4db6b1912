/** Who a request comes from, and what they may do. */
import type { Role } from "./api.js";
import { HttpError } from "./http-error.js";
import { isChange, type Operation } from "./operations.js";
import { digestOf } from "./secrets.js";
import type { Caller, Session, Sessions } from "./sessions.js";

/** A token that clients send, and what it is for. */
export interface AccessToken extends Caller {
  /** A long random string without whitespace. */
  readonly token: string;
}

/** The cookie of a session. */
export interface SessionCookie {
  readonly name: string;
  /** Whether browsers send it over TLS only. */
  readonly isSecure: boolean;
}

/** The header that requests of pages which change something have: no other site can send it. */
const csrfHeader = "x-isosops-csrf";

/** Finds whose token a text is, in a time that does not depend on how much of it is right; undefined for nobody's. */
export type FindToken = (token: string) => Promise<Caller | undefined>;

/** Creates a function that compares digests, all of them and all of their bytes. */
export function tokenFinder(tokens: readonly AccessToken[]): FindToken {
  const expected = Promise.all(tokens.map(async ({ token, ...caller }) => ({ caller, digest: await digestOf(token) })));
  return async (token) => {
    const digest = await digestOf(token);
    let found: Caller | undefined;
    for (const known of await expected) if (isEqual(known.digest, digest)) found = known.caller;
    return found;
  };
}

function isEqual(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let index = 0; index < a.length; index++) difference |= a.charCodeAt(index) ^ b.charCodeAt(index);
  return difference === 0;
}

/** The bearer token of a request (RFC 6750); undefined if it has none. */
export function bearerOf({ headers }: Request): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(headers.get("authorization") ?? "")?.[1];
}

/** The session of a request by its cookie; undefined if there is none. */
export async function sessionOf(
  request: Request,
  sessions: Sessions,
  cookie: SessionCookie,
): Promise<Session | undefined> {
  const value = cookieOf(request, cookie);
  return value === undefined ? undefined : sessions.find(value);
}

/** The value of a cookie; undefined if it is missing, or there are several, of which a neighbour may have set one. */
export function cookieOf({ headers }: Request, { name }: SessionCookie): string | undefined {
  const values = (headers.get("cookie") ?? "").split(/; */).flatMap((pair) => {
    const at = pair.indexOf("=");
    return at !== -1 && pair.slice(0, at).trim() === name ? [pair.slice(at + 1).trim()] : [];
  });
  return values.length === 1 && /^[\w-]{43}$/.test(values[0]!) ? values[0] : undefined;
}

/** The `Set-Cookie` header of a session, or without a value the one that removes it. */
export function setCookie({ name, isSecure }: SessionCookie, value: string | undefined): string {
  const end = value === undefined ? "; Max-Age=0" : "";
  return `${name}=${value ?? ""}; Path=/; HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}${end}`;
}

/**
 * Checks that a request which changes something was sent by a page of this server: that has the CSRF token of its session.
 *
 * @throws {HttpError} 403 if it was not.
 */
export function checkCsrf({ headers }: Request, operation: Operation, { csrf }: Session): void {
  if (!isChange(operation) || isEqual(headers.get(csrfHeader) ?? "", csrf)) return;
  throw new HttpError(
    403,
    "The header `X-Isosops-CSRF` is missing or wrong: `GET /api/v1/session` has its value. If this is a page, load it again.",
  );
}

const ranks: Readonly<Record<Role, number>> = { viewer: 1, editor: 2, administrator: 3 };

/** @throws {HttpError} 403 if the caller has too small a role. */
export function checkRole({ role: least }: Operation, { role }: Caller): void {
  if (least === "anyone" || ranks[role] >= ranks[least]) return;
  const article = least === "viewer" ? "a" : "an";
  throw new HttpError(
    403,
    `This needs the role ${least}, and you have the role ${role}. Sign in by a link or a token of ${article} ${least}.`,
  );
}

/** Whether a text is the name of a role. */
export function isRole(text: unknown): text is Role {
  return typeof text === "string" && Object.hasOwn(ranks, text);
}

/** @param canSignIn - whether there are pages */
export function unauthorized(canSignIn: boolean): HttpError {
  const how = canSignIn ? "Sign in by a link of the server, or give" : "Give";
  return new HttpError(401, `${how} the server's token in the header \`Authorization: Bearer TOKEN\`.`, {
    "www-authenticate": 'Bearer realm="isosops"',
  });
}
