import type { OrganisationOptions } from "../organisation.js";
import {
  type AccessToken,
  bearerOf,
  checkCsrf,
  checkRole,
  cookieOf,
  sessionOf,
  setCookie,
  tokenFinder,
  unauthorized,
} from "./access.js";
import type { SessionAnswer } from "./api.js";
import { type AuditEntry, pathsOf } from "./audit.js";
import { optionalTextOf, readObject } from "./body.js";
import { type DocumentWork, workOnDocument } from "./document-work.js";
import { checkHost } from "./hosts.js";
import { HttpError, toHttpError } from "./http-error.js";
import { defaultLimits, type HttpLimits } from "./limits.js";
import { openApiDocument } from "./openapi.js";
import { isChange, type Operation, operations } from "./operations.js";
import { checkOrigin } from "./origin.js";
import { pageRoutes } from "./page-routes.js";
import type { PagesOptions } from "./pages.js";
import { rateLimit } from "./rate-limit.js";
import { createRuns } from "./runs.js";
import { randomSecret } from "./secrets.js";
import type { Caller, Session } from "./sessions.js";
import { getConfig, postDecrypt, postEncrypt, postUnwrap, type RouteTools } from "./sops-routes.js";

/** Options of {@link httpHandler}. */
export interface HttpHandlerOptions {
  /** Called for each request, so an organisation can be created while the server runs. */
  readonly organisation: () => Promise<OrganisationOptions>;
  /** The bearer token of a client that may do everything: a long random string without whitespace. */
  readonly token?: string | undefined;
  /** Further tokens, each with a role. */
  readonly tokens?: readonly AccessToken[] | undefined;
  /** Default: {@link defaultLimits}. */
  readonly limits?: Partial<HttpLimits> | undefined;
  /**
   * Host names of the server, without a port. Its IP addresses and `localhost` are always accepted. Set it if browsers
   * can reach the server. Default: any name is accepted.
   */
  readonly hosts?: readonly string[] | undefined;
  /** Does the slow work. Default: {@link workOnDocument}, in the thread of the handler. */
  readonly work?: DocumentWork | undefined;
  /** The pages, with the routes that they need. Default: none. */
  readonly pages?: PagesOptions | undefined;
  /** Called with unexpected errors, which the client does not see. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Called with a line for the log for a response with a warning. It contains nothing of the request. */
  readonly onNotice?: ((notice: string) => void) | undefined;
}

/** Where a request comes from. */
export interface HttpClient {
  /** The network address, for the limit of guesses and the audit log. */
  readonly address?: string | undefined;
}

type Answer = (organisation: OrganisationOptions, body: Record<string, unknown>, tools: RouteTools) => Promise<object>;

/** The routes without pages, by `operationId`. */
const sopsRoutes: Readonly<Record<string, Answer>> = {
  getConfig,
  encrypt: postEncrypt,
  decrypt: postDecrypt,
  unwrap: postUnwrap,
};

const documentPath = "/openapi.json";

/** Whether a path is part of the API. Log only these, so that clients cannot write into the log. */
export function isHttpPath(path: string): boolean {
  return operations.some((operation) => operation.path === path);
}

/** How many wrong tokens and links one address may send in a minute. */
const guessesPerMinute = 20;

/** Of a body that only has a link or a token. */
const signInLimit = 4096;

/**
 * Creates a handler of the HTTP API that {@link openApiDocument} describes, for any runtime with `Request` and
 * `Response`. It never rejects: an error is a response `{"detail": "..."}`, which contains no value of a document and
 * no key.
 *
 * @example
 * ```ts
 * const handle = httpHandler({ organisation: async () => organisation, token: process.env.TOKEN! });
 * Deno.serve((request) => handle(request));
 * ```
 */
export function httpHandler(options: HttpHandlerOptions): (request: Request, client?: HttpClient) => Promise<Response> {
  const { hosts, pages, token, work = workOnDocument, onError = () => {}, onNotice = () => {} } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const administrator = { role: "administrator", actor: "token" } as const;
  const findToken = tokenFinder([
    ...(token === undefined ? [] : [{ ...administrator, token }]),
    ...(options.tokens ?? []),
  ]);
  const now = Date.now;
  const guesses = rateLimit({ perMinute: guessesPerMinute, what: "Too many wrong tokens or links", now });
  const secrets = rateLimit({ perMinute: limits.secrets, what: "You have asked for too many secrets at once", now });
  const known = operations.filter((operation) => pages !== undefined || !operation.pages);
  const runs = createRuns((error) => {
    const expected = toHttpError(error);
    if (expected === undefined) onError(error);
    return expected?.message ?? internalError;
  });

  return async (request, client) => {
    // Runtimes that call a handler themselves give it other things.
    const address = typeof client?.address === "string" ? client.address : null;
    try {
      const url = new URL(request.url);
      if (hosts !== undefined) checkHost(url, hosts);
      const { pathname } = url;
      const here = known.filter(({ path }) => path === pathname);
      const operation = here.find(({ method }) => method === request.method);
      if (pathname === documentPath) {
        if (operation === undefined) throw wrongMethod(here);
        return json(200, openApiDocument({ pages: pages !== undefined }));
      }
      if (pages !== undefined) {
        const file = pathname.startsWith("/api/") ? undefined : pages.files(pathname, request);
        if (file !== undefined) return file;
        checkOrigin(request, url, pages.cookie.isSecure);
      }
      const audit = auditor(operation, url, address);
      if (operation?.id === "signIn") return await signIn(request, address, audit);
      const caller = await identify(request, address, operation, audit);
      if (operation === undefined) {
        if (here.length > 0) throw wrongMethod(here);
        throw new HttpError(404, `There is nothing at this path. ${documentPath} lists all paths.`);
      }
      return await answer(operation, request, url, caller, audit);
    } catch (error) {
      return failed(error);
    }
  };

  /** Who a request comes from: by its token, else by its session. */
  async function identify(
    request: Request,
    address: string | null,
    operation: Operation | undefined,
    audit: Audit,
  ): Promise<Caller | Session> {
    const bearer = bearerOf(request);
    if (bearer === undefined && pages !== undefined) {
      const session = await sessionOf(request, pages.sessions, pages.cookie);
      if (session !== undefined) {
        if (operation !== undefined) checkCsrf(request, operation, session);
        return session;
      }
    }
    if (bearer === undefined) throw unauthorized(pages !== undefined);
    const who = address ?? "";
    // Without pages, clients often share the address of a proxy, and their tokens are long.
    if (pages !== undefined) guesses.check(who);
    const caller = await findToken(bearer);
    if (caller !== undefined) return caller;
    guesses.count(who);
    audit(undefined, {}, "ended", 401);
    throw unauthorized(pages !== undefined);
  }

  async function signIn(request: Request, address: string | null, audit: Audit): Promise<Response> {
    const { sessions, cookie, backend } = pages!;
    const body = await readObject(request, signInLimit);
    const [link, given] = [optionalTextOf(body, "link"), optionalTextOf(body, "token")];
    if ((link === undefined) === (given === undefined)) throw new HttpError(422, "Give either `link` or `token`.");
    const who = address ?? "";
    guesses.check(who);
    const caller = link === undefined ? await findToken(given!) : await sessions.useLink(link);
    if (caller === undefined) {
      guesses.count(who);
      audit(undefined, {}, "ended", 401);
      throw new HttpError(
        401,
        link === undefined
          ? "That is none of the server's tokens. Look for it where the server was started."
          : "This link was used already, or has expired. Get another one where the server was started, or from an administrator.",
      );
    }
    audit(caller, {}, "begun");
    const { session, cookie: value } = await sessions.begin(caller);
    const response = json(200, sessionAnswer(session, backend.root), { "set-cookie": setCookie(cookie, value) });
    audit(caller, {}, "ended", 200);
    return response;
  }

  async function answer(
    operation: Operation,
    request: Request,
    url: URL,
    caller: Caller | Session,
    audit: Audit,
  ): Promise<Response> {
    let body: Record<string, unknown> = {};
    const isRecorded = pages !== undefined && (isChange(operation) || operation.secret === true);
    try {
      checkRole(operation, caller);
      if (pages !== undefined && operation.secret === true) {
        secrets.check(caller.actor);
        secrets.count(caller.actor);
      }
      if (operation.request !== undefined) body = await readObject(request, limits.body);
      if (isRecorded) audit(caller, body, "begun");
      const response = await run(operation, request, url, caller, body);
      if (isRecorded) audit(caller, body, "ended", response.status);
      return response;
    } catch (error) {
      const response = failed(error);
      if (isRecorded) audit(caller, body, "ended", response.status);
      return response;
    }
  }

  async function run(
    operation: Operation,
    request: Request,
    url: URL,
    caller: Caller | Session,
    body: Record<string, unknown>,
  ): Promise<Response> {
    const { id, status = 200 } = operation;
    const sops = sopsRoutes[id];
    if (sops !== undefined)
      return json(status, await sops(await options.organisation(), body, { limits, work, onNotice }));
    const { sessions, cookie, backend } = pages!;
    if (id === "getSession") {
      if (!("csrf" in caller)) throw new HttpError(409, "A token needs no session: send it with each request.");
      return json(status, sessionAnswer(caller, backend.root));
    }
    if (id === "signOut") {
      const value = cookieOf(request, cookie);
      if (value !== undefined) await sessions.end(value);
      return json(status, {}, { "set-cookie": setCookie(cookie, undefined) });
    }
    const given = { pages: pages!, runs, caller, body, url, headers: request.headers };
    const result = await pageRoutes[id]!(given);
    if (!(result instanceof Response)) return json(status, result);
    for (const [name, value] of Object.entries(ownHeaders)) result.headers.set(name, value);
    return result;
  }

  /** Records a request that somebody makes; only where there are pages. */
  function auditor(operation: Operation | undefined, url: URL, address: string | null): Audit {
    const request = randomSecret().slice(0, 16);
    return (caller, body, phase, status) => {
      if (pages?.onAudit === undefined) return;
      const entry: AuditEntry = {
        time: new Date().toISOString(),
        request,
        phase,
        action: operation?.id ?? "unknown",
        actor: caller?.actor ?? null,
        role: caller?.role ?? null,
        address,
        paths: pathsOf(url, body),
        status: status ?? null,
      };
      try {
        pages.onAudit(entry);
      } catch (error) {
        onError(error);
        // What was done cannot be undone.
        if (phase === "ended") return;
        throw new HttpError(
          503,
          "The audit log cannot be written, so nothing was done. Let whoever runs the server look at its log: the disk may be full.",
        );
      }
    };
  }

  function failed(error: unknown): Response {
    const expected = toHttpError(error);
    if (expected !== undefined) {
      return json(expected.status, { detail: expected.message, ...expected.details }, expected.headers);
    }
    onError(error);
    return json(500, { detail: internalError });
  }
}

type Audit = (
  caller: Caller | undefined,
  body: Record<string, unknown>,
  phase: AuditEntry["phase"],
  status?: number,
) => void;

const internalError = "Internal error. The server's log has the details.";

function sessionAnswer({ role, actor, csrf, expires }: Session, root: string): SessionAnswer {
  return { role, actor, csrf, root, expires: new Date(expires).toISOString() };
}

function wrongMethod(here: readonly Operation[]): HttpError {
  const allowed = here.map(({ method }) => method).join(", ");
  return new HttpError(405, `Only ${allowed} is allowed here.`, { allow: allowed });
}

/** No answer is a page, and none is for others than who has asked. */
const ownHeaders = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
};

function json(status: number, value: object, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { "content-type": "application/json", ...ownHeaders, ...headers },
  });
}
